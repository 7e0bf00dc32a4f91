import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { builtInTemplates } from "../../templates.ts";
import type { GeneratedFile } from "./site-files.ts";
import type { Workspace } from "../workspace.ts";

/** What JSON Schema says of each document that asof writes, a file each. */
export const schemaFolder: string = path.join(builtInTemplates, "schemas");

/** The same in every theme, for who reads a mirror's JSON. */
export function schemaFiles({ publicLayout }: Pick<Workspace, "publicLayout">): readonly GeneratedFile[] {
  return readdirSync(schemaFolder)
    .toSorted()
    .map((name) => ({
      path: path.join(publicLayout.assets, "schemas", name),
      content: readFileSync(path.join(schemaFolder, name), "utf8"),
    }));
}
