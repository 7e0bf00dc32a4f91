import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";

import { schemaFolder } from "../../src/operations/build/schema-files.ts";
import { writeLongHistory } from "../helpers/long-history.ts";
import { aMirror, after, beginning, day, plainAndCheckpoints } from "../operations/mirror.ts";
import type { Mirror, MirrorSettings } from "../operations/mirror.ts";

const names = readdirSync(schemaFolder).toSorted();

/** Which schema describes which documents of a mirror. */
const documents: readonly (readonly [schema: string, pattern: RegExp])[] = [
  ["site.json", /^site[.]json$/],
  ["status.json", /^status[.]json$/],
  ["checkpoints.json", /\/checkpoints[.]json$/],
  ["checkpoints-year.json", /\/checkpoints\/\d{4}[.]json$/],
  ["renovate.json", /\/renovate[.]json$/],
  ["changes.json", /\/_asof\/\w+\/changes(?:-\d+)?[.]json$/],
  ["history-index.json", /\/_asof\/history\/(?:index|i-[^/]*)[.]json$/],
  ["history-shard.json", /\/_asof\/history\/n-[^/]*[.]json$/],
];

const known: MirrorSettings = { top: { site: { url: "https://mirror.example.org/" } } };

const ajv = validator();

const mirrors = [
  { kind: "before its first checkpoint, after a failure", make: empty },
  { kind: "with labels, pruned and withdrawn checkpoints, and a distribution that left", make: eventful },
  { kind: "of many years", make: old },
];

describe("the JSON Schemas", () => {
  it.each(names)("%s is one, is named by its file, and says of each field what it is", (name) => {
    const schema = readSchema(name);
    expect(schema).toMatchObject({ $schema: "https://json-schema.org/draft/2020-12/schema", $id: name });
    expect(silentFields(schema, name)).toEqual([]);
    expect(ajv.validateSchema(schema)).toBe(true);
  });

  it.each(mirrors)("describe every JSON document of a mirror $kind, with no field left out", async ({ make }) => {
    const mirror = await make();
    const found = describedBy(mirror);
    expect(found.map(({ schema }) => schema)).toContain("site.json");
    for (const { file, schema } of found) expect(complaints(schema, mirror.json(file)), file).toEqual([]);
    const said = async (...argv: readonly string[]): Promise<unknown> =>
      JSON.parse((await mirror.ok(...argv, "--json")).out);
    expect(complaints("list.json", await said("list"))).toEqual([]);
    for (const time of ["latest", "2000-01-01", "2099-01-01", after(0), after(30), after(90)]) {
      expect(complaints("resolve.json", await said("resolve", "snapshots", time, "a")), time).toEqual([]);
      expect(complaints("resolve-all.json", await said("resolve", "--all", time)), time).toEqual([]);
    }
  });

  it("describe what asof diff, history and bisect print, in whatever they end", async () => {
    const mirror = aMirror({ remote: { mode: "mirror" } });
    for (const [index, files] of [{ a: "1" }, { a: "2" }, { b: "3" }, { a: "4", b: "3" }].entries()) {
      mirror.at(index * 60);
      mirror.offer(files);
      await mirror.ok("update");
    }
    await mirror.ok("take-down", createHash("sha256").update("2").digest("hex"), "--reason", "leaked");
    const said = async (command: string, ...argv: readonly string[]): Promise<unknown> =>
      JSON.parse((await mirror.run(command, "--json", ...argv)).out);
    for (const argv of [["latest"], [after(0), "latest"], [after(0)], [after(60), "latest", "--path", "b*"]])
      expect(complaints("diff.json", await said("diff", "repo", ...argv)), argv.join(" ")).toEqual([]);
    for (const pattern of ["**", "a", "no"])
      expect(complaints("history.json", await said("history", "repo", pattern)), pattern).toEqual([]);
    const ends = ["repo", "--good", after(0), "--bad", "latest", "--reset"];
    for (const code of ["0", "1", "125"])
      expect(complaints("bisect.json", await said("bisect", ...ends, "--", "sh", "-c", `exit ${code}`)), code).toEqual(
        [],
      );
    for (const { file, schema } of describedBy(mirror)) expect(complaints(schema, mirror.json(file)), file).toEqual([]);
  });

  it("refuse what they do not describe", async () => {
    const mirror = await eventful();
    for (const { file, schema } of describedBy(mirror)) {
      const document = mirror.json(file);
      if (typeof document !== "object" || document === null) throw new Error(`${file} is no object`);
      for (const key of Object.keys(document)) {
        if (key === "homepage") continue;
        expect(complaints(schema, { ...document, [key]: undefined, other: 1 }), `${file} ${key}`).not.toEqual([]);
        expect(complaints(schema, { ...document, [key]: { no: "such" } }), `${file} ${key}`).not.toEqual([]);
      }
    }
  });

  it("stand in the site, beside the stylesheet, in every theme", async () => {
    for (const theme of ["default", "classic"]) {
      const mirror = aMirror({ top: { theme } });
      mirror.offer({});
      await mirror.ok("build");
      for (const name of names) expect(mirror.json(`_asof/assets/schemas/${name}`)).toEqual(readSchema(name));
    }
  });
});

async function empty(): Promise<Mirror> {
  const mirror = aMirror();
  await mirror.ok("build");
  expect((await mirror.run("update")).exit).toBe(4);
  return mirror;
}

async function eventful(): Promise<Mirror> {
  const again = { repository: "repo", base_path: "again", checkpoint: true };
  const settings = { ...known, distributions: { ...plainAndCheckpoints, again } };
  const mirror = aMirror(settings);
  for (let index = 0; index < 5; index++) {
    mirror.at(index * 60);
    mirror.offer({ a: `content ${index}`, [`b${index}`]: "" });
    await mirror.ok("update");
  }
  for (const label of ["good", "better"]) await mirror.ok("label", "repo", after(120), label);
  await mirror.ok("withdraw", "repo", after(60), "--reason", "no good");
  mirror.configure({ ...settings, repository: { retain: { last: 2 } } });
  await mirror.ok("update");
  mirror.configure({ ...settings, distributions: plainAndCheckpoints });
  await mirror.ok("update");
  return mirror;
}

async function old(): Promise<Mirror> {
  const mirror = aMirror(known);
  await writeLongHistory(mirror.file("state"), {
    repository: "repo",
    checkpoints: 220,
    newest: beginning,
    stepSeconds: 5 * day,
    content: new Map([["a", "a"]]),
  });
  mirror.at(day);
  await mirror.ok("build");
  return mirror;
}

function readSchema(name: string): object {
  const schema: unknown = JSON.parse(readFileSync(path.join(schemaFolder, name), "utf8"));
  if (typeof schema !== "object" || schema === null) throw new Error(`${name} is no schema`);
  return schema;
}

/** Documents below public/ that asof wrote for programs. */
function describedBy(mirror: Mirror): readonly { readonly file: string; readonly schema: string }[] {
  const files = readdirSync(mirror.file("public"), { recursive: true, encoding: "utf8" });
  const json = files.filter((file) => file.endsWith(".json") && !file.startsWith("_asof/"));
  return json.map((file) => {
    const schema = documents.find(([, pattern]) => pattern.test(file))?.[0];
    if (schema === undefined) throw new Error(`no schema describes ${file}`);
    return { file, schema };
  });
}

/** What a schema says of a document. Readers let unknown fields pass; here none may be there that the schema does not tell of. */
function complaints(schema: string, document: unknown): readonly string[] {
  const validate = ajv.getSchema(schema);
  if (validate === undefined) throw new Error(`no schema ${schema}`);
  void validate(JSON.parse(JSON.stringify(document)));
  return (validate.errors ?? []).map(({ instancePath, message, params }) =>
    [instancePath, message, JSON.stringify(params)].join(" "),
  );
}

function validator(): Ajv2020 {
  const made = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true, formats: { uri: URL.canParse } });
  for (const name of names) made.addSchema(closed(readSchema(name), name === "resolution.json"));
  return made;
}

/** The schema with every object in it closed; `isPart` leaves the outermost open, which others are made of. */
function closed(schema: object, isPart = false): object {
  const inner = Object.fromEntries(
    Object.entries(schema).map(([key, value]: readonly [string, unknown]) => [key, closedIfAny(value)]),
  );
  return "properties" in schema && !isPart ? { ...inner, unevaluatedProperties: false } : inner;
}

function closedIfAny(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closedIfAny);
  return typeof value === "object" && value !== null ? closed(value) : value;
}

/** Fields without a title or a description. */
function silentFields(schema: object, at: string): readonly string[] {
  const { properties } = { properties: undefined, ...schema };
  const fields: readonly (readonly [string, unknown])[] =
    typeof properties === "object" && properties !== null ? Object.entries(properties) : [];
  const silent = fields.flatMap(([key, field]) => {
    const tells = typeof field === "object" && field !== null && "title" in field && "description" in field;
    return tells ? [] : [`${at}.${key}`];
  });
  const below = Object.entries(schema).flatMap(([key, value]: readonly [string, unknown]) =>
    typeof value === "object" && value !== null ? silentFields(value, `${at}.${key}`) : [],
  );
  return [...silent, ...below];
}
