import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, open, rm, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "..", "..");
let folder = "";

/** The program as it is shipped, with commands for these tests in place of its own: one that waits, one that does not listen, one that prints a lot. */
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "asof-main-"));
  const dist = path.join(folder, "dist");
  await symlink(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  await copyFile(path.join(root, "package.json"), path.join(folder, "package.json"));
  const config = {
    extends: path.join(root, "tsconfig.build.json"),
    compilerOptions: { rootDir: path.join(root, "src"), outDir: dist, declaration: false, isolatedDeclarations: false },
    include: [],
    files: [path.join(root, "src", "cli", "main.ts")],
  };
  await writeFile(path.join(folder, "tsconfig.json"), JSON.stringify(config));
  await promisify(execFile)(path.join(root, "node_modules", ".bin", "tsc"), ["-p", folder, "--noCheck"]);
  await writeFile(path.join(dist, "cli", "commands", "index.js"), probeCommands);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const probeCommands = `
const command = (run) => ({ positionals: {}, options: {}, description: "", examples: [], exitCodes: [], run });
const wait = command((_, { signal, terminal }) => new Promise((_, reject) => {
  const timer = setInterval(() => {}, 1000);
  signal.addEventListener("abort", () => { clearInterval(timer); reject(signal.reason); });
  terminal.out("waiting\\n");
}));
const deaf = command((_, { terminal, signal }) => new Promise(() => {
  setInterval(() => {}, 1000);
  signal.addEventListener("abort", () => terminal.out("heard\\n"));
  terminal.out("waiting\\n");
}));
const flood = command(async (_, { terminal }) => {
  for (let line = 0; line < 200_000; line++) terminal.out(line + "\\n");
  await new Promise((resolve) => setTimeout(resolve, 50));
  for (let line = 0; line < 1000; line++) terminal.out(line + "\\n");
  terminal.err("done\\n");
  return 0;
});
export const commands = Object.entries({ wait, deaf, flood }).map(([name, it]) => ({ name, summary: name, load: async () => it }));
`;

function start(...argv: readonly string[]): ChildProcess {
  return spawn(process.execPath, [path.join(folder, "dist", "cli", "main.js"), ...argv], {
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function ended(child: ChildProcess): Promise<{ code: number | null; signal: string | null; err: string }> {
  const err = child.stderr === null ? "" : text(child.stderr);
  const [code, signal]: (number | string | null)[] = await once(child, "exit");
  return {
    code: typeof code === "number" ? code : null,
    signal: typeof signal === "string" ? signal : null,
    err: await err,
  };
}

describe("the program", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("ends in order on %s, with %d", async (signal, code) => {
    const child = start("wait");
    const end = ended(child);
    if (child.stdout !== null) await once(child.stdout, "data");
    child.kill(signal);
    expect(await end).toEqual({ code, signal: null, err: `asof: interrupted by ${signal}\n` });
  });

  it("is killed by the second signal, whichever it is", async () => {
    const child = start("deaf");
    const end = ended(child);
    if (child.stdout !== null) await once(child.stdout, "data");
    child.kill("SIGINT");
    if (child.stdout !== null) await once(child.stdout, "data");
    child.kill("SIGTERM");
    expect(await end).toMatchObject({ code: null, signal: "SIGTERM" });
  });

  it("goes on without a reader that went away, and does not call it a failure", async () => {
    const child = start("flood");
    const end = ended(child);
    if (child.stdout !== null) await once(child.stdout, "data");
    child.stdout?.destroy();
    expect(await end).toEqual({ code: 0, signal: null, err: "done\n" });
  });

  it("gives a slow reader every line", async () => {
    const child = start("flood");
    const [out, { code }] = await Promise.all([child.stdout === null ? "" : text(child.stdout), ended(child)]);
    expect(code).toBe(0);
    expect(out.split("\n")).toHaveLength(201_001);
  });

  it("ends with 5 when its output cannot be kept", async () => {
    await using full = await open("/dev/full", "w");
    const child = spawn(process.execPath, [path.join(folder, "dist", "cli", "main.js"), "flood"], {
      stdio: ["ignore", full.fd, "pipe"],
    });
    const { code, err } = await ended(child);
    expect(code).toBe(5);
    expect(err).toMatch(/asof: the output cannot be written: .*no space/);
  });

  it("prints its help and version, and ends with 2 on wrong usage", async () => {
    const help = start("--help");
    const [out, { code }] = await Promise.all([help.stdout === null ? "" : text(help.stdout), ended(help)]);
    expect(out).toContain("asof flood");
    expect(code).toBe(0);
    expect(await ended(start("flod"))).toMatchObject({
      code: 2,
      err: 'asof: there is no command "flod"\nhint: did you mean "asof flood"?\n',
    });
  });
});
