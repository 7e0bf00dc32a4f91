import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { parseDigest } from "../../src/model/digest.ts";
import type { Digest } from "../../src/model/digest.ts";
import { openStagedFiles } from "../../src/store/staged-files.ts";
import type { StagedFiles } from "../../src/store/staged-files.ts";

describe("staged files", () => {
  let dir: string;
  let staged: StagedFiles;
  const finalName = (digest: Digest): string => path.join(dir, "objects", digest.slice(0, 2), digest);
  const elsewhere = (number: number): string => path.join(dir, `spare-${number}`);
  beforeEach(() => {
    dir = mkdtempSync(path.join(os.tmpdir(), "asof-staged-"));
    mkdirSync(path.join(dir, "objects"));
    staged = openStagedFiles(path.join(dir, "new"), finalName, elsewhere);
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("appear with their folder where there is none, and one by one where there is", () => {
    const [first, second] = [stage("one"), stage("two")];
    const inode = statSync(path.dirname(staged.nameOf(first))).ino;
    mkdirSync(path.dirname(finalName(second)));
    staged.giveNames();
    expect(readFileSync(finalName(first), "utf8")).toBe("one");
    expect(readFileSync(finalName(second), "utf8")).toBe("two");
    expect(statSync(path.dirname(finalName(first))).ino).toBe(inode);
    expect(statSync(path.dirname(finalName(first))).mode & 0o777).toBe(0o755);
  });

  it("take nothing along that was never added, such as what a thread could not finish", () => {
    const digest = stage("one");
    const unfinished = path.join(path.dirname(staged.nameOf(digest)), `${digest.slice(0, 2)}${"0".repeat(62)}`);
    writeFileSync(unfinished, "half of it");
    staged.giveNames();
    expect(readdirSync(path.dirname(finalName(digest)))).toEqual([digest]);
  });

  it("leave out what is refused, together with what lies beside it and alone", () => {
    const digest = stage("one");
    staged.giveNames(new Set([digest]));
    expect(existsSync(finalName(digest))).toBe(false);
    expect(staged.size).toBe(0);
  });

  it("are one file where two threads wrote the same content, whichever is heard first", () => {
    const digest = digestOf("same");
    for (const order of [
      [0, 1],
      [1, 0],
      [1, 2],
    ]) {
      for (const number of order) {
        writeFileSync(number === 0 ? staged.nameOf(digest) : elsewhere(number), "same");
        staged.add(digest, number);
      }
      staged.giveNames();
      expect(readFileSync(finalName(digest), "utf8")).toBe("same");
      expect(readdirSync(dir).filter((name) => name.startsWith("spare"))).toEqual([]);
      rmSync(path.dirname(finalName(digest)), { recursive: true });
    }
  });

  it("can be staged again when others have got their names", () => {
    const first = stage("one");
    staged.giveNames();
    const again = stage("one");
    staged.giveNames();
    expect(again).toBe(first);
    expect(readFileSync(finalName(first), "utf8")).toBe("one");
  });

  function stage(content: string): Digest {
    const digest = digestOf(content);
    writeFileSync(staged.nameOf(digest), content);
    staged.add(digest);
    return digest;
  }
});

function digestOf(content: string): Digest {
  const digest = parseDigest(createHash("sha256").update(content).digest("hex"));
  if (digest === undefined) throw new Error("a digest");
  return digest;
}
