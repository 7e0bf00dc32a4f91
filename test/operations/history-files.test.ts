import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";

import { describe, expect, it } from "vitest";
import { z } from "zod";

import { aMirror, after, day } from "./mirror.ts";
import type { Mirror, MirrorSettings } from "./mirror.ts";

const folder = "public/snapshots/repo/_asof/history";
const mirrored: MirrorSettings = { remote: { mode: "mirror" } };

describe("files below _asof/history/", () => {
  it("say of each path when it came, changed, went and came back", async () => {
    const mirror = aMirror(mirrored);
    await play(mirror, [
      { "a/x": "one", y: "same" },
      { "a/x": "two!", y: "same" },
      { y: "same" },
      { "a/x": "one", y: "same" },
    ]);
    expect(eventsIn(mirror)).toEqual({
      "a/x": [
        [after(0), "added", 3, prefixOf("one")],
        [after(60), "changed", 4, prefixOf("two!")],
        [after(120), "removed"],
        [after(180), "added", 3, prefixOf("one")],
      ],
      y: [[after(0), "added", 4, prefixOf("same")]],
    });
    await isAsBuiltAnew(mirror);
  });

  it("are the same after pruning in the middle and at the beginning as when built anew, and keep when a file came", async () => {
    const mirror = aMirror(mirrored);
    const states = [
      { a: "1", b: "1", c: "1" },
      { a: "2", c: "1" },
      { a: "3", b: "1", c: "1" },
      { a: "3", c: "1", d: "1" },
      { a: "1", c: "1", d: "1" },
    ];
    await play(mirror, states);
    await mirror.ok("label", "repo", after(0), "release");
    await mirror.ok("label", "repo", after(180), "release");
    mirror.configure({ ...mirrored, repository: { retain: { last: 1, labels: ["release"] } } });
    mirror.at(2 * day);
    await mirror.ok("update");
    expect(mirror.events().filter(({ type }) => type === "tombstone")).toHaveLength(2);
    expect(eventsIn(mirror)).toEqual({
      a: [
        [after(0), "added", 1, prefixOf("1")],
        [after(120), "changed", 1, prefixOf("3")],
        [after(240), "changed", 1, prefixOf("1")],
      ],
      b: [
        [after(0), "added", 1, prefixOf("1")],
        [after(180), "removed"],
      ],
      c: [[after(0), "added", 1, prefixOf("1")]],
      d: [[after(180), "added", 1, prefixOf("1")]],
    });
    await isAsBuiltAnew(mirror);
    await mirror.ok("label", "repo", after(0), "release", "--remove");
    mirror.at(3 * day);
    mirror.offer({ a: "1", c: "1", e: "1" });
    await mirror.ok("update");
    expect(eventsIn(mirror)).toEqual({
      a: [
        [after(120), "added", 1, prefixOf("3")],
        [after(240), "changed", 1, prefixOf("1")],
      ],
      c: [[after(0), "added", 1, prefixOf("1")]],
      d: [
        [after(180), "added", 1, prefixOf("1")],
        [after(3 * day), "removed"],
      ],
      e: [[after(3 * day), "added", 1, prefixOf("1")]],
    });
    await isAsBuiltAnew(mirror);
  });

  it("do not tell of a withdrawn checkpoint, and mark what was taken down", async () => {
    const mirror = aMirror(mirrored);
    await play(mirror, [{ a: "1" }, { a: "leaked" }, { a: "1", b: "withdrawn" }]);
    await mirror.ok("withdraw", "repo", after(120), "--reason", "broken");
    const sha256 = createHash("sha256").update("leaked").digest("hex");
    await mirror.ok("take-down", sha256, "--reason", "leaked");
    expect(eventsIn(mirror)).toEqual({
      a: [
        [after(0), "added", 1, prefixOf("1")],
        [after(60), "changed", 6, prefixOf("leaked"), "taken-down"],
      ],
    });
    await isAsBuiltAnew(mirror);
  });

  it("cost what changed: three files of two thousand rewrite three of them at most", async () => {
    const mirror = aMirror(mirrored);
    const files = Object.fromEntries(
      Array.from({ length: 2000 }, (_, index) => [`pool/${index % 7}/package-${index}.deb`, "1"]),
    );
    await play(mirror, [files]);
    const before = contents(mirror);
    expect(Object.keys(before).length).toBeGreaterThan(8);
    await play(
      mirror,
      [{ ...files, "pool/4/package-18.deb": "2", "pool/0/package-700.deb": "2", "pool/0/package-1400.deb": "2" }],
      60,
    );
    const now = contents(mirror);
    const changed = Object.keys(now).filter((name) => now[name] !== before[name]);
    expect(changed.length).toBeGreaterThan(0);
    expect(changed.length).toBeLessThanOrEqual(3);
    expect(Object.keys(now)).toEqual(Object.keys(before));
    await isAsBuiltAnew(mirror);
  });

  it("are not touched by a forced checkpoint of the same content", async () => {
    const mirror = aMirror(mirrored);
    await play(mirror, [{ a: "1" }]);
    const before = contents(mirror);
    mirror.at(60);
    await mirror.ok("update", "--always");
    expect(mirror.checkpoints()).toHaveLength(2);
    expect(contents(mirror)).toEqual(before);
    await isAsBuiltAnew(mirror);
  });

  it("are found damaged, missing or foreign by verify, and mended", async () => {
    const mirror = aMirror(mirrored);
    await play(mirror, [
      { a: "1", b: "1" },
      { a: "2", b: "1" },
    ]);
    const whole = contents(mirror);
    writeFileSync(
      mirror.file(`${folder}/n-.json`),
      (whole["n-.json"] ?? "").replace("removed", "REMOVED").replace("changed", "CHANGED"),
    );
    expect((await mirror.run("verify")).exit).toBe(3);
    await mirror.ok("verify", "--repair");
    expect(contents(mirror)).toEqual(whole);
    rmSync(mirror.file(`${folder}/n-.json`));
    expect((await mirror.run("verify")).exit).toBe(3);
    await mirror.ok("build");
    expect(contents(mirror)).toEqual(whole);
    writeFileSync(mirror.file(`${folder}/n-old.json`), "{}");
    await mirror.ok("build");
    expect(contents(mirror)).toEqual(whole);
    expect((await mirror.ok("verify")).exit).toBe(0);
  });

  it("are made anew where one that has to go on was touched, or what is remembered of them is lost", async () => {
    const mirror = aMirror(mirrored);
    await play(mirror, [{ a: "1", b: "1" }]);
    writeFileSync(mirror.file(`${folder}/n-.json`), "garbage");
    await play(mirror, [{ a: "2", b: "1" }], 60);
    expect(eventsIn(mirror)["a"]).toHaveLength(2);
    await isAsBuiltAnew(mirror);
    rmSync(mirror.file("state/cache/repo.paths"));
    await play(mirror, [{ a: "3", b: "1" }], 120);
    expect(eventsIn(mirror)["a"]).toHaveLength(3);
    await isAsBuiltAnew(mirror);
  });

  it("are not written with history: false, and go when it is set", async () => {
    const mirror = aMirror(mirrored);
    await play(mirror, [{ a: "1" }]);
    mirror.configure({ ...mirrored, repository: { history: false } });
    await mirror.ok("build");
    expect(Object.keys(contents(mirror))).toEqual([]);
    expect(mirror.page("snapshots/repo/_asof/history/index.html")).toContain("There are no files that tell it");
    expect((await mirror.ok("verify")).exit).toBe(0);
    await play(mirror, [{ a: "2" }], 60);
    expect(Object.keys(contents(mirror))).toEqual([]);
    mirror.configure(mirrored);
    await mirror.ok("build");
    expect(eventsIn(mirror)["a"]).toHaveLength(2);
  });
});

async function play(mirror: Mirror, states: readonly Readonly<Record<string, string>>[], from = 0): Promise<void> {
  for (const [index, files] of states.entries()) {
    mirror.at(from + 60 * index);
    mirror.offer(files);
    await mirror.ok("update");
  }
}

/** Built again without anything that was there or is remembered, they are byte for byte the same. */
async function isAsBuiltAnew(mirror: Mirror): Promise<void> {
  const before = contents(mirror);
  rmSync(mirror.file(folder), { recursive: true });
  rmSync(mirror.file("state/cache"), { recursive: true });
  await mirror.ok("build");
  expect(contents(mirror)).toEqual(before);
}

/** The files for programs; the page beside them is one for all. */
function contents(mirror: Mirror): Readonly<Record<string, string>> {
  if (!existsSync(mirror.file(folder))) return {};
  return Object.fromEntries(
    readdirSync(mirror.file(folder))
      .filter((name) => name.endsWith(".json"))
      .toSorted()
      .map((name) => [name, readFileSync(mirror.file(`${folder}/${name}`), "utf8")]),
  );
}

function eventsIn(mirror: Mirror): Readonly<Record<string, readonly unknown[]>> {
  const all = contents(mirror);
  const named = index.parse(JSON.parse(all["index.json"] ?? ""));
  const shards = Object.entries(all).filter(([name]) => name !== "index.json");
  expect(named.shards.reduce((sum, name) => sum + (named.parts[name] ?? 1), 0)).toBe(shards.length);
  return Object.fromEntries(
    shards.flatMap(([, text]) => shard.parse(JSON.parse(text)).paths.map(({ path, events }) => [path, events])),
  );
}

function prefixOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

const index = z.strictObject({
  schemaVersion: z.literal(1),
  repository: z.string(),
  shards: z.array(z.string()),
  parts: z.record(z.string(), z.number()),
});
const shard = z.strictObject({
  schemaVersion: z.literal(1),
  shard: z.string(),
  part: z.number(),
  paths: z.array(z.strictObject({ path: z.string(), events: z.array(z.array(z.union([z.string(), z.number()]))) })),
});
