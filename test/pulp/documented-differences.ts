import { createHash } from "node:crypto";

import { contentTypeOf } from "../../src/model/content-type.ts";
import { isTimestamp, looksLikeTimestamp } from "../../src/model/timestamp.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";
import { comparedAnswer, differingFields } from "../../src/operations/compare/compare-answers.ts";
import type { ComparedAnswer, ComparedField } from "../../src/operations/compare/compare-answers.ts";
import type { Difference } from "../../src/operations/compare/compare.ts";
import { namesInListing } from "../../src/operations/compare/names-in-listing.ts";
import { rawRequest } from "../servers/raw-request.ts";

/** Where asof answers otherwise than Pulp on purpose: how Pulp's answer becomes the one that asof must give. */
interface DocumentedDifference {
  readonly asof: string;
  readonly pulp: string;
  readonly reason: string;
  applies(asked: Asked, answer: ComparedAnswer, servers: Servers): boolean;
  becomes(asked: Asked, answer: ComparedAnswer, servers: Servers): ComparedAnswer | Promise<ComparedAnswer>;
}

interface Asked {
  readonly method: string;
  /** Below the base path, as `PlannedRequest` has it. */
  readonly target: string;
  readonly path: string;
  readonly query: string;
  /** The first segment, as it was written. */
  readonly time: string;
  /** What stands behind it, with the slash. */
  readonly rest: string;
}

/** One of the two, at its base path. */
export interface AskedServer {
  /** With the base path, and a slash at its end. */
  readonly base: URL;
}

export interface Servers {
  readonly pulp: AskedServer;
  readonly mirror: AskedServer;
  readonly horizon: Timestamp;
  readonly newest: Timestamp;
}

export interface Explained {
  /** The differences from Pulp that were used, in the order of the list. */
  readonly used: readonly string[];
  /** What none of them accounts for. */
  readonly unexplained: readonly ComparedField[];
}

const notFound: ComparedAnswer = {
  status: 404,
  location: undefined,
  contentType: undefined,
  contentLength: undefined,
  sha256: undefined,
  sizeBytes: undefined,
};

/** In the order in which they are applied, each to what the ones before it made. What none of them says is meant to be the same. */
const differences: readonly DocumentedDifference[] = [
  {
    asof: "what stands right below the base path is answered without its slash, too",
    pulp: "adds the slash first and looks at the time then",
    reason: "clients limit and pay for every hop",
    applies: ({ path, time, rest }, { status, location }) =>
      rest === "" && path !== "" && status === 301 && decoded(location) === `./${decoded(time)}/`,
    becomes: async (asked, answer, { pulp }) =>
      // An exact checkpoint has its slash added by both.
      isTimestamp(asked.time) && (await ask(pulp, `/${asked.time}/`)).status === 200
        ? answer
        : ask(pulp, `${asked.path}/`, asked.method),
  },
  {
    asof: "latest leads to the newest checkpoint",
    pulp: "has no such name",
    reason: "people and scripts ask for it",
    applies: ({ time }) => time === "latest",
    becomes: ({ rest }, _, { newest }) => ({ ...notFound, status: 302, location: `./${newest}${rest || "/"}` }),
  },
  {
    asof: "junk behind the Z is no time",
    pulp: "drops it, or takes it for a path",
    reason: "an address that nobody meant must not have content",
    applies: ({ time }) => looksLikeTimestamp(time.slice(0, 16)) && time.length > 16,
    becomes: () => notFound,
  },
  {
    asof: "a time counts in its plain spelling alone",
    pulp: "decodes it first",
    reason: "one address for one thing",
    applies: ({ time }) => time.startsWith("%") && isTimestamp(decodeURIComponent(time)),
    becomes: () => notFound,
  },
  {
    asof: "slashes before the time are not swallowed",
    pulp: "takes //T/ for T/",
    reason: "one address for one thing; a Location must never begin with //",
    applies: ({ path }) => /^\/\/+./.test(path),
    becomes: () => notFound,
  },
  {
    asof: "slashes and dots within a path below a checkpoint are folded",
    pulp: "does not find it",
    reason: "every web server does so, and no file has an empty name",
    applies: ({ time, rest }, { status }) => isTimestamp(time) && status === 404 && /\/\.?\//.test(rest),
    becomes: ({ time, rest, method }, _, { pulp }) => ask(pulp, `/${time}${rest.replaceAll(/\/\.?\//g, "/")}`, method),
  },
  {
    asof: "the path in a Location is the one that was asked for, byte for byte",
    pulp: "decodes it, so that %3F and %23 become a query and a fragment, and %25 a beginning of something else",
    reason: "the name must survive",
    applies: ({ time, rest }, { location }) => isTimestamp(time) && location !== undefined && rest !== "",
    becomes: ({ time, rest }, answer) => {
      const [, to = ""] = /^\.\/([^/]+)\//.exec(answer.location ?? "") ?? [];
      // Within one checkpoint it is the slash of a folder that is added.
      return { ...answer, location: `./${to}${rest}${to === time ? "/" : ""}` };
    },
  },
  {
    asof: "the query is part of every Location",
    pulp: "drops it",
    reason: "tokens and cache breakers are in queries",
    applies: ({ query }, { location }) => query !== "" && location !== undefined,
    becomes: ({ query }, answer) => ({ ...answer, location: `${answer.location}${query}` }),
  },
  {
    asof: "an answer after the horizon is a 302",
    pulp: "says 301, which browsers keep, though a later checkpoint changes the answer",
    reason: "a second checkpoint may still be recorded before that time",
    applies: ({ time }, { status, location }, { horizon }) =>
      isTimestamp(time) && time > horizon && status === 301 && location?.startsWith(`./${time}/`) === false,
    becomes: (_, answer) => ({ ...answer, status: 302 }),
  },
  {
    asof: "index.html is the page of its directory, also where it was generated",
    pulp: "has no such file",
    reason: "a web server serves files",
    applies: ({ path }, { status }) => status === 404 && /^(?:\/\d{8}T\d{6}Z)?\/index\.html$/.test(path),
    becomes: ({ path, method }, _, { mirror }) => ask(mirror, path.slice(0, -"index.html".length), method),
  },
  {
    asof: "an index.html of the repository is the page of its directory",
    pulp: "shows its own listing for file repositories",
    reason: "a web server serves index.html, and so do the sources",
    applies: ({ path }, { status }) => status === 200 && path.endsWith("/docs/"),
    becomes: ({ path, method }, _, { pulp }) => ask(pulp, `${path}index.html`, method),
  },
  {
    asof: "a listing has the same names and another form",
    pulp: "has its own form, which theme: classic has for names that need no encoding",
    reason: "pages are for people",
    applies: ({ path }, { status }) =>
      status === 200 && (path === "" || path.endsWith("/")) && !path.endsWith("/docs/"),
    becomes: async ({ path, method }, answer, { pulp, mirror }) => {
      const [theirs, ours] = await Promise.all([pulp, mirror].map(async (server) => namesOf(server, path)));
      if (theirs !== ours) return answer;
      const { sha256, sizeBytes, contentLength } = await ask(mirror, path, method);
      return { ...answer, sha256, sizeBytes, contentLength };
    },
  },
  {
    asof: "the type of a file is the same on every server, and of text with its charset",
    pulp: "knows other extensions",
    reason: "Debian's and RPM's clients and people who click know what comes",
    applies: ({ path }, { status }) => status === 200 && !path.endsWith("PULP_MANIFEST"),
    becomes: ({ path }, answer) => ({
      ...answer,
      contentType: contentTypeOf(decodeURIComponent(/[^/]*$/.exec(path)?.[0] || "index.html")),
    }),
  },
];

export const documentedDifferences: readonly string[] = differences.map(({ asof }) => asof);

/** Whether the mirror's answer is what the list makes of Pulp's. */
export async function explain({ method, target, a, b }: Difference, servers: Servers): Promise<Explained> {
  const [, path = "", query = ""] = /^([^?]*)(.*)$/.exec(target) ?? [];
  const [, time = "", rest = ""] = /^\/([^/]*)(.*)$/.exec(path) ?? [];
  const asked = { method, target, path, query, time, rest };
  const used: string[] = [];
  let answer = a;
  for (const difference of differences) {
    if (!difference.applies(asked, answer, servers)) continue;
    const next = await difference.becomes(asked, answer, servers);
    if (differingFields(answer, next).length > 0) used.push(difference.asof);
    answer = next;
  }
  return { used, unexplained: differingFields(answer, b) };
}

/** Pulp spells some names otherwise than they were asked for. */
function decoded(text: string | undefined): string | undefined {
  return text === undefined ? undefined : decodeURIComponent(text);
}

async function ask({ base }: AskedServer, below: string, method = "GET"): Promise<ComparedAnswer> {
  const target = base.pathname.slice(0, -1) + below;
  const { status, headers, body } = await rawRequest(Number(base.port), { target, method });
  const sha256 = createHash("sha256").update(body).digest("hex");
  return comparedAnswer(
    { status, header: (name) => headers.get(name), sha256, sizeBytes: body.length, body },
    base,
    target,
  );
}

async function namesOf({ base }: AskedServer, below: string): Promise<string> {
  const { body } = await rawRequest(Number(base.port), { target: base.pathname.slice(0, -1) + below });
  return namesInListing(body.toString())
    .map(({ name, isFolder }) => name + (isFolder ? "/" : ""))
    .filter((name) => !beside.has(name))
    .toSorted()
    .join("\n");
}

/** What the list of checkpoints links to beside them. */
const beside: ReadonlySet<string> = new Set([
  "latest/",
  "kit/",
  "_asof/",
  "checkpoints.json",
  "checkpoints.txt",
  "feed.atom",
  "renovate.json",
  "timemap",
]);
