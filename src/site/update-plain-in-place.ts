import path from "node:path";

import type { ChangedPath } from "../model/difference.ts";
import type { Digest } from "../model/digest.ts";
import type { Publication } from "../model/history.ts";
import { foldersOf } from "../model/relative-path.ts";
import { directoryView, rootView } from "./listing-view.ts";
import { copyObject, placeFile } from "./place-file.ts";
import { isListingPage } from "./plain-state.ts";
import type { PlainState, ServedFile } from "./plain-state.ts";
import { hasOwnListing } from "./listing-view.ts";
import type { Stage, StageContext } from "./stage-tree.ts";

/** What goes after, and what must go before, the staged files take their names. Absolute paths. */
export interface InPlaceRemovals {
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Folders that may be left with nothing in them, deepest first. */
  readonly emptied: readonly string[];
}

/**
 * Stages what changes in a plain distribution that is made of real directories, file by file, in the order in which mirrors are updated under their readers: new files, changed
 * ones, manifest and listings, and last the removals.
 */
export function stagePlainChanges(
  stage: Stage,
  context: StageContext,
  options: {
    readonly dir: string;
    readonly heading: string;
    readonly publication: Publication;
    readonly previous: PlainState;
    readonly state: PlainState;
    readonly changes: readonly ChangedPath[];
    readonly after: (path: string) => ServedFile | undefined;
    readonly isDirectoryAfter: (path: string) => boolean;
  },
): InPlaceRemovals {
  const { dir, previous, state, isDirectoryAfter } = options;
  const publication = { ...options.publication, checkpoint: false };
  const touched = new Map(state.touched);
  const manifest = publication.manifest?.name;
  const written = options.changes.filter((change) => change.kind !== "removed");
  /** Something may stand there all the same: a run that died before its state was recorded leaves this content, one that died earlier the one before. */
  const takenDown: string[] = [];
  const rank = (change: ChangedPath): number => (change.path === manifest ? 2 : change.kind === "changed" ? 1 : 0);
  for (const { path: inside } of written.toSorted((a, b) => rank(a) - rank(b))) {
    const file = options.after(inside);
    if (file === undefined) continue;
    if (context.isTakenDown(file.digest)) {
      takenDown.push(inside);
      continue;
    }
    const from = path.join(stage.folder(), "file");
    const mtime = touched.get(inside);
    if (mtime !== undefined) copyObject(context.object(file.digest), from, mtime);
    else placeFile(context.object(file.digest), from, { copy: context.layout === "copies", sizeBytes: file.sizeBytes });
    stage.move({ from, to: path.join(dir, inside) });
  }
  const stalePages: string[] = [];
  stageListings(state.root, previous.root);

  const still = new Set([...state.dropped.map((gone) => gone.path), ...written.map((change) => change.path)]);
  const gone = [...previous.dropped.map((one) => one.path), ...removedNow(), ...stalePages].filter(
    (name) => !still.has(name) && !isListingPage(name, isDirectoryAfter),
  );
  const directories = new Set(written.flatMap((change) => foldersOf(change.path)));
  const inTheWay = new Set(gone.filter((name) => directories.has(name)));
  const emptied = new Set(gone.flatMap(foldersOf).filter((folder) => !isDirectoryAfter(folder)));
  return {
    before: [...inTheWay].map((name) => path.join(dir, name)),
    after: [...gone.filter((name) => !inTheWay.has(name)), ...takenDown].map((name) => path.join(dir, name)),
    emptied: [...emptied].toSorted((a, b) => b.length - a.length).map((folder) => path.join(dir, folder)),
  };

  function removedNow(): readonly string[] {
    return options.changes.filter((change) => change.kind === "removed").map((change) => change.path);
  }

  /** Pages of directories that the publication no longer has; files in them may be served a while longer. */
  function collectStalePages(digest: Digest): void {
    const tree = context.tree(digest);
    if (!hasOwnListing(tree)) stalePages.push(`${tree.path}/index.html`);
    for (const node of tree.nodes) if (node.kind === "directory") collectStalePages(node.tree);
  }

  /** Listings of the directories whose records differ, and of the root: only those can look different. */
  function stageListings(root: Digest, before: Digest | undefined): void {
    const tree = context.tree(root);
    const earlier = new Map(
      before === undefined
        ? []
        : context.tree(before).nodes.flatMap((node) => (node.kind === "directory" ? [[node.name, node.tree]] : [])),
    );
    for (const node of tree.nodes) {
      if (node.kind !== "directory") continue;
      if (earlier.get(node.name) !== node.tree) stageListings(node.tree, earlier.get(node.name));
      earlier.delete(node.name);
    }
    for (const left of earlier.values()) collectStalePages(left);
    if (hasOwnListing(tree)) return;
    const prefix = tree.path === "" ? "" : `${tree.path}/`;
    const view =
      prefix === ""
        ? rootView(tree, publication, options.heading, context)
        : directoryView(tree, context, options.heading + prefix);
    stage.file(path.join(dir, prefix, "index.html"), context.pages.listing(view));
  }
}
