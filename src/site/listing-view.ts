import { compareNames } from "../model/compare-names.ts";
import type { Publication } from "../model/history.ts";
import type { Timestamp } from "../model/timestamp.ts";
import type { Tree } from "../model/tree.ts";
import type { ListingRow, ListingView } from "../pages/views.ts";

export interface ListingContext {
  readonly siteTitle: string;
  /** Absolute URL path of the assets. */
  readonly assets: string;
}

/** The page of a directory below the root: nothing in it names a checkpoint, because many share it. */
export function directoryView(tree: Tree, context: ListingContext, heading: string): ListingView {
  return { ...context, heading, path: tree.path, checkpoint: undefined, hasParent: true, rows: rowsOf(tree) };
}

/** The page of a version's root, with the manifest that was generated for it. */
export function rootView(tree: Tree, publication: Publication, heading: string, context: ListingContext): ListingView {
  const { manifest, created } = publication;
  const rows = rowsOf(tree);
  if (manifest !== null) {
    rows.push({ name: manifest.name, kind: "file", added: created, sizeBytes: manifest.bytes });
    rows.sort((a, b) => compareNames(sortKey(a), sortKey(b)));
  }
  const checkpoint: Timestamp | undefined = publication.checkpoint ? created : undefined;
  return { ...context, heading, path: "", checkpoint, hasParent: true, rows };
}

function rowsOf(tree: Tree): ListingRow[] {
  return tree.nodes.map((node) =>
    node.kind === "file"
      ? { name: node.name, kind: "file", added: node.added, sizeBytes: node.sizeBytes }
      : { name: node.name, kind: "directory", added: node.newest, sizeBytes: undefined },
  );
}

function sortKey(row: ListingRow): string {
  return row.kind === "directory" ? `${row.name}/` : row.name;
}
