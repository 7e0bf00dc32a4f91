import type { Change, ChangeCounts, ChangedBytes } from "../model/difference.ts";
import type { Timestamp } from "../model/timestamp.ts";

/** Which two checkpoints a list of changes compares. */
export interface ComparedCheckpoints {
  readonly distribution: string;
  readonly repository: string;
  /** The kept checkpoint before `to`; undefined for the oldest one, of which no changes are told: all of it is new. */
  readonly from: Timestamp | undefined;
  readonly to: Timestamp;
}

/** A file, and a page, holds so many changes at most: what a client reads stays small. */
export const changesPerPart = 1000;

/** Name of the file with the first, second, … thousand of changes. */
export function changesJsonName(part: number): string {
  return part === 1 ? "changes.json" : `changes-${part}.json`;
}

export function isChangesJsonName(name: string): boolean {
  return /^changes(?:-\d+)?\.json$/.test(name);
}

/** How every file about these two checkpoints begins. */
export function changesJsonHead({ distribution, repository, from, to }: ComparedCheckpoints): string {
  const fields = { schemaVersion: 1, distribution, repository, from: from ?? null, to };
  return ["{", ...Object.entries(fields).map(([name, value]) => field(name, value)), ""].join("\n");
}

/** One part of `changes.json`, a line for each change: people compare such files with tools that compare lines. */
export function renderChangesJson(
  compared: ComparedCheckpoints,
  { counts, parts, part }: { readonly counts: ChangeCounts; readonly parts: number; readonly part: number },
  changes: readonly Change[],
): string {
  const { added, removed, changed } = counts;
  const fields = Object.entries({ added, removed, changed, parts, part }).map(([name, value]) => field(name, value));
  const lines = changes.map((change) => `\n    ${JSON.stringify(changeJson(change))}`).join(",");
  const list = lines === "" ? "[]" : `[${lines}\n  ]`;
  return `${changesJsonHead(compared)}${fields.join("\n")}\n  "changes": ${list}\n}\n`;
}

/** One change, in every JSON that lists them. */
export function changeJson({ kind, path, digest, sizeBytes, was }: Change): object {
  return { kind, path, ...bytesJson({ digest, sizeBytes }), ...(was === undefined ? {} : { was: bytesJson(was) }) };
}

function bytesJson({ digest, sizeBytes }: ChangedBytes): object {
  return { bytes: sizeBytes, sha256: digest };
}

function field(name: string, value: string | number | null): string {
  return `  "${name}": ${JSON.stringify(value)},`;
}
