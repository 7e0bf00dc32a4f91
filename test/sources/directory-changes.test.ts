import { execFileSync, fork } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Failure } from "../../src/failure.ts";
import type { ContentSink } from "../../src/sources/source.ts";
import { failureOf, noAbort } from "../helpers/manifest-source.ts";
import { openDirectoryWorld, sha256 } from "./directory-world.ts";
import type { DirectoryWorld } from "./directory-world.ts";

let world: DirectoryWorld;
beforeEach(async () => {
  world = await openDirectoryWorld();
});
afterEach(() => world.remove());

describe("files that did not change", () => {
  it("are not read again", async () => {
    for (const path of ["a", "b c", "d/e"]) await world.write(path);
    const first = await world.sync(world.open());
    expect(first.read).toEqual(["a", "b c", "d/e"]);
    const second = await world.sync(world.open());
    expect(second.read).toEqual([]);
    expect(second.listing.entries.map(({ digest }) => digest)).toEqual(["a", "b c", "d/e"].map(sha256));
    expect(world.sink.puts()).toBe(3);
    expect(world.cache.writes).toBe(1);
  });

  it("are not read again by the same source either", async () => {
    await world.write("a");
    const source = world.open();
    expect((await world.sync(source)).read).toEqual(["a"]);
    expect((await world.sync(source)).read).toEqual([]);
  });

  it("are read again when they are younger than two seconds, and not remembered", async () => {
    await world.write("old");
    await world.sync(world.open());
    await world.write("young");
    for (let run = 0; run < 2; run++) expect((await world.sync(world.open({ ahead: 0 }))).read).toContain("young");
    expect((await world.sync(world.open())).read).toContain("young");
    expect((await world.sync(world.open())).read).toEqual([]);
  });

  it("with times in the future are read again each time", async () => {
    await world.write("a");
    utimesSync(join(world.root, "a"), 4e9, 4e9);
    for (let run = 0; run < 2; run++) expect((await world.sync(world.open())).read).toEqual(["a"]);
  });

  it("are read when the cache is damaged or of something else, which does no harm", async () => {
    await world.write("a");
    await world.sync(world.open());
    const good = world.cache.content;
    for (const content of [Buffer.from(`${good?.toString()}x`), Buffer.from("SQLite format 3\0"), Buffer.alloc(0)]) {
      world.cache.content = content;
      expect((await world.sync(world.open())).read).toEqual(["a"]);
      expect(world.cache.content).toEqual(good);
    }
  });
});

describe("files that changed between two runs", () => {
  it.each<readonly [string, (file: string) => void]>([
    ["size", (file) => appendFileSync(file, "more")],
    [
      "content, with size and mtime as before",
      (file) => {
        const { atime, mtime } = statSync(file);
        writeFileSync(file, "A");
        utimesSync(file, atime, mtime);
      },
    ],
    ["mtime", (file) => utimesSync(file, 1, 1)],
    ["mode", (file) => chmodSync(file, 0o600)],
    [
      "inode",
      (file) => {
        writeFileSync(`${file}-`, "a");
        renameSync(`${file}-`, file);
      },
    ],
  ])("are read again: %s", async (_what, change) => {
    await world.write("a", "a");
    await world.write("b", "b");
    await world.sync(world.open());
    change(join(world.root, "a"));
    expect((await world.sync(world.open())).read).toEqual(["a"]);
    expect((await world.sync(world.open())).read).toEqual([]);
  });

  it("are read again under a new name", async () => {
    await world.write("a");
    await world.sync(world.open());
    renameSync(join(world.root, "a"), join(world.root, "b"));
    expect((await world.sync(world.open())).read).toEqual(["b"]);
  });
});

describe("a file that changes while it is read", () => {
  const before = "b".repeat(600_000);
  const after = "a".repeat(600_000);
  const changes: readonly (readonly [string, (file: string) => void, string])[] = [
    ["grows", (file) => appendFileSync(file, "more"), `${before}more`],
    ["is cut off", (file) => truncateSync(file, 10), before.slice(0, 10)],
    ["is emptied", (file) => truncateSync(file, 0), ""],
    ["is written over", (file) => writeFileSync(file, after), after],
    [
      "is written over with its time put back",
      (file) => {
        const { atime, mtime } = statSync(file);
        writeFileSync(file, after, { flag: "r+" });
        utimesSync(file, atime, mtime);
      },
      after,
    ],
    [
      "is replaced",
      (file) => {
        writeFileSync(`${file}-`, after);
        renameSync(`${file}-`, file);
      },
      after,
    ],
  ];

  it.each(changes)("and %s once is read again, and only its new content enters", async (_what, change, content) => {
    await world.write("a", before);
    const source = world.open({ ahead: 0 });
    const { entries } = await source.list(noAbort());
    let rounds = 0;
    const sink = meddlingSink(() => {
      if (++rounds === 1) change(join(world.root, "a"));
    });
    const stored = await source.fetch(entries, sink, { signal: noAbort() });
    expect([...stored.values()]).toEqual([{ digest: sha256(content), sizeBytes: content.length }]);
    expect(await world.sink.stored()).toEqual([sha256(content)]);
    rmSync(join(world.root, "a-"), { force: true });
  });

  // An emptied file stays empty: it is whole when it is read again.
  it.each(changes.filter(([what]) => what !== "is emptied"))(
    "and %s each time is given up, and nothing of it stays",
    async (_what, change) => {
      await world.write("dir/a", before);
      const source = world.open({ ahead: 0 });
      const { entries } = await source.list(noAbort());
      const sink = meddlingSink(() => {
        writeFileSync(join(world.root, "dir/a"), before);
        change(join(world.root, "dir/a"));
      });
      const failure = await failureOf(source.fetch(entries, sink, { signal: noAbort() }));
      expect(failure).toMatchObject({
        code: "SOURCE_MOVED",
        message: expect.stringMatching(/^dir\/a changed each time it was read: it /),
      });
      expect(failure.hint).toContain("by rename");
      expect(await world.sink.stored()).toEqual([]);
    },
  );

  it("and was written a moment before is not read while a further change could go unseen", async () => {
    for (let round = 0; round < 10; round++) {
      await world.write("a", before);
      const source = world.open({ ahead: 0 });
      const { entries } = await source.list(noAbort());
      let rounds = 0;
      const sink = meddlingSink(() => {
        if (++rounds === 1) writeFileSync(join(world.root, "a"), after, { flag: "r+" });
      });
      await source.fetch(entries, sink, { signal: noAbort() });
    }
    expect(await world.sink.stored()).toEqual([sha256(after)]);
  });

  it.each<readonly [string, (file: string) => void]>([
    ["goes away", (file) => unlinkSync(file)],
    [
      "becomes a directory",
      (file) => {
        unlinkSync(file);
        mkdirSync(file);
      },
    ],
    [
      "becomes a link",
      (file) => {
        unlinkSync(file);
        symlinkSync("b", file);
      },
    ],
    [
      "becomes a FIFO",
      (file) => {
        unlinkSync(file);
        execFileSync("mkfifo", [file]);
      },
    ],
  ])("and %s, before or meanwhile, is given up, and nothing waits", async (_what, change) => {
    for (const isBefore of [true, false]) {
      rmSync(join(world.root, "a"), { recursive: true, force: true });
      await world.write("a", before);
      const source = world.open({ ahead: 0 });
      const { entries } = await source.list(noAbort());
      const meddle = (): void => change(join(world.root, "a"));
      if (isBefore) meddle();
      const fetching = source.fetch(entries, isBefore ? world.sink : meddlingSink(meddle), { signal: noAbort() });
      expect(await failureOf(fetching)).toMatchObject({
        code: "SOURCE_MOVED",
        message: "a went away, or is no longer a regular file.",
      });
      expect(await world.sink.stored()).toEqual([]);
    }
  });

  it("stops the others: nothing is written any more once the failure is told", async () => {
    for (let index = 0; index < 40; index++) await world.write(`f${index}`);
    const source = world.open({ ahead: 0 });
    const { entries } = await source.list(noAbort());
    unlinkSync(join(world.root, "f10"));
    expect(await failureOf(source.fetch(entries, world.sink, { signal: noAbort() }))).toMatchObject({
      code: "SOURCE_MOVED",
    });
    const [puts, stored] = [world.sink.puts(), await world.sink.stored()];
    await new Promise((resolve) => void setTimeout(resolve, 50));
    expect([world.sink.puts(), await world.sink.stored()]).toEqual([puts, stored]);
    expect(stored.filter((name) => name.startsWith("unfinished"))).toEqual([]);
  });

  /** Calls `meddle` whenever a file is about to be read. */
  function meddlingSink(meddle: () => void): ContentSink {
    return {
      ...world.sink,
      place: () => {
        meddle();
        return world.sink.place();
      },
    };
  }
});

describe("fetching", () => {
  it("tells how far it is, after each file", async () => {
    for (const path of ["a", "bb", "ccc"]) await world.write(path);
    const source = world.open();
    const { entries } = await source.list(noAbort());
    const told: unknown[] = [];
    await source.fetch(entries, world.sink, { signal: noAbort(), onProgress: (progress) => told.push(progress) });
    expect(told).toHaveLength(3);
    expect(told.at(-1)).toEqual({ filesDone: 3, filesTotal: 3, bytesDone: 6 });
  });

  it("passes on what our own disk refuses as it is, at once", async () => {
    await world.write("a");
    const source = world.open();
    const { entries } = await source.list(noAbort());
    let places = 0;
    const sink: ContentSink = {
      ...world.sink,
      place: () => {
        places += 1;
        return { folder: join(world.outside, "missing"), file: join(world.outside, "missing", "a") };
      },
    };
    await expect(source.fetch(entries, sink, { signal: noAbort() })).rejects.toMatchObject({
      code: "ENOENT",
      syscall: "mkdir",
    });
    expect(places).toBe(1);
  });

  it.each([3, 200])(
    "copies whole files, large ones and empty ones, in one thread and in several: %i",
    async (count) => {
      const contents = new Map<string, Buffer>();
      for (let index = 0; index < count; index++) {
        const content = Buffer.from(
          Array.from({ length: index === 1 ? 2_500_000 : index * 7 }, (_, at) => (at + index) % 251),
        );
        contents.set(`d${index % 9}/f${index}`, content);
        await world.write(`d${index % 9}/f${index}`);
        writeFileSync(join(world.root, `d${index % 9}/f${index}`), content);
      }
      const { read } = await world.sync(world.open());
      expect(read).toEqual([...contents.keys()].toSorted());
      for (const content of contents.values()) {
        const stored = join(world.sink.directory, sha256(content));
        expect(readFileSync(stored).equals(content)).toBe(true);
        expect(lstatSync(stored)).toMatchObject({ mode: 0o100444 });
        expect(lstatSync(stored).mtimeMs % 1000).toBe(0);
      }
      expect((await world.sink.stored()).filter((name) => name.startsWith("unfinished"))).toEqual([]);
    },
  );

  it.each(["at once", "after the first file"])(
    "stops when asked to %s, and leaves nothing unfinished",
    async (when) => {
      for (let index = 0; index < 200; index++) await world.write(`f${index}`, "x".repeat(20_000));
      const source = world.open();
      const { entries } = await source.list(noAbort());
      const stop = new AbortController();
      const reason = new Error("interrupted");
      if (when === "at once") stop.abort(reason);
      const fetching = source.fetch(entries, world.sink, { signal: stop.signal, onProgress: () => stop.abort(reason) });
      await expect(fetching).rejects.toBe(reason);
      const stored = await world.sink.stored();
      await new Promise((resolve) => void setTimeout(resolve, 50));
      expect(await world.sink.stored()).toEqual(stored);
      for (const name of stored) expect(lstatSync(join(world.sink.directory, name)).size).toBe(20_000);
    },
  );

  it("does not read a file of another directory that a link shows in place of the one that was listed", async () => {
    await world.write("dir/a", "ours");
    writeFileSync(join(world.outside, "a"), "them");
    // The very file, so that only its place can tell.
    linkSync(join(world.root, "dir/a"), join(world.outside, "same"));
    const source = world.open();
    const { entries } = await source.list(noAbort());
    renameSync(join(world.root, "dir"), join(world.outside, "dir"));
    symlinkSync(join(world.outside, "dir"), join(world.root, "dir"));
    expect(await failureOf(source.fetch(entries, world.sink, { signal: noAbort() }))).toMatchObject({
      code: "SOURCE_MOVED",
    });
    expect(await world.sink.stored()).toEqual([]);
  });
});

describe("a directory that somebody swaps for a link out of the source again and again", () => {
  it.each(["skip", "follow-inside"] as const)("never leaks what the link shows (symlinks: %s)", async (symlinks) => {
    for (const name of ["a", "b", "c"]) await world.write(`dir/${name}`, `good ${name}`);
    for (const name of ["a", "b", "c"]) writeFileSync(join(world.outside, name), `evil ${name}`);
    const allowed = new Set(["a", "b", "c"].map((name) => sha256(`good ${name}`)));
    const swapper = fork(join(import.meta.dirname, "swap-directory.mjs"), [join(world.root, "dir"), world.outside]);
    const ended = new Promise((resolve) => void swapper.once("exit", resolve));
    await new Promise((resolve) => void swapper.once("message", resolve));
    const outcomes = new Map<string, number>();
    try {
      for (let round = 0; round < 300; round++) {
        const outcome = await attempt(symlinks);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    } finally {
      swapper.kill();
      await ended;
    }
    for (const name of await world.sink.stored()) expect(allowed).toContain(name);
    expect(
      [...outcomes.keys()].filter(
        (outcome) => !["settled", "moved", "SOURCE_MOVED", "SOURCE_BAD_DATA"].includes(outcome),
      ),
    ).toEqual([]);
    expect(outcomes.size).toBeGreaterThan(1);
  });

  async function attempt(symlinks: "skip" | "follow-inside"): Promise<string> {
    const source = world.open({ symlinks });
    try {
      const { entries } = await source.list(noAbort());
      await source.fetch(entries, world.sink, { signal: noAbort() });
      return await source.confirm(noAbort());
    } catch (error) {
      if (error instanceof Failure) return error.code;
      throw error;
    }
  }
});

describe("a file that somebody rewrites all the time", () => {
  it("enters only as one of its complete versions", async () => {
    const versions = ["x".repeat(300_000), "y".repeat(300_000), "z".repeat(299_999)];
    await world.write("a", versions[0]);
    const writer = fork(join(import.meta.dirname, "rewrite-file.mjs"), [join(world.root, "a")]);
    const ended = new Promise((resolve) => void writer.once("exit", resolve));
    await new Promise((resolve) => void writer.once("message", resolve));
    const taken = new Set<string>();
    try {
      for (let round = 0; round < 60; round++) {
        // The real clock: the file is as young as can be.
        const source = world.open({ ahead: 0 });
        const { entries } = await source.list(noAbort());
        try {
          const stored = await source.fetch(entries, world.sink, { signal: noAbort() });
          // What is not settled is read again: a writer that has no processor for a while leaves a file half written that holds still.
          const settled = (await source.confirm(noAbort())) === "settled" ? [...stored.values()] : [];
          for (const { digest } of settled) taken.add(digest);
        } catch (error) {
          if (!(error instanceof Failure) || error.code !== "SOURCE_MOVED") throw error;
        }
      }
    } finally {
      writer.kill();
      await ended;
    }
    const whole = new Set(versions.map(sha256));
    for (const name of taken) {
      expect(whole, readFileSync(join(world.sink.directory, name), "utf8").slice(0, 20)).toContain(name);
    }
  });
});
