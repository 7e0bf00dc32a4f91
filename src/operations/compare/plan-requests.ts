import type { Random } from "../../model/seeded-random.ts";
import { addSeconds, earliestSecond, secondsOf, timestampFromSeconds } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { encodeSegment } from "../../pages/encode-segment.ts";
import { badTimes, otherNames, timeCase } from "./request-cases.ts";
import type { KnownTimes, PlannedRequest } from "./request-cases.ts";

/** What both servers together list, and the chance that chooses. */
export interface Known extends KnownTimes {
  readonly random: Random;
}

/** Files of one checkpoint, decoded, in order. */
export interface KnownFiles {
  readonly files: readonly string[];
  /** Folders, without a slash at their end. */
  readonly folders: readonly string[];
}

const manifest = "PULP_MANIFEST";
const nothing = "asof-compare-nothing";
const aDay = 86_400;

/** Everything about one checkpoint and the seconds up to the next. */
export function* checkpointRequests(
  known: Known,
  {
    at,
    next = known.now,
    content: { files, folders },
  }: { readonly at: Timestamp; readonly next: Timestamp | undefined; readonly content: KnownFiles },
): Generator<PlannedRequest> {
  const own = `/${at}/`;
  const [file, folder] = [pick(files, known.random), pick(folders, known.random)];
  yield* both("exact/root", own);
  yield* both("exact/root-without-slash", `/${at}`);
  yield* both("exact/manifest", own + manifest);
  for (const name of files) yield get("exact/file", own + encoded(name));
  if (file !== undefined) yield { about: "exact/file", method: "HEAD", target: own + encoded(file) };
  for (const name of folders) {
    yield get("exact/folder", `${own}${encoded(name)}/`);
    yield get("exact/folder-without-slash", own + encoded(name));
  }
  yield get("exact/missing", own + nothing);
  yield get("exact/missing-folder", `${own}${nothing}/`);
  if (!files.includes("index.html")) yield get("exact/index", `${own}index.html`);
  const between = timestampFromSeconds((secondsOf(at) + secondsOf(next)) / 2);
  for (const time of new Set([addSeconds(at, -1), addSeconds(at, 1), between, addSeconds(next, -1)])) {
    if (!known.isTime.has(time)) yield* timeRequests(known, time, file, folder);
  }
}

/** What does not belong to one checkpoint; `at` is one, with files of its own. */
export function* otherRequests(
  known: Known,
  { at, content, count }: { readonly at: Timestamp | undefined; readonly content: KnownFiles; readonly count: number },
): Generator<PlannedRequest> {
  const { times, isTime, now, random } = known;
  const [file = nothing, folder] = [pick(content.files, random), pick(content.folders, random)];
  yield* both("list", "/");
  yield* both("list-without-slash", "");
  for (const time of [earliestSecond, earlier(times[0] ?? now, aDay), now, addSeconds(now, aDay)]) {
    if (!isTime.has(time)) yield* timeRequests(known, time, file, folder);
  }
  for (const text of badTimes) {
    for (const rest of ["", "/", `/${encoded(file)}`]) yield get("bad-time", `/${text}${rest}`);
  }
  for (const name of otherNames) {
    yield get("no-time", `/${name}`);
    if (!name.includes("/")) yield get("no-time", `/${name}/`);
  }
  for (const rest of ["", "/", `/${encoded(file)}`]) yield get("latest", `/latest${rest}`);
  if (at !== undefined) yield* oddRequests(known, at, file);
  yield* randomRequests(known, { count, file, folder });
}

/** Spellings of what is there that no listing has. */
function* oddRequests({ times, isTime, now }: Known, at: Timestamp, file: string): Generator<PlannedRequest> {
  const path = encoded(file);
  const other = times.find((time) => time !== at) ?? at;
  const free = firstFree(isTime, at, now);
  for (const target of ["/", "", `/${at}/`, `/${at}`, `/${at}/${path}`, `/${at}/${nothing}`]) {
    yield get("query", `${target}?x=1`);
    yield { about: "post", method: "POST", target };
  }
  yield get("exact/file-with-slash", `/${at}/${path}/`);
  for (const junk of ["foo", "foo/", `foo/${path}`, ".txt", "%0A/"]) yield get("junk", `/${at}${junk}`);
  for (const target of [`//${at}/`, "//", `/${at}//${path}`, `//${at}/${path}`]) yield get("slashes", target);
  yield get("dots", `/${at}/../${other}/${path}`);
  yield get("dots", `/${at}/./${path}`);
  yield get("spelling", `/${at}/${escaped(file)}`);
  yield get("spelling", `/${escaped(at)}/${path}`);
  if (free === undefined) return;
  for (const target of [`/${free}/`, `/${free}`, `/${free}/${path}`]) {
    yield get("query-between", `${target}?x=1`);
    yield { about: "post", method: "POST", target };
  }
  for (const junk of ["foo/", `foo/${path}`]) yield get("junk", `/${free}${junk}`);
  yield get("spelling-between", `/${free}/${escaped(file)}`);
  for (const spelling of ["a%3Fb", "a%23b", "a%2525b", "a%20b", "a%C3%A9b", "a+b", "a:b"]) {
    yield get("spelling-between", `/${free}/${spelling}`);
  }
}

/** Times from a little before the first checkpoint up to now, evenly. */
function* randomRequests(
  known: Known,
  { count, file, folder }: { readonly count: number; readonly file: string; readonly folder: string | undefined },
): Generator<PlannedRequest> {
  const until = secondsOf(known.now);
  const first = secondsOf(known.times[0] ?? earlier(known.now, aDay));
  const from = Math.max(first - (until - first) / 10, secondsOf(earliestSecond));
  for (let asked = 0; asked < count; asked++) {
    const time = timestampFromSeconds(from + known.random() * (until - from));
    const forms = [...timeRequests(known, time, file, folder)];
    const form = pick(forms, known.random);
    if (form !== undefined) yield form;
  }
}

/** A time with everything that may stand behind it. */
function* timeRequests(
  known: Known,
  time: Timestamp,
  file: string | undefined,
  folder: string | undefined,
): Generator<PlannedRequest> {
  const where = timeCase(time, known);
  const own = `/${time}/`;
  yield* both(`${where}/root`, own);
  yield* both(`${where}/root-without-slash`, `/${time}`);
  if (file !== undefined) yield* both(`${where}/file`, own + encoded(file));
  if (folder !== undefined) {
    yield get(`${where}/folder`, `${own}${encoded(folder)}/`);
    yield get(`${where}/folder-without-slash`, own + encoded(folder));
  }
  yield get(`${where}/missing`, own + nothing);
}

function get(about: string, target: string): PlannedRequest {
  return { about, method: "GET", target };
}

function* both(about: string, target: string): Generator<PlannedRequest> {
  yield { about, method: "GET", target };
  yield { about, method: "HEAD", target };
}

function firstFree(isTime: ReadonlySet<Timestamp>, after: Timestamp, until: Timestamp): Timestamp | undefined {
  let time = addSeconds(after, 1);
  while (isTime.has(time)) time = addSeconds(time, 1);
  return time <= until ? time : undefined;
}

function earlier(time: Timestamp, seconds: number): Timestamp {
  return timestampFromSeconds(Math.max(secondsOf(time) - seconds, secondsOf(earliestSecond)));
}

function pick<Item>(items: readonly Item[], random: Random): Item | undefined {
  return items[Math.floor(random() * items.length)];
}

function encoded(path: string): string {
  return path.split("/").map(encodeSegment).join("/");
}

/** The same name with each byte escaped, but for slashes. */
function escaped(path: string): string {
  return [...Buffer.from(path)]
    .map((byte) => (byte === 0x2f ? "/" : `%${byte.toString(16).padStart(2, "0")}`))
    .join("");
}
