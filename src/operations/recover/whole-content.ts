import { existsSync } from "node:fs";

import type { Digest } from "../../model/digest.ts";
import type { StateLayout } from "../../store/state-layout.ts";
import { hasObject } from "../../store/transaction.ts";
import type { Workspace } from "../workspace.ts";

/**
 * Answers whether the state has a record, all that it leads to included: records by name, objects by name and size, for nothing is hashed. Each record that is whole is walked once. Contents that
 * were taken down are not missed. Throws DAMAGE for a record that is none.
 */
export function openWholeCheck(
  { store }: { readonly store: Pick<Workspace["store"], "tree"> & { readonly layout: StateLayout } },
  takenDown: ReadonlyMap<Digest, unknown>,
): (record: Digest) => boolean {
  const whole = new Set<Digest>();
  return isWhole;

  function isWhole(record: Digest): boolean {
    if (whole.has(record)) return true;
    if (!existsSync(store.layout.tree(record))) return false;
    const hasAll = store.tree(record).nodes.every((node) => {
      if (node.kind === "directory") return isWhole(node.tree);
      return takenDown.has(node.digest) || hasObject(store.layout, node.digest, node.sizeBytes);
    });
    if (hasAll) whole.add(record);
    return hasAll;
  }
}
