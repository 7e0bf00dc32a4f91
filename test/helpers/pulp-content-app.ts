import { createHash } from "node:crypto";

import { checkpointsOf, compareTimes, contentPrefix, listingDate, secondOf } from "./pulp-world.ts";
import type { PulpWorld, StandInPublication } from "./pulp-world.ts";

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What Pulp's content app answers below its prefix, step by step as in its handler. `target` is raw. */
export function answerContent(world: PulpWorld, target: string): Answer {
  const path = decodeURIComponent(target.replace(/\?.*$/, ""));
  const base = `${contentPrefix}${world.basePath}`;
  if (path !== base && !path.startsWith(`${base}/`)) return notFound;
  const rest = path.slice(base.length).replace(/^\/+/, "");
  if (!path.endsWith("/") && !rest.includes("/")) return moved(`${path}/`);
  if (rest === "") return listing("", checkpointLines(world));

  const [, second = "", sub = ""] = /^(\d{8}T\d{6}Z)[^/]*\/?(.*)$/s.exec(rest) ?? [];
  const asked = momentOf(second);
  if (asked === undefined || asked > world.now()) return notFound;
  const chosen = checkpointsOf(world).find(({ created }) => secondOf(created) <= second);
  if (chosen === undefined) return notFound;
  if (secondOf(chosen.created) !== second) return moved(`${base}/${secondOf(chosen.created)}/${sub}`);
  return inPublication(world, chosen, sub, path);
}

const notFound: Answer = {
  status: 404,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body: "404: Not Found",
};

function moved(location: string): Answer {
  return {
    status: 301,
    headers: { location: encodeURI(location), "content-type": "text/plain; charset=utf-8" },
    body: "301: Moved Permanently",
  };
}

function inPublication(world: PulpWorld, chosen: StandInPublication, sub: string, path: string): Answer {
  const files = new Map([...chosen.files, ...chosen.published]);
  if (sub === "" || sub.endsWith("/")) {
    const lines = directoryLines(world, chosen, files, sub);
    return lines.length === 0 && sub !== "" ? notFound : listing(path, lines);
  }
  if ([...files.keys()].some((name) => name.startsWith(`${sub}/`))) return moved(`${path}/`);
  const newest = world.publications.toSorted((a, b) => compareTimes(b.created, a.created));
  const leaked = world.gracePeriod
    ? newest.map((one) => one.files.get(sub) ?? one.published.get(sub)).find((body) => body !== undefined)
    : undefined;
  const body = files.get(sub) ?? leaked;
  if (body === undefined) return notFound;
  const etag = `"${createHash("sha256").update(body).digest("hex").slice(0, 16)}"`;
  return { status: 200, headers: { "content-type": "application/octet-stream", etag }, body };
}

interface Line {
  readonly name: string;
  readonly date: string;
  readonly size: string;
}

function checkpointLines(world: PulpWorld): readonly Line[] {
  const seconds = new Map(checkpointsOf(world).map(({ created }) => [secondOf(created), created]));
  return [...seconds]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([second, created]) => ({ name: `${second}/`, date: listingDate(created), size: "" }));
}

/** The date of a file is when the repository got it; directories have that of whichever file came last. */
function directoryLines(
  world: PulpWorld,
  chosen: StandInPublication,
  files: ReadonlyMap<string, string>,
  sub: string,
): readonly Line[] {
  const lines = new Map<string, Line>();
  for (const [path, body] of files) {
    if (!path.startsWith(sub)) continue;
    const rest = path.slice(sub.length);
    const slash = rest.indexOf("/");
    const name = slash < 0 ? rest : rest.slice(0, slash + 1);
    const first = chosen.published.has(path) ? chosen : world.publications.find((one) => one.files.get(path) === body);
    lines.set(name, { name, date: listingDate((first ?? chosen).created), size: sizeText(Buffer.byteLength(body)) });
  }
  return [...lines.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function listing(title: string, lines: readonly Line[]): Answer {
  const rows = lines.map(({ name, date, size }) => {
    const shown = escapeHtml(name);
    return `<a href="./${shown}">${shown}</a>${" ".repeat(Math.max(0, 100 - shown.length))}${date}  ${size}\n`;
  });
  const body = `
<html>
<head><title>Index of ${title}</title></head>
<body bgcolor="white">
<h1>Index of ${title}</h1>
<hr><pre><a href="../">../</a>
${rows.join("")}</pre><hr></body>
</html>`;
  return { status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body };
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&#34;")
    .replaceAll("'", "&#39;");
}

/** Jinja's `filesizeformat`. */
function sizeText(bytes: number): string {
  if (bytes < 1000) return bytes === 1 ? "1 Byte" : `${bytes} Bytes`;
  return bytes < 999_950 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Seconds since 1970; undefined for what is no second. */
function momentOf(second: string): number | undefined {
  const iso = second.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6.000Z");
  const time = Date.parse(iso);
  return Number.isNaN(time) || new Date(time).toISOString() !== iso ? undefined : time / 1000;
}
