import path from "node:path";

import type { Layout } from "../../model/config.ts";
import type { Digest } from "../../model/digest.ts";
import type { Publication } from "../../model/history.ts";
import type { Tree, TreeFile } from "../../model/tree.ts";
import type { Pages } from "../../pages/views.ts";
import { directoryView, rootView } from "../../site/listing-view.ts";
import type { ListingContext } from "../../site/listing-view.ts";
import type { PlainState } from "../../site/plain-state.ts";
import { relativeTarget } from "../../site/public-layout.ts";
import type { PublicLayout } from "../../site/public-layout.ts";
import { levelOf } from "../../model/tree.ts";
import { hasOwnListing } from "../../site/listing-view.ts";
import { deepestSharedLevel } from "../../site/stage-tree.ts";
import type { Expected, ExpectedDirectory, ExpectedFile } from "./expected.ts";

/** What staging (site/stage-tree.ts, site/stage-plain.ts) would have made, told as data. */
export interface SiteModel {
  /** `any` for what was built before the layout was changed and is not built again. */
  readonly layout: Layout | "any";
  /** Whether pages must be what would be rendered now. */
  readonly strictPages: boolean;
  readonly listing: ListingContext;
  readonly pages: Pages;
  readonly publicLayout: PublicLayout;
  /** The record of a directory, or undefined when it is damaged or missing. */
  tree(digest: Digest): Tree | undefined;
}

/** One checkpoint, with its manifest and its page. `to` is where it stands, `heading` what a visitor calls it. */
export function expectedCheckpoint(
  model: SiteModel,
  options: { readonly root: Digest; readonly publication: Publication; readonly to: string; readonly heading: string },
): ExpectedDirectory {
  const { root, publication, to, heading } = options;
  return {
    kind: "directory",
    entries: () => {
      const tree = model.tree(root);
      if (tree === undefined) return undefined;
      const entries = treeEntries(model, tree, { to, level: 0, heading });
      addManifest(model, entries, publication);
      addPage(model, entries, tree, () => model.pages.listing(rootView(tree, publication, heading, model.listing)));
      return entries;
    },
  };
}

/** One directory that checkpoints share. */
export function expectedShared(model: SiteModel, digest: Digest): ExpectedDirectory {
  const to = model.publicLayout.shared(digest);
  return {
    kind: "directory",
    entries: () => {
      const tree = model.tree(digest);
      return tree === undefined ? undefined : directoryEntries(model, tree, { to, level: levelOf(tree), heading: "" });
    },
  };
}

/** Everything that a plain distribution serves in a state of it. */
export function expectedPlain(
  model: SiteModel,
  options: {
    readonly publication: Publication;
    readonly state: PlainState;
    readonly to: string;
    readonly heading: string;
  },
): ExpectedDirectory {
  const { state, to, heading } = options;
  const publication = { ...options.publication, checkpoint: false };
  const touched = new Map(state.touched);
  const special = [...touched.keys(), ...state.dropped.map((gone) => gone.path)];
  const copy = model.layout === "copies";

  function served(inside: string, file: Pick<TreeFile, "digest" | "sizeBytes">): ExpectedFile {
    const mtimeSeconds = touched.get(inside);
    const { digest, sizeBytes } = file;
    const as = copy || mtimeSeconds !== undefined ? "copy" : model.layout === "any" ? "either" : "link";
    return { kind: "file", of: "object", digest, sizeBytes, as, mtimeSeconds };
  }

  function folder(prefix: string, record: Digest | undefined): ExpectedDirectory {
    return { kind: "directory", entries: () => inFolder(prefix, record) };
  }

  function inFolder(prefix: string, record: Digest | undefined): ReadonlyMap<string, Expected> | undefined {
    const entries = new Map<string, Expected>();
    const tree = record === undefined ? undefined : model.tree(record);
    if (record !== undefined && tree === undefined) return undefined;
    for (const node of tree?.nodes ?? []) {
      const inside = prefix + node.name;
      if (node.kind === "file") {
        if (!model.listing.isTakenDown(node.digest)) entries.set(node.name, served(inside, node));
        continue;
      }
      const target = relativeTarget(path.join(to, inside), model.publicLayout.shared(node.tree));
      const isShared = model.layout === "shared" && !special.some((name) => name.startsWith(`${inside}/`));
      const orSymlink = model.layout === "any" ? target : undefined;
      entries.set(
        node.name,
        isShared ? { kind: "symlink", target } : { ...folder(`${inside}/`, node.tree), orSymlink },
      );
    }
    const { manifest } = publication;
    if (prefix === "" && manifest !== null && !model.listing.isTakenDown(manifest.digest))
      entries.set(manifest.name, served(manifest.name, { digest: manifest.digest, sizeBytes: manifest.bytes }));
    for (const { path: gone, digest, sizeBytes, mtimeSeconds } of state.dropped) {
      if (!gone.startsWith(prefix) || model.listing.isTakenDown(digest)) continue;
      const [name = "", ...below] = gone.slice(prefix.length).split("/");
      if (entries.has(name)) continue;
      const as = copy ? "copy" : "either";
      const file: Expected = { kind: "file", of: "object", digest, sizeBytes, as, mtimeSeconds };
      entries.set(name, below.length === 0 ? file : folder(`${prefix}${name}/`, undefined));
    }
    if (tree !== undefined) {
      addPage(model, entries, tree, () =>
        model.pages.listing(
          prefix === ""
            ? rootView(tree, publication, heading, model.listing)
            : directoryView(tree, model.listing, model.layout === "shared" ? tree.path : heading + prefix),
        ),
      );
    }
    return entries;
  }

  return folder("", state.root);
}

interface Place {
  readonly to: string;
  readonly level: number;
  readonly heading: string;
}

/** What a record names, and its page. */
function directoryEntries(model: SiteModel, tree: Tree, place: Place): Map<string, Expected> {
  const entries = treeEntries(model, tree, place);
  const heading = model.layout === "shared" ? tree.path : place.heading;
  addPage(model, entries, tree, () => model.pages.listing(directoryView(tree, model.listing, heading)));
  return entries;
}

function treeEntries(model: SiteModel, tree: Tree, { to, level, heading }: Place): Map<string, Expected> {
  const entries = new Map<string, Expected>();
  for (const node of tree.nodes) {
    if (node.kind === "file") {
      if (!model.listing.isTakenDown(node.digest)) entries.set(node.name, fileOf(model, node));
      continue;
    }
    const inside = path.join(to, node.name);
    const target = relativeTarget(inside, model.publicLayout.shared(node.tree));
    if (model.layout === "shared" && level < deepestSharedLevel) {
      entries.set(node.name, { kind: "symlink", target });
      continue;
    }
    const below = { to: inside, level: level + 1, heading: `${heading}${node.name}/` };
    entries.set(node.name, {
      kind: "directory",
      orSymlink: model.layout === "any" ? target : undefined,
      entries: () => {
        const record = model.tree(node.tree);
        return record === undefined ? undefined : directoryEntries(model, record, below);
      },
    });
  }
  return entries;
}

function addManifest(model: SiteModel, entries: Map<string, Expected>, { manifest }: Publication): void {
  if (manifest === null || model.listing.isTakenDown(manifest.digest)) return;
  entries.set(manifest.name, fileOf(model, { digest: manifest.digest, sizeBytes: manifest.bytes }));
}

function fileOf(model: SiteModel, { digest, sizeBytes }: Pick<TreeFile, "digest" | "sizeBytes">): ExpectedFile {
  return { kind: "file", of: "object", digest, sizeBytes, as: linkOrCopy(model) };
}

/** How staging puts files of the state into the site. */
export function linkOrCopy({ layout }: Pick<SiteModel, "layout">): ExpectedFile["as"] {
  return layout === "copies" ? "copy" : layout === "any" ? "either" : "link";
}

/** A repository's own index.html stands in place of the page. */
function addPage(model: SiteModel, entries: Map<string, Expected>, tree: Tree, render: () => string): void {
  if (hasOwnListing(tree)) return;
  entries.set("index.html", { kind: "page", content: () => (model.strictPages ? render() : undefined) });
}
