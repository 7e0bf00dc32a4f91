import { classicPadding } from "./classic-padding.ts";
import { encodeSegment, hrefOf } from "./encode-segment.ts";
import { showTimeIfAny } from "./format-date.ts";
import type { ShownTime } from "./format-date.ts";
import { formatSize } from "./format-size.ts";
import type { ListingRow, ListingView } from "./views.ts";

/** What `listing.eta` finds in `it`. */
export interface ListingPage {
  readonly heading: string;
  readonly siteTitle: string;
  readonly assets: string;
  readonly path: string;
  readonly hasParent: boolean;
  /** Set on the root of a checkpoint only. */
  readonly checkpoint: ShownTime | undefined;
  /** What checks that checkpoint: relative links. */
  readonly proof: readonly { readonly href: string; readonly name: string }[];
  readonly rows: readonly ListingPageRow[];
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
}

export function listingPage(view: ListingView): ListingPage {
  const { heading, siteTitle, assets, path, hasParent } = view;
  const checkpoint = showTimeIfAny(view.checkpoint);
  const proof = (view.proof ?? []).map((name) => ({
    name,
    href: `../_asof/${view.checkpoint}/${encodeSegment(name)}`,
  }));
  return { heading, siteTitle, assets, path, hasParent, checkpoint, proof, rows: view.rows.map(listingRow) };
}

function listingRow(row: ListingRow): ListingPageRow {
  const name = row.kind === "directory" ? `${row.name}/` : row.name;
  return {
    href: row.isTakenDown === true ? "" : hrefOf(row.name, row.kind),
    name,
    padding: classicPadding(name),
    added: showTimeIfAny(row.added),
    size: row.sizeBytes === undefined ? undefined : showSize(row.sizeBytes),
  };
}

export function showSize(sizeBytes: number): ShownSize {
  return { text: formatSize(sizeBytes), exact: `${sizeBytes} ${sizeBytes === 1 ? "byte" : "bytes"}` };
}
