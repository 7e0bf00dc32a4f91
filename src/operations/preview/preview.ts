import { existsSync, statSync } from "node:fs";

import { Failure } from "../../failure.ts";
import type { Config } from "../../model/config.ts";
import { isDigest } from "../../model/digest.ts";
import { emptyHistory, keptCheckpoints, newestPublication } from "../../model/history.ts";
import { mementoPathsOf } from "../../model/memento.ts";
import { pointAtOrBefore } from "../../model/timeline.ts";
import { addSeconds } from "../../model/timestamp.ts";
import { startPreview as startServer } from "../../serve/preview-server.ts";
import type { PreviewServer } from "../../serve/preview-server.ts";
import type { PreviewSite } from "../../serve/preview-site.ts";
import { storeExists } from "../../store/state-directory.ts";
import { repositoryTimeline } from "../build/rules-files.ts";
import { siteRecordFile } from "../build/site-record.ts";
import { openWorkspace } from "../workspace.ts";
import type { Workspace, WorkspaceOptions } from "../workspace.ts";

export interface PreviewRequest {
  readonly host: string;
  readonly port: number;
  readonly strictPort: boolean;
  readonly liveReload: boolean;
  readonly allowedHosts: readonly string[];
  readonly onError: (error: unknown) => void;
  /** Asked again for every request, so that a changed configuration shows at once. */
  readonly config: () => Config;
}

/** Serves the site on this machine, answering exactly as `resolveRequest` says. Throws STATE_FORMAT when there is nothing to serve yet. */
export async function startPreview(options: WorkspaceOptions, request: PreviewRequest): Promise<PreviewServer> {
  const { config } = options;
  if (
    !storeExists(config.stateDir) ||
    statSync(siteRecordFile(config.publicDir), { throwIfNoEntry: false }) === undefined
  ) {
    throw new Failure("STATE_FORMAT", `there is no site at ${config.publicDir} yet`, {
      hint: "run asof update, then asof serve",
    });
  }
  return startServer({ ...request, site: siteReader(options, request.config), now: () => options.clock.now() });
}

/** An address worth trying, as a path below the mount. */
export interface AddressToTry {
  readonly path: string;
  readonly what: string;
}

/** What is there, and of each checkpoint distribution a second that redirects. */
export function addressesToTry(workspace: Workspace): readonly AddressToTry[] {
  const { config, store } = workspace;
  return config.distributions.flatMap(({ basePath, repository, checkpoint }) => {
    const base = `${basePath}/`;
    const history = store.repository(repository)?.history ?? emptyHistory;
    if (!checkpoint) {
      return newestPublication(history) === undefined ? [] : [{ path: base, what: "the newest publication" }];
    }
    const kept = keptCheckpoints(history);
    const list = { path: base, what: kept.length === 1 ? "1 checkpoint" : `${kept.length} checkpoints` };
    if (kept.length === 0) return [list];
    const timeline = repositoryTimeline(workspace, repository);
    const before = kept.find(({ created }) => pointAtOrBefore(timeline, addSeconds(created, 1))?.at === created);
    return [
      list,
      ...(before === undefined
        ? []
        : [{ path: `${base}${addSeconds(before.created, 1)}/`, what: `redirects to ${before.created}` }]),
      { path: `${base}latest/`, what: "redirects to the newest" },
    ];
  });
}

/** The site as it is on disk now: read again when a build, which writes site.json last, has replaced that file, or when the configuration is another. */
function siteReader(options: WorkspaceOptions, configNow: () => Config): () => PreviewSite {
  let known: { readonly key: string; readonly config: Config; readonly site: PreviewSite } | undefined;
  return () => {
    const config = configNow();
    const stat = statSync(siteRecordFile(config.publicDir), { throwIfNoEntry: false });
    const key = `${stat?.ino} ${stat?.mtimeMs} ${stat?.size}`;
    if (known?.key !== key || known.config !== config) {
      known = { key, config, site: readSite(openWorkspace({ ...options, config })) };
    }
    return known.site;
  };
}

function readSite(workspace: Workspace): PreviewSite {
  const { publicDir, site, distributions } = workspace.config;
  const { layout } = workspace.store;
  const past = mementoPathsOf(site.mount, distributions);
  return {
    publicDir,
    mount: site.mount,
    scriptHash: workspace.pages.scriptHash,
    isContent: (sha256) => isDigest(sha256) && existsSync(layout.object(sha256)),
    distributions: distributions.map(({ basePath, checkpoint, repository }) => ({
      base: `${site.mount}${basePath}/`,
      checkpoint,
      timeline: checkpoint ? repositoryTimeline(workspace, repository) : undefined,
      past: past.get(basePath),
    })),
  };
}
