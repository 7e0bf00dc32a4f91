import path from "node:path";

import type { RepositorySettings } from "../../model/config.ts";
import type { BasePath } from "../../model/base-path.ts";
import { newestKept } from "../../model/history.ts";
import type { Checkpoint, HistoryEvent, Publication, StoredFile } from "../../model/history.ts";
import { printStatement, proofFiles, statementOf } from "../../model/statement.ts";
import type { Stage } from "../../site/stage-tree.ts";
import { emptyLog, positionAfter } from "../../store/log.ts";
import { hasObject } from "../../store/transaction.ts";
import type { Transaction } from "../../store/transaction.ts";
import { signStatement } from "./sign.ts";
import { putSums } from "./sums.ts";
import type { Workspace } from "../workspace.ts";

/**
 * Makes what proves a checkpoint that is about to be recorded: SHA256SUMS, the statement, its signature, each once and for ever. `before` are the events that will stand in the log between what is
 * there now and the line of this checkpoint. The caller seals the transaction. Throws SIGNATURE.
 */
export async function stateCheckpoint(
  workspace: Workspace,
  repository: RepositorySettings,
  transaction: Transaction,
  checkpoint: Pick<Checkpoint, "created" | "root" | "files" | "bytes" | "manifest">,
  before: readonly HistoryEvent[],
): Promise<Pick<Publication, "sums" | "statement" | "signatures">> {
  const { store } = workspace;
  const log = store.repository(repository.name)?.log ?? emptyLog;
  const sums = repository.sums ? await sumsOf(workspace, repository, transaction, checkpoint) : undefined;
  const text = printStatement(statementOf(repository.name, { ...checkpoint, sums }, positionAfter(log, before)));
  const { digest, sizeBytes } = transaction.putText(text);
  const signatures = await signStatement(workspace, transaction, text);
  return {
    ...(sums === undefined ? {} : { sums }),
    statement: { digest, bytes: sizeBytes },
    ...(signatures.length === 0 ? {} : { signatures }),
  };
}

/** Stages the files that prove a checkpoint of one distribution. */
export function stageProof(
  { store, publicLayout }: Workspace,
  stage: Stage,
  base: BasePath,
  checkpoint: Checkpoint,
): void {
  const beside = publicLayout.beside(base, checkpoint.created);
  const gone = store.takenDown();
  for (const { name, digest } of proofFiles(checkpoint)) {
    if (!gone.has(digest)) stage.immutable(store.layout.object(digest), path.join(beside, name));
  }
}

/** The same tree under the same manifest as the checkpoint before has its sums. */
async function sumsOf(
  { store }: Workspace,
  { name }: RepositorySettings,
  transaction: Transaction,
  { root, manifest }: Pick<Checkpoint, "root" | "manifest">,
): Promise<StoredFile> {
  const gone = store.takenDown();
  const previous = newestKept(store.repository(name)?.history ?? { checkpoints: [] });
  const same = previous?.root === root && previous.manifest?.digest === manifest?.digest && gone.size === 0;
  if (same && previous?.sums !== undefined && hasObject(store.layout, previous.sums.digest, previous.sums.bytes)) {
    return previous.sums;
  }
  const { entries } = store.versions.of(name, root);
  return putSums(transaction, { entries, manifest, isLeftOut: (one) => gone.has(one) });
}
