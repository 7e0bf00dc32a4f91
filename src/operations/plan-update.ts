import type { RepositorySettings } from "../model/config.ts";
import { latestVersion } from "../model/history.ts";
import type { Entry } from "../model/entry.ts";
import type { RetentionDecision } from "../model/retention.ts";
import type { ContentRemote } from "../model/remote.ts";
import type { Timestamp } from "../model/timestamp.ts";
import { SourceNotReady } from "../sources/source.ts";
import type { SourceListing } from "../sources/source.ts";
import { entriesOf } from "./entries.ts";
import { planMirrorUpdate } from "./mirror/plan-mirror-update.ts";
import { openSource } from "./sync/open-source.ts";
import { planPrune } from "./retire/prune.ts";
import { hasNewContent } from "./publish/publish.ts";
import type { Workspace } from "./workspace.ts";

/** What an update would find and do, as far as listing the source tells. Nothing is downloaded, no file is read, nothing is written. */
export interface UpdatePlan {
  readonly repository: string;
  readonly files: number;
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  /** Files of a directory whose bytes would have to be read to know whether they changed. */
  readonly unread: number;
  /** Why the source is not to be read now, by its own word; null when it may be. */
  readonly notReady: string | null;
  readonly checkpoint: "yes" | "no" | "if what is unread changed";
  /** What a Pulp server has that would be taken over: now, never, or later. */
  readonly take: readonly Timestamp[];
  readonly late: readonly Timestamp[];
  readonly waiting: readonly Timestamp[];
  /** What would be pruned because a Pulp server has it no more. */
  readonly followed: readonly Timestamp[];
  /** Checkpoints that the retention rule would prune now, before another one is taken. */
  readonly prune: readonly RetentionDecision[];
}

/** Lists the source of a repository and compares. Throws what `sync` would throw for a source that cannot be listed. */
export async function planUpdate(workspace: Workspace, repository: RepositorySettings): Promise<UpdatePlan> {
  const { remote } = repository;
  if (remote?.type === "pulp") return planMirrorUpdate(workspace, repository, remote);
  const { store } = workspace;
  const history = store.repository(repository.name)?.history;
  const before = new Map<string, Entry>();
  if (history !== undefined) {
    for (const entry of entriesOf(latestVersion(history).root, (digest) => store.tree(digest)))
      before.set(entry.path, entry);
  }
  const counts = { files: before.size, added: 0, removed: 0, changed: 0, unread: 0 };
  if (remote !== undefined) {
    const listing = await listIfReady(workspace, repository, remote);
    if (typeof listing === "string") {
      const prune = planPrune(workspace, repository).filter((decision) => !decision.keep);
      const isUnpublished = history !== undefined && hasNewContent(workspace, repository, history);
      return {
        repository: repository.name,
        ...counts,
        ...noCheckpointsElsewhere,
        notReady: listing,
        checkpoint: isUnpublished ? "yes" : "no",
        prune,
      };
    }
    const listed = new Set<string>();
    const gone = store.takenDown();
    for (const { path, digest, sizeBytes } of listing.entries) {
      if (digest !== undefined && gone.has(digest)) continue;
      listed.add(path);
      const earlier = before.get(path);
      if (earlier === undefined) counts.added += 1;
      else if (digest === undefined && sizeBytes === earlier.sizeBytes) counts.unread += 1;
      else if (digest !== earlier.digest) counts.changed += 1;
    }
    const drops = remote.type !== "file" || remote.mode === "mirror";
    if (drops) for (const path of before.keys()) counts.removed += listed.has(path) ? 0 : 1;
    counts.files = before.size + counts.added - counts.removed;
  }
  const isKnownToChange = counts.added + counts.removed + counts.changed > 0;
  const isUnpublished = history === undefined ? remote !== undefined : hasNewContent(workspace, repository, history);
  return {
    repository: repository.name,
    ...counts,
    ...noCheckpointsElsewhere,
    notReady: null,
    checkpoint: isKnownToChange || isUnpublished ? "yes" : counts.unread > 0 ? "if what is unread changed" : "no",
    prune: planPrune(workspace, repository).filter((decision) => !decision.keep),
  };
}

const noCheckpointsElsewhere = { take: [], late: [], waiting: [], followed: [] };

/** What the source lists, or why it is not ready. */
async function listIfReady(
  workspace: Workspace,
  repository: RepositorySettings,
  remote: ContentRemote,
): Promise<SourceListing | string> {
  try {
    return await openSource(workspace, repository, remote).list(workspace.signal);
  } catch (error) {
    if (error instanceof SourceNotReady) return error.message;
    throw error;
  }
}
