import { createHash } from "node:crypto";
import path from "node:path";

import { Failure } from "../../failure.ts";
import { keptCheckpoints, newestPublication } from "../../model/history.ts";
import type { HostName } from "../../model/server-name.ts";
import type { HostFiles } from "../../redirects/hosts/host.ts";
import { hostEmitters } from "../../redirects/hosts/hosts.ts";
import { limitWarnings } from "../../redirects/hosts/limits.ts";
import type { SiteContent } from "../../redirects/hosts/limits.ts";
import type { RulesInput } from "../../redirects/rules.ts";
import { readIfThere } from "../../store/disk.ts";
import { openTemplates } from "../../templates.ts";
import { rulesInput } from "./rules-files.ts";
import type { GeneratedFile } from "./site-files.ts";
import { assetsPath } from "./assets-path.ts";
import type { Workspace } from "../workspace.ts";

/** What the hosts of the configuration want in public/ and beside the rules. */
export interface HostFilesPlan {
  readonly public: readonly GeneratedFile[];
  readonly rules: readonly GeneratedFile[];
  /** Files that earlier builds wrote for hosts, that nobody changed since, and that no host wants any more: absolute paths. */
  readonly stale: { readonly public: readonly string[]; readonly rules: readonly string[] };
  /** What the next build has to know of: `public/404.html` or `rules/hosts/…` -> SHA-256 of its content. */
  readonly written: ReadonlyMap<string, string>;
  /** Why files of a host cannot be written: more checkpoints than it takes. What it has stays as it is, and everything else goes on. */
  readonly failure: Failure | undefined;
}

/** `before` is `written` of the last build. */
export function planHostFiles(workspace: Workspace, before: ReadonlyMap<string, string>): HostFilesPlan {
  const { files, failure } = wantedFiles(workspace);
  const left = [...(failure === undefined ? before : [])].filter(([name, digest]) => {
    const there = files.has(name) ? undefined : readIfThere(locate(workspace, name));
    return there !== undefined && sha256(there) === digest;
  });
  const inPlace = (place: Place): readonly GeneratedFile[] =>
    [...files].flatMap(([name, content]) => (isIn(place, name) ? [{ path: locate(workspace, name), content }] : []));
  const leftIn = (place: Place): readonly string[] =>
    left.flatMap(([name]) => (isIn(place, name) ? [locate(workspace, name)] : []));
  return {
    public: inPlace("public"),
    rules: inPlace("rules"),
    stale: { public: leftIn("public"), rules: leftIn("rules") },
    written: new Map([
      ...(failure === undefined ? [] : before),
      ...[...files].map(([name, content]) => [name, sha256(content)] as const),
    ]),
    failure,
  };
}

/** What to tell of a site that is more than one of its hosts takes. */
export function hostWarnings(workspace: Workspace): readonly string[] {
  const { hosts } = workspace.config;
  return hosts.length === 0 ? [] : limitWarnings(hosts, contentOf(workspace));
}

type Place = "public" | "rules";

/** Content by name, `public/…` or `rules/…`. */
function wantedFiles(workspace: Workspace): {
  readonly files: ReadonlyMap<string, string>;
  readonly failure: Failure | undefined;
} {
  const files = new Map<string, string>();
  if (workspace.config.hosts.length === 0) return { files, failure: undefined };
  const input: RulesInput = {
    ...rulesInput(workspace),
    stylesheet: workspace.pages.assets.has("style.css") ? `${assetsPath(workspace)}style.css` : undefined,
  };
  let failure: Failure | undefined;
  for (const host of workspace.config.hosts) {
    const emitted = render(host);
    if (emitted === undefined) continue;
    for (const file of emitted.public) add(`public/${file.path}`, file.content);
    for (const file of emitted.rules) add(`rules/${file.path}`, file.content);
  }
  return { files, failure };

  function render(host: HostName): HostFiles | undefined {
    try {
      return hostEmitters[host]((folder, escape) => openTemplates({ folder, escape })).render(input);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failure ??= error;
      return undefined;
    }
  }

  function add(name: string, content: string): void {
    const other = files.get(name);
    if (other !== undefined && other !== content) throw new Error(`two hosts want different files at ${name}`);
    files.set(name, content);
  }
}

function isIn(place: Place, name: string): boolean {
  return name.startsWith(`${place}/`);
}

function locate({ config }: Workspace, name: string): string {
  const [place, ...below] = name.split("/");
  return path.join(place === "public" ? config.publicDir : config.rulesDir, ...below);
}

/** Files and bytes of everything that is served and kept, each as often as it is served; pages are not counted. */
function contentOf({ config, store }: Workspace): SiteContent {
  const served = config.distributions.flatMap(({ repository, checkpoint }): readonly SiteContent[] => {
    const history = store.repository(repository)?.history;
    if (history === undefined) return [];
    if (checkpoint) return keptCheckpoints(history);
    const version = history.versions[newestPublication(history)?.version ?? -1];
    return version === undefined ? [] : [version];
  });
  return {
    files: served.reduce((sum, one) => sum + one.files, 0),
    bytes: served.reduce((sum, one) => sum + one.bytes, 0),
  };
}

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
