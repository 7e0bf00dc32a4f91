import path from "node:path";
import process from "node:process";
import { isMainThread } from "node:worker_threads";
import { mkdirSync, readdirSync } from "node:fs";

import { Failure } from "../failure.ts";
import type { Config, RepositorySettings } from "../model/config.ts";
import { createPages } from "../pages/open-pages.ts";
import { escapeHtml } from "../pages/escape-html.ts";
import type { Pages } from "../pages/views.ts";
import { quoteNginx } from "../redirects/nginx-quote.ts";
import { publicLayout } from "../site/public-layout.ts";
import type { PublicLayout } from "../site/public-layout.ts";
import { waitForLock } from "../store/lock.ts";
import type { Lock } from "../store/lock.ts";
import { openStore, prepareStateDirectory, storeExists } from "../store/open-store.ts";
import type { Store } from "../store/open-store.ts";
import { stateLayout } from "../store/state-layout.ts";
import { openTemplates } from "../templates.ts";
import type { Templates } from "../templates.ts";
import type { Clock } from "./clock.ts";
import { asLocalFailure } from "./local-failure.ts";
import type { OnProgress } from "./progress.ts";
import { checkPlacesFree, checkSiteNotAhead } from "./site-record.ts";

/** Everything an operation works on. */
export interface Workspace {
  readonly config: Config;
  readonly store: Store;
  readonly publicLayout: PublicLayout;
  readonly pages: Pages;
  readonly nginxTemplates: Templates;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

export interface WorkspaceOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress?: OnProgress;
}

/** Opens the state for reading: no lock, nothing made. Throws STATE_FORMAT when there is none. */
export function openWorkspace(options: WorkspaceOptions): Workspace {
  return assemble(options, openStore(options.config.stateDir, { create: false, now: () => options.clock.now() }));
}

/** The same for a dry run, which may come before the first run: no state is then an empty one. */
export function openWorkspaceIfAny(options: WorkspaceOptions): Workspace {
  const { config, clock } = options;
  if (storeExists(config.stateDir)) return openWorkspace(options);
  return assemble(options, openStore(config.stateDir, { create: "never", now: () => clock.now() }));
}

/**
 * Runs `work` as the state's one writer: takes the lock (LOCKED at once, or after `waitSeconds`), clears away what dead runs left, and refuses to go on when the site
 * knows more history than the state (HISTORY_BEHIND_SITE) or a base path is still taken (CONFIG; not with `freesPlaces`, for the work that makes it free).
 */
export async function withWriter<Result>(
  options: WorkspaceOptions & {
    readonly purpose: string;
    readonly waitSeconds: number;
    readonly freesPlaces?: boolean;
  },
  work: (workspace: Workspace) => Promise<Result>,
): Promise<Result> {
  const { config, clock, signal } = options;
  const layout = stateLayout(config.stateDir);
  let lock: Lock | undefined;
  // A cron job's umask must not decide whether the web server may read the site; what is private is given a mode that says so. Worker threads cannot set it.
  const umask = isMainThread ? process.umask(0o022) : undefined;
  try {
    checkOutput(config.publicDir);
    prepareStateDirectory(config.stateDir);
    lock = await waitForLock(layout.lock, {
      purpose: options.purpose,
      waitSeconds: options.waitSeconds,
      signal,
      clock,
    });
    // The mark by which checkOutput knows the document root again, before anything else can be in it.
    mkdirSync(path.join(config.publicDir, "_asof"), { recursive: true, mode: 0o755 });
    const store = openStore(config.stateDir, { create: true, now: () => clock.now() });
    await store.recover();
    const workspace = assemble(options, store);
    checkSiteNotAhead(workspace);
    if (options.freesPlaces !== true) checkPlacesFree(workspace);
    return await work(workspace);
  } catch (error) {
    throw asLocalFailure(error);
  } finally {
    lock?.release();
    if (umask !== undefined) process.umask(umask);
  }
}

/** The settings of a repository that the user named. */
export function repositoryNamed(config: Config, name: string): RepositorySettings {
  const found = config.repositories.find((repository) => repository.name === name);
  if (found !== undefined) return found;
  throw new Failure("USAGE", `there is no repository ${name} in ${config.file}`, {
    hint: `known: ${config.repositories.map((repository) => repository.name).join(", ")}`,
  });
}

/** The settings of the repositories that the user named, or of all when none was named. */
export function repositoriesNamed(config: Config, names: readonly string[]): readonly RepositorySettings[] {
  return names.length === 0 ? config.repositories : names.map((name) => repositoryNamed(config, name));
}

function assemble(options: WorkspaceOptions, store: Store): Workspace {
  const { config, clock, signal } = options;
  const pageTemplates = openTemplates({ folder: config.theme, escape: escapeHtml, overrides: config.templatesDir });
  return {
    config,
    store,
    publicLayout: publicLayout(config.publicDir),
    pages: createPages(pageTemplates, config.theme),
    nginxTemplates: openTemplates({ folder: "nginx", escape: quoteNginx }),
    clock,
    signal,
    onProgress: options.onProgress ?? (() => {}),
  };
}

/** asof replaces and removes what is in its document root: it must be its own. */
function checkOutput(publicDir: string): void {
  let names: readonly string[];
  try {
    names = readdirSync(publicDir);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return;
    throw error;
  }
  if (names.length === 0 || names.includes("_asof")) return;
  throw new Failure("CONFIG", `the output directory ${publicDir} is not empty and was not made by asof`, {
    hint: `move ${path.basename(publicDir)} away, or name an empty or new directory as output:`,
  });
}
