import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import { parseBasePath } from "../../src/model/base-path.ts";
import { parseDigest } from "../../src/model/digest.ts";
import { parseStatement } from "../../src/model/statement.ts";
import { logPieces } from "../../src/operations/build/published-log.ts";
import { publicLayout } from "../../src/site/public-layout.ts";
import { openStore } from "../../src/store/open-store.ts";
import { aMirror, after, beginning, day } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";

const base = "public/snapshots/repo";
const oneFile = { "1.iso": "one" };
const files = { "1.iso": "one", "a/2.iso": "two", "a/b/3 +%41.iso": "three", "-": "dash" };

describe("the proof beside each checkpoint", () => {
  it("is a SHA256SUMS that sha256sum itself checks, with every file and the manifest and without our pages", async () => {
    const mirror = await published();
    const [at] = mirror.checkpoints();
    const checked = execFileSync("sh", ["-c", `cd ${base}/${at} && sha256sum -c ../_asof/${at}/SHA256SUMS`], {
      cwd: mirror.dir,
      encoding: "utf8",
    });
    expect(checked.split("\n").toSorted()).toEqual(
      ["", "./-: OK", "1.iso: OK", "PULP_MANIFEST: OK", "a/2.iso: OK", "a/b/3 +%41.iso: OK"].toSorted(),
    );
  });

  it("is a statement that names root, sums, manifest and the log before it, and that the log names in turn", async () => {
    const mirror = await published();
    const [at = ""] = mirror.checkpoints();
    const text = mirror.page(`snapshots/repo/_asof/${at}/checkpoint.txt`);
    const events = mirror.events();
    const n = events.findIndex(({ type }) => type === "publication");
    const lines = readFileSync(mirror.file("state/repositories/repo/log"), "utf8").split("\n");
    const sums = sha256(mirror.page(`snapshots/repo/_asof/${at}/SHA256SUMS`));
    const manifest = readFileSync(mirror.file(`${base}/${at}/PULP_MANIFEST`));
    expect(parseStatement(text)).toEqual({
      repository: "repo",
      checkpoint: at,
      root: events.findLast(({ type }) => type === "version")?.["root"],
      files: 4,
      bytes: 15,
      sums,
      manifest: { name: "PULP_MANIFEST", digest: sha256(manifest), bytes: manifest.length },
      log: { n, prev: sha256(lines[n - 1] ?? "") },
    });
    expect(events[n]).toMatchObject({
      sums: { digest: sums },
      statement: { digest: sha256(text), bytes: text.length },
    });
  });

  it("has a root that a stranger computes from the records beside it", async () => {
    const mirror = await published();
    const root = parseStatement(mirror.page(`snapshots/repo/_asof/${after(0)}/checkpoint.txt`))?.root ?? "";
    const record = (digest: string): string => mirror.page(`snapshots/repo/_asof/tree/${digest.slice(0, 2)}/${digest}`);
    const walk = (digest: string, prefix: string): readonly string[] => {
      expect(sha256(record(digest))).toBe(digest);
      return record(digest)
        .split("\n")
        .slice(3, -1)
        .flatMap((line) => {
          const [kind, below = "", ...rest] = line.split(" ");
          const name = rest.slice(kind === "f" ? 2 : 3).join(" ");
          return kind === "f" ? [`${prefix}${name} ${below}`] : walk(below, `${prefix}${name}/`);
        });
    };
    expect(walk(root, "")).toEqual(
      Object.entries(files)
        .map(([name, text]) => `${name} ${sha256(text)}`)
        .toSorted(),
    );
  });

  it("costs no new bytes where nothing changed, and sums: false makes none", async () => {
    const mirror = await published();
    mirror.at(60);
    await mirror.ok("publish", "repo", "--checkpoint");
    const [first, second] = mirror
      .checkpoints()
      .map((at) => statSync(mirror.file(`${base}/_asof/${at}/SHA256SUMS`)).ino);
    expect(second).toBe(first);
    mirror.configure({ repository: { sums: false } });
    mirror.at(120);
    await mirror.ok("publish", "repo", "--checkpoint");
    expect(readdirSync(mirror.file(`${base}/_asof/${after(120)}`))).toEqual([
      "changes",
      "changes.json",
      "checkpoint.txt",
    ]);
    expect(mirror.page(`snapshots/repo/_asof/${after(120)}/checkpoint.txt`)).not.toContain("sums");
  });

  it("goes with its checkpoint, and its records with the last that needs them", async () => {
    const mirror = await published();
    const records = (): readonly string[] =>
      readdirSync(mirror.file(`${base}/_asof/tree`), { recursive: true, encoding: "utf8" }).filter(
        (one) => one.length > 60,
      );
    expect(records()).toHaveLength(3);
    mirror.configure({ top: { grace: "0s" }, repository: { retain: { checkpoints: 1 } }, remote: { mode: "mirror" } });
    mirror.offer(oneFile);
    mirror.at(day);
    await mirror.ok("update");
    mirror.at(day + 60);
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([after(day)]);
    expect(existsSync(mirror.file(`${base}/_asof/${after(0)}`))).toBe(false);
    expect(records()).toHaveLength(1);
  });

  it("has its records published by the next build where the checkpoint stood before there were any", async () => {
    const mirror = await published();
    const before = mirror.site();
    rmSync(mirror.file(`${base}/_asof/tree`), { recursive: true });
    await mirror.ok("build");
    expect(mirror.site()).toEqual(before);
    expect((await mirror.ok("build", "--dry-run")).out).toContain("nothing to do");
  });

  it.each(["shared", "hardlinks", "copies"])(
    "is made again by build, byte for byte, in the layout %s",
    async (layout) => {
      const mirror = await published({ layout });
      const before = mirror.site();
      rmSync(mirror.file("public"), { recursive: true });
      await mirror.ok("build");
      expect(mirror.site()).toEqual(before);
    },
  );

  it("comes with an import, too", async () => {
    const mirror = aMirror({ repository: { remote: undefined } });
    mirror.write("shelf/2024-01-01/a.txt", "a");
    mirror.write("shelf/2024-01-02/a.txt", "b");
    await mirror.ok("import", "repo", "shelf");
    for (const at of ["20240101T000000Z", "20240102T000000Z"]) {
      execFileSync("sh", ["-c", `cd ${base}/${at} && sha256sum --quiet -c ../_asof/${at}/SHA256SUMS`], {
        cwd: mirror.dir,
      });
    }
  });
});

describe("the published log", () => {
  it("is the log byte for byte in pieces of 1000 lines, of which only the last is written again", async () => {
    const mirror = await published();
    for (let round = 1; round <= 3; round++) {
      mirror.at(round * 60);
      await mirror.ok("publish", "repo", "--checkpoint");
    }
    const log = readFileSync(mirror.file("state/repositories/repo/log"), "utf8");
    expect(readdirSync(mirror.file(`${base}/_asof/log`))).toEqual(["000000.jsonl"]);
    expect(mirror.page("snapshots/repo/_asof/log/000000.jsonl")).toBe(log);
    const lines = log.trimEnd().split("\n");
    const head = { length: lines.length, head: sha256(lines.at(-1) ?? "") };
    expect(mirror.json("snapshots/repo/checkpoints.json")).toMatchObject({ log: head });
    expect(mirror.json("site.json")).toMatchObject({ repositories: [{ log: head }] });
  });

  it("begins a new piece after a thousand lines", () => {
    const dir = mkdtempSync(path.join(os.tmpdir(), "asof-log-"));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const store = openStore(path.join(dir, "state"), { create: true, now: () => beginning });
    const root = parseDigest("0".repeat(64));
    if (root === undefined) throw new Error("64 digits are a digest");
    const horizons = Array.from(
      { length: 1999 },
      (_, n) => ({ type: "horizon", at: after(0), horizon: after(n) }) as const,
    );
    const first = { type: "repository", at: after(0), name: "repo", root } as const;
    const basePath = parseBasePath("d");
    if (basePath === undefined) throw new Error("d is a base path");
    const names = (): readonly string[] =>
      logPieces(
        { store, publicLayout: publicLayout(dir) },
        { name: "d", repository: "repo", basePath, checkpoint: true },
      ).flatMap((group) =>
        group.make().map((piece) => `${path.basename(piece.path)} ${piece.content.split("\n").length - 1}`),
      );
    expect(names()).toEqual([]);
    store.append("repo", [first, ...horizons]);
    expect(names()).toEqual(["000000.jsonl 1000", "000001.jsonl 1000"]);
    store.append("repo", [{ type: "settled", at: after(0), settled: false }]);
    expect(names()).toEqual(["000000.jsonl 1000", "000001.jsonl 1000", "000002.jsonl 1"]);
  });
});

describe("sign:", () => {
  it.each([
    ["fails", ["sh", "-c", "echo no key here >&2; exit 7", "{file}"], "failed (exit code 7)"],
    ["writes no signature", ["true", "{file}"], "wrote no checkpoint.txt.sig"],
    ["writes an empty one", ["sh", "-c", ': > "$0"', "{signature}", "{file}"], "wrote an empty checkpoint.txt.sig"],
    ["is not there", ["no-such-program", "{file}"], "there is no such program"],
    [
      "changes what it signs",
      ["sh", "-c", 'echo x | tee "$0" > "$1"', "{file}", "{signature}"],
      "changed checkpoint.txt",
    ],
  ])("when the command %s nothing is published: exit 5", async (_, command, words) => {
    const mirror = aMirror();
    mirror.offer(files);
    await mirror.ok("sync");
    const before = mirror.everything();
    mirror.configure({ top: { sign: { command } } });
    const run = await mirror.run("publish", "repo", "--checkpoint");
    expect(run.exit).toBe(5);
    expect(run.err).toContain(words);
    expect(mirror.everything().state).toEqual(before.state);
    expect(existsSync(mirror.file(base)) ? mirror.checkpoints() : []).toEqual([]);
  });

  it("shows the command as it was run when it fails, without what it calls a secret", async () => {
    const mirror = aMirror();
    mirror.offer(files);
    await mirror.ok("sync");
    const command = ["sh", "-c", 'echo "cannot sign $1" >&2; exit 2', "--passphrase", "hunter2", "{file}", "PIN=1234"];
    mirror.configure({ top: { sign: { command } } });
    const run = await mirror.run("publish", "repo", "--checkpoint");
    const [first = ""] = run.err.split("\n");
    expect(first).toMatch(/--passphrase \*\*\* \/\S+\/state\/incoming\/\S+\/checkpoint\.txt PIN=\*\*\*: cannot sign /);
    expect(run.err).not.toMatch(/\{file\}|hunter2.*hunter2|1234/);
  });

  it("signs once: what build makes again has the very signature that was made", async () => {
    const mirror = aMirror({
      top: { sign: { command: ["sh", "-c", 'echo x >> calls; cat calls "$0" > "$1"', "{file}", "{signature}"] } },
    });
    mirror.offer(files);
    await mirror.ok("update");
    const name = `snapshots/repo/_asof/${after(0)}/checkpoint.txt.sig`;
    const signature = mirror.page(name);
    rmSync(mirror.file("public"), { recursive: true });
    await mirror.ok("build");
    expect(mirror.page(name)).toBe(signature);
    expect(readFileSync(mirror.file("calls"), "utf8")).toBe("x\n");
  });
});

async function published(top: object = {}): Promise<Mirror> {
  const mirror = aMirror({ top });
  mirror.offer(files);
  await mirror.ok("update");
  return mirror;
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
