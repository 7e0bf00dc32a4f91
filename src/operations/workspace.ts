import { Failure } from "../failure.ts";
import type { Config, RepositorySettings } from "../model/config.ts";
import { createPages } from "../pages/open-pages.ts";
import { escapeHtml } from "../pages/escape-html.ts";
import type { Pages } from "../pages/views.ts";
import { publicLayout } from "../site/public-layout.ts";
import type { PublicLayout } from "../site/public-layout.ts";
import { openStore } from "../store/open-store.ts";
import { storeExists } from "../store/state-directory.ts";
import type { Store } from "../store/open-store.ts";
import { openTemplates } from "../templates.ts";
import { checkExpressible } from "./build/check-expressible.ts";
import type { Clock } from "./publish/clock.ts";
import type { OnProgress } from "./progress.ts";

/** Everything an operation works on. */
export interface Workspace {
  readonly config: Config;
  readonly store: Store;
  readonly publicLayout: PublicLayout;
  readonly pages: Pages;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

export interface WorkspaceOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress?: OnProgress;
  /** Let root work in folders that others own or may write. */
  readonly allowUnsafeOwner?: boolean;
  /** `false` for those who look for damage: nothing is taken from what is remembered of logs. */
  readonly trusting?: boolean;
}

/** Opens the state for reading: no lock, nothing made. Throws STATE_FORMAT when there is none. */
export function openWorkspace(options: WorkspaceOptions): Workspace {
  return assembleWorkspace(
    options,
    openStore(options.config.stateDir, {
      create: false,
      now: () => options.clock.now(),
      trusting: options.trusting,
    }),
  );
}

/** The same for a dry run, which may come before the first run: no state is then an empty one. Throws CONFIG where the real run would refuse the configuration before it begins. */
export function openWorkspaceIfAny(options: WorkspaceOptions): Workspace {
  const { config, clock } = options;
  checkExpressible(config);
  if (storeExists(config.stateDir)) return openWorkspace(options);
  return assembleWorkspace(options, openStore(config.stateDir, { create: "never", now: () => clock.now() }));
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

/** A workspace over an open store. */
export function assembleWorkspace(options: WorkspaceOptions, store: Store): Workspace {
  const { config, clock, signal } = options;
  const pageTemplates = openTemplates({ folder: config.theme, escape: escapeHtml, overrides: config.templatesDir });
  return {
    config,
    store,
    publicLayout: publicLayout(config.publicDir),
    pages: createPages(pageTemplates, config.theme),
    clock,
    signal,
    onProgress: options.onProgress ?? (() => {}),
  };
}
