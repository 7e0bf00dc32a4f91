import path from "node:path";

import type { Config } from "../../model/config.ts";
import { isEmptyPlan } from "../../operations/build/build.ts";
import type { BuildPlan } from "../../operations/build/build.ts";
import type { CommandResult } from "../command.ts";

/** What a build did, or with --dry-run would do: a line each. */
export function buildReport(plan: BuildPlan, config: Config): CommandResult {
  return {
    text: () => (isEmptyPlan(plan) ? "nothing to do\n" : `${buildLines(plan, config).join("\n")}\n`),
    json: () => ({
      checkpoints: plan.checkpoints.map(({ distribution, checkpoint }) => ({
        distribution: distribution.name,
        time: checkpoint.created,
      })),
      changes: plan.changes.map(({ distribution, checkpoint }) => ({
        distribution: distribution.name,
        time: checkpoint.created,
      })),
      plain: plan.plains.map(({ distribution, publication }) => ({
        distribution: distribution.name,
        publication: publication.publication,
      })),
      rerender: plan.rerender,
      files: [...plan.besides, ...plan.rules, ...plan.lists].map((file) => file.path),
      reload: plan.reload,
      departed: plan.departed,
    }),
  };
}

function buildLines(plan: BuildPlan, config: Config): readonly string[] {
  const shown = (file: string): string => path.relative(path.dirname(config.file), file);
  const { reload } = config;
  return [
    ...(plan.isListed ? [] : ["note which distributions are on disk"]),
    ...plan.checkpoints.map(
      ({ distribution, checkpoint }) => `checkpoint ${distribution.basePath}/${checkpoint.created}/`,
    ),
    // Where all pages are rendered again, these are among them.
    ...(plan.rerender ? [] : plan.changes).map(
      ({ distribution, checkpoint }) => `changes of ${distribution.basePath}/${checkpoint.created}/`,
    ),
    ...plan.records.map(({ basePath, root }) => `${basePath}: records of the root ${root}`),
    ...plan.plains.map(
      ({ distribution, publication }) => `${distribution.basePath}: publication ${publication.publication}`,
    ),
    ...(plan.rerender ? ["listing pages: render all again"] : []),
    ...[...plan.besides, ...plan.rules].map((file) => `write ${shown(file.path)}`),
    ...(plan.reload && reload !== undefined ? [`run ${reload.join(" ")}`] : []),
    ...plan.lists.map((file) => `write ${shown(file.path)}`),
    ...(plan.announces ? ["note what the web server knows to be gone"] : []),
    ...[...plan.stale, ...plan.staleRules].map((file) => `remove ${shown(file)}`),
  ];
}
