import { z } from "zod";

import { isDigest } from "../model/digest.ts";
import type { Digest } from "../model/digest.ts";
import type { HistoryEvent } from "../model/history.ts";
import { labelProblem } from "../model/label.ts";
import { isSignatureName } from "../model/statement.ts";
import { isTimestamp } from "../model/timestamp.ts";
import type { Timestamp } from "../model/timestamp.ts";

/** What a line of a log says: the event, and how it follows from the line before. */
export interface LogLine {
  readonly n: number;
  readonly prev: string;
  readonly event: HistoryEvent;
}

/**
 * Undefined when `line` is no line of a log. The two kinds that there are thousands of are checked by a pattern over their text: the schema takes some 20 µs for such a line, more than all else that is done
 * with it. What no pattern knows, damage included, is for the schema to say.
 */
export function parseLogLine(line: string): LogLine | undefined {
  const json = parseJson(line);
  if (isVersionLine(json, line)) {
    const { n, prev, at, version, root, files, bytes } = json;
    return { n, prev, event: { type: "version", at, version, root, files, bytes } };
  }
  if (isPublicationLine(json, line)) {
    const { n, prev, at, publication, version, created, checkpoint, manifest, sums, statement } = json;
    const { added, removed, changed } = json;
    const counts = { added, removed, changed };
    return {
      n,
      prev,
      event: {
        type: "publication",
        at,
        publication,
        version,
        created,
        checkpoint,
        manifest,
        sums,
        statement,
        ...counts,
      },
    };
  }
  return readAny(json);
}

type Link = Pick<LogLine, "n" | "prev">;

function isVersionLine(json: unknown, line: string): json is Link & Extract<HistoryEvent, { type: "version" }> {
  return typeof json === "object" && versionShape.test(line);
}

function isPublicationLine(json: unknown, line: string): json is Link & Extract<HistoryEvent, { type: "publication" }> {
  return typeof json === "object" && publicationShape.test(line);
}

/** What the schema below asks for, in the order in which asof writes it, and no more than that: fewer digits than a count may have, no 29 February, only plain names of files, no signatures. */
const shapes = {
  count: "(?:0|[1-9][0-9]{0,14})",
  sha256: '"[0-9a-f]{64}"',
  second:
    '"[0-9]{4}(?:(?:0[1-9]|1[0-2])(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])(?:29|30)|(?:0[13578]|1[02])31)T(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]Z"',
};
const stored = `\\{"digest":${shapes.sha256},"bytes":${shapes.count}\\}`;
const begins = `^\\{"n":${shapes.count},"prev":"[0-9a-f]{64}"`;
const versionShape = new RegExp(
  `${begins},"type":"version","at":${shapes.second},"version":${shapes.count},"root":${shapes.sha256},"files":${shapes.count},"bytes":${shapes.count}\\}$`,
);
const publicationShape = new RegExp(
  `${begins},"type":"publication","at":${shapes.second},"publication":${shapes.count},"version":${shapes.count},"created":${shapes.second},"checkpoint":(?:true|false)` +
    `,"manifest":(?:null|\\{"name":"[A-Za-z0-9._-]+","digest":${shapes.sha256},"bytes":${shapes.count}\\}),"added":${shapes.count},"removed":${shapes.count},"changed":${shapes.count}` +
    `(?:,"sums":${stored})?(?:,"statement":${stored})?\\}$`,
);

function readAny(json: unknown): LogLine | undefined {
  const parsed = logLine.safeParse(json);
  if (!parsed.success) return undefined;
  const { n, prev, ...event } = parsed.data;
  return { n, prev, event };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const second = z.custom<Timestamp>((value) => typeof value === "string" && isTimestamp(value));
const digest = z.custom<Digest>((value) => typeof value === "string" && isDigest(value));
const count = z.int().nonnegative();
const label = z.string().refine((value) => labelProblem(value) === undefined);
const storedFile = z.strictObject({ digest, bytes: count });
const signatureName = z.string().refine(isSignatureName);
const counts = { added: count, removed: count, changed: count };
const link = { n: count, prev: z.string(), at: second };

const logLine = z.discriminatedUnion("type", [
  z.strictObject({ ...link, type: z.literal("repository"), name: z.string(), root: digest }),
  z.strictObject({
    ...link,
    type: z.literal("version"),
    version: count,
    root: digest,
    files: count,
    bytes: count,
    filled: z.literal(true).optional(),
  }),
  z.strictObject({ ...link, type: z.literal("manifest"), digest, bytes: count }),
  z.strictObject({
    ...link,
    type: z.literal("publication"),
    publication: count,
    version: count,
    created: second,
    checkpoint: z.boolean(),
    manifest: z.strictObject({ name: z.string(), digest, bytes: count }).nullable(),
    sums: storedFile.optional(),
    statement: storedFile.optional(),
    signatures: z.array(z.strictObject({ name: signatureName, digest, bytes: count })).optional(),
    ...counts,
    next: z.strictObject({ created: second, ...counts }).optional(),
  }),
  z.strictObject({
    ...link,
    type: z.literal("tombstone"),
    checkpoint: second,
    reason: z.string(),
    cause: z.enum(["retention", "withdrawn"]).optional(),
    content: digest.optional(),
    next: z.strictObject({ created: second, ...counts }).optional(),
  }),
  z.strictObject({ ...link, type: z.literal("label"), checkpoint: second, label }),
  z.strictObject({ ...link, type: z.literal("unlabel"), checkpoint: second, label }),
  z.strictObject({ ...link, type: z.literal("horizon"), horizon: second }),
  z.strictObject({ ...link, type: z.literal("settled"), settled: z.boolean() }),
  z.strictObject({ ...link, type: z.literal("takedown"), digest, reason: z.string() }),
  z.strictObject({ ...link, type: z.literal("lost"), until: second }),
]);
