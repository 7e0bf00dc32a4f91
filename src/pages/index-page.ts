import { classicPadding } from "./classic-padding.ts";
import { hrefOf } from "./encode-segment.ts";
import { showTimeIfAny } from "./format-date.ts";
import type { ShownTime } from "./format-date.ts";
import type { IndexRow, IndexView } from "./views.ts";

/** What `index.eta` finds in `it`. */
export interface IndexPage {
  readonly heading: string;
  readonly siteTitle: string;
  readonly assets: string;
  readonly path: string;
  readonly hasParent: boolean;
  readonly rows: readonly IndexPageRow[];
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

export function indexPage(view: IndexView): IndexPage {
  const { heading, siteTitle, assets, path } = view;
  return { heading, siteTitle, assets, path, hasParent: path !== "", rows: view.rows.map(indexRow) };
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
