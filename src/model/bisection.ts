import type { Timestamp } from "./timestamp.ts";

/** What a test said of a checkpoint; `skip` when it could not tell. */
export type Verdict = "good" | "bad" | "skip";

export interface Tested {
  readonly checkpoint: Timestamp;
  readonly verdict: Verdict;
}

export type BisectionStep =
  /** `left`: how many could be tested, this one among them; `runs`: how many tests that takes, if none is skipped. */
  | { readonly kind: "test"; readonly checkpoint: Timestamp; readonly left: number; readonly runs: number }
  | { readonly kind: "found"; readonly culprit: Timestamp }
  /** Any of these may be the first bad one: all but the last could not be tested. */
  | { readonly kind: "skipped"; readonly suspects: readonly Timestamp[] };

/**
 * What comes next in the search for the first bad one of `candidates`. These ascend, none is there twice, the last is known to be bad, and what is before the first is known to be good. Without skips the culprit is
 * found in log2(candidates) tests, rounded up. What was tested counts in its order; a checkpoint that is no candidate, or about which an earlier test said all, counts for nothing.
 */
export function nextStep(candidates: readonly Timestamp[], tested: readonly Tested[]): BisectionStep {
  const { good, bad, skipped } = narrow(candidates, tested);
  const open: number[] = [];
  for (let index = good + 1; index < bad; index++) if (!skipped.has(index)) open.push(index);
  if (open.length === 0) {
    const suspects = candidates.slice(good + 1, bad + 1);
    const [culprit] = suspects;
    if (culprit === undefined) throw new Error("there is nothing to search");
    return suspects.length === 1 ? { kind: "found", culprit } : { kind: "skipped", suspects };
  }
  // Where those in the middle cannot be tested, their neighbours often cannot either: each skip moves the next test far away, to a quarter, three quarters, an eighth and so on.
  const skips = [...skipped].filter((index) => index > good && index < bad).length;
  const wanted = good + Math.floor((bad - good) * spreadOut(skips + 1));
  const nearest = open.reduce((a, b) => (Math.abs(b - wanted) < Math.abs(a - wanted) ? b : a));
  const checkpoint = candidates[nearest];
  if (checkpoint === undefined) throw new Error("an index is out of its list");
  return { kind: "test", checkpoint, left: open.length, runs: Math.ceil(Math.log2(bad - good)) };
}

/** Indexes of the newest that is good (-1 for the one before the first candidate) and of the oldest after it that is bad. */
function narrow(
  candidates: readonly Timestamp[],
  tested: readonly Tested[],
): { readonly good: number; readonly bad: number; readonly skipped: ReadonlySet<number> } {
  const places = new Map(candidates.map((checkpoint, index) => [checkpoint, index]));
  const skipped = new Set<number>();
  let good = -1;
  let bad = candidates.length - 1;
  for (const { checkpoint, verdict } of tested) {
    const index = places.get(checkpoint);
    if (index === undefined || index <= good || index >= bad) continue;
    if (verdict === "good") good = index;
    else if (verdict === "bad") bad = index;
    else skipped.add(index);
  }
  return { good, bad, skipped };
}

/** The n-th of 1/2, 1/4, 3/4, 1/8, 5/8, 3/8, 7/8 …: the binary digits of n turned round behind the point (van der Corput). */
function spreadOut(n: number): number {
  let fraction = 0;
  for (let [digits, weight] = [n, 0.5]; digits > 0; [digits, weight] = [digits >>> 1, weight / 2])
    fraction += (digits & 1) * weight;
  return fraction;
}
