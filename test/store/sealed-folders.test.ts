import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { parseDigest } from "../../src/model/digest.ts";
import type { Digest } from "../../src/model/digest.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { StateLayout } from "../../src/store/state-layout.ts";
import { beginTransaction } from "../../src/store/transaction.ts";

/** Contents whose objects lie in one folder of the pool. */
const [one, two, three] = neighbours();

describe("content for folders that the pool does not have yet", () => {
  let dir: string;
  let layout: StateLayout;
  beforeEach(() => {
    dir = mkdtempSync(path.join(os.tmpdir(), "asof-folders-"));
    ({ layout } = openStore(path.join(dir, "state"), { create: true, now: () => 0 }));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("is all there after sealing, whether its folder was new, or came to be there meanwhile", async () => {
    const [first, second] = [beginTransaction(layout, () => 0), beginTransaction(layout, () => 0)];
    await first.put(Buffer.from(one));
    await first.put(Buffer.from(two));
    await second.put(Buffer.from(two));
    await second.put(Buffer.from(three));
    await first.seal();
    await second.seal();
    expect(pool()).toEqual([one, two, three].map(digestOf).toSorted());
    expect(readFileSync(layout.object(digestOf(three)), "utf8")).toBe(three);
  });

  it("is known before it is sealed, and in a second sealing", async () => {
    const transaction = beginTransaction(layout, () => 0);
    await transaction.put(Buffer.from(one));
    expect(transaction.has(digestOf(one), one.length)).toBe(true);
    expect(transaction.has(digestOf(one), one.length + 1)).toBe(false);
    expect(transaction.has(digestOf(two), two.length)).toBe(false);
    await transaction.seal();
    expect(transaction.has(digestOf(one), one.length)).toBe(true);
    await transaction.put(Buffer.from(two));
    await transaction.seal();
    expect(pool()).toEqual([one, two].map(digestOf).toSorted());
  });

  it("does not come in when it was taken down, though its neighbours do", async () => {
    const transaction = beginTransaction(
      layout,
      () => 0,
      () => new Set([digestOf(two)]),
    );
    for (const content of [one, two, three]) await transaction.put(Buffer.from(content));
    await transaction.seal();
    expect(pool()).toEqual([one, three].map(digestOf).toSorted());
  });

  it("that was taken down does not come in with what is sealed later, either", async () => {
    const transaction = beginTransaction(
      layout,
      () => 0,
      () => new Set([digestOf(two)]),
    );
    await transaction.put(Buffer.from(two));
    await transaction.seal();
    expect(pool()).toEqual([]);
    await transaction.put(Buffer.from(two));
    await transaction.put(Buffer.from(one));
    await transaction.seal();
    expect(pool()).toEqual([digestOf(one)]);
  });

  function pool(): readonly string[] {
    return readdirSync(layout.objects, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .toSorted();
  }
});

function neighbours(): readonly [string, string, string] {
  const found: string[] = [];
  for (let number = 0; found.length < 3; number++) {
    const content = `content ${number}`;
    if (digestOf(content).startsWith("00")) found.push(content);
  }
  const [first = "", second = "", third = ""] = found;
  return [first, second, third];
}

function digestOf(content: string): Digest {
  const digest = parseDigest(createHash("sha256").update(content).digest("hex"));
  if (digest === undefined) throw new Error("SHA-256 is a digest");
  return digest;
}
