import { contentPolicy } from "../../model/content-policy.ts";
import { extensionsOfTypes } from "../../model/content-type.ts";
import { mementoPathsOf } from "../../model/memento.ts";
import type { RulesInput } from "../rules.ts";

/** What edge functions know of a distribution, each value written as in JavaScript. Without `gate` it has no past. */
export interface EdgeDistribution {
  readonly base: string;
  readonly isCheckpoint: string;
  readonly repository: string;
  readonly gate?: string;
  readonly map?: string;
  readonly original?: string;
}

export function edgeDistributions({ mount, distributions }: RulesInput): readonly EdgeDistribution[] {
  const paths = mementoPathsOf(mount, distributions);
  return distributions.map(({ basePath, repository, checkpoint }) => {
    const memento = paths.get(basePath);
    return {
      base: JSON.stringify(`${mount}${basePath}/`),
      isCheckpoint: JSON.stringify(checkpoint),
      repository: JSON.stringify(repository),
      ...(memento === undefined
        ? {}
        : {
            gate: JSON.stringify(memento.gate),
            map: JSON.stringify(memento.map),
            original: JSON.stringify(memento.original),
          }),
    };
  });
}

export function edgePolicy({ scriptHash }: RulesInput): string {
  return JSON.stringify(contentPolicy(scriptHash));
}

/** Extensions and their media types, each written as in JavaScript. */
export function edgeTypes(): readonly { readonly extension: string; readonly type: string }[] {
  return Object.entries(extensionsOfTypes).flatMap(([type, extensions]) =>
    extensions.split(" ").map((extension) => ({ extension: JSON.stringify(extension), type: JSON.stringify(type) })),
  );
}
