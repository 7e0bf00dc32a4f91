/** A step of the way from the top to a page. */
export interface Crumb {
  readonly text: string;
  /** Relative; "" for the page itself. */
  readonly href: string;
}

/** The way through the site to what `heading` names, `/checkpoints/myfile/`: its front page first. None for another heading. The page itself is `below` folders deeper than that. */
export function siteCrumbs(heading: string, assets: string, below = 0): readonly Crumb[] {
  const mount = assets.slice(0, -"_asof/assets/".length);
  return heading.startsWith(mount) ? way("home", heading.slice(mount.length), below) : [];
}

/** The way to a page below what `heading` names: to that, and then by `names`, all but the last of which have links. */
export function crumbsBelow(heading: string, assets: string, below: number, names: readonly Crumb[]): readonly Crumb[] {
  const crumbs = siteCrumbs(heading, assets, below);
  const last = crumbs.at(-1);
  if (last === undefined) return [];
  return [...crumbs.slice(0, -1), { text: last.text, href: "../".repeat(below) }, ...names];
}

/** The way through a repository to a directory of it: the root of whatever the visitor is in comes first, for many checkpoints show the same page. */
export function directoryCrumbs(path: string): readonly Crumb[] {
  return way("root", path, 0);
}

function way(top: string, path: string, below: number): readonly Crumb[] {
  const names = [top, ...path.split("/").filter((name) => name !== "")];
  return names.map((text, index) => ({
    text,
    href: index === names.length - 1 ? "" : "../".repeat(names.length - 1 - index + below),
  }));
}
