import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import os from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { sha256Of } from "../helpers/origin-server.ts";
import type { LookedAt } from "../../src/store/hash-thread.ts";
import { lookAtFiles } from "../../src/store/look-at-files.ts";

describe("looking at files", () => {
  let dir = "";
  beforeEach(() => {
    dir = mkdtempSync(path.join(os.tmpdir(), "asof-look-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  async function look(names: readonly string[], hash = true): Promise<Readonly<Record<string, LookedAt>>> {
    const found: Record<string, LookedAt> = {};
    await lookAtFiles(
      names.map((name) => path.join(dir, name)),
      {
        hash,
        signal: new AbortController().signal,
        onFile: (file, one) => {
          expect(found).not.toHaveProperty([path.basename(file)]);
          found[path.basename(file)] = one;
        },
      },
    );
    return found;
  }

  it("tells of each of very many files once, and hashes every byte of each", async () => {
    const names = Array.from({ length: 3000 }, (_, index) => `f${index}`);
    for (const name of names) writeFileSync(path.join(dir, name), name.repeat(name.length), { mode: 0o640 });
    const long = "x".repeat((3 << 20) + 17);
    writeFileSync(path.join(dir, "long"), long);
    const found = await look([...names, "long"]);
    expect(Object.keys(found)).toHaveLength(3001);
    for (const name of names) {
      const content = name.repeat(name.length);
      expect(found[name]).toEqual({ is: "file", sizeBytes: content.length, mode: 0o640, digest: sha256Of(content) });
    }
    expect(found["long"]).toMatchObject({ sizeBytes: long.length, digest: sha256Of(long) });
  });

  it("opens nothing that is no regular file, and goes on after what is missing", async () => {
    mkdirSync(path.join(dir, "folder"));
    writeFileSync(path.join(dir, "real"), "");
    symlinkSync("real", path.join(dir, "link"));
    spawnSync("mkfifo", [path.join(dir, "fifo")]);
    expect(await look(["folder", "link", "fifo", "none", "real/below", "real"])).toEqual({
      folder: { is: "no-file", what: "a directory" },
      link: { is: "no-file", what: "a symlink" },
      fifo: { is: "no-file", what: "no regular file" },
      none: { is: "missing" },
      below: { is: "missing" },
      real: { is: "file", sizeBytes: 0, mode: expect.any(Number), digest: sha256Of("") },
    });
  });

  it("hashes nothing when it is not asked to", async () => {
    writeFileSync(path.join(dir, "a"), "one");
    chmodSync(path.join(dir, "a"), 0o444);
    expect(await look(["a"], false)).toEqual({ a: { is: "file", sizeBytes: 3, mode: 0o444, digest: undefined } });
  });

  it("ends with the reason of an interruption", async () => {
    writeFileSync(path.join(dir, "a"), "one");
    const stop = new AbortController();
    function* endless(): Generator<string> {
      for (;;) yield path.join(dir, "a");
    }
    let seen = 0;
    const looking = lookAtFiles(endless(), {
      hash: true,
      signal: stop.signal,
      onFile: () => {
        if ((seen += 1) === 1000) stop.abort(new Error("enough"));
      },
    });
    await expect(looking).rejects.toThrow("enough");
  });
});
