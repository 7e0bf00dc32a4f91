import { reserveBytes } from "../../store/room.ts";
import type { Amount } from "../../model/growth.ts";
import { linesInPiece } from "../../model/log-piece.ts";
import { timestampFromSeconds } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import type { Workspace } from "../workspace.ts";
import type { Grown, RepositoryMoment } from "./grow-repository.ts";
import type { SiteSize } from "./simulated-site.ts";

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

/** Totals at the end of one month. */
export function siteMoment(
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
export function byMonth(
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

/** What is there once, however many checkpoints there are: lock, caches and reserve in the state, a kit and the folders of each distribution in the site. */
function fixedInodes(distributions: number, repositories: number): number {
  return 60 + 10 * distributions + 5 * repositories;
}
