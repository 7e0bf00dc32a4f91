import { createHash } from "node:crypto";

import type { Templates } from "../../templates.ts";
import type { RulesFile, RulesInput } from "../rules.ts";

/** What hosts send, with status 404, for every address without a file. */
export interface NotFoundPage {
  /** `404.html` at the top of public/: the same for every host. */
  readonly file: RulesFile;
  /** Base64 SHA-256 of its script, which a content policy has to allow. */
  readonly scriptHash: string;
}

/**
 * The page that does in a browser what the host cannot: finds the checkpoint at or before the time in the address. Changes only with the configuration: the checkpoints are read from
 * `checkpoints.json` when the page is shown. `templates` are those of `hosts/not-found`.
 */
export function notFoundPage(templates: Pick<Templates, "render" | "text">, input: RulesInput): NotFoundPage {
  const bases = checkpointBases(input);
  const script = `const bases = ${JSON.stringify(bases)};\n${templates.text("decide.js")}\n${templates.text("show.js")}`;
  const scriptHash = createHash("sha256").update(script).digest("base64");
  const content = templates.render("not-found", { bases, script, scriptHash, stylesheet: input.stylesheet });
  return { file: { path: "404.html", content }, scriptHash };
}

/** URL paths of all checkpoint distributions, slashes at both ends. */
function checkpointBases({ mount, distributions }: RulesInput): readonly string[] {
  return distributions.filter(({ checkpoint }) => checkpoint).map(({ basePath }) => `${mount}${basePath}/`);
}
