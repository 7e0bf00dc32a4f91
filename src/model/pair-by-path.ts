import { compareNames } from "./compare-names.ts";
import type { RelativePath } from "./relative-path.ts";

/**
 * Walks two lists side by side, both sorted by `compareNames`, no path twice in either: each path once, with what each list has under it. Needs no index, which for hundreds
 * of thousands of files is what makes the difference in memory.
 */
export function* pairByPath<
  Before extends { readonly path: RelativePath },
  After extends { readonly path: RelativePath },
>(before: readonly Before[], after: readonly After[]): Generator<readonly [Before | undefined, After | undefined]> {
  let left = 0;
  let right = 0;
  for (;;) {
    const a = before[left];
    const b = after[right];
    if (a === undefined && b === undefined) return;
    const order = a === undefined ? 1 : b === undefined ? -1 : a.path === b.path ? 0 : compareNames(a.path, b.path);
    if (order <= 0) left += 1;
    if (order >= 0) right += 1;
    yield [order <= 0 ? a : undefined, order >= 0 ? b : undefined];
  }
}
