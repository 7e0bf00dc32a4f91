import { execFileSync } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { failureOf, noAbort } from "../helpers/manifest-source.ts";
import { openDirectoryWorld, sha256 } from "./directory-world.ts";
import type { DirectoryWorld } from "./directory-world.ts";

let world: DirectoryWorld;
beforeEach(async () => {
  world = await openDirectoryWorld();
});
afterEach(() => world.remove());

describe("a directory source that was scanned before", () => {
  it("gives its tag back as long as nothing in it changed, and is not written down again", async () => {
    await world.write("a");
    await world.write("d/b");
    const { listing: first } = await world.sync(world.open());
    expect(first.sameAs).toBeUndefined();
    const writes = world.cache.writes;
    const { listing, read } = await world.sync(world.open());
    expect(listing.sameAs).toBe("the last sync");
    expect(read).toEqual([]);
    expect(listing.entries.map(({ path, digest, sizeBytes }) => [path, digest, sizeBytes])).toEqual([
      ["a", sha256("a"), 1],
      ["d/b", sha256("d/b"), 3],
    ]);
    expect(world.cache.writes).toBe(writes);
  });

  it("gives no tag back for other patterns, another policy for links, or another place", async () => {
    await world.write("a");
    await world.sync(world.open());
    for (const other of [{ exclude: ["b"] }, { include: ["a"] }, { symlinks: "skip" as const }]) {
      expect((await world.open(other).list(noAbort())).sameAs).toBeUndefined();
    }
    expect((await world.open().list(noAbort())).sameAs).toBe("the last sync");
  });

  const changes: readonly (readonly [string, (inside: (path: string) => string) => void])[] = [
    ["a file was written with the same size and time", (inside) => rewriteInSecret(inside("d/b"))],
    ["a file came", (inside) => writeFileSync(inside("d/n"), "n")],
    ["a file went", (inside) => rmSync(inside("d/b"))],
    ["an empty directory came", (inside) => mkdirSync(inside("d/x"))],
    ["a directory was renamed", (inside) => renameSync(inside("d"), inside("e"))],
    ["a mode changed", (inside) => execFileSync("chmod", ["600", inside("a")])],
  ];
  it.each(changes)("gives no tag back when %s", async (_what, change) => {
    await world.write("a");
    await world.write("d/b");
    await world.sync(world.open());
    change((path) => join(world.root, path));
    expect((await world.open().list(noAbort())).sameAs).toBeUndefined();
  });

  it("never trusts what was written less than two seconds before it was scanned", async () => {
    await world.write("a");
    await world.sync(world.open({ ahead: 0 }));
    expect((await world.open().list(noAbort())).sameAs).toBeUndefined();
  });

  it("reads only the directories that changed, and hashes only files that did", async () => {
    for (let index = 0; index < 30; index++) await world.write(`d${index}/f`, `${index}`);
    await world.sync(world.open());
    await world.write("d3/new");
    await world.write("d4/f", "other");
    const { read, listing } = await world.sync(world.open());
    expect(read).toEqual(["d3/new", "d4/f"]);
    expect(listing.entries).toHaveLength(31);
  });

  it("refuses what came in that nobody can publish, in a new directory as well", async () => {
    await world.write("d/b");
    await world.sync(world.open());
    mkdirSync(join(world.root, "d/x"));
    symlinkSync("/etc/passwd", join(world.root, "d/x/link"));
    expect(await failureOf(world.open().list(noAbort()))).toMatchObject({ code: "SOURCE_BAD_DATA" });
  });

  it("sees a directory that was swapped for a link to its like", async () => {
    await world.write("d/e/b");
    await world.sync(world.open());
    renameSync(join(world.root, "d/e"), join(world.outside, "e"));
    symlinkSync(join(world.outside, "e"), join(world.root, "d/e"));
    expect(await failureOf(world.open().list(noAbort()))).toMatchObject({ code: "SOURCE_BAD_DATA" });
    expect((await world.open({ symlinks: "skip" }).list(noAbort())).entries).toEqual([]);
  });

  it("follows links as before: what they show can change without their directory changing", async () => {
    await world.write("real/b");
    await world.link("shown", "real");
    await world.sync(world.open({ symlinks: "follow-inside" }));
    const { read, listing } = await world.sync(world.open({ symlinks: "follow-inside" }));
    expect(read).toEqual([]);
    expect(listing.sameAs).toBeUndefined();
    await world.write("real/b", "other");
    expect((await world.sync(world.open({ symlinks: "follow-inside" }))).read).toEqual(["real/b", "shown/b"]);
  });

  describe.skipIf(process.geteuid?.() !== 0)("on a file system whose times say less (root)", () => {
    const mounted = (): string => join(world.root, "mounted");
    afterEach(() => execFileSync("umount", [mounted()]));

    it("finds what came into an overlay's layer while it was not mounted, and what went", async () => {
      const layers = ["lower", "upper", "work"].map((name) => join(world.outside, name));
      for (const layer of layers) mkdirSync(layer);
      const [lower = "", upper = "", work = ""] = layers;
      const mount = (): void => {
        const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
        execFileSync("mount", ["-t", "overlay", "overlay", "-o", options, mounted()]);
      };
      for (const [layer, name] of [
        [lower, "a"],
        [upper, "b"],
      ] as const) {
        mkdirSync(join(layer, "pool"));
        writeFileSync(join(layer, "pool", name), name);
      }
      mkdirSync(mounted());
      mount();
      const paths = async (): Promise<readonly string[]> =>
        (await world.sync(world.open())).listing.entries.map(({ path }) => path);
      expect(await paths()).toEqual(["mounted/pool/a", "mounted/pool/b"]);
      execFileSync("umount", [mounted()]);
      writeFileSync(join(lower, "pool/c"), "c");
      mount();
      expect(await paths()).toEqual(["mounted/pool/a", "mounted/pool/b", "mounted/pool/c"]);
      execFileSync("umount", [mounted()]);
      rmSync(join(lower, "pool/c"));
      mount();
      expect(await paths()).toEqual(["mounted/pool/a", "mounted/pool/b"]);
    });

    it("reads everything again where they may say nothing at all", async () => {
      mkdirSync(mounted());
      execFileSync("mount", ["-t", "ramfs", "none", mounted()]);
      await world.write("here");
      await world.write("mounted/there");
      expect((await world.sync(world.open())).read).toEqual(["here", "mounted/there"]);
      const { read, listing } = await world.sync(world.open());
      expect(read).toEqual(["mounted/there"]);
      expect(listing.sameAs).toBeUndefined();
    });
  });

  it("is, after any changes, what a first scan of it is", async () => {
    const names = ["a", "b", "a-b", "c d", "ü", "z.deb"];
    const name = fc.constantFrom(...names);
    const place = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
    const change = fc.oneof(
      fc.record({ do: fc.constant("write" as const), at: place, text: fc.string({ maxLength: 3 }) }),
      fc.record({ do: fc.constant("remove" as const), at: place }),
      fc.record({ do: fc.constant("rename" as const), at: place, to: place }),
      fc.record({ do: fc.constant("secret" as const), at: place }),
      fc.record({ do: fc.constant("mkdir" as const), at: place }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(change, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 6 }),
        async (rounds) => {
          for (const entry of readdirSync(world.root)) rmSync(join(world.root, entry), { recursive: true });
          for (const round of rounds) {
            for (const one of round) attempt(() => apply(world.root, one));
            const { listing } = await world.sync(world.open());
            expect(listing.entries.map(({ path, sizeBytes }) => [path, sizeBytes])).toEqual(
              filesBelow(world.root).map((path) => [path, lstatSync(join(world.root, path)).size]),
            );
            const again = await world.open().list(noAbort());
            expect(again.sameAs).toBe("the last sync");
            for (const { path, digest } of again.entries)
              expect(digest).toBe(sha256(readFileSync(join(world.root, path))));
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

type Change =
  | { readonly do: "write"; readonly at: string; readonly text: string }
  | { readonly do: "rename"; readonly at: string; readonly to: string }
  | { readonly do: "remove" | "secret" | "mkdir"; readonly at: string };

function apply(root: string, change: Change): void {
  const at = join(root, change.at);
  if (change.do === "write") {
    mkdirSync(join(at, ".."), { recursive: true });
    writeFileSync(at, change.text);
  } else if (change.do === "rename") renameSync(at, join(root, change.to));
  else if (change.do === "secret") rewriteInSecret(at);
  else if (change.do === "mkdir") mkdirSync(at, { recursive: true });
  else rmSync(at, { recursive: true });
}

/** A change that is impossible as things stand is none. */
function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // A file is where a directory was wanted, or nothing is there.
  }
}

/** Other bytes of the same number, under the same modification time: only the kernel's own time tells. */
function rewriteInSecret(file: string): void {
  const { size, atime, mtime } = lstatSync(file);
  writeFileSync(file, "#".repeat(size));
  utimesSync(file, atime, mtime);
}

/** In the order of names by code point, which is plain order here. */
function filesBelow(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .toSorted((a, b) => (a < b ? -1 : 1));
}
