import { createHash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { codeFolder } from "../../package-root.ts";
import { fileState } from "../../sources/file-state.ts";
import { builtInTemplates } from "../../templates.ts";
import type { Workspace } from "../workspace.ts";

/** Of what every generated file is made, besides histories: a digest of the configuration, of the templates of its theme, and of asof itself. */
export function buildBasis({ config, pages }: Pick<Workspace, "config" | "pages">): string {
  const hash = createHash("sha256").update(`${JSON.stringify(config)}\0${pages.fingerprint}\0`);
  // Another asof may be put in the place of one of the same version, and npm gives every file of every version the same modification time: but not the kernel, whose time is asked as well.
  for (const folder of [codeFolder, builtInTemplates]) {
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted()) {
      const stats = statSync(path.join(folder, name), { bigint: true });
      if (stats.isFile()) hash.update(`${name} ${fileState(stats).key}\0`);
    }
  }
  return hash.update(fileState(statSync(templateLanguage, { bigint: true })).key).digest("hex");
}

const templateLanguage = fileURLToPath(import.meta.resolve("eta"));
