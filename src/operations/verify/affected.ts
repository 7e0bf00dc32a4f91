import path from "node:path";

import type { Digest } from "../../model/digest.ts";
import { placesOf } from "../retire/content-places.ts";
import { distributionsOnDisk } from "../build/site-record.ts";
import type { Workspace } from "../workspace.ts";
import type { Finding } from "./finding.ts";

/** The same findings, each with every address of the site that shows what is damaged. `workspace` reads records without failing: a damaged one holds nothing. */
export function withAffected(workspace: Workspace, findings: readonly Finding[]): readonly Finding[] {
  const digestsOf = (kind: Finding["kind"]): ReadonlySet<Digest> =>
    new Set(findings.flatMap((one) => (one.kind === kind && one.digest !== undefined ? [one.digest] : [])));
  const shared = new Map(findings.map((finding) => [finding, insideShared(workspace, finding.path)]));
  const prefixes = new Set([...shared.values()].flatMap((one) => (one === undefined ? [] : [one.prefix])));
  const records = digestsOf("record");
  const objects = digestsOf("object");
  const files = objects.size === 0 ? new Map<string, string[]>() : groupPlaces(workspace, objects);
  const folders =
    records.size + prefixes.size === 0 ? new Map<string, string[]>() : foldersOf(workspace, records, prefixes);
  return findings.map((finding) => {
    const { kind, digest = "" } = finding;
    const inside = shared.get(finding);
    if (kind === "object") return { ...finding, affects: files.get(digest) ?? [] };
    if (kind === "record") return { ...finding, affects: folders.get(digest) ?? [] };
    if (inside === undefined) return finding;
    return { ...finding, affects: (folders.get(inside.prefix) ?? []).map((folder) => path.join(folder, inside.below)) };
  });
}

function groupPlaces(workspace: Workspace, digests: ReadonlySet<Digest>): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const { digest, urlPath } of placesOf(workspace, digests)) add(groups, digest, urlPath);
  return groups;
}

/** Which shared directory a path of the site lies in: the digits of its name, and the path inside. */
function insideShared({ publicLayout }: Workspace, file: string): { prefix: string; below: string } | undefined {
  const [, a, b, below = ""] =
    /^\/_asof\/d\/([0-9a-f]{2})\/([0-9a-f]{30})(?:\/(.*))?$/s.exec(file.slice(publicLayout.root.length)) ?? [];
  return a === undefined || b === undefined ? undefined : { prefix: a + b, below };
}

/** Addresses of the directories that have one of these records, by digest, and by the first digits of it that name a shared directory. */
function foldersOf(
  workspace: Workspace,
  records: ReadonlySet<Digest>,
  prefixes: ReadonlySet<string>,
): ReadonlyMap<string, readonly string[]> {
  const { store } = workspace;
  const groups = new Map<string, string[]>();
  const known = new Map<Digest, readonly Found[]>();
  for (const { basePath, repository, checkpoint } of distributionsOnDisk(workspace)) {
    if (!checkpoint) continue;
    for (const { created, tombstone, root } of store.repository(repository)?.history.checkpoints ?? []) {
      if (tombstone !== undefined) continue;
      for (const { key, folder } of find(root)) add(groups, key, `${basePath}/${created}/${folder}`);
    }
  }
  return groups;

  function find(digest: Digest): readonly Found[] {
    const before = known.get(digest);
    if (before !== undefined) return before;
    const prefix = digest.slice(0, 32);
    const here: readonly Found[] = [
      ...(records.has(digest) ? [{ key: digest, folder: "" }] : []),
      ...(prefixes.has(prefix) ? [{ key: prefix, folder: "" }] : []),
    ];
    const below = store
      .tree(digest)
      .nodes.flatMap((node) =>
        node.kind === "file"
          ? []
          : find(node.tree).map(({ key, folder }) => ({ key, folder: `${node.name}/${folder}` })),
      );
    const found = [...here, ...below];
    known.set(digest, found);
    return found;
  }
}

interface Found {
  readonly key: string;
  /** Below the directory asked about, with a slash at the end. */
  readonly folder: string;
}

function add(groups: Map<string, string[]>, key: string, value: string): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [value]);
  else group.push(value);
}
