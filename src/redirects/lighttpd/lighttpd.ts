import type { Templates } from "../../templates.ts";
import { rootFiles } from "../mutable-paths.ts";
import type { Emitter, RulesInput } from "../rules.ts";
import { lighttpdRegex, quoteLighttpd } from "./lighttpd-quote.ts";
import { renderTimes } from "./lighttpd-times.ts";

/**
 * lighttpd 1.4.65 and later, with mod_magnet. `templates` is `openTemplates({ folder: "lighttpd", escape: quoteLighttpd })`.
 *
 * `lighttpd/asof.lua` is the time contract as a program and changes with the version of asof alone, `lighttpd/asof.conf` with the configuration. All else stands in
 * `lighttpd/asof-times.txt`, which the program reads again by itself when it has changed.
 */
export function lighttpdEmitter(templates: Pick<Templates, "render" | "text">): Emitter {
  return {
    server: "lighttpd",
    render(input) {
      // Before eta does, which would wrap the failure in an error of its own.
      quoteLighttpd(input.rulesDir);
      return [
        { path: "lighttpd/asof.lua", content: templates.text("asof.lua") },
        { path: "lighttpd/asof-times.txt", content: renderTimes(input) },
        { path: "lighttpd/asof.conf", content: templates.render("asof-conf", confView(input)) },
      ];
    },
  };
}

interface ConfView {
  readonly site: string;
  readonly rulesDir: string;
  /** A regular expression for all decoded paths that are ours. */
  readonly paths: string;
  /** Whether public/ cannot be served without symlinks. */
  readonly hasLinks: boolean;
}

function confView({ siteName, mount, rulesDir, layout, distributions }: RulesInput): ConfView {
  return {
    site: siteName,
    rulesDir,
    paths: pathsRegex(mount, distributions),
    hasLinks: layout === "shared",
  };
}

/** At a mount of `/` only what is below the first directory of a base path: everything else is the server's own business. */
function pathsRegex(mount: string, distributions: RulesInput["distributions"]): string {
  if (mount !== "/") return `^${lighttpdRegex(mount.slice(0, -1))}(?:/|$)`;
  const first = distributions.map(({ basePath }) => basePath.split("/")[0] ?? basePath);
  const names = [...new Set(["_asof", ...first, ...rootFiles(mount)])].toSorted();
  return `^/(?:${names.map(lighttpdRegex).join("|")})(?:/|$)`;
}
