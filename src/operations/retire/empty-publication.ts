import { existsSync } from "node:fs";

import type { RepositorySettings } from "../../model/config.ts";
import { countChanges, differenceOf } from "../../model/difference.ts";
import type { Digest } from "../../model/digest.ts";
import type { History, HistoryEvent } from "../../model/history.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import type { Transaction } from "../../store/transaction.ts";
import { publishedManifest } from "../publish/published-manifest.ts";
import type { Workspace } from "../workspace.ts";

/**
 * The line by which plain distributions serve the empty version, where removals leave them nothing to go back to: `after` is the history with them, `root` what is served before. It goes before the
 * tombstones: a torn write loses the last lines, and after a tombstone alone nothing would replace what they serve.
 */
export function emptyPublication(
  workspace: Workspace,
  repository: RepositorySettings,
  { after, root, at }: { readonly after: History; readonly root: Digest; readonly at: Timestamp },
  transaction: Transaction,
): HistoryEvent {
  const { store } = workspace;
  const [empty] = after.versions;
  const manifest = publishedManifest(workspace, repository, undefined, empty, transaction);
  const known = existsSync(store.layout.tree(root)) ? root : undefined;
  const counts = countChanges(differenceOf(known, empty.root, (digest) => store.tree(digest)));
  const publication = after.publications.length + 1;
  return { type: "publication", at, publication, version: 0, created: at, checkpoint: false, manifest, ...counts };
}
