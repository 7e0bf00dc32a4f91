import type { Timeline, TimelinePoint } from "../../src/model/timeline.ts";
import { addSeconds, secondsOf, timestampFromSeconds } from "../../src/model/timestamp.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export type Random = () => number;

export function seededRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export interface HistoryShape {
  readonly checkpoints: number;
  /** Seconds between two checkpoints, on average, where nothing unusual happens. */
  readonly stepSeconds: number;
  readonly firstSecond?: number;
  /** How often a run of tombstones begins behind a checkpoint. */
  readonly gone?: number;
  readonly goneAtEnd?: boolean;
  /** By how much the horizon is later than the last checkpoint. */
  readonly horizonSeconds?: number;
  readonly settled?: boolean;
}

/** A history with bursts seconds apart, some of hundreds, and gaps of weeks. */
export function randomHistory(random: Random, shape: HistoryShape): Timeline {
  const { checkpoints, stepSeconds, firstSecond = Date.UTC(2010, 1, 3, 4, 5, 6) / 1000, gone = 0 } = shape;
  const points: TimelinePoint[] = [];
  let at = firstSecond;
  let burst = 0;
  while (points.length < checkpoints) {
    // Neighbours that are gone are one point, but for what was withdrawn.
    const isGone = random() < (points.at(-1)?.kind === "gone" ? gone / 4 : gone);
    points.push({ at: timestampFromSeconds(at), kind: isGone ? "gone" : "checkpoint" });
    if (burst === 0 && random() < 0.01) burst = random() < 0.05 ? 300 : 2 + Math.floor(random() * 18);
    const isGap = random() < 0.002;
    at += burst > 0 ? 1 + Math.floor(random() * 9) : 1 + Math.floor(random() * stepSeconds * (isGap ? 100 : 2));
    burst = Math.max(0, burst - 1);
  }
  const last = points.at(-1);
  if (last !== undefined && shape.goneAtEnd === true) points.push({ at: addSeconds(last.at, 86_400), kind: "gone" });
  const end = points.at(-1)?.at;
  return {
    points,
    horizon: end === undefined ? undefined : addSeconds(end, shape.horizonSeconds ?? 0),
    settled: shape.settled ?? true,
  };
}

/**
 * Three generations of one repository: more checkpoints at the end each time, fewer of the old ones, some found before the first; now and then the last one is gone, or answers may be revised.
 * `stepSeconds` decides how dense they are, and with it which lists of a server are cut into others, and which are put together again.
 */
export function randomGenerations(random: Random, stepSeconds: number): readonly [Timeline, Timeline, Timeline] {
  const { points } = randomHistory(random, { checkpoints: 1_500, stepSeconds });
  const worth = points.map(() => random());
  const kept = random() < 0.3 ? 1 : random() / 2;
  const first = Math.floor(random() * 50);
  const ends = [600, 900, 1_200].map((end) => end + Math.floor(random() * 300));
  return [
    thinned(first, ends[0] ?? 0, 1),
    thinned(first, ends[1] ?? 0, kept),
    thinned(random() < 0.5 ? first : 0, ends[2] ?? 0, kept * random()),
  ];

  /** Points from `start` to `end` of which that share is kept; the last one is gone, too, at times. */
  function thinned(start: number, end: number, share: number): Timeline {
    const left: TimelinePoint[] = [];
    const isLastKept = random() < 0.8;
    for (let index = start; index < end; index++) {
      const at = points[index]?.at;
      const isGone = index < end - 1 ? (worth[index] ?? 0) > share : !isLastKept;
      if (at !== undefined && !(isGone && left.at(-1)?.kind === "gone")) {
        left.push({ at, kind: isGone ? "gone" : "checkpoint" });
      }
    }
    return { points: left, horizon: points[end - 1]?.at, settled: random() < 0.8 };
  }
}

/** How many boundaries to take, how many seconds anywhere, and the second that is now. */
export interface TimesToAsk {
  readonly boundaries: number;
  readonly anywhere: number;
  readonly now: number;
}

/**
 * Texts to ask for: boundaries and their neighbours, first and last seconds of the minutes, hours, days, months and years around them, seconds anywhere from the year 0 to 9999, seconds
 * around `now`, and many that are no time at all.
 */
export function timesToAsk(random: Random, timeline: Timeline, options: TimesToAsk): readonly string[] {
  const { points, horizon } = timeline;
  const step = Math.max(1, points.length / options.boundaries);
  const chosen = new Set<Timestamp>();
  for (let index = 0; index < points.length; index += step) {
    const point = points[Math.floor(index + random() * Math.min(step, points.length - index))];
    if (point !== undefined) chosen.add(point.at);
  }
  for (const edge of [points[0]?.at, points.at(-1)?.at, horizon, later(horizon, 1)])
    if (edge !== undefined) chosen.add(edge);

  const asked = [...chosen].flatMap((at) => [at, ...neighbours(at), ...fieldEdges(at)]);
  const first = secondsOf(points[0]?.at ?? timestampFromSeconds(0));
  const last = secondsOf(horizon ?? timestampFromSeconds(0));
  for (let index = 0; index < options.anywhere; index++) {
    asked.push(
      timestampFromSeconds(Math.min(first + random() * (last - first) * 1.2, endOfTime)),
      timestampFromSeconds(anySecond(random)),
    );
  }
  return [...asked, ...secondsAround(options.now), ...specialTimes];
}

/** The second and three on either side. */
export function secondsAround(now: number): readonly Timestamp[] {
  return [-3, -2, -1, 0, 1, 2, 3].map((offset) => timestampFromSeconds(now + offset));
}

function neighbours(at: Timestamp): readonly string[] {
  return [later(at, -1), later(at, 1)].flatMap((one) => one ?? []);
}

function later(at: Timestamp | undefined, seconds: number): Timestamp | undefined {
  if (at === undefined || at === "99991231T235959Z" || at === "00000101T000000Z") return undefined;
  return addSeconds(at, seconds);
}

/** First and last second of the minute, hour, day, month and year of `at`; some last days are none. */
function fieldEdges(at: string): readonly string[] {
  const lengths = [13, 11, 8, 6, 4];
  return lengths.flatMap((length) =>
    ["00000101T000000Z", "99991231T235959Z"].map((edge) => at.slice(0, length) + edge.slice(length)),
  );
}

const endOfTime = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000;

function anySecond(random: Random): number {
  const first = Date.UTC(0, 0, 1) / 1000 - 1900 * 31_556_952;
  return first + random() * 9_990 * 31_556_952;
}

const specialTimes: readonly string[] = [
  ...["0000", "0001", "0004", "1900", "1999", "2000", "2023", "2024", "2100", "2400", "9999"].flatMap((year) =>
    [
      "0101",
      "0228",
      "0229",
      "0230",
      "0301",
      "0430",
      "0431",
      "0631",
      "0931",
      "1131",
      "1231",
      "1232",
      "0100",
      "0001",
      "1301",
    ].map((day) => `${year}${day}T000000Z`),
  ),
  ...["240000", "235960", "236000", "250000", "990000", "123460", "126034"].map((clock) => `20200101T${clock}Z`),
  "20200101T00000Z",
  "20200101T0000000Z",
  "2020010T000000Z",
  "20200101t000000z",
  "20200101T000000",
  "2020-01-01T00:00:00Z",
  "20200101000000Z",
  "20200101T000000ZZ",
  "20200101T000000Z.txt",
  "T0200101T000000Z",
  "ZZZZZZZZZZZZZZZZ",
];
