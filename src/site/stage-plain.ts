import { linkSync, lstatSync, mkdirSync, statSync, symlinkSync } from "node:fs";
import path from "node:path";

import type { Digest } from "../model/digest.ts";
import type { Publication } from "../model/history.ts";
import type { Tree } from "../model/tree.ts";
import { directoryView, rootView } from "./listing-view.ts";
import { copyObject, placeFile } from "./place-file.ts";
import type { DroppedPath, PlainState } from "./plain-state.ts";
import { relativeTarget } from "./public-layout.ts";
import { stageFile } from "./stage-file.ts";
import { lstatIfThere } from "./stat-if-there.ts";
import { hasOwnListing } from "./listing-view.ts";
import type { Stage, StageContext } from "./stage-tree.ts";

/**
 * Stages the whole tree that a plain distribution serves, as a real folder. Directories that are exactly the publication's own are shared with the checkpoints; those on the
 * way to a touched or a dropped path are real.
 */
export function stagePlainTree(
  stage: Stage,
  context: StageContext,
  options: {
    readonly publication: Publication;
    readonly state: PlainState;
    readonly heading: string;
    readonly to: string;
    /** The tree served so far: copies under a modification time of their own are linked from there. */
    readonly earlier: string | undefined;
  },
): string {
  const { state, publication } = options;
  const copy = context.layout === "copies";
  const touched = new Map(state.touched);
  const special = [...touched.keys(), ...state.dropped.map((gone) => gone.path)];
  const isSpecialBelow = (prefix: string): boolean => special.some((name) => name.startsWith(prefix));
  const dir = stage.folder();
  fill(dir, context.tree(state.root), "");
  if (publication.manifest !== null) {
    const { name, digest, bytes } = publication.manifest;
    placeServed(path.join(dir, name), name, { digest, sizeBytes: bytes });
  }
  for (const gone of state.dropped) placeDropped(dir, gone);
  return dir;

  function fill(folder: string, tree: Tree, prefix: string): void {
    for (const node of tree.nodes) {
      const name = path.join(folder, node.name);
      const inside = prefix + node.name;
      if (node.kind === "file") {
        placeServed(name, inside, node);
      } else if (context.layout === "shared" && !isSpecialBelow(`${inside}/`)) {
        stage.shared(node.tree);
        symlinkSync(relativeTarget(path.join(options.to, inside), context.publicLayout.shared(node.tree)), name);
      } else {
        mkdirSync(name, { mode: 0o755 });
        fill(name, context.tree(node.tree), `${inside}/`);
      }
    }
    if (hasOwnListing(tree)) return;
    const view =
      prefix === ""
        ? rootView(tree, { ...publication, checkpoint: false }, options.heading, context)
        : directoryView(tree, context, context.layout === "shared" ? tree.path : options.heading + prefix);
    placeListing(folder, `${prefix}index.html`, context.pages.listing(view));
  }

  function placeListing(folder: string, inside: string, html: string): void {
    const to = path.join(folder, "index.html");
    const earlier = options.earlier === undefined ? undefined : path.join(options.earlier, inside);
    // Against the one that it replaces: another page gets a later second, the same one stays itself.
    if (!stageFile(to, earlier ?? to, html, context.now()) && earlier !== undefined) linkSync(earlier, to);
  }

  function placeServed(to: string, inside: string, file: Pick<DroppedPath, "digest" | "sizeBytes">): void {
    if (context.isTakenDown(file.digest)) return;
    const mtime = touched.get(inside);
    if (mtime === undefined) placeFile(context.object(file.digest), to, { copy, sizeBytes: file.sizeBytes });
    else placeCopy(to, inside, file.digest, mtime);
  }

  function placeDropped(root: string, gone: DroppedPath): void {
    if (context.isTakenDown(gone.digest)) return;
    const to = path.join(root, gone.path);
    mkdirSync(path.dirname(to), { recursive: true, mode: 0o755 });
    if (lstatSync(to, { throwIfNoEntry: false }) !== undefined) return;
    const object = context.object(gone.digest);
    if (Math.floor(statSync(object).mtimeMs / 1000) === gone.mtimeSeconds)
      placeFile(object, to, { copy, sizeBytes: gone.sizeBytes });
    else placeCopy(to, gone.path, gone.digest, gone.mtimeSeconds);
  }

  function placeCopy(to: string, inside: string, digest: Digest, mtimeSeconds: number): void {
    const earlier = options.earlier === undefined ? undefined : path.join(options.earlier, inside);
    const there = earlier === undefined ? undefined : lstatIfThere(earlier);
    // Within one second a path never has two contents under one modification time, so the time tells which copy this is.
    if (earlier !== undefined && there?.isFile() === true && there.mtimeMs === mtimeSeconds * 1000)
      linkSync(earlier, to);
    else copyObject(context.object(digest), to, mtimeSeconds);
  }
}
