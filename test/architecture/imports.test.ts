import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, it } from "vitest";

const src = path.join(import.meta.dirname, "..", "..", "src");

/** Folder of src/ -> folders it may import from. The picture stands in src/README.md. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  model: [],
  formats: ["model", "failure.ts"],
  pages: ["model", "templates.ts", "failure.ts"],
  redirects: ["model", "templates.ts", "failure.ts"],
  sources: ["model", "formats", "failure.ts", "error-code.ts"],
  store: ["model", "failure.ts", "error-code.ts", "package-root.ts"],
  site: ["model", "pages", "failure.ts", "error-code.ts"],
  serve: ["model", "failure.ts", "error-code.ts"],
  watch: ["model", "failure.ts", "error-code.ts"],
  config: ["model", "failure.ts", "error-code.ts", "package-root.ts"],
  operations: [
    "model",
    "formats",
    "pages",
    "redirects",
    "sources",
    "store",
    "site",
    "serve",
    "watch",
    "failure.ts",
    "error-code.ts",
    "package-root.ts",
    "templates.ts",
  ],
  cli: ["model", "operations", "config", "pages", "redirects", "failure.ts", "error-code.ts", "package-root.ts"],
};

/** Libraries and built-in modules -> the only places that may import them. */
const owners: Readonly<Record<string, readonly string[]>> = {
  yargs: ["cli"],
  eta: ["templates.ts"],
  chokidar: ["watch"],
  "serve-handler": ["serve"],
  undici: ["sources"],
  yaml: ["config"],
  "fast-glob": ["sources"],
  "fs-extra/esm": ["operations"],
  zod: ["config", "store", "operations", "sources"],
};

const pure = new Set(["model", "formats", "pages", "redirects"]);

describe("the layout of src/", () => {
  const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));

  it("has no folder that the table does not know", () => {
    const folders = new Set(files.flatMap((file) => (file.includes("/") ? [folderOf(file)] : [])));
    expect([...folders].toSorted()).toEqual(Object.keys(allowed).toSorted());
  });

  it("imports downwards only", () => {
    const breaches = files.flatMap((file) =>
      importsOf(file)
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => path.normalize(path.join(path.dirname(file), specifier)))
        .filter((target) => !mayImport(file, target))
        .map((target) => `${file} imports ${target}`),
    );
    expect(breaches).toEqual([]);
  });

  it("keeps text and nouns free of disk and network", () => {
    const breaches = files.flatMap((file) =>
      importsOf(file)
        .filter((specifier) => specifier.startsWith("node:") && pure.has(folderOf(file)))
        // Digests of text are arithmetic, not the world.
        .filter((specifier) => folderOf(file) === "model" || specifier !== "node:crypto")
        .map((specifier) => `${file} imports ${specifier}`),
    );
    expect(breaches).toEqual([]);
  });

  it("uses each library in one place", () => {
    const breaches = files.flatMap((file) =>
      importsOf(file)
        .filter((specifier) => owners[specifier]?.includes(folderOf(file)) === false)
        .map((specifier) => `${file} imports ${specifier}`),
    );
    expect(breaches).toEqual([]);
  });
});

function mayImport(file: string, target: string): boolean {
  const from = folderOf(file);
  if (file === "templates.ts") return target === "failure.ts" || target === "package-root.ts";
  // index.ts is the public face: it may name anything.
  return file === "index.ts" || from === folderOf(target) || allowed[from]?.includes(folderOf(target)) === true;
}

/** The first folder below src/, or the file's own name at the top. */
function folderOf(file: string): string {
  return file.split("/")[0] ?? file;
}

function importsOf(file: string): readonly string[] {
  const text = readFileSync(path.join(src, file), "utf8");
  const specifiers = text.matchAll(/(?:^|\n)\s*(?:import|export)\b[^;]*?\bfrom "([^"]+)"|\bimport\("([^"]+)"\)/g);
  return [...specifiers].map((match) => match[1] ?? match[2] ?? "");
}
