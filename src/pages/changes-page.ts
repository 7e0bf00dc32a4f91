import type { Change, ChangeCounts } from "../model/difference.ts";
import type { Timestamp } from "../model/timestamp.ts";
import { changesJsonName } from "./changes-json.ts";
import { crumbsBelow } from "./crumbs.ts";
import type { Crumb } from "./crumbs.ts";
import { encodeSegment } from "./encode-segment.ts";
import { showTime } from "./format-date.ts";
import type { ShownTime } from "./format-date.ts";
import { showSize } from "./listing-page.ts";
import type { ShownSize } from "./listing-page.ts";
import type { ChangesView } from "./views.ts";

/** What `changes.eta` finds in `it`. */
export interface ChangesPage {
  readonly siteTitle: string;
  readonly assets: string;
  /** What visitors call the checkpoint. */
  readonly heading: string;
  readonly crumbs: readonly Crumb[];
  readonly to: LinkedTime;
  /** The checkpoint before, and what that one changed; undefined for the oldest. */
  readonly from: (LinkedTime & { readonly changes: string }) | undefined;
  readonly counts: ChangeCounts;
  /** The page that compares any two checkpoints, asked for these. */
  readonly compare: string;
  readonly json: { readonly href: string; readonly name: string };
  readonly part: number;
  readonly parts: number;
  /** Other pages of the same list. */
  readonly earlier: string | undefined;
  readonly later: string | undefined;
  readonly groups: readonly ChangeGroup[];
}

interface LinkedTime {
  readonly at: ShownTime;
  readonly href: string;
}

/** Changes in one directory. */
interface ChangeGroup {
  /** With a slash at its end; "" for the top. */
  readonly directory: string;
  /** `12 added, 1 removed` */
  readonly counts: string;
  /** Shown only when asked for. */
  readonly isLong: boolean;
  readonly rows: readonly ChangeRow[];
}

interface ChangeRow {
  readonly kind: Change["kind"];
  readonly name: string;
  /** "" for what was taken down. */
  readonly href: string;
  readonly since: ShownTime;
  readonly size: ShownSize;
  /** Of `changed`. */
  readonly was: ShownSize | undefined;
}

/** Name of the page with the first, second, … thousand of changes. */
export function changesPageName(part: number): string {
  return part === 1 ? "index.html" : `${part}.html`;
}

export function isChangesPageName(name: string): boolean {
  return /^(?:index|\d+)\.html$/.test(name);
}

/** A page below `_asof/<time>/changes/`. All links are relative: three levels up is the list of checkpoints. */
export function changesPage(view: ChangesView): ChangesPage {
  const { siteTitle, assets, heading, from, to, counts, part, parts } = view;
  return {
    siteTitle,
    assets,
    heading: `${heading}${to}/`,
    crumbs: crumbsBelow(heading, assets, 3, [
      { text: to, href: rootOf(to) },
      { text: "changes", href: part === 1 ? "" : "./" },
    ]),
    to: { at: showTime(to), href: rootOf(to) },
    from:
      from === undefined ? undefined : { at: showTime(from), href: rootOf(from), changes: `../../${from}/changes/` },
    counts,
    compare: `../../compare/${from === undefined ? "" : `?from=${from}&to=${to}`}`,
    json: { href: `../${changesJsonName(part)}`, name: changesJsonName(part) },
    part,
    parts,
    earlier: part === 1 ? undefined : pageHref(part - 1),
    later: part === parts ? undefined : pageHref(part + 1),
    groups: [...byDirectory(view.changes)].map(([directory, changes]) => ({
      directory,
      counts: countsOf(changes),
      isLong: changes.length > mostShown,
      rows: changes.map((change) => changeRow(view, directory, change)),
    })),
  };
}

/** Of one directory; more are folded. */
const mostShown = 20;

function pageHref(part: number): string {
  return part === 1 ? "./" : `./${changesPageName(part)}`;
}

function rootOf(at: Timestamp): string {
  return `../../../${at}/`;
}

function changeRow(view: ChangesView, directory: string, change: Change): ChangeRow {
  const { kind, path, digest, since, sizeBytes, was } = change;
  const root = rootOf(kind === "removed" ? (view.from ?? view.to) : view.to);
  return {
    kind,
    name: path.slice(directory.length),
    href: view.isTakenDown(digest) ? "" : root + path.split("/").map(encodeSegment).join("/"),
    since: showTime(since),
    size: showSize(sizeBytes),
    was: was && showSize(was.sizeBytes),
  };
}

/** In path order those of a directory need not follow each other: what lies in its directories comes between. */
function byDirectory(changes: readonly Change[]): ReadonlyMap<string, readonly Change[]> {
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const directory = change.path.slice(0, change.path.lastIndexOf("/") + 1);
    const group = groups.get(directory);
    if (group === undefined) groups.set(directory, [change]);
    else group.push(change);
  }
  return groups;
}

function countsOf(changes: readonly Change[]): string {
  return (["added", "removed", "changed"] as const)
    .map((kind) => [changes.filter((change) => change.kind === kind).length, kind] as const)
    .filter(([count]) => count > 0)
    .map(([count, kind]) => `${count} ${kind}`)
    .join(", ");
}
