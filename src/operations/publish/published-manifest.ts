import { printPulpManifest, unlistedReason } from "../../formats/file/pulp-manifest.ts";
import type { RepositorySettings } from "../../model/config.ts";
import type { Digest } from "../../model/digest.ts";
import type { History, PublishedManifest, Version } from "../../model/history.ts";
import type { Transaction } from "../../store/transaction.ts";
import type { Workspace } from "../workspace.ts";

/** The upstream manifest as it is, where the remote is mirrored in full; one of our own otherwise. An entry of that name wins. */
export function publishedManifest(
  { store, onProgress }: Pick<Workspace, "store" | "onProgress">,
  repository: RepositorySettings,
  upstream: History["upstreamManifest"],
  version: Version,
  transaction: Transaction,
): PublishedManifest | null {
  const { manifest: name } = repository;
  if (name === undefined) return null;
  const read = (digest: Digest) => store.tree(digest);
  if (read(version.root).nodes.some((node) => node.name === name)) return null;
  if (upstream !== undefined) return { name, digest: upstream.digest, bytes: upstream.bytes };
  const { entries } = store.versions.of(repository.name, version.root);
  for (const { path: entryPath } of entries) {
    const reason = unlistedReason(entryPath);
    if (reason !== undefined)
      onProgress({ kind: "warning", text: `${name} cannot list ${JSON.stringify(entryPath)}: its name ${reason}` });
  }
  const { digest, sizeBytes } = transaction.putText(printPulpManifest(entries));
  return { name, digest, bytes: sizeBytes };
}

/** The manifest that is published as it came. One from a time when the remote was mirrored in full says nothing about what an additive one holds. */
export function upstreamManifest(
  { remote, manifest }: RepositorySettings,
  history: History,
): History["upstreamManifest"] {
  const isKept = manifest !== undefined && remote?.type === "file" && remote.mode === "mirror";
  return isKept ? history.upstreamManifest : undefined;
}
