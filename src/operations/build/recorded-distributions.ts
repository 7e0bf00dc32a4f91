import { z } from "zod";

import { Failure } from "../../failure.ts";
import { isBasePath } from "../../model/base-path.ts";
import type { DistributionSettings } from "../../model/config.ts";
import { readIfThere, replaceFile } from "../../store/disk.ts";
import type { Workspace } from "../workspace.ts";

/**
 * Distributions whose files may be below the document root, as the state has them: written before the first file of one appears, so that none is ever forgotten. Undefined in a state that was made
 * before there was such a list. Throws DAMAGE.
 */
export function readRecordedDistributions({
  store,
}: Pick<Workspace, "store">): readonly DistributionSettings[] | undefined {
  const file = store.layout.distributions;
  const text = readIfThere(file)?.toString("utf8");
  if (text === undefined) return undefined;
  const parsed = recorded.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new Failure("DAMAGE", `${file} is damaged`, {
      hint: "restore state/ from a backup; or, while the site is whole, asof verify --repair makes it again from site.json",
    });
  }
  return parsed.data.flatMap(({ base_path: basePath, ...rest }) =>
    isBasePath(basePath) ? [{ ...rest, basePath }] : [],
  );
}

/** Durable when it returns; nothing is written where nothing is new. */
export function recordDistributions(
  { store }: Pick<Workspace, "store">,
  distributions: readonly DistributionSettings[],
): void {
  if (!areRecorded({ store }, distributions)) replaceFile(store.layout.distributions, listText(distributions), 0o600);
}

/** Whether the list says exactly this. */
export function areRecorded(
  { store }: Pick<Workspace, "store">,
  distributions: readonly DistributionSettings[],
): boolean {
  return readIfThere(store.layout.distributions)?.toString("utf8") === listText(distributions);
}

function listText(distributions: readonly DistributionSettings[]): string {
  const list = distributions
    .toSorted((a, b) => (a.basePath < b.basePath ? -1 : 1))
    .map(({ name, repository, basePath, checkpoint }) => ({ name, repository, base_path: basePath, checkpoint }));
  return `${JSON.stringify(list)}\n`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const recorded = z.array(
  z.object({ name: z.string(), repository: z.string(), base_path: z.string(), checkpoint: z.boolean() }),
);
