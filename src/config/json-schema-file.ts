import path from "node:path";

/** Where the shipped JSON Schema stands, beside `src/` and `dist/` alike. */
export const jsonSchemaFile: string = path.join(import.meta.dirname, "..", "..", "templates", "asof.schema.json");
