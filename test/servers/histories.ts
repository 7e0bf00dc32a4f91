import type { Timeline } from "../../src/model/timeline.ts";
import { timeline } from "../model/a-timeline.ts";
import { randomHistory, seededRandom, timesToAsk } from "./random-history.ts";
import type { Random, TimesToAsk } from "./random-history.ts";

/** How much the differential tests ask, and of which histories: `ASOF_DIFFERENTIAL=full` asks ten times as much, of others each time. */
export interface DifferentialEffort {
  readonly seed: number;
  readonly effort: number;
  readonly random: Random;
}

export function differentialEffort(): DifferentialEffort {
  const isFull = process.env["ASOF_DIFFERENTIAL"] === "full";
  const seed = isFull ? Math.floor(Math.random() * 2 ** 31) : 20250318;
  return { seed, effort: isFull ? 10 : 1, random: seededRandom(seed) };
}

/** Histories at the edges of what there can be. */
export const edgeHistories: Readonly<Record<string, Timeline>> = {
  none: timeline([]),
  "none-but-horizon": timeline([], { horizon: "20230101T000000Z" }),
  one: timeline(["20250318T140338Z"]),
  "one-gone": timeline(["-20250318T140338Z"]),
  "one-with-horizon": timeline(["20250318T140338Z"], { horizon: "20250401T000000Z" }),
  "first-gone": timeline(["-20200229T235959Z", "20200301T000000Z"], { horizon: "20231231T235959Z" }),
  "far-apart": timeline([
    "00000101T000000Z",
    "-00010101T000000Z",
    "16000229T000000Z",
    "20000101T000000Z",
    "99991231T235958Z",
  ]),
  "last-second": timeline(["20000101T000000Z"], { horizon: "99991231T235959Z" }),
};

/** Those, and longer ones up to 100,000 checkpoints, sparse and dense, with tombstones and without. */
export function manyHistories(random: Random): Readonly<Record<string, Timeline>> {
  return {
    ...edgeHistories,
    "ten-sparse": randomHistory(random, { checkpoints: 10, stepSeconds: 200 * day }),
    "ten-unsettled": randomHistory(random, {
      checkpoints: 10,
      stepSeconds: day,
      settled: false,
      horizonSeconds: 30 * day,
    }),
    thousand: randomHistory(random, { checkpoints: 1_000, stepSeconds: day }),
    "thousand-within-an-hour": randomHistory(random, {
      checkpoints: 1_000,
      stepSeconds: 2,
      firstSecond: Date.UTC(2020, 1, 28, 23, 50) / 1000,
    }),
    "thousand-gone": randomHistory(random, { checkpoints: 1_000, stepSeconds: day / 3, gone: 0.2, horizonSeconds: 1 }),
    "thousand-withdrawn": randomHistory(random, {
      checkpoints: 1_000,
      stepSeconds: day / 8,
      gone: 0.02,
      goneAtEnd: true,
      horizonSeconds: day,
    }),
    "ten-thousand": randomHistory(random, {
      checkpoints: 10_000,
      stepSeconds: day / 4,
      gone: 0.001,
      horizonSeconds: 60,
    }),
    "hundred-thousand": randomHistory(random, { checkpoints: 100_000, stepSeconds: day / 20, horizonSeconds: 3 * day }),
    "hundred-thousand-gone": randomHistory(random, {
      checkpoints: 100_000,
      stepSeconds: day / 18,
      gone: 0.3,
      settled: false,
    }),
  };
}

/** Raw targets below `base` at times that are worth asking for, with and without a path and a query. */
export function targetsToAsk(random: Random, history: Timeline, base: string, options: TimesToAsk): readonly string[] {
  return timesToAsk(random, history, options).map((at, index) => `${base}${at}${rests[index % rests.length] ?? ""}`);
}

/** What follows a time. */
const rests = [
  "",
  "/",
  "?q=/../%2F",
  "/index.html",
  "/f",
  "/f?a=1%202&b=?",
  "/missing/%2E%2e/x%2Fy",
  "/missing/%2E%2e/x%2By?q=/../%",
  "/dists/x",
];

const day = 86_400;
