import type { Config } from "../model/config.ts";
import { watchFiles } from "../watch/watch-files.ts";
import { applyBuild, isEmptyPlan, planBuild } from "./build.ts";
import { withWriter } from "./workspace.ts";
import type { WorkspaceOptions } from "./workspace.ts";

export interface WatchPagesOptions {
  /** Reads the configuration anew. */
  readonly loadConfig: () => Promise<Config>;
  /** Called after the site was rendered again. */
  readonly onRendered: (config: Config) => void;
  readonly onError: (error: unknown) => void;
}

/** Renders again whenever the configuration or a template of the user's changes. Publishes nothing. Ends when the signal comes. */
export async function watchPages(
  options: WorkspaceOptions,
  { loadConfig, onRendered, onError }: WatchPagesOptions,
): Promise<void> {
  const { config, signal } = options;
  await watchFiles({
    paths: [config.file, ...(config.templatesDir === undefined ? [] : [config.templatesDir])],
    debounceMs: 150,
    signal,
    onError,
    onBatch: async () => {
      const next = await loadConfig();
      await withWriter({ ...options, config: next, purpose: "serve --watch", waitSeconds: 30 }, async (workspace) => {
        const plan = planBuild(workspace);
        if (!isEmptyPlan(plan)) await applyBuild(workspace, plan);
      });
      onRendered(next);
    },
  });
}
