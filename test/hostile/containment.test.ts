import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { startOrigin } from "../helpers/origin-server.ts";
import { aMirror } from "../operations/mirror.ts";
import type { Mirror } from "../operations/mirror.ts";
import { buildProgram } from "../operations/program.ts";
import type { Program } from "../operations/program.ts";
import { isInstalled } from "../servers/server.ts";

let program: Program;
beforeAll(() => {
  program = buildProgram();
});
afterAll(() => program.remove());

describe("a password and a token in the address of a source", () => {
  const password = "canary-password";
  const token = "canary-token";

  it("go to that server alone: no command line, output, page, manifest or file of a run has them", async () => {
    const [origin, other] = await Promise.all([startOrigin(), startOrigin()]);
    onTestFinished(() => Promise.all([origin.close(), other.close()]).then(() => undefined));
    origin.publish("/r/", { a: "one", b: "two" });
    for (const name of ["PULP_MANIFEST", "a"]) {
      const body = name === "a" ? "one" : manifestBody;
      origin.answer(`/r/${name}?token=${token}`, { kind: "bytes", body });
    }
    // The other origin is sent neither: a redirect leads there.
    origin.answer(`/r/b?token=${token}`, { kind: "redirect", to: `${other.url}/b` });
    other.answer("/b", { kind: "bytes", body: "two" });
    const url = `${origin.url.replace("://", `://user:${password}@`)}/r/PULP_MANIFEST?token=${token}`;
    const mirror = aMirror({ remote: { url, mode: "mirror" } });
    chmodSync(mirror.file("asof.yaml"), 0o600);
    mirror.setClock(Date.now() / 1000);

    const child = program.start(mirror.dir, ["update", "--verbose"]);
    const lines = new Set<string>();
    const look = setInterval(() => {
      for (const line of commandLines()) lines.add(line);
    }, 5);
    await once(child, "close");
    clearInterval(look);
    expect(child.exitCode).toBe(0);
    expect([...lines].some((line) => line.includes("update\0--verbose"))).toBe(true);
    expect([...lines].filter(tells)).toEqual([]);

    const outputs = [
      await mirror.run("update", "--verbose", "--json"),
      await mirror.run("list"),
      await mirror.run("rules"),
    ];
    for (const reply of [
      { kind: "status", status: 401 },
      { kind: "bytes", body: "no manifest" },
      { kind: "redirect", to: `http://user:${password}@10.0.0.1/?token=${token}` },
    ] as const) {
      origin.answer(`/r/PULP_MANIFEST?token=${token}`, reply);
      const run = await mirror.run("update", "--verbose", "--json");
      expect(run.exit).toBe(4);
      outputs.push(run);
    }
    expect(outputs.filter(({ out, err }) => tells(out + err))).toEqual([]);
    expect(
      filesBelow(mirror.dir).filter((file) => file !== mirror.file("asof.yaml") && tells(readFileSync(file, "latin1"))),
    ).toEqual([]);
    expect(origin.requests.every(({ headers }) => headers.authorization !== undefined)).toBe(true);
    expect(other.requests).toHaveLength(1);
    expect(tells(JSON.stringify(other.requests))).toBe(false);
  });

  const manifestBody =
    "a,7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed,3\nb,3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3,3\n";

  /** Neither as it is nor as Base64 in a header. */
  function tells(text: string): boolean {
    const basic = Buffer.from(`user:${password}`).toString("base64");
    return [password, token, basic].some((secret) => text.includes(secret));
  }
});

describe.skipIf(!isInstalled("strace", "-V"))("a whole run", () => {
  it("opens for writing, renames and removes nothing but what is in its state, output and rules", async () => {
    const mirror = aMirror({
      remote: { type: "directory", path: "tree", url: undefined },
      top: { grace: 0, grace_plain: 0 },
      repository: { retain: { checkpoints: 1 } },
    });
    mirror.setClock(Date.now() / 1000);
    mkdirSync(mirror.file("tmp"));
    const written = new Set<string>();
    for (const round of ["one", "two"]) {
      mirror.write("tree/a", round);
      mirror.write(`tree/only ${round}/b`, "b");
      for (const file of await writesOf(mirror, ["update"])) written.add(file);
    }
    for (const file of await writesOf(mirror, ["build"])) written.add(file);
    const own = ["state", "public", "rules"].map((name) => mirror.file(name));
    const isOwn = (file: string): boolean => own.some((folder) => file === folder || file.startsWith(`${folder}/`));
    expect([...written].filter((file) => !isOwn(file) && file !== "/dev/null")).toEqual([]);
    for (const folder of own) expect([...written].some((file) => file.startsWith(folder))).toBe(true);
    expect(readdirSync(mirror.file("tmp"))).toEqual([]);
  });

  /** Every path that a system call of a run, or of what it starts, would change. */
  async function writesOf(mirror: Mirror, argv: readonly string[]): Promise<ReadonlySet<string>> {
    const log = path.join(mirror.dir, "..", `${path.basename(mirror.dir)}.strace`);
    onTestFinished(() => void spawnSync("rm", ["-f", log]));
    const main = path.join(program.dir, "dist/cli/main.js");
    const child = spawn(
      "strace",
      ["-f", "-s", "4096", "-e", "trace=file", "-o", log, process.execPath, main, ...argv],
      {
        cwd: mirror.dir,
        env: { ...process.env, TMPDIR: mirror.file("tmp") },
        stdio: "ignore",
      },
    );
    await once(child, "close");
    expect(child.exitCode).toBe(0);
    return changedPaths(readFileSync(log, "latin1"), mirror.dir);
  }
});

const changing =
  /^\d+ +(?:rename|renameat|renameat2|link|linkat|symlink|symlinkat|unlink|unlinkat|mkdir|mkdirat|rmdir|chmod|fchmodat|chown|lchown|fchownat|truncate|utimensat|mknod|mknodat|creat|setxattr)\(/;

/** The paths of a trace in calls that change something and succeeded. Of a symlink the target is text, and is left out. */
function changedPaths(trace: string, cwd: string): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const line of trace.split("\n")) {
    const isOpen = /^\d+ +open(?:at)?\(.*O_(?:WRONLY|RDWR|CREAT|TRUNC)/.test(line);
    if ((!isOpen && !changing.test(line)) || / = -1 /.test(line)) continue;
    const quoted = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) => text);
    const isLink = /^\d+ +symlink/.test(line);
    for (const text of isLink ? quoted.slice(1) : quoted) paths.add(path.resolve(cwd, text));
  }
  return paths;
}

function commandLines(): readonly string[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name) || name === String(process.pid)) return [];
    try {
      return [readFileSync(`/proc/${name}/cmdline`, "latin1")];
    } catch {
      // It has ended.
      return [];
    }
  });
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}
