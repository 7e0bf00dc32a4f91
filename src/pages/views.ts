import type { Change, ChangeCounts } from "../model/difference.ts";
import type { Digest } from "../model/digest.ts";
import type { GoneInterval } from "../model/history-timeline.ts";
import type { Timestamp } from "../model/timestamp.ts";
import type { ClientKit } from "./client-kit.ts";
import type { PageScript } from "./page-script.ts";

/** What a listing page shows: one directory of a version. */
export interface ListingView {
  /** Heading: path that visitors know this directory by; "" allowed. */
  readonly heading: string;
  readonly siteTitle: string;
  /** Absolute URL path of the shared assets, with a slash at its end. */
  readonly assets: string;
  /** Sorted by `compareNames` over names with their trailing slash. */
  readonly rows: readonly ListingRow[];
  /** The checkpoint whose root this is; undefined for directories below, which many checkpoints share, and for plain distributions. */
  readonly checkpoint: Timestamp | undefined;
  /** Names of the files beside the checkpoint that prove it. */
  readonly proof?: readonly string[];
  /** What that checkpoint is and what it changed. */
  readonly facts?: CheckpointFacts | undefined;
  /** `https://mirror.example.org`, where the site has an address. */
  readonly origin?: string | undefined;
  /** Whether this page stands beside the checkpoint, which has an `index.html` of its own. */
  readonly isBeside?: boolean | undefined;
  /** Path of the directory inside the repository, "" for its root. */
  readonly path: string;
  readonly hasParent: boolean;
}

/** What the record of a checkpoint says. Counts are of files, against the checkpoint before. */
export interface CheckpointFacts {
  readonly root: string;
  readonly files: number;
  readonly bytes: number;
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
}

export interface ListingRow {
  /** Decoded name, without a trailing slash. */
  readonly name: string;
  readonly kind: "file" | "directory";
  /** When a file came into the repository; of a directory, the newest below it. Undefined when unknown. */
  readonly added: Timestamp | undefined;
  /** Undefined for directories. */
  readonly sizeBytes: number | undefined;
  /** The name is shown, and leads nowhere. */
  readonly isTakenDown?: boolean;
}

/** The list of checkpoints of a distribution, oldest first. */
export interface CheckpointListView {
  readonly name: string;
  /** Heading, as in ListingView: `/checkpoints/myfile/`. The classic theme leaves it out, as Pulp does. */
  readonly heading: string;
  readonly siteTitle: string;
  readonly assets: string;
  readonly horizon: Timestamp | undefined;
  readonly settled: boolean;
  readonly checkpoints: readonly CheckpointRow[];
  /** Whether there is a feed beside the page. */
  readonly hasFeed: boolean;
  /** Ready lines for clients; the classic theme leaves them out, as Pulp does. */
  readonly kit?: ClientKit | undefined;
  /** Answers the text of the rows of a year: what it was before, or what `render` makes of them. */
  readonly rowsText?: ((year: string, render: () => string) => string) | undefined;
}

/** The page of one year of a distribution, or of one month of a year with many checkpoints. */
export interface CheckpointYearView {
  readonly name: string;
  /** Heading, as in ListingView: `/checkpoints/myfile/2025`. */
  readonly heading: string;
  readonly siteTitle: string;
  readonly assets: string;
  readonly isMonth: boolean;
  /** Of that year or month, oldest first. */
  readonly checkpoints: readonly CheckpointRow[];
  /** Months that have pages of their own, as `2025-03`, oldest first; the page of the year has no rows then. */
  readonly months: readonly { readonly month: string; readonly checkpoints: number }[];
  /** Names of the pages before and after this one, as `2024`. */
  readonly older: string | undefined;
  readonly newer: string | undefined;
}

export interface CheckpointRow {
  readonly at: Timestamp;
  /** `gone`: a tombstone, or several in a row. */
  readonly kind: "checkpoint" | "gone";
  /** Last second of a run of tombstones; equal to `at` otherwise. */
  readonly until: Timestamp;
  readonly files: number;
  readonly bytes: number;
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly reason: string | undefined;
  /** Sorted; none of a tombstone. */
  readonly labels: readonly string[];
}

/** The front page, and a page for every directory above a base path. */
export interface IndexView {
  /** Heading, as in ListingView: `/checkpoints/`. */
  readonly heading: string;
  readonly siteTitle: string;
  readonly assets: string;
  /** URL path below the mount, "" for the front page. */
  readonly path: string;
  readonly rows: readonly IndexRow[];
  /** Every distribution at or below this directory. */
  readonly distributions?: readonly IndexDistribution[] | undefined;
}

export interface IndexDistribution extends NonNullable<IndexRow["distribution"]> {
  /** Its path below this directory: `checkpoints/myfile`. */
  readonly path: string;
  readonly horizon: Timestamp | undefined;
}

export interface IndexRow {
  /** Next path component, without slash. */
  readonly name: string;
  /** Set when a distribution lives exactly here. */
  readonly distribution:
    | {
        readonly name: string;
        readonly checkpoint: boolean;
        readonly checkpoints: number;
        readonly newest: Timestamp | undefined;
      }
    | undefined;
}

/** The page of a 410: what was here and what is near. */
export interface GoneView {
  readonly siteTitle: string;
  readonly assets: string;
  /** Absolute URL path of the distribution, slashes at both ends; its characters need no encoding. */
  readonly base: string;
  readonly distribution: string;
  readonly from: Timestamp;
  readonly until: Timestamp;
  readonly reason: string;
  readonly cause: GoneInterval["cause"];
  readonly older: Timestamp | undefined;
  readonly newer: Timestamp | undefined;
}

/** The folder of a client kit. */
export interface KitView {
  /** Heading, as in ListingView: `/checkpoints/myfile/kit/`. */
  readonly heading: string;
  readonly siteTitle: string;
  readonly assets: string;
  readonly kit: ClientKit;
}

/** What a checkpoint changed, or a thousand of it. */
export interface ChangesView {
  readonly siteTitle: string;
  readonly assets: string;
  /** What visitors call the list of checkpoints: `/checkpoints/myfile/`. */
  readonly heading: string;
  readonly to: Timestamp;
  /** The kept checkpoint before; undefined for the oldest. */
  readonly from: Timestamp | undefined;
  /** Of all pages together. */
  readonly counts: ChangeCounts;
  /** From 1 on. */
  readonly part: number;
  readonly parts: number;
  /** Those of this page, in path order. */
  readonly changes: readonly Change[];
  isTakenDown(digest: Digest): boolean;
}

/** A page of a distribution on which the browser finds something out: what differs between two checkpoints, or since when a name is there. */
export interface LookUpView {
  readonly siteTitle: string;
  readonly assets: string;
  /** As in ChangesView. */
  readonly heading: string;
  readonly repository: string;
  /** Whether there are files that tell the histories of names. */
  readonly isTold: boolean;
}

/** Everything that turns views into HTML. Pure; opened once from templates/ with the user's overrides. */
export interface Pages {
  /** Changes whenever any page could look different: pages made under another digest are rendered again. */
  readonly fingerprint: string;
  listing(view: ListingView): string;
  checkpointList(view: CheckpointListView): string;
  /** Undefined in a theme that has one list of everything. */
  readonly checkpointYear: ((view: CheckpointYearView) => string) | undefined;
  index(view: IndexView): string;
  gone(view: GoneView): string;
  kit(view: KitView): string;
  /** Pages that Pulp has no like of, and the classic theme leaves out. */
  readonly changes: ((view: ChangesView) => string) | undefined;
  readonly compare: ((view: LookUpView) => string) | undefined;
  readonly history: ((view: LookUpView) => string) | undefined;
  /** Undefined where no page has one. */
  readonly script: PageScript | undefined;
  /** Files for `public/_asof/assets/`, by name. */
  readonly assets: ReadonlyMap<string, string>;
}
