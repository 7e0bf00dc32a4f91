import type { RepositorySettings } from "../../model/config.ts";
import { newestKept } from "../../model/history.ts";
import type { PulpRemote } from "../../model/remote.ts";
import type { UpdatePlan } from "../plan-update.ts";
import { promisedSettled } from "../publish/settled.ts";
import { planPrune } from "../retire/prune.ts";
import type { Workspace } from "../workspace.ts";
import { openServer } from "./open-server.ts";
import { planMirror } from "./plan-mirror.ts";
import { openTaken } from "./taken-checkpoints.ts";

/** What an update would take from a Pulp server: the very plan that it would carry out. Only lists are read. */
export async function planMirrorUpdate(
  workspace: Workspace,
  repository: RepositorySettings,
  remote: PulpRemote,
): Promise<UpdatePlan> {
  const { store, signal } = workspace;
  const { name } = repository;
  const history = store.repository(name)?.history;
  const look = await openServer(workspace, repository, remote).look(signal);
  const taken = openTaken(workspace, name, remote).checkpoints;
  const plan = planMirror(history, look, { settled: promisedSettled(workspace, name), taken });
  return {
    repository: name,
    files: (history && newestKept(history)?.files) ?? 0,
    added: 0,
    removed: 0,
    changed: 0,
    unread: 0,
    notReady: null,
    checkpoint: plan.take.length > 0 ? "yes" : "no",
    take: plan.take.map(({ second }) => second),
    late: plan.late,
    waiting: plan.waiting,
    followed: remote.followRetention ? plan.gone : [],
    prune: planPrune(workspace, repository).filter((decision) => !decision.keep),
  };
}
