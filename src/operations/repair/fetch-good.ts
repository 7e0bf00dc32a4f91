import { createHash } from "node:crypto";

import { Failure } from "../../failure.ts";
import type { RepositorySettings } from "../../model/config.ts";
import { parseDigest } from "../../model/digest.ts";
import type { Remote } from "../../model/remote.ts";
import { SourceNotReady } from "../../sources/source.ts";
import type { Source, SourceEntry } from "../../sources/source.ts";
import type { Transaction } from "../../store/transaction.ts";
import { checkpointSources } from "../mirror/checkpoint-sources.ts";
import { contentSink } from "../sync/content-sink.ts";
import { openSource } from "../sync/open-source.ts";
import type { Workspace } from "../workspace.ts";
import type { Wanted } from "./good-copies.ts";

/** Asks the remotes for what is still wanted: the entries of that digest, and of that size where a source does not know digests without reading. Answers why a remote gave nothing. */
export async function fetchWanted(
  workspace: Workspace,
  wanted: Wanted,
  transaction: Transaction,
): Promise<readonly string[]> {
  const troubles: string[] = [];
  for (const repository of workspace.config.repositories) {
    if (wanted.size === 0 || repository.remote === undefined) continue;
    try {
      for await (const source of sourcesOf(workspace, repository, repository.remote)) {
        await fetchFrom(workspace, source, repository, { wanted, transaction });
        if (wanted.size === 0) break;
      }
    } catch (error) {
      workspace.signal.throwIfAborted();
      const isTrouble =
        error instanceof SourceNotReady || (error instanceof Failure && error.code.startsWith("SOURCE_"));
      if (!isTrouble) throw error;
      troubles.push(`the remote of ${repository.name}: ${error.message}`);
    }
  }
  return troubles;
}

/** A Pulp server has a state for each checkpoint. */
async function* sourcesOf(
  workspace: Workspace,
  repository: RepositorySettings,
  remote: Remote,
): AsyncGenerator<Source, void> {
  if (remote.type === "pulp") yield* checkpointSources(workspace, repository, remote);
  else yield openSource(workspace, repository, remote);
}

async function fetchFrom(
  { signal, onProgress }: Workspace,
  source: Source,
  { name }: RepositorySettings,
  { wanted, transaction }: { readonly wanted: Wanted; readonly transaction: Transaction },
): Promise<void> {
  const listing = await source.list(signal);
  if (listing.manifest !== undefined) {
    const digest = parseDigest(createHash("sha256").update(listing.manifest).digest("hex"));
    if (digest !== undefined && wanted.delete(digest)) transaction.putText(listing.manifest);
  }
  const sizes = new Set(wanted.values());
  const mayBe = ({ digest, sizeBytes }: SourceEntry): boolean =>
    digest === undefined ? sizeBytes !== undefined && sizes.has(sizeBytes) : wanted.has(digest);
  const entries = listing.entries.filter(mayBe);
  const sink = contentSink(transaction);
  const fetch = async (some: readonly SourceEntry[]): Promise<void> => {
    const fetched = await source.fetch(some, sink, {
      signal,
      onProgress: (progress) => onProgress({ kind: "transfer", repository: name, ...progress }),
    });
    for (const { digest } of fetched.values()) wanted.delete(digest);
  };
  try {
    await fetch(entries);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof Failure)) throw error;
    // One that cannot be had must not keep the others away.
    let last: unknown;
    for (const entry of entries) {
      if (entry.digest !== undefined && !wanted.has(entry.digest)) continue;
      try {
        await fetch([entry]);
      } catch (failure) {
        signal.throwIfAborted();
        if (!(failure instanceof Failure)) throw failure;
        last = failure;
      }
    }
    if (last !== undefined) throw last;
  }
}
