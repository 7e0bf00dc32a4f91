import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { codeFolder, fingerprintOf } from "../../package-root.ts";
import { fileState } from "../../sources/file-state.ts";
import { builtInTemplates } from "../../templates.ts";
import type { Workspace } from "../workspace.ts";
import { hashOf } from "./pages-fingerprint.ts";

/** Of what every generated file is made, besides histories: a digest of the configuration, of the templates of its theme, and of asof itself. */
export function buildBasis({ config, pages }: Pick<Workspace, "config" | "pages">): string {
  return hashOf([
    JSON.stringify(config),
    pages.fingerprint,
    fingerprintOf(codeFolder, builtInTemplates),
    fileState(statSync(templateLanguage, { bigint: true })).key,
  ]);
}

const templateLanguage = fileURLToPath(import.meta.resolve("eta"));
