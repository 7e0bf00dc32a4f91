import path from "node:path";

import type { Digest } from "../../model/digest.ts";
import { distributionsOnDisk } from "../build/site-record.ts";
import { openTreeFinder } from "../find-in-trees.ts";
import { eachPlace } from "../retire/content-places.ts";
import type { Workspace } from "../workspace.ts";
import type { Finding } from "./finding.ts";

/** The same findings, each with the addresses of the site that show what is damaged, the first thousand, and how many there are. `workspace` reads records without failing: a damaged one holds nothing. */
export function withAffected(workspace: Workspace, findings: readonly Finding[]): readonly Finding[] {
  const digestsOf = (kind: Finding["kind"]): ReadonlySet<Digest> =>
    new Set(findings.flatMap((one) => (one.kind === kind && one.digest !== undefined ? [one.digest] : [])));
  const shared = new Map(findings.map((finding) => [finding, insideShared(workspace, finding.path)]));
  const prefixes = new Set([...shared.values()].flatMap((one) => (one === undefined ? [] : [one.prefix])));
  const records = digestsOf("record");
  const objects = digestsOf("object");
  const files = objects.size === 0 ? new Map<string, Addresses>() : groupPlaces(workspace, objects);
  const folders =
    records.size + prefixes.size === 0 ? new Map<string, Addresses>() : foldersOf(workspace, records, prefixes);
  return findings.map((finding) => {
    const { kind, digest = "" } = finding;
    const inside = shared.get(finding);
    if (kind === "object") return affectedBy(finding, files.get(digest));
    if (kind === "record") return affectedBy(finding, folders.get(digest));
    if (inside === undefined) return finding;
    return affectedBy(finding, folders.get(inside.prefix), inside.below);
  });
}

function groupPlaces(workspace: Workspace, digests: ReadonlySet<Digest>): ReadonlyMap<string, Addresses> {
  const groups = new Map<string, Addresses>();
  for (const { digest, urlPath } of eachPlace(workspace, digests)) add(groups, digest, () => urlPath);
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
): ReadonlyMap<string, Addresses> {
  const { store } = workspace;
  const groups = new Map<string, Addresses>();
  const find = openTreeFinder(
    (digest) => store.tree(digest),
    (digest) => {
      const prefix = digest.slice(0, 32);
      return [...(records.has(digest) ? [digest] : []), ...(prefixes.has(prefix) ? [prefix] : [])];
    },
  );
  for (const { basePath, repository, checkpoint } of distributionsOnDisk(workspace)) {
    if (!checkpoint) continue;
    for (const { created, tombstone, root } of store.repository(repository)?.history.checkpoints ?? []) {
      if (tombstone !== undefined) continue;
      for (const { mark, folder } of find(root)) add(groups, mark, () => `${basePath}/${created}/${folder}`);
    }
  }
  return groups;
}

interface Addresses {
  /** The first of them. */
  readonly kept: string[];
  count: number;
}

/** One object may be in every checkpoint there is, and a bad disk has many such objects. */
const mostKept = 1000;

function add(groups: Map<string, Addresses>, key: string, address: () => string): void {
  const group = groups.get(key) ?? { kept: [], count: 0 };
  group.count += 1;
  if (group.kept.length < mostKept) group.kept.push(address());
  groups.set(key, group);
}

function affectedBy(finding: Finding, addresses: Addresses | undefined, below = ""): Finding {
  const { kept, count } = addresses ?? { kept: [], count: 0 };
  return {
    ...finding,
    affects: below === "" ? kept : kept.map((folder) => path.join(folder, below)),
    ...(count > kept.length ? { affectsCount: count } : {}),
  };
}
