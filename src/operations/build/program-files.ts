import path from "node:path";

import type { BasePath } from "../../model/base-path.ts";
import { keptCheckpoints } from "../../model/history.ts";
import { timestampFromSeconds } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { feedGenerator, renderAtomFeed } from "../../pages/atom-feed.ts";
import type { AtomEntry } from "../../pages/atom-feed.ts";
import { renderCheckpointsText } from "../../pages/checkpoints-text.ts";
import { renderRenovateJson } from "../../pages/renovate-json.ts";
import { readIfThere } from "../../store/disk.ts";
import { headText } from "./describe-site.ts";
import type { GeneratedGroup } from "./made-files.ts";
import { servedCheckpoints } from "./served-checkpoints.ts";
import type { Served } from "./served-checkpoints.ts";
import type { GeneratedFile } from "./site-files.ts";
import type { Workspace } from "../workspace.ts";

/** What programs read besides JSON of ours: a feed, versions for Renovate and plain text of each distribution, and a feed of all. Feeds name absolute addresses: without `site.url` there is none. */
export function programFiles(workspace: Workspace): readonly GeneratedGroup[] {
  const { config } = workspace;
  const served = servedCheckpoints(workspace);
  const heads = config.repositories.map(({ name }) => headText(workspace, name)).join(" ");
  return [
    ...served.map((one) => ({
      name: `programs ${one.distribution.basePath}`,
      madeOf: headText(workspace, one.repository.name),
      make: () => filesOf(workspace, one),
    })),
    { name: "feed", madeOf: heads, make: () => feedOf(workspace, served, "", config.site.title) },
  ];
}

/** Feeds of ours that stand where none is to be, because the site's address is not known any more. A file of the same name that we did not write is somebody else's. */
export function staleFeeds(workspace: Workspace, wanted: ReadonlySet<string>): readonly string[] {
  const bases = workspace.config.distributions.flatMap(({ basePath, checkpoint }) => (checkpoint ? [basePath] : []));
  return ["" as const, ...bases]
    .map((base) => feedFile(workspace, base))
    .filter((file) => !wanted.has(file) && readIfThere(file)?.includes(feedGenerator) === true);
}

function filesOf(workspace: Workspace, served: Served): readonly GeneratedFile[] {
  const { config, publicLayout } = workspace;
  const { basePath, name } = served.distribution;
  const kept = keptCheckpoints(served.history);
  const file = (named: string, content: string): GeneratedFile => ({
    path: path.join(publicLayout.base(basePath), named),
    content,
  });
  return [
    file("checkpoints.txt", renderCheckpointsText(kept)),
    file("renovate.json", renderRenovateJson(kept, addressOf(workspace, basePath))),
    ...feedOf(workspace, [served], basePath, `${name} – ${config.site.title}`),
  ];
}

/** The feed at a base path, "" for that of the whole site. */
function feedOf(
  workspace: Workspace,
  served: readonly Served[],
  base: BasePath | "",
  title: string,
): readonly GeneratedFile[] {
  const page = addressOf(workspace, base);
  if (page === undefined) return [];
  const content = renderAtomFeed({
    title,
    author: workspace.config.site.title,
    self: `${page}feed.atom`,
    page,
    updated: newestHorizon(served),
    entries: newestEntries(workspace, served),
  });
  return [{ path: feedFile(workspace, base), content }];
}

/** Who reads less often finds the others in the lists. */
const mostFeedEntries = 50;

function newestEntries(workspace: Workspace, served: readonly Served[]): readonly AtomEntry[] {
  return served
    .flatMap(({ distribution, history }) =>
      keptCheckpoints(history)
        .slice(-mostFeedEntries)
        .map((checkpoint) => ({
          distribution: distribution.name,
          url: `${addressOf(workspace, distribution.basePath) ?? ""}${checkpoint.created}/`,
          checkpoint,
        })),
    )
    .toSorted((a, b) => compare(b.checkpoint.created, a.checkpoint.created) || compare(a.url, b.url))
    .slice(0, mostFeedEntries);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function newestHorizon(served: readonly Served[]): Timestamp {
  const known = served.flatMap(({ history }) => history.horizon ?? []);
  return known.toSorted().at(-1) ?? timestampFromSeconds(0);
}

/** Absolute, with a slash at its end. */
function addressOf({ config }: Workspace, base: BasePath | ""): string | undefined {
  const { url } = config.site;
  return url === undefined ? undefined : `${url}${base === "" ? "" : `${base}/`}`;
}

function feedFile({ publicLayout }: Workspace, base: BasePath | ""): string {
  return path.join(base === "" ? publicLayout.root : publicLayout.base(base), "feed.atom");
}
