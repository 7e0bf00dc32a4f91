import { Failure } from "../failure.ts";
import type { Digest } from "../model/digest.ts";
import { keptCheckpoints, newestPublication } from "../model/history.ts";
import { obeyedPath } from "../model/obeyed-names.ts";
import type { BuildPlan } from "./build.ts";
import type { BuiltRecord } from "./built-record.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Throws CONFIG when a version that is about to be laid out holds a file that a host of the configuration would obey instead of sending it. What stands already was asked when it was laid out; when the host is
 * new, all of it is asked now.
 */
export function refuseObeyedFiles(
  workspace: Workspace,
  record: Pick<BuiltRecord, "hostFiles">,
  plan: Pick<BuildPlan, "checkpoints" | "plains">,
): void {
  if (!workspace.config.hosts.includes("htaccess")) return;
  const isNew = !record.hostFiles.has("public/.htaccess");
  const cleared = new Set<Digest>();
  for (const version of isNew ? everything(workspace) : planned(workspace, plan))
    refuse(workspace, version, cleared, "CONFIG");
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
  const path = obeyedPath("htaccess", root, (tree) => store.tree(tree), cleared);
  if (path === undefined) return;
  throw new Failure(code, `${what} has ${path}, which Apache would obey instead of sending it`, {
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

function everything(workspace: Workspace): readonly Version[] {
  const { config, store } = workspace;
  return config.distributions.flatMap(({ repository, checkpoint }) => {
    const history = store.repository(repository)?.history;
    if (history === undefined) return [];
    if (!checkpoint) return newest(workspace, repository);
    return keptCheckpoints(history).map(({ created, root }) => ({
      what: `the checkpoint ${created} of ${repository}`,
      root,
    }));
  });
}

function newest({ store }: Workspace, repository: string): readonly Version[] {
  const history = store.repository(repository)?.history;
  if (history === undefined) return [];
  const version = history.versions[newestPublication(history)?.version ?? -1];
  return version === undefined ? [] : [{ what: `the newest publication of ${repository}`, root: version.root }];
}
