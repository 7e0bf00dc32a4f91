/**
 * `npm run build`: makes dist/, or the folder that is named. tsc compiles and checks; rolldown joins what it made into few files, because finding, reading and compiling each of some 500 was most of
 * what a run with nothing to do took. Nothing is minified, renamed or lowered on the way: threads are started from the texts of functions.
 *
 * What package.json calls a dependency is left to be imported. What else src/ imports is joined with it, without what is not used, and its licence is put beside it.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import process from "node:process";

import { rolldown } from "rolldown";

const root = import.meta.dirname;
const dist = path.resolve(process.argv[2] ?? path.join(root, "dist"));

if (["package.json", ".git"].some((name) => existsSync(path.join(dist, name))))
  throw new Error(`${dist} is no folder to make anew`);
rmSync(dist, { recursive: true, force: true });
const cache = path.join(root, "node_modules", ".cache", "asof");
mkdirSync(cache, { recursive: true });
const compiled = mkdtempSync(path.join(cache, "compiled-"));
try {
  compile();
  const chunks = await joinFiles();
  writeFileSync(path.join(dist, "THIRD-PARTY.txt"), licencesOf(chunks));
  chmodSync(path.join(dist, "cli", "main.js"), 0o755);
  dropUnreachableTypes(path.join(dist, "types"));
} finally {
  rmSync(compiled, { recursive: true, force: true });
}

function compile() {
  const tsc = path.join(root, "node_modules", ".bin", "tsc");
  const types = path.join(dist, "types");
  const project = path.join(root, "tsconfig.build.json");
  const { status } = spawnSync(tsc, ["-p", project, "--outDir", compiled, "--declarationDir", types], {
    stdio: "inherit",
  });
  if (status !== 0) throw new Error("src/ does not compile");
}

async function joinFiles() {
  const { dependencies } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  const main = path.join(compiled, "cli", "main.js");
  const started = staticImports(main);
  // Most of what any command needs is what an update needs: one file for it costs less than the thirty that would have no part too much.
  const common = staticImports(
    ...["cli/commands/update.js", "cli/parse-arguments.js", "config/load.js"].map((file) => path.join(compiled, file)),
  );
  const bundle = await rolldown({
    cwd: compiled,
    input: { "cli/main": "cli/main.js", index: "index.js" },
    platform: "node",
    external: Object.keys(dependencies).map((name) => new RegExp(`^${name}(?:/|$)`)),
    onLog: (_level, { message }) => {
      throw new Error(message);
    },
  });
  const { output } = await bundle.write({
    dir: dist,
    format: "es",
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name].js",
    // What a chunk exports keeps its name: test/crash/runner.mjs imports runCli.
    minifyInternalExports: false,
    comments: { legal: true, annotation: false, jsdoc: false },
    codeSplitting: {
      groups: [
        { name: nameOfPackage, debugName: "packages", test: /node_modules\/(?!\.cache)/, priority: 3 },
        { name: "start", test: (id) => id !== main && started.has(id), priority: 2 },
        { name: "common", test: (id) => common.has(id), priority: 1 },
      ],
    },
  });
  return output.filter(({ type }) => type === "chunk");
}

/** The compiled files that are loaded with the entries, as far as nothing is imported later. */
function staticImports(...entries) {
  const found = new Set();
  const visit = (file) => {
    if (found.has(file)) return;
    found.add(file);
    for (const [, specifier = ""] of readFileSync(file, "utf8").matchAll(
      /^(?:import|export) [^;]*?from "(\.[^"]+)";/gm,
    ))
      visit(path.resolve(path.dirname(file), specifier));
  };
  for (const entry of entries) visit(entry);
  return found;
}

/** zod for …/node_modules/zod/v4/core/core.js. What yargs needs is with it: it is loaded together. */
function nameOfPackage(id) {
  return /.*node_modules\/(yaml|zod)\//.exec(id)?.[1] ?? "yargs";
}

function licencesOf(chunks) {
  const folders = new Set(
    chunks
      .flatMap(({ moduleIds }) => moduleIds)
      .flatMap((id) => /.*node_modules\/(?!\.cache)(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []),
  );
  const parts = [...folders]
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
      const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
      if (file === undefined) throw new Error(`${name} has no licence file: it cannot be made part of asof`);
      return `${name} ${version} (${license})\n\n${readFileSync(path.join(folder, file), "utf8").trim()}\n`;
    });
  return `Parts of the following packages are in the files beside this one.\n\n${[...new Set(parts)].join(`\n${"-".repeat(80)}\n\n`)}`;
}

/** Keeps the declarations that index.d.ts leads to: the others describe what nobody can import. */
function dropUnreachableTypes(types) {
  const kept = new Set();
  const visit = (file) => {
    if (kept.has(file)) return;
    kept.add(file);
    for (const [, specifier = ""] of readFileSync(file, "utf8").matchAll(/(?:from |import\()"(\.[^"]+)"/g))
      visit(path.resolve(path.dirname(file), specifier.replace(/\.ts$/, ".d.ts")));
  };
  visit(path.join(types, "index.d.ts"));
  for (const entry of readdirSync(types, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile() && !kept.has(file)) rmSync(file);
  }
}
