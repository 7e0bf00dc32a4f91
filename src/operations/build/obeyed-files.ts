import { existsSync, readdirSync } from "node:fs";
import path from "node:path";

import { Failure } from "../../failure.ts";
import type { Digest } from "../../model/digest.ts";
import { newestPublication } from "../../model/history.ts";
import { isObeyedName, obeyedPath } from "../../model/obeyed-names.ts";
import type { BuildPlan } from "./build.ts";
import type { HostFilesPlan } from "./host-files.ts";
import type { BuiltRecord } from "./built-record.ts";
import type { Workspace } from "../workspace.ts";

/**
 * Throws CONFIG when a version that is about to be laid out holds a file that a host of the configuration would obey instead of sending it. What stands already was asked when it was laid out; when the host is
 * new, everything that stands in public/ is asked now: also what was pruned, dropped or left the configuration, and is served for a while longer.
 */
export function refuseObeyedFiles(
  workspace: Workspace,
  record: Pick<BuiltRecord, "hosts">,
  hostFiles: HostFilesPlan["written"],
  plan: Pick<BuildPlan, "checkpoints" | "plains">,
): void {
  if (!workspace.config.hosts.includes("htaccess")) return;
  const cleared = new Set<Digest>();
  for (const version of planned(workspace, plan)) refuse(workspace, version, cleared, "CONFIG");
  if (record.hosts.includes("htaccess")) return;
  const standing = obeyedFileIn(workspace, hostFiles);
  if (standing === undefined) return;
  throw new Failure("CONFIG", `${standing} is still served, and Apache would obey it instead of sending it`, {
    hint: "exclude it from the remote and leave htaccess out of hosts until pruning, grace and grace_plain (or asof remove) have taken it away",
  });
}

/** The same for a version that is about to be published, with SOURCE_REFUSED: before anything is recorded that could then not be laid out. */
export function refuseObeyedVersion(workspace: Workspace, version: Version): void {
  if (workspace.config.hosts.includes("htaccess")) refuse(workspace, version, new Set(), "SOURCE_REFUSED");
}

function refuse(
  { store }: Workspace,
  { what, root }: Version,
  cleared: Set<Digest>,
  code: "CONFIG" | "SOURCE_REFUSED",
): void {
  const found = obeyedPath("htaccess", root, (tree) => store.tree(tree), cleared);
  if (found === undefined) return;
  throw new Failure(code, `${what} has ${found}, which Apache would obey instead of sending it`, {
    hint: "exclude it from the remote, or leave htaccess out of hosts and give Apache the rules of its virtual host",
  });
}

interface Version {
  readonly what: string;
  readonly root: Digest;
}

function planned(workspace: Workspace, plan: Pick<BuildPlan, "checkpoints" | "plains">): readonly Version[] {
  return [
    ...plan.checkpoints.map(({ distribution, checkpoint }) => ({
      what: `the checkpoint ${checkpoint.created} of ${distribution.repository}`,
      root: checkpoint.root,
    })),
    ...plan.plains.flatMap(({ distribution }) => newest(workspace, distribution.repository)),
  ];
}

/**
 * A file below public/ of such a name that is not the host's own: a path relative to public/. The host's own are those that it wants now, and lists of times of earlier builds, in folders of asof that
 * hold no content.
 */
function obeyedFileIn({ config }: Workspace, hostFiles: HostFilesPlan["written"]): string | undefined {
  const { publicDir } = config;
  const lists = config.distributions.flatMap(({ basePath, checkpoint }) =>
    checkpoint ? [`${basePath}/_asof/times/`] : [],
  );
  const isOurs = (name: string): boolean =>
    hostFiles.has(`public/${name}`) || lists.some((folder) => name.startsWith(folder));
  if (!existsSync(publicDir)) return undefined;
  const pending = [""];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const entry of readdirSync(path.join(publicDir, folder), { withFileTypes: true })) {
      const name = path.join(folder, entry.name);
      if (isObeyedName("htaccess", entry.name) && !isOurs(name)) return name;
      if (entry.isDirectory()) pending.push(name);
    }
  }
  return undefined;
}

function newest({ store }: Workspace, repository: string): readonly Version[] {
  const history = store.repository(repository)?.history;
  if (history === undefined) return [];
  const version = history.versions[newestPublication(history)?.version ?? -1];
  return version === undefined ? [] : [{ what: `the newest publication of ${repository}`, root: version.root }];
}
