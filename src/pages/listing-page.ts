import type { Timestamp } from "../model/timestamp.ts";
import { classicPadding } from "./classic-padding.ts";
import { directoryCrumbs, siteCrumbs } from "./crumbs.ts";
import type { Crumb } from "./crumbs.ts";
import { encodeSegment, hrefOf } from "./encode-segment.ts";
import { showTimeIfAny } from "./format-date.ts";
import type { ShownTime } from "./format-date.ts";
import { formatSize } from "./format-size.ts";
import { showChanges } from "./show-changes.ts";
import type { CheckpointFacts, ListingRow, ListingView } from "./views.ts";

/** What `listing.eta` finds in `it`. */
export interface ListingPage {
  readonly heading: string;
  readonly siteTitle: string;
  readonly assets: string;
  /** "" where the page has no use for it: most directories are small, and there may be very many of them. */
  readonly script: string;
  readonly crumbs: readonly Crumb[];
  readonly path: string;
  readonly hasParent: boolean;
  /** Relative link to the directory above. */
  readonly parent: string;
  /** Whether there are enough rows to sort and filter. */
  readonly isLong: boolean;
  /** Set on the root of a checkpoint only. */
  readonly checkpoint: ShownTime | undefined;
  readonly facts: ShownFacts | undefined;
  /** What checks that checkpoint: relative links. */
  readonly proof: readonly { readonly href: string; readonly name: string }[];
  readonly rows: readonly ListingPageRow[];
}

interface ShownFacts {
  readonly root: string;
  readonly files: number;
  readonly size: ShownSize;
  /** `+3 −1 ~2`, or `none`. */
  readonly changes: string;
  /** Relative links: to the list of checkpoints, to this one's row on the page of its year, to what changed, to what changed since, and to the histories of names. */
  readonly list: string;
  readonly inYear: string;
  readonly changesPage: string;
  readonly compare: string;
  readonly history: string;
  /** What checks this checkpoint from outside; "" where the site has no address. */
  readonly command: string;
}

interface ListingPageRow {
  /** Percent-encoded and relative: `./a%20b/`; empty for what was taken down. */
  readonly href: string;
  /** As shown: a directory ends in a slash. */
  readonly name: string;
  /** Spaces that bring the date of a `<pre>` listing into its column. */
  readonly padding: string;
  readonly added: ShownTime | undefined;
  readonly size: ShownSize | undefined;
}

export interface ShownSize {
  /** `1.5 kB` */
  readonly text: string;
  /** `1536 bytes` */
  readonly exact: string;
  /** `1536` */
  readonly bytes: number;
}

export function listingPage(view: ListingView, script: string): ListingPage {
  const { heading, siteTitle, assets, path, hasParent } = view;
  const at = view.checkpoint;
  const isLong = view.rows.length >= rowsToSort;
  // Beside a checkpoint the page is one folder deeper, and its names are somewhere else.
  const isBeside = at !== undefined && view.isBeside === true;
  const list = isBeside ? "../../" : "../";
  return {
    heading,
    siteTitle,
    assets,
    script: isLong || at !== undefined ? script : "",
    crumbs: path === "" ? siteCrumbs(heading, assets, isBeside ? 1 : 0) : directoryCrumbs(path),
    path,
    hasParent,
    parent: list,
    isLong,
    checkpoint: showTimeIfAny(at),
    facts: at === undefined || view.facts === undefined ? undefined : shownFacts(view, at, view.facts, list),
    proof: (view.proof ?? []).map((name) => ({ name, href: `${list}_asof/${at}/${encodeSegment(name)}` })),
    rows: view.rows.map((row) => listingRow(row, isBeside ? `${list}${at}/` : "./")),
  };
}

/** From here on a page can be sorted and filtered. */
export const rowsToSort = 20;

function shownFacts(view: ListingView, at: Timestamp, facts: CheckpointFacts, list: string): ShownFacts {
  const address = `${view.origin}${view.heading.slice(0, -`${at}/`.length)}`;
  const isTypable = view.origin !== undefined && /^[A-Za-z0-9:/._~-]+$/.test(address);
  return {
    root: facts.root,
    files: facts.files,
    size: showSize(facts.bytes),
    changes: showChanges(facts),
    list,
    inYear: `${list}years/${at.slice(0, "YYYY".length)}.html#${at}`,
    changesPage: `${list}_asof/${at}/changes/`,
    compare: `${list}_asof/compare/?from=${at}&to=latest`,
    history: `${list}_asof/history/`,
    command: isTypable ? `asof verify --url ${address} --at ${at} --root ${facts.root}` : "",
  };
}

function listingRow(row: ListingRow, here: string): ListingPageRow {
  const name = row.kind === "directory" ? `${row.name}/` : row.name;
  return {
    href: row.isTakenDown === true ? "" : here + hrefOf(row.name, row.kind).slice("./".length),
    name,
    padding: classicPadding(name),
    added: showTimeIfAny(row.added),
    size: row.sizeBytes === undefined ? undefined : showSize(row.sizeBytes),
  };
}

export function showSize(sizeBytes: number): ShownSize {
  const exact = `${sizeBytes} ${sizeBytes === 1 ? "byte" : "bytes"}`;
  return { text: formatSize(sizeBytes), exact, bytes: sizeBytes };
}
