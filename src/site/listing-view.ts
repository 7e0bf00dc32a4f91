import { compareNames } from "../model/compare-names.ts";
import type { Digest } from "../model/digest.ts";
import type { Checkpoint, Publication } from "../model/history.ts";
import { proofFiles } from "../model/statement.ts";
import type { Tree } from "../model/tree.ts";
import type { ListingRow, ListingView } from "../pages/views.ts";

export interface ListingContext {
  readonly siteTitle: string;
  /** Absolute URL path of the assets. */
  readonly assets: string;
  /** `https://mirror.example.org` of `site.url`, where that is set. */
  readonly origin: string | undefined;
  /** Whether content was taken down: its name stays, and leads nowhere. */
  isTakenDown(digest: Digest): boolean;
}

/** Manifest and listing at the root, listings below: a repository's own entry of such a name wins. */
export const listingName = "index.html";

export function hasOwnListing(tree: Tree): boolean {
  return tree.nodes.some((node) => node.name === listingName);
}

/** The page of a directory below the root: nothing in it names a checkpoint, because many share it. */
export function directoryView(tree: Tree, context: ListingContext, heading: string): ListingView {
  const { siteTitle, assets } = context;
  const rows = rowsOf(tree, context);
  return { siteTitle, assets, heading, path: tree.path, checkpoint: undefined, hasParent: true, rows };
}

/** The page of a version's root, with the manifest that was generated for it. Of a checkpoint it tells what seldom changes: its neighbours and labels come and go. */
export function rootView(
  tree: Tree,
  publication: Publication | Checkpoint,
  heading: string,
  context: ListingContext,
): ListingView {
  const { manifest, created } = publication;
  const { siteTitle, assets, origin } = context;
  const rows = rowsOf(tree, context);
  if (manifest !== null) {
    const isGone = context.isTakenDown(manifest.digest);
    rows.push({ name: manifest.name, kind: "file", added: created, sizeBytes: manifest.bytes, isTakenDown: isGone });
    rows.sort((a, b) => compareNames(sortKey(a), sortKey(b)));
  }
  const plain = { siteTitle, assets, heading, path: "", hasParent: true, rows };
  if (!publication.checkpoint) return { ...plain, checkpoint: undefined, proof: [] };
  return {
    ...plain,
    checkpoint: created,
    proof: proofFiles(publication).map(({ name }) => name),
    facts: "root" in publication ? publication : undefined,
    origin,
    isBeside: hasOwnListing(tree),
  };
}

function rowsOf(tree: Tree, context: ListingContext): ListingRow[] {
  return tree.nodes.map((node) =>
    node.kind === "file"
      ? {
          name: node.name,
          kind: "file",
          added: node.added,
          sizeBytes: node.sizeBytes,
          isTakenDown: context.isTakenDown(node.digest),
        }
      : { name: node.name, kind: "directory", added: node.newest, sizeBytes: undefined, isTakenDown: false },
  );
}

function sortKey(row: ListingRow): string {
  return row.kind === "directory" ? `${row.name}/` : row.name;
}
