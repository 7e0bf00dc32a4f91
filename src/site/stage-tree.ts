import { lstatSync, mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";

import type { Layout } from "../model/config.ts";
import type { Digest } from "../model/digest.ts";
import type { Publication } from "../model/history.ts";
import { levelOf } from "../model/tree.ts";
import type { Tree } from "../model/tree.ts";
import type { Pages } from "../pages/views.ts";
import { directoryView, hasOwnListing, listingName, rootView } from "./listing-view.ts";
import { linkEarlierSymlink } from "./link-earlier-symlink.ts";
import type { ListingContext } from "./listing-view.ts";
import { placeFile } from "./place-file.ts";
import { stageFile, writeNew } from "./stage-file.ts";
import { relativeTarget } from "./public-layout.ts";
import type { PublicLayout } from "./public-layout.ts";
import { openDirectoryMaker, withoutHelp } from "./directory-maker.ts";
import type { DirectoryMaker } from "./directory-maker.ts";
import type { FileToPlace, NewDirectory } from "./new-directory.ts";
import { openWholeFolders } from "./whole-folders.ts";

/** What staging needs to know of the world. */
export interface StageContext extends ListingContext {
  readonly layout: Layout;
  readonly publicLayout: PublicLayout;
  readonly pages: Pages;
  /** An empty folder on the file system of the pool and the site. */
  readonly stagingDir: string;
  /** Seconds since 1970. */
  now(): number;
  tree(digest: Digest): Tree;
  /** Absolute path of a pool object. */
  object(digest: Digest): string;
}

/** Something that stands complete below the staging folder and takes its visible name by one rename; or a durable file of the state that gets another name, by a link. */
export interface Move {
  readonly from: string;
  readonly to: string;
  readonly links?: true;
}

/** Builds trees and files below a staging folder. Nothing is visible until the moves are made, in their order. */
export interface Stage {
  /**
   * In the order in which they have to be made. Shared directories may come before those that they lead to, because whole folders of them appear at once: whoever finds one asks for those below, unless a root that leads
   * to it stands. A root comes after all that it leads to, and its record after those that it names.
   */
  readonly moves: readonly Move[];
  /** Makes sure that the shared directory of a record is there or will be. */
  shared(tree: Digest): void;
  /** A new empty folder to fill by hand; the caller adds the move. */
  folder(): string;
  move(move: Move): void;
  /** Stages a file of the state, which is not empty, under a name that never gets other bytes; nothing is done where it is already. With `last` it appears after everything that was staged so before it. */
  immutable(file: string, to: string, options?: { readonly last: boolean }): void;
  /** Whether a name is there or staged. */
  has(to: string): boolean;
  /** Stages a generated file, unless exactly these bytes stand there already. `withFolder`: where its folder is not there, it appears by one rename with all that was staged so for it; nothing else may make that folder. */
  file(to: string, content: string, options?: { readonly withFolder?: boolean }): void;
  /** Stages the root of a publication's version under `to`. `previous` is one like it, whose links are used where they are on disk or staged. Whole when it resolves. */
  root(root: Digest, publication: Publication, to: string, options: RootOptions): Promise<void>;
}

export interface RootOptions {
  readonly heading: string;
  readonly previous: { readonly root: Digest; readonly dir: string } | undefined;
  /** Where our page goes when the repository has an index.html of its own; undefined writes none then. */
  readonly pageBeside: string | undefined;
}

/** Linux follows 40 symlinks on the way to a file: below this level directories are real. */
export const deepestSharedLevel = 32;

export function openStage(context: StageContext): Stage {
  const { publicLayout, pages, stagingDir } = context;
  const copy = context.layout === "copies";
  const moves: Move[] = [];
  const wholeFolders = openWholeFolders(stagingDir);
  const complete = new Set<Digest>();
  /** Where something is that will be visible under another name. */
  const staged = new Map<string, string>();
  let counter = 0;
  let maker: DirectoryMaker | undefined;

  async function root(digest: Digest, publication: Publication, to: string, options: RootOptions): Promise<void> {
    const dir = stagingFolder();
    const tree = context.tree(digest);
    // Its root is seen last: where that is not, a run died, and a directory of it may be there without those below.
    const previous = options.previous !== undefined && isThere(options.previous.dir) ? options.previous : undefined;
    maker = openDirectoryMaker();
    try {
      fillDirectory(dir, to, tree, previous, 0, options.heading);
      await maker.finish();
    } finally {
      await maker.close();
      maker = undefined;
    }
    if (publication.manifest !== null && !context.isTakenDown(publication.manifest.digest)) {
      const { name, digest: manifest, bytes } = publication.manifest;
      placeFile(context.object(manifest), path.join(dir, name), { copy, sizeBytes: bytes });
    }
    const page = pages.listing(rootView(tree, publication, options.heading, context));
    if (!hasOwnListing(tree)) writeNew(path.join(dir, listingName), page);
    else if (options.pageBeside !== undefined) {
      // The page alone: its folder holds more about this checkpoint.
      const from = path.join(stagingFolder(), listingName);
      writeNew(from, page);
      move({ from, to: path.join(options.pageBeside, listingName) });
    }
    move({ from: dir, to });
  }

  function move(one: Move): void {
    moves.push(one);
    staged.set(one.to, one.from);
  }

  /** Fills `dir`, which will be seen as `to`, with everything but its own listing. */
  function fillDirectory(
    dir: string,
    to: string,
    tree: Tree,
    previous: { readonly root: Digest; readonly dir: string } | undefined,
    level: number,
    heading: string,
  ): void {
    const before = previous === undefined ? undefined : context.tree(previous.root);
    const earlier = new Map(
      before?.nodes.flatMap((node) => (node.kind === "directory" ? [[node.name, node.tree]] : [])),
    );
    for (const node of tree.nodes) {
      const name = `${dir}/${node.name}`;
      if (node.kind === "file") {
        if (!context.isTakenDown(node.digest))
          placeFile(context.object(node.digest), name, { copy, sizeBytes: node.sizeBytes });
        continue;
      }
      const earlierTree = earlier.get(node.name);
      if (context.layout !== "shared" || level >= deepestSharedLevel) {
        const below = context.tree(node.tree);
        mkdirSync(name, { mode: 0o755 });
        fillDirectory(name, path.join(to, node.name), below, undefined, level + 1, `${heading}${node.name}/`);
        writeListing(name, below, context.layout === "shared" ? below.path : `${heading}${node.name}/`);
        continue;
      }
      const target = relativeTarget(path.join(to, node.name), publicLayout.shared(node.tree));
      if (earlierTree === node.tree && previous !== undefined) {
        // A hard link to the symlink that the tree before has costs no inode.
        const earlierDir = staged.get(previous.dir) ?? previous.dir;
        if (linkEarlierSymlink(path.join(earlierDir, node.name), name, target)) continue;
      }
      stageShared(node.tree, earlierTree, level + 1);
      symlinkSync(target, name);
    }
  }

  function stageShared(digest: Digest, earlier: Digest | undefined, level: number): void {
    if (isComplete(digest)) return;
    const to = publicLayout.shared(digest);
    const place = wholeFolders.placeFor(to);
    const dir = place ?? stagingName();
    const tree = context.tree(digest);
    if (earlier === undefined && level < deepestSharedLevel)
      (maker ?? withoutHelp).make(newDirectory(dir, to, tree, level));
    else {
      mkdirSync(dir, { mode: 0o755 });
      const previous = earlier === undefined ? undefined : { root: earlier, dir: publicLayout.shared(earlier) };
      fillDirectory(dir, to, tree, previous, level, "");
      writeListing(dir, tree, tree.path);
    }
    complete.add(digest);
    if (place === undefined) move({ from: dir, to });
    else staged.set(to, dir);
  }

  /** A shared directory that nothing like it stands for, after those that it leads to. */
  function newDirectory(dir: string, to: string, tree: Tree, level: number): NewDirectory {
    const files: FileToPlace[] = [];
    const symlinks: { readonly name: string; readonly target: string }[] = [];
    for (const node of tree.nodes) {
      const { name } = node;
      if (node.kind === "directory") {
        stageShared(node.tree, undefined, level + 1);
        symlinks.push({ name, target: relativeTarget(path.join(to, name), publicLayout.shared(node.tree)) });
      } else if (!context.isTakenDown(node.digest))
        files.push({ name, object: context.object(node.digest), sizeBytes: node.sizeBytes });
    }
    return { dir, files, symlinks, page: listingOf(tree, tree.path) };
  }

  /**
   * Whether a shared directory and every one below it stand. A directory appears by the rename of something complete and goes by a rename too, so being there
   * means being complete; the ones below are asked as well, because a sweep that died may have taken them alone.
   */
  function isComplete(digest: Digest): boolean {
    if (complete.has(digest)) return true;
    if (lstatSync(publicLayout.shared(digest), { throwIfNoEntry: false })?.isDirectory() !== true) return false;
    const tree = context.tree(digest);
    const areBelow = levelOf(tree) >= deepestSharedLevel;
    if (!areBelow && !tree.nodes.every((node) => node.kind === "file" || isComplete(node.tree))) return false;
    complete.add(digest);
    return true;
  }

  function writeListing(dir: string, tree: Tree, heading: string): void {
    const page = listingOf(tree, heading);
    if (page !== undefined) writeNew(`${dir}/${page.name}`, page.text);
  }

  function listingOf(tree: Tree, heading: string): NewDirectory["page"] {
    if (hasOwnListing(tree)) return undefined;
    return { name: listingName, text: pages.listing(directoryView(tree, context, heading)) };
  }

  function isThere(to: string): boolean {
    return staged.has(to) || lstatSync(to, { throwIfNoEntry: false }) !== undefined;
  }

  function stagingFolder(): string {
    const dir = stagingName();
    mkdirSync(dir, { mode: 0o755 });
    return dir;
  }

  function stagingName(): string {
    return `${stagingDir}/tree-${(counter += 1)}`;
  }

  function immutable(file: string, to: string, { last } = { last: false }): void {
    const place = last ? undefined : wholeFolders.placeFor(to);
    // What is not there holds nothing.
    if (place === undefined ? isThere(to) : staged.has(to)) return;
    if (place === undefined && !copy) {
      move({ from: file, to, links: true });
      return;
    }
    const from = place ?? path.join(stagingDir, `file-${(counter += 1)}`);
    placeFile(file, from, { copy, sizeBytes: 1 });
    if (place === undefined) move({ from, to });
    else staged.set(to, from);
  }

  return {
    get moves() {
      return [...wholeFolders.moves(), ...moves];
    },
    root,
    shared: (tree) => stageShared(tree, undefined, levelOf(context.tree(tree))),
    folder: stagingFolder,
    move,
    has: isThere,
    immutable,
    file: (to, content, { withFolder = false } = {}) => {
      const place = withFolder ? wholeFolders.placeFor(to) : undefined;
      const from = place ?? path.join(stagingDir, `file-${(counter += 1)}`);
      if (stageFile(from, to, content, context.now()) && place === undefined) move({ from, to });
    },
  };
}
