import type { Config } from "../../model/config.ts";
import { emptyHistory } from "../../model/history.ts";
import { timelineOf } from "../../model/history-timeline.ts";
import { assertExpressible } from "../../redirects/expressible.ts";
import { openTemplates } from "../../templates.ts";

/** Throws CONFIG when the rules that the configuration asks for could not be written, whatever is published. Reads templates, and neither state nor site. */
export function checkExpressible(config: Config): void {
  const { site, publicDir, rulesDir, layout, repositories, distributions } = config;
  const timeline = timelineOf(emptyHistory, { pruned: "gone", settled: true });
  const input = {
    siteName: site.name,
    mount: site.mount,
    publicDir,
    rulesDir,
    layout,
    repositories: repositories.map(({ name }) => ({ name, timeline, log: { length: 0, head: "" } })),
    distributions: distributions.toSorted((a, b) => (a.basePath < b.basePath ? -1 : 1)),
  };
  assertExpressible(input, config, (folder, escape) => openTemplates({ folder, escape }));
}
