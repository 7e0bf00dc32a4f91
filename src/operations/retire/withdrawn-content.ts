import { existsSync } from "node:fs";

import type { Digest } from "../../model/digest.ts";
import type { History } from "../../model/history.ts";
import { entriesOf } from "../entries.ts";
import type { Workspace } from "../workspace.ts";

/**
 * Tells whether a content was in a checkpoint that was withdrawn. Of checkpoints whose records were swept nothing is told: nothing serves their content by then. Trees are read when
 * it is first asked.
 */
export function withdrawnContent({ store }: Workspace, history: History): (digest: Digest) => boolean {
  const withdrawn = history.checkpoints.filter(({ tombstone }) => tombstone?.cause === "withdrawn");
  let digests: Set<Digest> | undefined;
  return (digest) => {
    if (withdrawn.length === 0) return false;
    digests ??= collect();
    return digests.has(digest);
  };

  function collect(): Set<Digest> {
    const found = new Set<Digest>();
    for (const { root, manifest } of withdrawn) {
      if (manifest !== null) found.add(manifest.digest);
      if (!existsSync(store.layout.tree(root))) continue;
      for (const entry of entriesOf(root, (digest) => store.tree(digest))) found.add(entry.digest);
    }
    return found;
  }
}
