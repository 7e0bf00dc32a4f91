import path from "node:path";

import { packageRoot } from "../package-root.ts";

/** Where the shipped JSON Schema stands. */
export const jsonSchemaFile: string = path.join(packageRoot, "templates", "asof.schema.json");
