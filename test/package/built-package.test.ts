import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { buildProgram } from "../operations/program.ts";
import type { Program } from "../operations/program.ts";

/** What `npm run build` makes of src/: the files of a package, in which modules stand together that are apart in src/. */
describe("the built package", () => {
  let program: Program;
  let dir = "";
  beforeAll(() => {
    program = buildProgram();
    dir = mkdtempSync(path.join(os.tmpdir(), "asof-package-"));
    writeFileSync(path.join(dir, "asof.yaml"), configuration);
    // So many that a thread helps to compare them (sources/compare-scan.ts).
    for (let folder = 0; folder < 40; folder++) {
      mkdirSync(path.join(dir, "content", String(folder)), { recursive: true });
      for (let file = 0; file < 510; file++) writeFileSync(path.join(dir, "content", String(folder), `${file}`), "");
    }
    writeFileSync(path.join(dir, "content", "a"), "some bytes");
  });
  afterAll(() => {
    program.remove();
    rmSync(dir, { recursive: true, force: true });
  });

  const dist = (...names: readonly string[]): string => path.join(program.dir, "dist", ...names);
  const asof = (options: readonly string[], ...argv: readonly string[]): Promise<{ stdout: string; stderr: string }> =>
    promisify(execFile)(process.execPath, [...options, dist("cli", "main.js"), ...argv], { cwd: dir });

  /** Functions that ran in threads, by the profile that Node writes of each. */
  async function inThreads(...argv: readonly string[]): Promise<readonly string[]> {
    const folder = mkdtempSync(path.join(dir, "profiles-"));
    await asof(["--cpu-prof", "--cpu-prof-interval=100", `--cpu-prof-dir=${folder}`], ...argv);
    return readdirSync(folder)
      .filter((name) => /^CPU\.\d+\.\d+\.\d+\.[1-9]/.test(name))
      .flatMap((name) => [...readFileSync(path.join(folder, name), "utf8").matchAll(/"functionName":"(\w+)"/g)])
      .map(([, name = ""]) => name);
  }

  it("copies, compares and hashes in threads, which have nothing but the text of a function", async () => {
    expect(await inThreads("update")).toContain("copyUnchanged");
    // Times are trusted once they are of an earlier second.
    await new Promise((resolve) => setTimeout(resolve, 2100));
    await asof([], "update");
    expect(await inThreads("update")).toContain("compareShare");
    expect(await inThreads("verify")).toContain("hashingThread");
    expect(statSync(path.join(dir, "public", "checkpoints", "repo", "checkpoints.json")).size).toBeGreaterThan(0);
  });

  it("tells what is wrong with arguments in words, although the messages of yargs are not beside it", async () => {
    const failed = asof([], "list", "--one", "--two").catch((error: unknown) => error);
    expect(await failed).toMatchObject({ code: 2, stderr: expect.stringContaining("there is no option --one") });
    expect((await asof([], "list", "--help")).stdout).toContain("Options of every command:");
  });

  it("can be imported by a program, which then runs nothing by itself", async () => {
    const script = `
      import { loadConfig, parseInstant } from ${JSON.stringify(dist("index.js"))};
      const { config } = await loadConfig(${JSON.stringify(path.join(dir, "asof.yaml"))});
      console.log(config.site.title, parseInstant("2025-03-18", 0) !== undefined);`;
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
    expect(stdout + stderr).toBe("A title true\n");
  });

  it("opens few files before it begins: a command's own, what most commands share, and the libraries", async () => {
    const hook = `data:text/javascript,${encodeURIComponent(countingHook)}`;
    const loaded = async (...argv: readonly string[]): Promise<readonly string[]> => {
      const { stderr } = await asof(["--import", hook], ...argv);
      return stderr.split("\n").filter((line) => line.startsWith("loaded file:"));
    };
    expect((await loaded("--help")).length).toBeLessThanOrEqual(4);
    const build = await loaded("build");
    expect(build.filter((file) => file.includes("/dist/")).length).toBeLessThanOrEqual(11);
    expect(
      build.filter((file) => /\/node_modules\/(?:yargs|undici|chokidar|fast-glob|serve-handler|fs-extra)\//.test(file)),
    ).toEqual([]);
  });

  it("says whose work is joined with it, and under which terms", () => {
    const notices = readFileSync(dist("THIRD-PARTY.txt"), "utf8");
    const {
      dependencies,
      devDependencies,
    }: Record<string, Record<string, string>> = JSON.parse(
      readFileSync(path.join(program.dir, "package.json"), "utf8"),
    );
    const named = new Map(
      [...notices.matchAll(/^(\S+) (\d\S*) \([\w.-]+\)$/gm)].map(([, name = "", version]) => [name, version]),
    );
    for (const name of ["yaml", "yargs", "zod"]) expect(named.get(name)).toBe(devDependencies?.[name]);
    for (const name of named.keys()) {
      expect(notices.slice(notices.indexOf(`${name} `))).toMatch(/Copyright/);
      expect(dependencies).not.toHaveProperty(name);
    }
  });

  it("declares what can be imported, without naming a package that is not installed with it", () => {
    const declarations = readdirSync(dist("types"), { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".d.ts"),
    );
    expect(declarations).toContain("index.d.ts");
    const imported = declarations.flatMap((name) =>
      [...readFileSync(dist("types", name), "utf8").matchAll(/(?:from |import\()"([^".][^"]*)"/g)].map(
        ([, from]) => from,
      ),
    );
    expect(imported.filter((from) => from?.startsWith("node:") !== true)).toEqual([]);
  });
});

const configuration = `
site: { title: A title }
repositories:
  repo: { remote: { type: directory, path: content } }
distributions:
  repo: { repository: repo, base_path: checkpoints/repo, checkpoint: true }
`;

const countingHook = `
import { register } from "node:module";
register("data:text/javascript," + encodeURIComponent(
  'import { writeSync } from "node:fs"; export async function load(url, context, next) { writeSync(2, "loaded " + url + "\\\\n"); return next(url, context); }'
));`;
