import { readFile, writeFile } from "node:fs/promises";

import { describe, expect, it } from "vitest";
import { z } from "zod";

import { jsonSchemaFile } from "../../src/config/json-schema-file.ts";
import { writtenSchema } from "../../src/config/written-config.ts";

const current: unknown = z.toJSONSchema(writtenSchema(), { io: "input", target: "draft-7" });

describe("the shipped JSON Schema", () => {
  it("is the one that the code checks with (ASOF_UPDATE=1 and then npm run format write it anew)", async () => {
    if (process.env["ASOF_UPDATE"] === "1") await writeFile(jsonSchemaFile, JSON.stringify(current, undefined, 2));
    expect(JSON.parse(await readFile(jsonSchemaFile, "utf8"))).toEqual(JSON.parse(JSON.stringify(current)));
  });

  it("is closed, and tells what every setting is for", () => {
    expect(current).toMatchObject({ $schema: "http://json-schema.org/draft-07/schema#", required: ["repositories"] });
    const { open, silent } = survey(current, "");
    expect(open).toEqual([]);
    expect(silent).toEqual([]);
  });
});

/** Mappings that would take any key, and settings without a description. */
function survey(schema: unknown, at: string): { readonly open: readonly string[]; readonly silent: readonly string[] } {
  const open: string[] = [];
  const silent: string[] = [];
  if (typeof schema !== "object" || schema === null) return { open, silent };
  if ("type" in schema && schema.type === "object" && !("additionalProperties" in schema)) open.push(at);
  if ("properties" in schema && typeof schema.properties === "object" && schema.properties !== null) {
    for (const [key, value] of Object.entries(schema.properties)) {
      if (typeof value !== "object" || value === null || !("description" in value)) silent.push(`${at}.${key}`);
    }
  }
  for (const [key, value] of Object.entries(schema)) {
    const below = survey(value, `${at}.${key}`);
    open.push(...below.open);
    silent.push(...below.silent);
  }
  return { open, silent };
}
