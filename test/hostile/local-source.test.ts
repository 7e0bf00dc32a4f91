import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { chmodSync, linkSync, mkdirSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { sha256Of } from "../helpers/origin-server.ts";
import { openMirror, said } from "../operations/mirror.ts";
import type { Mirror } from "../operations/mirror.ts";
import { asNobody } from "../sources/directory-world.ts";

/** `ASOF_HOSTILE=full` attacks during 1,000 syncs. */
const syncs = process.env["ASOF_HOSTILE"] === "full" ? 1000 : 40;
const canary = "nobody may publish this";

describe("a directory source", () => {
  let mirror: Mirror;
  let source: string;
  let untouched: ReturnType<Mirror["everything"]>;

  beforeEach(async () => {
    mirror = openMirror({ remote: { type: "directory", path: "tree", url: undefined } });
    mirror.setClock(Date.now() / 1000);
    source = mirror.file("tree");
    for (const name of ["a", "d/b", "d/c"]) mirror.write(`tree/${name}`, `good ${name}`);
    mirror.write("outside/canary", canary);
    await mirror.ok("update");
    untouched = mirror.everything();
  });
  afterEach(() => mirror.remove());

  const inside = (name: string): string => path.join(source, name);

  it.each<readonly [string, string | RegExp, () => unknown]>([
    ["a link to a file outside", "x is a symbolic link", () => symlinkSync("../outside/canary", inside("x"))],
    ["a link to a directory outside", "x is a symbolic link", () => symlinkSync("../outside", inside("x"))],
    ["an absolute link", "x is a symbolic link", () => symlinkSync("/etc/passwd", inside("x"))],
    ["a link to itself", "x is a symbolic link", () => symlinkSync("x", inside("x"))],
    ["a link to its own directory", "x is a symbolic link", () => symlinkSync(".", inside("x"))],
    ["a FIFO", "x is a FIFO", () => execFileSync("mkfifo", [inside("x")])],
    ["a name with a line feed", String.raw`a\x0ab has a control character`, () => writeFileSync(inside("a\nb"), "")],
    [
      "a name with an escape",
      String.raw`\x1b[2J has a control character`,
      () => writeFileSync(inside("\u001b[2J"), ""),
    ],
    ["a name with a backslash", String.raw`..\x5cx has a backslash`, () => writeFileSync(inside("..\\x"), "")],
    [
      "a name that is not UTF-8",
      String.raw`caf\xe9 is not valid UTF-8`,
      () => writeFileSync(Buffer.concat([Buffer.from(inside("caf")), Buffer.from([0xe9])]), ""),
    ],
    [
      "nothing any more",
      "is empty, and 3 files came from it before",
      () => rmSync(source, { recursive: true }) ?? mkdirSync(source),
    ],
    ["a missing root", "does not exist", () => rmSync(source, { recursive: true })],
  ])("with %s ends with 4, and nothing of it is published", async (_what, reason, make) => {
    make();
    const run = await mirror.runUntil(AbortSignal.timeout(20_000), "update");
    expect(run.exit, said(run)).toBe(4);
    expect(run.err).toMatch(reason);
    expect(run.err).not.toMatch(/(?!\n)\p{Cc}/u);
    expect(mirror.everything()).toEqual(untouched);
  });

  it("that has a hard link of what is served ends with 4: writing there would change a checkpoint", async () => {
    const [checkpoint = ""] = mirror.checkpoints();
    rmSync(inside("a"));
    linkSync(mirror.file(`public/snapshots/repo/${checkpoint}/a`), inside("a"));
    const run = await mirror.run("update");
    expect(run.exit, said(run)).toBe(4);
    expect(run.err).toContain("a of the source is a hard link of the file that asof serves");
    expect(mirror.everything()).toEqual(untouched);
  });

  it("with a socket ends with 4", async () => {
    const server = createServer().listen(inside("x"));
    await once(server, "listening");
    const run = await mirror.run("update");
    server.close();
    expect(run.exit, said(run)).toBe(4);
    expect(run.err).toContain("x is a socket");
  });

  it.skipIf(process.geteuid?.() !== 0)("with a device ends with 4", async () => {
    execFileSync("mknod", [inside("zero"), "c", "1", "5"]);
    const run = await mirror.runUntil(AbortSignal.timeout(20_000), "update");
    expect(run.exit, said(run)).toBe(4);
    expect(run.err).toContain("zero is a device");
  });

  it.each(["a", "d"])("whose %s may not be read names it and ends with 4", async (name) => {
    execFileSync("chown", ["-R", "65534", mirror.dir]);
    chmodSync(inside(name), 0);
    const run = await asNobody(() => mirror.run("update"));
    chmodSync(inside(name), 0o755);
    expect(run.exit, said(run)).toBe(4);
    expect(run.err).toContain(`No permission to read ${inside(name)}`);
  });

  it("with an endless sparse file under way is stopped by nothing but its end", async () => {
    writeFileSync(inside("sparse"), "");
    truncateSync(inside("sparse"), 64 << 20);
    await mirror.ok("update");
    expect(mirror.page("plain/PULP_MANIFEST")).toContain(",67108864\n");
  });

  it(`whose directory is swapped for a link to a canary never publishes it: ${syncs} syncs`, async () => {
    for (const name of ["b", "c"]) mirror.write(`outside/${name}`, canary);
    const swapper = fork(path.join(import.meta.dirname, "../sources/swap-directory.mjs"), [
      inside("d"),
      mirror.file("outside"),
    ]);
    const ended = once(swapper, "exit");
    await once(swapper, "message");
    const exits = new Set<number>();
    try {
      for (let round = 0; round < syncs; round++) {
        // New bytes each time: something has to be read.
        mirror.write("tree/a", `good a ${round}`);
        exits.add((await mirror.run("sync", "--allow-shrink")).exit);
      }
    } finally {
      swapper.kill();
      await ended;
    }
    expect([...exits].every((exit) => exit === 0 || exit === 4)).toBe(true);
    expect(objects(mirror)).not.toContain(sha256Of(canary));
    expect(objects(mirror)).toContain(sha256Of("good d/b"));
  });
});

function objects(mirror: Mirror): readonly string[] {
  return readdirSync(mirror.file("state/objects"), { recursive: true, encoding: "utf8" }).map((name) =>
    path.basename(name),
  );
}
