import { existsSync } from "node:fs";

import type { Digest } from "../../model/digest.ts";
import { latestVersion, newestPublication } from "../../model/history.ts";
import type { Publication } from "../../model/history.ts";
import { proofFiles } from "../../model/statement.ts";
import { publicationNumbered } from "../build/build-plain.ts";
import { readPlainState } from "../build/built-record.ts";
import { distributionsOnDisk } from "../build/site-record.ts";
import type { Workspace } from "../workspace.ts";

/** Something that must stay: the record of a version's top directory with all that lies below it, or a single object. */
export type KeptThing =
  | { readonly kind: "root"; readonly repository: string; readonly digest: Digest }
  | { readonly kind: "object"; readonly repository: string; readonly digest: Digest; readonly sizeBytes: number };

/** Everything that is kept: what is on the site, and what stays besides. The same thing may come several times. */
export function* keptThings(workspace: Workspace): Generator<KeptThing, void, undefined> {
  yield* servedThings(workspace);
  yield* keptBesides(workspace);
}

/** What the site shows: kept checkpoints, pruned ones as long as they are on disk, the newest publication, what plain distributions serve, and the manifests and proofs of them all. */
export function* servedThings(workspace: Workspace): Generator<KeptThing, void, undefined> {
  const { store, publicLayout } = workspace;
  const places = distributionsOnDisk(workspace);
  for (const repository of store.repositoryNames()) {
    const history = store.repository(repository)?.history;
    if (history === undefined) continue;
    for (const checkpoint of history.checkpoints) {
      if (checkpoint.tombstone !== undefined && !isOnDisk(repository, checkpoint)) continue;
      yield { kind: "root", repository, digest: checkpoint.root };
      yield* generatedFor(repository, checkpoint);
    }
    const newest = newestPublication(history);
    yield* generatedFor(repository, newest);
    const version = history.versions[newest?.version ?? -1];
    if (version !== undefined) yield { kind: "root", repository, digest: version.root };
  }
  for (const { basePath, checkpoint, repository } of places) {
    const plain = checkpoint ? undefined : readPlainState(workspace, basePath);
    const history = store.repository(repository)?.history;
    if (plain === undefined || history === undefined) continue;
    yield { kind: "root", repository, digest: plain.root };
    for (const { digest, sizeBytes } of plain.dropped) yield { kind: "object", repository, digest, sizeBytes };
    yield* generatedFor(repository, publicationNumbered(history, plain.publication));
  }

  function isOnDisk(repository: string, { created }: Publication): boolean {
    return places.some(
      (one) =>
        one.checkpoint && one.repository === repository && existsSync(publicLayout.checkpoint(one.basePath, created)),
    );
  }
}

/** What the state keeps although the site need not show it: the empty version, the latest one, which may hold what was withdrawn, and the upstream manifest. */
export function* keptBesides({ store }: Pick<Workspace, "store">): Generator<KeptThing, void, undefined> {
  for (const repository of store.repositoryNames()) {
    const history = store.repository(repository)?.history;
    if (history === undefined) continue;
    yield { kind: "root", repository, digest: history.versions[0].root };
    yield { kind: "root", repository, digest: latestVersion(history).root };
    const manifest = history.upstreamManifest;
    if (manifest !== undefined)
      yield { kind: "object", repository, digest: manifest.digest, sizeBytes: manifest.bytes };
  }
}

/** What asof made for a publication: its manifest, its sums, its statement and the signatures. */
function* generatedFor(
  repository: string,
  publication: Publication | undefined,
): Generator<KeptThing, void, undefined> {
  if (publication === undefined) return;
  const { manifest } = publication;
  for (const { digest, bytes } of [...(manifest === null ? [] : [manifest]), ...proofFiles(publication)])
    yield { kind: "object", repository, digest, sizeBytes: bytes };
}
