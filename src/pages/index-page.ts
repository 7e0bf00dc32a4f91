import { classicPadding } from "./classic-padding.ts";
import { siteCrumbs } from "./crumbs.ts";
import type { Crumb } from "./crumbs.ts";
import { encodeSegment, hrefOf } from "./encode-segment.ts";
import { showTimeIfAny } from "./format-date.ts";
import type { ShownTime } from "./format-date.ts";
import type { IndexDistribution, IndexRow, IndexView } from "./views.ts";

/** What `index.eta` finds in `it`. */
export interface IndexPage {
  readonly heading: string;
  readonly siteTitle: string;
  readonly assets: string;
  readonly script: string;
  readonly crumbs: readonly Crumb[];
  readonly path: string;
  readonly hasParent: boolean;
  readonly rows: readonly IndexPageRow[];
  /** Every distribution at or below this directory. */
  readonly distributions: readonly IndexPageDistribution[];
  /** Whether any of them has checkpoints to ask for. */
  readonly hasCheckpoints: boolean;
  /** Directories on the way to distributions. */
  readonly folders: readonly IndexPageRow[];
}

interface IndexPageDistribution {
  readonly href: string;
  readonly path: string;
  readonly name: string;
  readonly content: string;
  readonly checkpoint: boolean;
  readonly newest: ShownTime | undefined;
  readonly horizon: ShownTime | undefined;
}

interface IndexPageRow {
  readonly href: string;
  /** With its slash. */
  readonly name: string;
  readonly padding: string;
  /** Undefined when the row is a directory on the way to distributions. */
  readonly distribution: { readonly name: string; readonly content: string } | undefined;
  readonly newest: ShownTime | undefined;
}

export function indexPage(view: IndexView, script: string): IndexPage {
  const { heading, siteTitle, assets, path, distributions = [] } = view;
  const rows = view.rows.map(indexRow);
  return {
    heading,
    siteTitle,
    assets,
    script: distributions.length > 0 ? script : "",
    crumbs: siteCrumbs(heading, assets),
    path,
    hasParent: path !== "",
    rows,
    distributions: distributions.map(indexDistribution),
    hasCheckpoints: distributions.some(({ newest, checkpoint }) => checkpoint && newest !== undefined),
    folders: rows.filter(({ distribution }) => distribution === undefined),
  };
}

function indexDistribution(distribution: IndexDistribution): IndexPageDistribution {
  const { path, name, checkpoint, newest, horizon } = distribution;
  return {
    href: `./${path.split("/").map(encodeSegment).join("/")}/`,
    path: `${path}/`,
    name,
    content: contentOf(distribution),
    checkpoint,
    newest: showTimeIfAny(newest),
    horizon: showTimeIfAny(horizon),
  };
}

function indexRow({ name, distribution }: IndexRow): IndexPageRow {
  return {
    href: hrefOf(name, "directory"),
    name: `${name}/`,
    padding: classicPadding(`${name}/`),
    distribution: distribution && { name: distribution.name, content: contentOf(distribution) },
    newest: showTimeIfAny(distribution?.newest),
  };
}

function contentOf({ checkpoint, checkpoints }: NonNullable<IndexRow["distribution"]>): string {
  if (!checkpoint) return "newest publication";
  return checkpoints === 1 ? "1 checkpoint" : `${checkpoints} checkpoints`;
}
