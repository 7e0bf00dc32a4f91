import { realpathSync } from "node:fs";
import path from "node:path";

import { Failure } from "../../failure.ts";
import type { Config } from "../../model/config.ts";
import { watchFiles } from "../../watch/watch-files.ts";
import { applyBuild, isEmptyPlan, planBuild } from "../build/build.ts";
import { withWriter } from "../with-writer.ts";
import type { WorkspaceOptions } from "../workspace.ts";

export interface WatchPagesOptions {
  /** Reads the configuration anew. */
  readonly loadConfig: () => Promise<Config>;
  /** Called after the site was rendered again. */
  readonly onRendered: (config: Config) => void;
  /** Told why the site could not be rendered; watching goes on. */
  readonly onError: (error: unknown) => void;
  /** Called once changes are seen. */
  readonly onReady?: (() => void) | undefined;
}

/** Renders again whenever the configuration or a template of the user's changes. Publishes nothing. Ends when the signal comes. */
export async function watchPages(
  options: WorkspaceOptions,
  { loadConfig, onRendered, onError, onReady }: WatchPagesOptions,
): Promise<void> {
  const { signal } = options;
  let config = options.config;
  while (!signal.aborted) {
    const watched = watchedPaths(config);
    const moved = new AbortController();
    await watchFiles({
      paths: watched,
      debounceMs: 150,
      signal: AbortSignal.any([signal, moved.signal]),
      onError,
      onReady,
      ignored: (file) => !watched.includes(file) && isEditorFile(path.basename(file)),
      onBatch: async () => {
        const next = await loadConfig();
        checkSamePlaces(options.config, next);
        await render(options, next);
        config = next;
        onRendered(next);
        if (watchedPaths(next).join("\0") !== watched.join("\0")) moved.abort();
      },
    });
  }
}

async function render(options: WorkspaceOptions, config: Config): Promise<void> {
  await withWriter({ ...options, config, purpose: "serve --watch", waitSeconds: 30 }, async (workspace) => {
    const plan = planBuild(workspace);
    if (!isEmptyPlan(plan)) await applyBuild(workspace, plan);
  });
}

/** With the places that links lead to: a configuration that a link shows changes there. */
function watchedPaths({ file, templatesDir }: Config): readonly string[] {
  const paths = templatesDir === undefined ? [file] : [file, templatesDir];
  return [...new Set(paths.flatMap((one) => [one, realPath(one)]))];
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    // It is missing, or cannot be reached: what is watched is its own name, until it comes.
    return file;
  }
}

/** Swap and backup files come and go while somebody types. */
function isEditorFile(name: string): boolean {
  return name.startsWith(".") || name.endsWith("~") || name === "4913" || name.startsWith("#");
}

/** Another state or document root would be begun anew, and the server goes on serving the old one. */
function checkSamePlaces(before: Config, after: Config): void {
  if (before.stateDir === after.stateDir && before.publicDir === after.publicDir) return;
  throw new Failure("CONFIG", "the configuration names another state or output directory", {
    hint: "start asof serve again",
  });
}
