import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { contentSink } from "../../src/operations/sync/content-sink.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Store } from "../../src/store/open-store.ts";
import { hasObject } from "../../src/store/transaction.ts";

describe("a transaction", () => {
  let dir: string;
  let store: Store;
  beforeEach(() => {
    dir = mkdtempSync(path.join(os.tmpdir(), "asof-store-"));
    store = openStore(path.join(dir, "state"), { create: true, now: () => 1_000_000 });
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("shows nothing in the pool before it is sealed", async () => {
    const transaction = store.begin();
    const { digest } = await transaction.put(bytes("hello"));
    expect(hasObject(store.layout, digest, 5)).toBe(false);
    await transaction.seal();
    expect(readFileSync(store.layout.object(digest), "utf8")).toBe("hello");
  });

  it("stores content read-only, under the second at which it came first", async () => {
    const transaction = store.begin();
    const { digest } = await transaction.put(bytes("hello"));
    await transaction.seal();
    const stat = statSync(store.layout.object(digest));
    expect(stat.mode & 0o777).toBe(0o444);
    expect(stat.mtimeMs).toBe(1_000_000_000);
  });

  it("stores the same content once", async () => {
    const transaction = store.begin();
    await transaction.put(bytes("hello"));
    await transaction.put(bytes("hello"));
    transaction.putText("hello");
    await transaction.seal();
    transaction.discard();
    expect(allFiles(store.layout.objects)).toHaveLength(1);
  });

  it("replaces a pool file of another size, which is the trace of damage", async () => {
    const first = store.begin();
    const { digest } = await first.put(bytes("hello"));
    mkdirSync(path.dirname(store.layout.object(digest)), { recursive: true });
    writeFileSync(store.layout.object(digest), "he");
    await first.seal();
    expect(readFileSync(store.layout.object(digest), "utf8")).toBe("hello");
  });

  it("lets no bytes in that are not what was announced, and leaves nothing of them", async () => {
    const transaction = store.begin();
    const sink = contentSink(transaction);
    const right = await sink.put(bytes("right"));
    await expect(sink.put(bytes("hello"), { sizeBytes: 4 })).rejects.toThrow("more than the expected 4 bytes");
    await expect(sink.put(bytes("hello"), { sizeBytes: 6 })).rejects.toThrow("expected 6 bytes, got 5");
    await expect(sink.put(bytes("wrong"), { digest: right.digest })).rejects.toThrow("expected SHA-256");
    await expect(sink.put(failing())).rejects.toThrow("connection lost");
    expect(readdirSync(transaction.dir)).toHaveLength(1);
  });

  it("leaves nothing behind when it is discarded", async () => {
    const transaction = store.begin();
    await transaction.put(bytes("hello"));
    transaction.discard();
    expect(readdirSync(store.layout.incoming)).toEqual([]);
    expect(allFiles(store.layout.objects)).toEqual([]);
  });
});

describe("the state directory", () => {
  it("is not made in a folder that holds something else", () => {
    const dir = mkdtempSync(path.join(os.tmpdir(), "asof-store-"));
    writeFileSync(path.join(dir, "precious"), "");
    expect(() => openStore(dir, { create: true, now: () => 0 })).toThrow("was not made by asof");
    expect(readdirSync(dir)).toEqual(["precious"]);
    rmSync(dir, { recursive: true });
  });

  it("is refused when a newer asof made it", () => {
    const dir = mkdtempSync(path.join(os.tmpdir(), "asof-store-"));
    openStore(dir, { create: true, now: () => 0 });
    writeFileSync(path.join(dir, "FORMAT"), '{"format":"asof-state","version":2,"id":"x"}\n');
    expect(() => openStore(dir, { create: false, now: () => 0 })).toThrow("a format that this asof does not know");
    rmSync(dir, { recursive: true });
  });

  it("is private", () => {
    const dir = mkdtempSync(path.join(os.tmpdir(), "asof-store-"));
    openStore(path.join(dir, "state"), { create: true, now: () => 0 });
    expect(statSync(path.join(dir, "state")).mode & 0o777).toBe(0o700);
    rmSync(dir, { recursive: true });
  });
});

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  for (const character of text) yield Buffer.from(character);
}

async function* failing(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("he");
  throw new Error("connection lost");
}

function allFiles(dir: string): readonly string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
}
