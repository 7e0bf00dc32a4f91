import { readFileSync } from "node:fs";
import path from "node:path";
import vm from "node:vm";

import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";

import type { Checkpoint } from "../../src/model/history.ts";
import type { GoneInterval } from "../../src/model/history-timeline.ts";
import { parseDigest } from "../../src/model/digest.ts";
import { resolveRequest } from "../../src/model/resolve-request.ts";
import { neighboursOf } from "../../src/model/timeline.ts";
import type { Timeline } from "../../src/model/timeline.ts";
import { secondsOf } from "../../src/model/timestamp.ts";
import { renderCheckpointsJson, renderYears } from "../../src/pages/checkpoints-json.ts";
import { builtInTemplates } from "../../src/templates.ts";
import { time, timeline } from "../model/a-timeline.ts";
import { randomHistory, seededRandom, timesToAsk } from "../servers/random-history.ts";

type Read = (url: string) => Promise<unknown>;
type Decide = (bases: readonly string[], path: string, query: string, now: string, read: Read) => Promise<unknown>;

const base = "/mirror/cp/r/";
const now = time("20260601T120000Z");

describe("what the script of 404.html decides", () => {
  let decide: Decide;
  beforeAll(() => {
    const code = readFileSync(path.join(builtInTemplates, "hosts/not-found/decide.js"), "utf8");
    const found: unknown = vm.runInNewContext(`${code}; decide`);
    decide = (...args) => {
      if (typeof found !== "function") throw new Error("decide.js defines no decide");
      return Reflect.apply(found, undefined, args);
    };
  });

  const histories: Readonly<Record<string, Timeline>> = {
    "nothing yet": timeline([]),
    "one checkpoint": timeline(["20250318T140338Z"]),
    "one checkpoint and a horizon": timeline(["20250318T140338Z"], { horizon: "20250401T000000Z" }),
    "one checkpoint that is gone": timeline(["-20250318T140338Z"]),
    "years apart": timeline(["20190101T000000Z", "-20201231T235959Z", "20210101T000000Z", "20250318T140338Z"]),
    "gone in the end": timeline(["20240101T000000Z", "-20250101T000000Z"], { horizon: "20250601T000000Z" }),
    unsettled: timeline(["20240101T000000Z", "20250318T140338Z"], { settled: false }),
    "later than now": timeline(["20250101T000000Z", "20270101T000000Z"], { horizon: "20270201T000000Z" }),
    "a thousand": randomHistory(seededRandom(1), { checkpoints: 1_000, stepSeconds: 400_000, gone: 0.1 }),
    "a thousand in an hour": randomHistory(seededRandom(2), { checkpoints: 1_000, stepSeconds: 4, gone: 0.02 }),
    "a thousand, gone in the end": randomHistory(seededRandom(3), {
      checkpoints: 1_000,
      stepSeconds: 300_000,
      goneAtEnd: true,
      horizonSeconds: 86_400,
    }),
  };

  it.each(Object.entries(histories))("is what the reference function answers: %s", async (_, history) => {
    const random = seededRandom(20250318);
    const times = timesToAsk(random, history, { boundaries: 60, anywhere: 60, now: secondsOf(now) });
    const targets = [...times, "latest"].flatMap((text) => [`${base}${text}/a%20b?x=1`, `${base}${text}`]);
    const { read, reads } = siteOf(history);
    expect(targets.length).toBeGreaterThan(200);
    for (const target of targets) {
      const before = reads.length;
      expect([target, await decision(target, read)]).toEqual([target, reference(history, target)]);
      expect(reads.length - before).toBeLessThanOrEqual(2);
    }
  });

  it.each([
    "/",
    "/mirror/cp/r",
    "/mirror/cp/r?x=1",
    "/mirror/cp/r/",
    "/mirror//cp/r",
    "/mirror/cp/rr/20250601T000000Z/",
    "/mirror/cp/r/nothing",
    "/mirror/cp/r/checkpoints.json",
    "/mirror/cp/r/latest",
    "/mirror/cp/r/latest?x",
    "/mirror/cp/r/lates%74/",
    "//evil.example/mirror/cp/r/20250601T000000Z/",
    "/%2F%2Fevil.example/",
    "/mirror/cp/r/20250601T000000Z//evil.example/",
    "/mirror/cp/r//20250601T000000Z/a",
    "/mirror%2Fcp/r/20250601T000000Z/a",
    "/mirror/cp/r/2025060%31T000000Z/a",
    "/mirror/cp/r/20250601T000000Z%2Fa",
    "/mirror/cp/r/20250601T000000Z/%2e%2e/20190101T000000Z/a",
    "/mirror/cp/r/20250601T000000Z/..%2f..%2f..%2f..%2fetc/passwd",
    "/mirror/cp/r/20250601T000000Z/..%2f..%2f..%2f..%2f..%2fetc/passwd",
    "/..%2fmirror/cp/r/20250601T000000Z/a",
    "/mirror/cp/r/20250601T000000Z/%00",
    "/mirror/cp/r/20250601T000000Z/%zz",
    "/mirror/cp/r/20250601T000000Z/%",
    "/mirror/cp/r/20250601T000000Z/%0d%0aSet-Cookie:x=1",
    "/mirror/cp/r/20250601T000000Z/%C3%A9?q=http://evil.example/&r=%2F",
    "/mirror/cp/r/20250601T000000Z/.",
    "/mirror/cp/r/20250601T000000Z/a/./b/../c//d",
    `/mirror/cp/r/20250601T000000Z/${"x".repeat(6000)}`,
    '/mirror/cp/r/20250601T000000Z/"><script>alert(1)</script>',
    "/mirror/cp/r/20250601T000000ZZ/a",
    "/mirror/cp/r/20250601t000000z/a",
  ])("is what the reference function answers to %s", async (target) => {
    const history = timeline(["20190101T000000Z", "20250318T140338Z"], { horizon: "20260101T000000Z" });
    expect(await decision(target, siteOf(history).read)).toEqual(reference(history, target));
  });

  it("takes nothing for an address that is no time", async () => {
    const history = timeline(["20250318T140338Z"]);
    for (const newest of ["//evil.example", "20250318T140338Z/../..", "20250230T000000Z", "", 5, {}]) {
      const { read } = siteOf(history);
      const altered: Read = async (url) => ({ ...Object(await read(url)), newest });
      await expect(decide([base], `${base}latest/`, "", now, altered)).rejects.toThrow("is no time");
    }
  });

  async function decision(target: string, read: Read): Promise<unknown> {
    const [raw = "", ...query] = target.split(/(?=\?)/);
    return spoken.parse(await decide([base, "/mirror/other/"], raw, query.join(""), now, read));
  }
});

/** What of an answer has to be the same; words for people aside. */
const spoken = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("elsewhere") }),
  z.object({ kind: z.literal("missing") }),
  z.object({ kind: z.literal("redirect"), location: z.string() }),
  z.object({ kind: z.literal("checkpoint"), at: z.string() }),
  z.object({ kind: z.literal("gone"), from: z.string(), older: z.string().optional(), newer: z.string().optional() }),
]);

function reference(history: Timeline, target: string): z.infer<typeof spoken> {
  const answer = resolveRequest({ base, timeline: history }, target, now);
  switch (answer.kind) {
    case "elsewhere":
    case "beside":
    case "bad-request":
      return { kind: "elsewhere" };
    case "missing":
      return { kind: "missing" };
    case "redirect":
      return { kind: "redirect", location: answer.location };
    case "checkpoint":
      return { kind: "checkpoint", at: answer.checkpoint };
    case "gone":
      return spoken.parse({ ...answer });
  }
}

/** The JSON that a site with such a history has. */
function siteOf(history: Timeline): { readonly read: Read; readonly reads: string[] } {
  const checkpoints = history.points.flatMap(({ kind, at }): readonly Checkpoint[] =>
    kind === "checkpoint" ? [{ ...anyCheckpoint, created: at }] : [],
  );
  const gone = history.points.flatMap(({ kind, at }): readonly GoneInterval[] =>
    kind === "gone"
      ? [{ from: at, until: neighboursOf(history, at).newer ?? at, count: 1, reason: "", cause: "retention" }]
      : [],
  );
  const { horizon, settled } = history;
  const log = { length: 0, head: "" };
  const input = { distribution: "r", repository: "r", basePath: "cp/r", horizon, settled, checkpoints, gone, log };
  const files = new Map([
    [`${base}checkpoints.json`, renderCheckpointsJson(input)],
    ...renderYears(input).map(({ name, content }) => [`${base}checkpoints/${name}`, content] as const),
  ]);
  const reads: string[] = [];
  return {
    reads,
    async read(url) {
      reads.push(url);
      const text = files.get(url);
      if (text === undefined) throw new Error(`${url} is not there`);
      return JSON.parse(text);
    },
  };
}

const root = parseDigest("0".repeat(64));
if (root === undefined) throw new Error("64 digits are a digest");

const anyCheckpoint: Omit<Checkpoint, "created"> = {
  publication: 0,
  version: 0,
  checkpoint: true,
  manifest: null,
  root,
  files: 0,
  bytes: 0,
  added: 0,
  removed: 0,
  changed: 0,
  tombstone: undefined,
  labels: [],
};
