import { createHash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import path from "node:path";

import { builtInTemplates } from "../../templates.ts";
import type { Workspace } from "../workspace.ts";

/** Of what every generated file is made, besides histories: a digest of the configuration, of the templates of its theme, and of asof itself. */
export function buildBasis({ config, pages }: Pick<Workspace, "config" | "pages">): string {
  const hash = createHash("sha256").update(`${JSON.stringify(config)}\0${pages.fingerprint}\0`);
  // Names, sizes and times: asof may be put in the place of another one of the same version.
  for (const folder of [...partsThatMake.map((part) => path.join(program, part)), builtInTemplates]) {
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted()) {
      if (name.endsWith(".d.ts")) continue;
      const stats = statSync(path.join(folder, name));
      if (stats.isFile()) hash.update(`${name} ${stats.size} ${stats.mtimeMs}\0`);
    }
  }
  return hash.digest("hex");
}

/** `dist/` or `src/`. */
const program = path.join(import.meta.dirname, "..", "..");
const partsThatMake = ["formats", "model", "operations/build", "pages", "redirects"];
