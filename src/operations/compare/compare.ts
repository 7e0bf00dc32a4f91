import { setMaxListeners } from "node:events";

import { sample, seededRandom } from "../../model/seeded-random.ts";
import { timestampFromSeconds } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { openPool } from "../verify-url/pool.ts";
import { comparedAnswer, differingFields } from "./compare-answers.ts";
import type { ComparedAnswer, ComparedField } from "./compare-answers.ts";
import { openServer } from "./compared-server.ts";
import type { ComparedServer } from "./compared-server.ts";
import type { Ignored } from "./ignored.ts";
import { checkpointRequests, otherRequests } from "./plan-requests.ts";
import type { KnownFiles } from "./plan-requests.ts";
import { readFiles, readTimes } from "./read-listed.ts";
import type { PlannedRequest } from "./request-cases.ts";

export interface CompareOptions {
  /** Base paths of checkpoints, of whatever servers. */
  readonly a: string;
  readonly b: string;
  /** Seconds since 1970. */
  readonly now: number;
  /** Chooses what is asked for where not everything is. */
  readonly seed: number;
  /** So many checkpoints, of each so many files and folders, and so many random times; undefined for all there are. */
  readonly count: number | undefined;
  readonly ignored: Ignored;
  readonly signal: AbortSignal;
  readonly retries?: number;
  readonly timeoutSeconds?: number;
  /** Requests to each server at a time. */
  readonly concurrency?: number;
  readonly onProgress?: (progress: { readonly asked: number; readonly differing: number }) => void;
}

export interface Comparison {
  readonly a: string;
  readonly b: string;
  readonly checkpoints: { readonly onlyA: number; readonly onlyB: number; readonly both: number };
  /** Requests made of each. */
  readonly asked: number;
  readonly differing: number;
  /** Of the differences those that were to be ignored. */
  readonly ignored: number;
  /** In the order of the requests, the first `mostKept` of each case. */
  readonly differences: readonly Difference[];
  readonly cases: readonly CaseCount[];
}

export interface Difference extends PlannedRequest {
  readonly fields: readonly ComparedField[];
  readonly a: ComparedAnswer;
  readonly b: ComparedAnswer;
}

export interface CaseCount {
  readonly about: string;
  readonly asked: number;
  readonly differing: number;
}

const mostKept = 10_000;
/** Clocks differ by seconds. */
const clockSlackSeconds = 5;
/** Random times, where everything is asked for. */
const randomTimes = 500;

/**
 * Asks two servers the same, and tells where they differ: status, where a redirect leads to within the server's own base path, and of what is there the bytes, their type and announced length. Follows no redirect. Throws
 * a SOURCE_ failure where one of them cannot be asked.
 */
export async function compareServers(options: CompareOptions): Promise<Comparison> {
  const { signal, retries = 3, timeoutSeconds = 30, concurrency = 4, count = Infinity, seed } = options;
  // Every request listens to it; Node warns of more than ten.
  setMaxListeners(0, signal);
  const a = openServer(options.a, { signal, retries, timeoutSeconds });
  const b = openServer(options.b, { signal, retries, timeoutSeconds });
  const [ofA, ofB] = await Promise.all([readTimes(a), readTimes(b)]);
  const times = [...new Set([...ofA, ...ofB])].toSorted();
  const random = seededRandom(seed);
  const known = { times, isTime: new Set(times), now: timestampFromSeconds(options.now - clockSlackSeconds), random };
  const tally = openTally(options);
  const pool = openPool(concurrency);
  const ask = (request: PlannedRequest): Promise<void> => pool.add(async () => tally.add(await askBoth(a, b, request)));

  let last: { readonly at: Timestamp; readonly content: KnownFiles } | undefined;
  for (const at of sample(times, count, random)) {
    const content = await readFiles([a, b], at, { count, random });
    const next = times[times.indexOf(at) + 1];
    for (const request of checkpointRequests(known, { at, next, content })) await ask(request);
    if (last === undefined || content.files.length > 0) last = { at, content };
  }
  const { at, content } = last ?? { at: undefined, content: { files: [], folders: [] } };
  const randomCount = Math.min(count, randomTimes);
  for (const request of otherRequests(known, { at, content, count: randomCount })) await ask(request);
  await pool.drain();

  const both = ofA.length + ofB.length - times.length;
  const checkpoints = { onlyA: ofA.length - both, onlyB: ofB.length - both, both };
  return { a: a.base.href, b: b.base.href, checkpoints, ...tally.result() };
}

interface Asked extends PlannedRequest {
  readonly a: ComparedAnswer;
  readonly b: ComparedAnswer;
}

/** Undefined for what is no request to one of them. */
async function askBoth(a: ComparedServer, b: ComparedServer, request: PlannedRequest): Promise<Asked | undefined> {
  const [targetA, targetB] = [a.target(request.target), b.target(request.target)];
  if (targetA === undefined || targetB === undefined) return undefined;
  const ask = async (server: ComparedServer, target: string): Promise<ComparedAnswer> =>
    comparedAnswer(await server.ask({ method: request.method, target }), server.base, target);
  const [answerA, answerB] = await Promise.all([ask(a, targetA), ask(b, targetB)]);
  return { ...request, a: answerA, b: answerB };
}

interface Tally {
  add(asked: Asked | undefined): void;
  result(): Pick<Comparison, "asked" | "differing" | "ignored" | "differences" | "cases">;
}

function openTally({ ignored, onProgress }: CompareOptions): Tally {
  const counts = new Map<string, { asked: number; differing: number }>();
  const differences: Difference[] = [];
  let [asked, differing, ignoredCount] = [0, 0, 0];
  return {
    add(answers) {
      if (answers === undefined) return;
      asked += 1;
      const found = differingFields(answers.a, answers.b);
      const fields = found.filter((field) => !ignored.has(answers.about, field));
      if (fields.length < found.length) ignoredCount += 1;
      const count = counts.get(answers.about) ?? { asked: 0, differing: 0 };
      counts.set(answers.about, count);
      count.asked += 1;
      if (fields.length > 0) {
        differing += 1;
        count.differing += 1;
        if (count.differing <= mostKept) differences.push({ ...answers, fields });
      }
      onProgress?.({ asked, differing });
    },
    result: () => ({
      asked,
      differing,
      ignored: ignoredCount,
      differences,
      cases: [...counts].map(([about, count]) => ({ about, ...count })),
    }),
  };
}
