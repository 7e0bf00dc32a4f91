import { Failure } from "../../failure.ts";
import { changeWithin } from "../../model/change-curve.ts";
import type { ChangeAmount, ChangeCurve } from "../../model/change-curve.ts";
import { contentFacts } from "../../model/content-facts.ts";
import type { RepositorySettings } from "../../model/config.ts";
import { amountOf, amountOfOne } from "../../model/growth.ts";
import type { Amount, ContentFacts, GrowingRepository } from "../../model/growth.ts";
import { describePolicy } from "../../model/retention-policy.ts";
import type { RetentionPolicy } from "../../model/retention-policy.ts";
import { latestVersion, newestKept } from "../../model/history.ts";
import type { Checkpoint, History } from "../../model/history.ts";
import type { Remote } from "../../model/remote.ts";
import { simulateCheckpoints } from "../../model/simulate-checkpoints.ts";
import type { SimulatedMoment } from "../../model/simulate-checkpoints.ts";
import { secondsOf, timestampFromSeconds } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { SourceNotReady } from "../../sources/source.ts";
import type { SourceListing } from "../../sources/source.ts";
import { entriesOf } from "../entries.ts";
import type { Workspace } from "../workspace.ts";
import { checkpointSources } from "../mirror/checkpoint-sources.ts";
import { openSource } from "../sync/open-source.ts";
import type { RoomFacts } from "./limits.ts";
import { measureChange, usualInterval } from "./measure-change.ts";
import { changesSize, pageSize } from "./page-size.ts";
import { logBytes, simulatedCheckpoint } from "./simulated-checkpoint.ts";

export interface GrowthOptions {
  /** Undefined: as often as until now, or daily. */
  readonly everySeconds: number | undefined;
  readonly years: number;
  /** Instead of the configured rules of every repository. */
  readonly retain: RetentionPolicy | undefined;
  /** Files that each checkpoint changes, instead of what the history says. */
  readonly changed: Changed | undefined;
  /** Look at the sources even where there is a history. */
  readonly scan: boolean;
}

export type Changed = { readonly files: number } | { readonly percent: number };

export interface RepositoryGrowth {
  readonly repository: string;
  readonly facts: ContentFacts;
  /** Where the facts come from. */
  readonly factsFrom: "history" | "scan";
  /** How long listing the source took, where that was done. */
  readonly scanSeconds: number | undefined;
  readonly everySeconds: number;
  readonly everyFrom: "option" | "history" | "default";
  readonly retain: RetentionPolicy;
  /** What each checkpoint changes, and how that is known. */
  readonly change: ChangeAmount;
  readonly changeFrom: "option" | "history" | "assumption";
  /** How many pairs of checkpoints were compared. */
  readonly compared: number;
  readonly perCheckpoint: Amount;
  /** What is written for each checkpoint and names every file. */
  readonly hasManifest: boolean;
  readonly hasSums: boolean;
  /** Now, and at the end of each year. */
  readonly moments: readonly RepositoryMoment[];
}

export interface RepositoryMoment {
  readonly at: Timestamp;
  readonly made: number;
  readonly kept: number;
  readonly amount: Amount;
  /** Of the log, in the state; each checkpoint distribution publishes it once more. */
  readonly logBytes: number;
}

/** A repository with everything that is to be known of its months to come; the first is now. */
export interface Grown {
  readonly settings: RepositorySettings;
  readonly told: Omit<RepositoryGrowth, "moments">;
  readonly simulated: readonly SimulatedMoment[];
  readonly moments: readonly RepositoryMoment[];
}

const day = 86_400;
/** A history of checkpoints that came closer to each other was imported, or tried out: it tells nothing of a cadence. */
const shortestCadence = 900;
const mostCheckpoints = 200_000;
/** Without a history: what design tables of mirrors take for usual. */
const assumedPercent = 1;

/** What a repository will need at the end of each of `months`; the first is now. */
export async function growRepository(
  workspace: Workspace,
  settings: RepositorySettings,
  options: GrowthOptions,
  { months, room }: { readonly months: readonly number[]; readonly room: RoomFacts },
): Promise<Grown> {
  const { config, store } = workspace;
  const stored = store.repository(settings.name);
  const history = stored?.history;
  const { facts, factsFrom, scanSeconds } = await factsOf(workspace, settings, history, options.scan, room.blockBytes);
  const interval = history === undefined ? undefined : usualInterval(history);
  const usual = interval !== undefined && interval >= shortestCadence ? interval : undefined;
  const everySeconds = options.everySeconds ?? usual ?? day;
  const planned = (months.at(-1) ?? 0) - (months[0] ?? 0);
  if (planned / everySeconds > mostCheckpoints) {
    throw new Failure("USAGE", `${settings.name} would get more than ${mostCheckpoints} checkpoints`, {
      hint: "plan with a longer --every, or fewer --years",
    });
  }
  const measured = history === undefined ? undefined : measureChange(history, (digest) => store.tree(digest));
  const change = options.changed === undefined ? measured : undefined;
  const curve: ChangeCurve =
    change === undefined
      ? { kind: "uniform", stepSeconds: everySeconds, filesPerStep: changedFiles(options.changed, facts.files) }
      : usual === undefined
        ? { ...change.curve, stepSeconds: everySeconds }
        : change.curve;

  const distributions = config.distributions.filter(({ repository }) => repository === settings.name);
  const newest = history === undefined ? undefined : newestKept(history);
  const repository: GrowingRepository = {
    facts,
    factsAt: newest === undefined || factsFrom === "scan" ? (months[0] ?? 0) : secondsOf(newest.created),
    change: curve,
    addedPerSecond: change === undefined ? 0 : (change.addedPerSecond * change.stepSeconds) / curve.stepSeconds,
    layout: config.layout,
    checkpointDistributions: distributions.filter(({ checkpoint }) => checkpoint).length,
    plainDistributions: distributions.filter(({ checkpoint }) => !checkpoint).length,
    hasManifest: settings.manifest !== undefined,
    hasSums: settings.sums,
    signatures: config.sign === undefined ? 0 : 1,
    page: pageSize(workspace),
    changes: changesSize(workspace),
    blockBytes: room.blockBytes,
  };
  const retain = options.retain ?? settings.retain;
  const each = changeWithin(curve, everySeconds, facts);
  const like = simulatedCheckpoint(
    facts,
    { manifest: settings.manifest, hasSums: settings.sums, signature: config.sign?.file },
    each.files,
  );
  const simulated = simulateCheckpoints(history?.checkpoints ?? [], {
    policy: retain,
    everySeconds,
    moments: months,
    like,
  });
  const paced = pacedTimes(history?.checkpoints ?? [], everySeconds);
  const lines = logBytes(like, `retention: not among ${describePolicy(retain)}`);
  const before = {
    bytes: stored?.log.endAt(stored.log.length - 1) ?? 0,
    made: simulated[0]?.made ?? 0,
    kept: simulated[0]?.kept.length ?? 0,
  };
  return {
    settings,
    simulated,
    told: {
      repository: settings.name,
      facts,
      factsFrom,
      scanSeconds,
      everySeconds,
      everyFrom: options.everySeconds !== undefined ? "option" : usual === undefined ? "default" : "history",
      retain,
      change: each,
      changeFrom: options.changed !== undefined ? "option" : change === undefined ? "assumption" : "history",
      compared: change?.compared ?? 0,
      perCheckpoint: amountOfOne(repository, everySeconds),
      hasManifest: repository.hasManifest,
      hasSums: repository.hasSums,
    },
    moments: simulated.map(({ made, kept }, month) => {
      const pruned = made - kept.length - (before.made - before.kept);
      return {
        at: timestampFromSeconds(months[month] ?? 0),
        made,
        kept: kept.length,
        amount: amountOf(repository, usual === undefined ? kept.map((at) => paced.get(at) ?? at) : kept),
        logBytes: before.bytes + (made - before.made) * lines.made + pruned * lines.pruned,
      };
    }),
  };
}

/** What the newest version is like; or the source, where there is no version yet or `scan` asks for it. */
async function factsOf(
  workspace: Workspace,
  settings: RepositorySettings,
  history: History | undefined,
  scan: boolean,
  blockBytes: number,
): Promise<Pick<RepositoryGrowth, "facts" | "factsFrom" | "scanSeconds">> {
  const latest = history === undefined ? undefined : latestVersion(history);
  const isEmpty = latest === undefined || latest.files === 0;
  if (settings.remote === undefined || (!isEmpty && !scan)) {
    const entries = latest === undefined ? [] : entriesOf(latest.root, (digest) => workspace.store.tree(digest));
    return { facts: contentFacts(entries, blockBytes), factsFrom: "history", scanSeconds: undefined };
  }
  const began = performance.now();
  const { entries } = await listed(workspace, settings, settings.remote);
  const scanSeconds = (performance.now() - began) / 1000;
  return { facts: contentFacts(entries, blockBytes), factsFrom: "scan", scanSeconds };
}

/** Nothing can be planned for a source that says that it is not to be read: it may be half of what it will be. */
async function listed(workspace: Workspace, settings: RepositorySettings, remote: Remote): Promise<SourceListing> {
  try {
    const { signal } = workspace;
    if (remote.type !== "pulp") return await openSource(workspace, settings, remote).list(signal);
    for await (const newest of checkpointSources(workspace, settings, remote)) return await newest.list(signal);
    return { entries: [], manifest: undefined, serverSeconds: undefined };
  } catch (error) {
    if (!(error instanceof SourceNotReady)) throw error;
    throw new Failure("SOURCE_REFUSED", `the source of ${settings.name} is not ready: ${error.message}`, {
      cause: error,
      hint: "plan again when it is",
    });
  }
}

/** For checkpoints that came closer to each other than those of any cadence: the times at which they would have come, by the times at which they did. The newest stays. */
function pacedTimes(checkpoints: readonly Checkpoint[], everySeconds: number): ReadonlyMap<number, number> {
  const times = checkpoints.map(({ created }) => secondsOf(created));
  const newest = times.at(-1) ?? 0;
  return new Map(times.map((at, index) => [at, newest - (times.length - 1 - index) * everySeconds]));
}

function changedFiles(changed: Changed | undefined, files: number): number {
  if (changed !== undefined && "files" in changed) return Math.min(changed.files, files);
  return (files * (changed?.percent ?? assumedPercent)) / 100;
}
