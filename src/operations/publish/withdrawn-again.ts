import { existsSync } from "node:fs";

import { Failure } from "../../failure.ts";
import type { Digest } from "../../model/digest.ts";
import { latestVersion, withdrawnLatest } from "../../model/history.ts";
import type { Checkpoint, History } from "../../model/history.ts";
import type { Workspace } from "../workspace.ts";
import { contentDigest } from "./content-digest.ts";

/** The withdrawn checkpoint whose very files, paths and bytes, the latest version has, unless they were published again on purpose. Records are read only where something was withdrawn. */
export function withdrawnAgain({ store }: Pick<Workspace, "store">, history: History): Checkpoint | undefined {
  const read = (digest: Digest) => store.tree(digest);
  let latest: Digest | undefined;
  return withdrawnLatest(history, ({ root, tombstone }) => {
    const content = tombstone?.content ?? (existsSync(store.layout.tree(root)) ? contentDigest(root, read) : undefined);
    latest ??= contentDigest(latestVersion(history).root, read);
    return content === latest;
  });
}

/** Content that was withdrawn does not come back by itself: a job that publishes without looking at the content would serve it again. Throws USAGE. */
export function refuseWithdrawn(workspace: Pick<Workspace, "store">, history: History): void {
  const withdrawn = withdrawnAgain(workspace, history);
  if (withdrawn === undefined) return;
  throw new Failure(
    "USAGE",
    `${history.name}: the latest version is the content of ${withdrawn.created}, which was withdrawn (${reasonOf(withdrawn)})`,
    { hint: "it is published when the source has changed; pass --accept to publish this very content again" },
  );
}

/** What is said when a source that had changed has withdrawn content again. */
export function withdrawnAgainText(repository: string, withdrawn: Checkpoint): string {
  return (
    `${repository}: the source has the very files of ${withdrawn.created} again, which was withdrawn (${reasonOf(withdrawn)}); they are not published. ` +
    `Take them out of the source, or asof take-down what must never come back; asof publish ${repository} --checkpoint --accept publishes them all the same`
  );
}

function reasonOf({ tombstone }: Checkpoint): string {
  return tombstone?.reason ?? "";
}
