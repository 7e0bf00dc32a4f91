import { Failure } from "../../failure.ts";
import { changeWithin } from "../../model/change-curve.ts";
import type { ChangeAmount, ChangeCurve } from "../../model/change-curve.ts";
import { contentFacts } from "../../model/content-facts.ts";
import type { RepositorySettings } from "../../model/config.ts";
import { amountOf, amountOfOne } from "../../model/growth.ts";
import type { Amount, ContentFacts, GrowingRepository } from "../../model/growth.ts";
import { linesInPiece } from "../../model/log-piece.ts";
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
import { openSource } from "../sync/open-source.ts";
import { growthWarnings, roomFacts } from "./limits.ts";
import type { GrowthWarning, RoomFacts } from "./limits.ts";
import { measureChange, usualInterval } from "./measure-change.ts";
import { pageSize } from "./page-size.ts";
import { logBytes, simulatedCheckpoint } from "./simulated-checkpoint.ts";
import { simulatedSite } from "./simulated-site.ts";
import type { SiteSize } from "./simulated-site.ts";

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

/** What a mirror will need. Nothing of it was written, and nothing fetched. */
export interface GrowthPlan {
  readonly repositories: readonly RepositoryGrowth[];
  /** Now, and at the end of each year. */
  readonly site: readonly SiteMoment[];
  readonly room: RoomFacts;
  readonly warnings: readonly GrowthWarning[];
}

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

/** All repositories with the rules, lists and logs of the site. */
export interface SiteMoment extends Amount {
  readonly at: Timestamp;
  readonly made: number;
  readonly kept: number;
  /** Bytes by server. */
  readonly rules: ReadonlyMap<string, number>;
  readonly listBytes: number;
  readonly logBytes: number;
}

/** Predicts what the repositories of the configuration will need: from what was recorded, or where nothing was, from what their sources list. */
export async function planGrowth(
  workspace: Workspace,
  repositories: readonly RepositorySettings[],
  options: GrowthOptions,
): Promise<GrowthPlan> {
  const now = Math.floor(workspace.clock.now());
  const months = Array.from({ length: options.years * 12 + 1 }, (_, month) => now + Math.round((month * year) / 12));
  const room = roomFacts(workspace.config);
  const grown: Grown[] = [];
  for (const settings of repositories) grown.push(await grow(workspace, settings, options, { months, room }));

  const yearly = months.flatMap((_, month) => (month % 12 === 0 ? [month] : []));
  const sizes = yearly.map((month) =>
    simulatedSite(
      workspace,
      new Map(grown.map((one) => [one.settings.name, one.simulated[month]?.checkpoints() ?? []])),
    ),
  );
  const site = yearly.map((month, index) => siteMoment(workspace, grown, month, sizes[index]));
  return {
    repositories: grown.map((one) => ({ ...one.told, moments: yearly.flatMap((month) => one.moments[month] ?? []) })),
    site,
    room,
    warnings: growthWarnings(
      workspace.config,
      room,
      months,
      { inodes: byMonth(grown, site, "inodes"), diskBytes: byMonth(grown, site, "diskBytes") },
      grown.map(({ told, moments }) => ({
        repository: told.repository,
        kept: moments.map(({ kept }) => kept),
        longestPathBytes: told.facts.longestPathBytes,
        mostPaths: told.facts.mostPaths,
      })),
    ),
  };
}

/** A repository with everything that is to be known of its months to come; the first is now. */
interface Grown {
  readonly settings: RepositorySettings;
  readonly told: Omit<RepositoryGrowth, "moments">;
  readonly simulated: readonly SimulatedMoment[];
  readonly moments: readonly RepositoryMoment[];
}

const day = 86_400;
const year = 365.2425 * day;
/** A history of checkpoints that came closer to each other was imported, or tried out: it tells nothing of a cadence. */
const shortestCadence = 900;
const mostCheckpoints = 200_000;
/** Without a history: what design tables of mirrors take for usual. */
const assumedPercent = 1;

async function grow(
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
    bytes: stored?.log.ends.at(-1) ?? 0,
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
    return await openSource(workspace, settings, remote).list(workspace.signal);
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

function siteMoment(
  workspace: Workspace,
  grown: readonly Grown[],
  month: number,
  size: SiteSize | undefined,
): SiteMoment {
  const moments = grown.flatMap((one) => one.moments[month] ?? []);
  const sum = (of: (moment: RepositoryMoment) => number): number => moments.reduce((total, one) => total + of(one), 0);
  const { distributions } = workspace.config;
  const copies = (name: string): number =>
    distributions.filter(({ repository, checkpoint }) => checkpoint && repository === name).length;
  const logs = grown.reduce(
    (total, one) => total + (one.moments[month]?.logBytes ?? 0) * (1 + copies(one.told.repository)),
    0,
  );
  const rules = new Map([...(size?.rules ?? [])].map(([server, { bytes }]) => [server, Math.round(bytes)] as const));
  const generated = [...(size?.rules.values() ?? []), ...(size === undefined ? [] : [size.lists])];
  const inodes = generated.reduce((total, one) => total + one.inodes, 0);
  const bytes = generated.reduce((total, one) => total + one.bytes, 0);
  const pieces = sum(({ made }) => made) / (linesInPiece / 2);
  return {
    at: moments[0]?.at ?? timestampFromSeconds(0),
    made: sum(({ made }) => made),
    kept: sum(({ kept }) => kept),
    poolBytes: sum(({ amount }) => amount.poolBytes),
    diskBytes: sum(({ amount }) => amount.diskBytes) + bytes + logs + reserveBytes,
    inodes: sum(({ amount }) => amount.inodes) + inodes + pieces + fixedInodes(distributions.length, grown.length),
    rules,
    listBytes: size?.lists.bytes ?? 0,
    logBytes: logs,
  };
}

/** Totals of the site. What belongs to no repository is known of whole years, and taken to rise evenly between them. */
function byMonth(
  grown: readonly Grown[],
  site: readonly SiteMoment[],
  what: "inodes" | "diskBytes",
): readonly number[] {
  const ofRepositories = (month: number): number =>
    grown.reduce((total, one) => total + (one.moments[month]?.amount[what] ?? 0), 0);
  const others = site.map((moment, index) => moment[what] - ofRepositories(index * 12));
  return Array.from({ length: (site.length - 1) * 12 + 1 }, (_, month) => {
    const [from = 0, to = from] = others.slice(Math.floor(month / 12));
    return ofRepositories(month) + from + ((to - from) * (month % 12)) / 12;
  });
}

/** What `state/reserve` sets aside, see store/room.ts. */
const reserveBytes = 786_432;

/** What is there once, however many checkpoints there are: lock, caches and reserve in the state, a kit and the folders of each distribution in the site. */
function fixedInodes(distributions: number, repositories: number): number {
  return 60 + 10 * distributions + 5 * repositories;
}
