import { createReadStream } from "node:fs";
import path from "node:path";

import { printPulpManifest } from "../../formats/file/pulp-manifest.ts";
import type { Digest } from "../../model/digest.ts";
import { keptCheckpoints } from "../../model/history.ts";
import { ContentMismatch } from "../../sources/source.ts";
import { statIfThere } from "../../site/stat-if-there.ts";
import type { Transaction } from "../../store/transaction.ts";
import { contentSink } from "../sync/content-sink.ts";
import { placesOf } from "../retire/content-places.ts";
import { entriesOf } from "../entries.ts";
import { printStatement, statementOf } from "../../model/statement.ts";
import { proofFiles } from "../../model/statement.ts";
import { putSums } from "../publish/sums.ts";
import type { Workspace } from "../workspace.ts";

/** Digests that are still wanted, with the size of the content. What was found is taken out. */
export type Wanted = Map<Digest, number>;

/** Puts what the site still has of `wanted` into the transaction: copies, files whose link was broken, those of an inode that was not damaged. Each inode is read once. */
export async function takeFromSite(workspace: Workspace, wanted: Wanted, transaction: Transaction): Promise<void> {
  const { config, publicLayout, store, signal } = workspace;
  const sink = contentSink(transaction);
  const tried = new Set<string>();
  const proofs = config.distributions.flatMap(({ basePath, repository, checkpoint }) =>
    (checkpoint ? keptCheckpoints(store.repository(repository)?.history ?? { checkpoints: [] }) : []).flatMap((one) =>
      proofFiles(one).map(({ name, digest }) => ({
        digest,
        file: path.join(publicLayout.beside(basePath, one.created), name),
      })),
    ),
  );
  const places = placesOf(workspace, new Set(wanted.keys())).map(({ digest, urlPath }) => ({
    digest,
    file: path.join(config.publicDir, urlPath),
  }));
  for (const { digest, file } of [...places, ...proofs]) {
    signal.throwIfAborted();
    const sizeBytes = wanted.get(digest);
    const there = sizeBytes === undefined ? undefined : statIfThere(file);
    const key = `${digest} ${there?.dev}:${there?.ino}`;
    if (there?.isFile() !== true || there.size !== sizeBytes || tried.has(key)) continue;
    tried.add(key);
    try {
      await sink.put(createReadStream(file), { digest, sizeBytes });
      wanted.delete(digest);
    } catch (error) {
      // Damaged as well, or unreadable: there may be another one.
      if (!(error instanceof ContentMismatch) && !(error instanceof Error && "code" in error)) throw error;
    }
  }
}

/** Makes manifests, sums and statements again: the same history gives the same bytes. Signatures cannot be made again. */
export async function makeAgain(workspace: Workspace, wanted: Wanted, transaction: Transaction): Promise<void> {
  const { store } = workspace;
  const read = (digest: Digest) => store.tree(digest);
  const gone = store.takenDown();
  const isWanted = (digest: Digest | undefined): boolean => digest !== undefined && wanted.has(digest);
  for (const name of store.repositoryNames()) {
    const stored = store.repository(name);
    if (stored === undefined) continue;
    const { log, history } = stored;
    const events = store.events(name);
    for (const publication of history.publications) {
      const { manifest, sums, statement, version, created } = publication;
      const root = history.versions[version]?.root;
      if (root === undefined) continue;
      if (manifest !== null && isWanted(manifest.digest)) {
        const { digest } = transaction.putText(printPulpManifest([...entriesOf(root, read)]));
        wanted.delete(digest);
      }
      if (isWanted(sums?.digest)) {
        // As it was when nothing was taken down yet, or as it is now.
        for (const isLeftOut of [() => false, (digest: Digest) => gone.has(digest)]) {
          const made = await putSums(transaction, { entries: entriesOf(root, read), manifest, isLeftOut });
          wanted.delete(made.digest);
        }
      }
      const checkpoint = history.checkpoints.find((one) => one.created === created);
      if (!isWanted(statement?.digest) || checkpoint === undefined) continue;
      const line = events.findIndex(
        (event) => event.type === "publication" && event.publication === publication.publication,
      );
      const position = { n: line, prev: log.digestAt(line - 1) ?? "0".repeat(64) };
      wanted.delete(transaction.putText(printStatement(statementOf(name, checkpoint, position))).digest);
    }
  }
}
