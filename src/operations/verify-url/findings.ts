import type { Timestamp } from "../../model/timestamp.ts";

/** One thing that is not as it must be. */
export interface UrlFinding {
  readonly kind: "altered" | "missing" | "extra" | "swapped" | "signature" | "log" | "root" | "head" | "taken-down";
  readonly checkpoint: Timestamp | undefined;
  /** Path below the base path. */
  readonly path: string;
  /** A sentence about it. */
  readonly text: string;
  /** Further lines to it: what a check command said. */
  readonly details?: readonly string[];
}

/** A hostile mirror must not fill our memory with what is wrong with it. */
const mostKept = 1000;

export interface Findings {
  readonly kept: readonly UrlFinding[];
  readonly count: number;
  add(finding: UrlFinding): void;
}

export function collectFindings(): Findings {
  const kept: UrlFinding[] = [];
  let total = 0;
  return {
    kept,
    get count() {
      return total;
    },
    add(finding) {
      total += 1;
      if (kept.length < mostKept) kept.push(finding);
    },
  };
}
