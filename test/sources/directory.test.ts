import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { chmod, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compareNames } from "../../src/model/compare-names.ts";
import { failureOf, noAbort } from "../helpers/manifest-source.ts";
import { asNobody, openDirectoryWorld, sha256 } from "./directory-world.ts";
import type { DirectoryWorld } from "./directory-world.ts";

let world: DirectoryWorld;
beforeEach(async () => {
  world = await openDirectoryWorld();
});
afterEach(() => world.remove());

describe("listing a directory", () => {
  it("names every regular file below it, at any depth, in the order of names, with its size", async () => {
    for (const path of ["b", "a/z", "a/b/c", "a.b", "a-", "B"]) await world.write(path);
    await mkdir(join(world.root, "empty"));
    const { entries, manifest, serverSeconds } = await world.open().list(noAbort());
    expect(entries).toEqual(
      ["B", "a-", "a.b", "a/b/c", "a/z", "b"].map((path) => ({ path, digest: undefined, sizeBytes: path.length })),
    );
    expect([manifest, serverSeconds]).toEqual([undefined, undefined]);
  });

  it("takes names as they are: blanks, marks of URLs, dots, dashes, UTF-8 of every length", async () => {
    const names = [
      " ",
      "a b",
      "a#b",
      "a?b",
      "a%20b",
      "a+b&c",
      ".hidden",
      "..two",
      "...",
      "-dash",
      "~",
      "'\"",
      "ä",
      "e\u0301",
      "漢字",
      "😀",
      "\u{10ffff}",
      "*",
      "[x]",
      "{a,b}",
      "!no",
      "CON",
      "x".repeat(255),
    ];
    for (const name of names) await world.write(`${name}/${name}`);
    const expected = names.map((name) => `${name}/${name}`).toSorted(compareNames);
    expect(await world.paths()).toEqual(expected);
    expect(await world.paths({ exclude: ["nothing"] })).toEqual(expected);
    const { read } = await world.sync(world.open());
    expect(read).toHaveLength(names.length);
  });

  it("lists nothing for an empty directory", async () => {
    expect(await world.paths()).toEqual([]);
    expect(await world.paths({ include: ["x"] })).toEqual([]);
  });

  it("finds the source through links on the way to it, and through a link to it", async () => {
    await world.write("a");
    symlinkSync(world.root, join(world.outside, "link"));
    expect(await world.paths({ path: join(world.outside, "link") })).toEqual(["a"]);
    await world.sync(world.open({ path: join(world.outside, "link") }));
    expect(await world.sink.stored()).toHaveLength(1);
  });

  it("says that the source is missing, or is no directory", async () => {
    await world.write("file");
    expect(await failureOf(world.paths({ path: join(world.root, "none") }))).toMatchObject({
      code: "SOURCE_UNREACHABLE",
      message: `The source directory ${join(world.root, "none")} does not exist.`,
    });
    expect(await failureOf(world.paths({ path: join(world.root, "file", "below") }))).toMatchObject({
      code: "SOURCE_UNREACHABLE",
    });
    expect(await failureOf(world.paths({ path: join(world.root, "file") }))).toMatchObject({
      code: "SOURCE_UNREACHABLE",
      message: `The source ${join(world.root, "file")} is not a directory.`,
    });
  });

  it("lists any tree as naive recursion would", async () => {
    const name = fc.constantFrom("a", "b", "a.b", "ä", "😀", "\uffee", "-", "Z", " x");
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((segments) => segments.join("/"));
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(path, { maxLength: 25 }), async (paths) => {
        await rm(world.root, { recursive: true });
        await mkdir(world.root);
        const made: string[] = [];
        for (const one of paths) {
          const clashes = made.some((other) => other.startsWith(`${one}/`) || one.startsWith(`${other}/`));
          if (clashes) continue;
          await world.write(one);
          made.push(one);
        }
        const expected = made.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(await world.paths()).toEqual(expected);
        expect(await world.paths({ include: ["**", "**/a"], exclude: ["none/**"] })).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  it("stops when asked to, with the signal's reason", async () => {
    await world.write("a");
    const reason = new Error("interrupted");
    const source = world.open();
    await expect(source.list(AbortSignal.abort(reason))).rejects.toBe(reason);
    await expect(world.open({ exclude: ["x"] }).list(AbortSignal.abort(reason))).rejects.toBe(reason);
    const { entries } = await source.list(noAbort());
    await expect(source.fetch(entries, world.sink, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(source.confirm(AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(await world.sink.stored()).toEqual([]);
  });

  it("stops in the middle of a large tree", async () => {
    for (let index = 0; index < 450; index++) mkdirSync(join(world.root, `d${index}`));
    const stop = new AbortController();
    const reason = new Error("interrupted");
    const listing = world.open().list(stop.signal);
    setImmediate(() => stop.abort(reason));
    await expect(listing).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("symbolic links", () => {
  beforeEach(async () => {
    await world.write("dir/file");
    await writeFile(join(world.outside, "secret"), "secret");
    await world.link("to-file", "dir/file");
    await world.link("to-dir", "dir");
  });

  it("are refused by default, each by name, with what else can be done", async () => {
    const failure = await failureOf(world.paths());
    expect(failure).toMatchObject({
      code: "SOURCE_BAD_DATA",
      details: ["to-dir is a symbolic link to dir", "to-file is a symbolic link to dir/file"],
    });
    expect(failure.message).toContain(world.root);
    expect(failure.hint).toContain("symlinks: skip");
    expect(failure.hint).toContain("symlinks: follow-inside");
  });

  it("are named twenty at most, and then counted", async () => {
    for (let index = 0; index < 30; index++) symlinkSync("dir", join(world.root, `many-${index}`));
    const { details, message } = await failureOf(world.paths());
    expect(details).toHaveLength(21);
    expect(details.at(-1)).toBe("and 12 more");
    expect(message.length).toBeLessThan(400);
  });

  it("are left out with skip, wherever they lead", async () => {
    await world.link("out", world.outside);
    await world.link("dangling", "nowhere");
    await world.link("self", "self");
    await world.link("dir/up", "..");
    expect(await world.paths({ symlinks: "skip" })).toEqual(["dir/file"]);
    expect(await world.paths({ symlinks: "skip", include: ["**/*", "out/secret"] })).toEqual(["dir/file"]);
  });

  it("show what they lead to with follow-inside, under their own name", async () => {
    await world.link("deep/twice", "../to-dir");
    await world.link("absolute", join(world.root, "dir", "file"));
    const settings = { symlinks: "follow-inside" } as const;
    const all = ["absolute", "deep/twice/file", "dir/file", "to-dir/file", "to-file"];
    expect(await world.paths(settings)).toEqual(all);
    expect(await world.paths({ ...settings, exclude: ["dir"] })).toEqual(all.filter((path) => path !== "dir/file"));
    expect(await world.paths({ ...settings, include: ["to-dir"] })).toEqual(["to-dir/file"]);
    const { read } = await world.sync(world.open(settings));
    expect(read).toEqual(all);
    expect(await world.sink.stored()).toHaveLength(1);
  });

  it("that lead out, nowhere or around are refused with follow-inside, unless they are excluded", async () => {
    await world.link("out", "../outside");
    await world.link("out-file", join(world.outside, "secret"));
    await world.link("dangling", "nowhere");
    await world.link("self", "self");
    await world.link("dir/up", "..");
    await world.link("dir/same", ".");
    await world.link("fifo-link", "fifo");
    execFileSync("mkfifo", [join(world.root, "fifo")]);
    const settings = { symlinks: "follow-inside" } as const;
    const { details, hint } = await failureOf(world.paths(settings));
    expect(details).toEqual([
      "dangling is a symbolic link to nowhere, which is not there",
      "dir/same is a symbolic link to ., a directory that leads to the link again",
      "dir/up is a symbolic link to .., a directory that leads to the link again",
      "fifo is a FIFO",
      "fifo-link is a FIFO",
      "out is a symbolic link to ../outside, outside the source",
      `out-file is a symbolic link to ${join(world.outside, "secret")}, outside the source`,
      "self is a symbolic link to self, which is not there",
      "to-dir/same is a symbolic link to ., a directory that leads to the link again",
      "to-dir/up is a symbolic link to .., a directory that leads to the link again",
    ]);
    expect(hint).toContain("symlinks: skip");
    const exclude = ["out*", "dangling", "self", "**/up", "**/same", "fifo*"];
    expect(await world.paths({ ...settings, exclude })).toEqual(["dir/file", "to-dir/file", "to-file"]);
  });

  it("that lead to each other's directories end at once, with patterns too", async () => {
    for (const one of ["x", "y", "z"]) {
      for (const other of ["x", "y", "z"]) await world.link(`${one}/${other}`, `../${other}`);
    }
    for (const exclude of [[], ["*.tmp"]]) {
      const { details } = await failureOf(world.paths({ symlinks: "follow-inside", exclude }));
      expect(details).toHaveLength(21);
    }
  });

  it("to a directory beside the source whose name begins alike lead out", async () => {
    mkdirSync(`${world.root}-2`);
    await world.link("near", `${world.root}-2`);
    const { details } = await failureOf(world.paths({ symlinks: "follow-inside" }));
    expect(details).toEqual([`near is a symbolic link to ${world.root}-2, outside the source`]);
  });

  it("with targets that are no text are shown in bytes", async () => {
    await rm(join(world.root, "to-file"));
    await rm(join(world.root, "to-dir"));
    symlinkSync(Buffer.from([0x61, 0x1b, 0xff]), join(world.root, "odd"));
    expect((await failureOf(world.paths())).details).toEqual(["odd is a symbolic link to a\\x1b\\xff"]);
  });
});

describe("what nobody can publish", () => {
  it("is refused by name: FIFOs, sockets and devices, none of which is opened", async () => {
    await mkdir(join(world.root, "d"));
    execFileSync("mkfifo", [join(world.root, "d", "fifo")]);
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(join(world.root, "socket"), resolve));
    const canMakeDevices = process.geteuid?.() === 0;
    if (canMakeDevices) execFileSync("mknod", [join(world.root, "zero"), "c", "1", "5"]);
    try {
      const { code, details } = await failureOf(world.paths());
      expect(code).toBe("SOURCE_BAD_DATA");
      expect(details).toEqual([
        "d/fifo is a FIFO",
        "socket is a socket",
        ...(canMakeDevices ? ["zero is a device"] : []),
      ]);
      expect(await world.paths({ exclude: ["d/fifo", "socket", "zero"] })).toEqual([]);
    } finally {
      await new Promise((resolve) => void server.close(resolve));
    }
  });

  it("are names with control characters, backslashes or bytes that are not UTF-8: all of them are listed, escaped", async () => {
    const folder = join(world.root, "fö");
    await mkdir(folder);
    const names = [
      Buffer.from("line\nbreak"),
      Buffer.from("back\\slash"),
      Buffer.from("del\x7f"),
      Buffer.from("c1\u0085"),
      Buffer.from("ls\u2028"),
      Buffer.from([0x61, 0xff]),
      Buffer.from([0x61, 0xfe]),
      Buffer.from("\uFFFD"),
    ];
    for (const name of names) writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), name]), "");
    for (let index = 0; index < 30; index++) writeFileSync(join(world.root, `tab\t${index}`), "");
    await mkdir(join(world.root, "esc\x1bdir"));
    await world.write("esc\x1bdir/inside");
    const failure = await failureOf(world.paths());
    expect(failure.code).toBe("SOURCE_BAD_DATA");
    const { details } = failure;
    expect(details).toHaveLength(names.length + 31);
    expect(details).toContain("f\\xc3\\xb6/line\\x0abreak has a control character");
    expect(details).toContain("f\\xc3\\xb6/back\\x5cslash has a backslash");
    expect(details).toContain("f\\xc3\\xb6/del\\x7f has a control character");
    expect(details).toContain("f\\xc3\\xb6/c1\\xc2\\x85 has a control character");
    expect(details).toContain("f\\xc3\\xb6/ls\\xe2\\x80\\xa8 has a control character");
    expect(details).toContain("f\\xc3\\xb6/a\\xff is not valid UTF-8");
    expect(details).toContain("f\\xc3\\xb6/a\\xfe is not valid UTF-8");
    expect(details).toContain("f\\xc3\\xb6/\\xef\\xbf\\xbd is not valid UTF-8");
    expect(details).toContain("tab\\x0929 has a control character");
    expect(details).toContain("esc\\x1bdir has a control character");
    for (const text of [failure.message, failure.hint ?? "", ...details]) expect(text).toMatch(/^[\x20-\x7e…]*$/);
  });

  it("is refused under patterns too, and left alone only when a pattern excludes it", async () => {
    await world.write("good");
    for (const name of ["line\nbreak", "cr\r", "x\u2028y", "back\\slash", "tab\t"]) await world.write(name);
    const bad = [...(await failureOf(world.paths())).details];
    expect(bad).toHaveLength(5);
    expect((await failureOf(world.paths({ exclude: ["nothing"] }))).details).toEqual(bad);
    expect((await failureOf(world.paths({ include: ["**/*"] }))).details).toEqual(bad);
    expect(await world.paths({ include: ["go*"] })).toEqual(["good"]);
    expect(await world.paths({ exclude: ["line*", "cr*", "x*", "back*", "tab*"] })).toEqual(["good"]);
  });

  it("is refused where a path grows too long", async () => {
    const segment = "x".repeat(250);
    let folder = world.root;
    for (let depth = 0; depth < 12; depth++) {
      folder = join(folder, segment);
      mkdirSync(folder);
    }
    const { details } = await failureOf(world.paths());
    expect(details).toHaveLength(1);
    expect(details[0]).toContain("longer than 3000 bytes");
  });
});

describe("permissions", () => {
  it("that are missing are a failure with the path, never a silent gap", async () => {
    await world.write("a");
    await world.write("closed/b");
    chmodSync(join(world.root, "closed"), 0);
    expect(await asNobody(() => failureOf(world.paths()))).toMatchObject({
      code: "SOURCE_REFUSED",
      message: `No permission to read ${join(world.root, "closed")} (EACCES).`,
    });
    expect(await asNobody(() => failureOf(world.paths({ include: ["**/b"] })))).toMatchObject({
      code: "SOURCE_REFUSED",
    });
    await chmod(join(world.root, "closed"), 0o755);
    await chmod(join(world.root, "a"), 0);
    await chmod(world.sink.directory, 0o777);
    expect(await asNobody(() => failureOf(world.sync(world.open())))).toMatchObject({
      code: "SOURCE_REFUSED",
      message: `No permission to read ${join(world.root, "a")} (EACCES).`,
    });
    expect(await world.sink.stored()).not.toContainEqual(expect.stringContaining("unfinished"));
  });

  it("are not asked for where no pattern leads", async () => {
    await world.write("a");
    await world.write("closed/b");
    await world.write("deep/closed/c");
    chmodSync(join(world.root, "closed"), 0);
    chmodSync(join(world.root, "deep", "closed"), 0);
    for (const settings of [
      { exclude: ["**/closed"] },
      { exclude: ["closed", "deep/closed/"] },
      { exclude: ["closed/**", "deep/closed/**"] },
      { exclude: ["cl*", "**/c*d*"] },
      { include: ["*"] },
      { include: ["a"] },
    ]) {
      expect(await asNobody(() => world.paths(settings)), JSON.stringify(settings)).toEqual(["a"]);
    }
  });

  it("of the source itself are told apart from its absence", async () => {
    await chmod(world.root, 0);
    expect(await asNobody(() => failureOf(world.paths()))).toMatchObject({ code: "SOURCE_REFUSED" });
  });
});

describe("confirming", () => {
  const changes: readonly (readonly [string, (root: string) => Promise<unknown>])[] = [
    ["a file was written", (root) => writeFile(join(root, "a"), "other")],
    ["a file was written with the same size", (root) => writeFile(join(root, "a"), "A")],
    [
      "a file was replaced",
      (root) => writeFile(join(root, "n"), "a").then(() => rename(join(root, "n"), join(root, "a"))),
    ],
    ["a file came", (root) => writeFile(join(root, "d", "new"), "")],
    ["a file went", (root) => rm(join(root, "d", "b"))],
    ["a directory came", (root) => mkdir(join(root, "e")).then(() => writeFile(join(root, "e", "x"), ""))],
    ["a directory was renamed", (root) => rename(join(root, "d"), join(root, "e"))],
    [
      "a directory was swapped for a link",
      (root) => rename(join(root, "d"), join(root, "..", "d")).then(() => symlink("../d", join(root, "d"))),
    ],
  ];

  it.each(changes)("says moved when %s after the listing", async (_what, change) => {
    await world.write("a", "a");
    await world.write("d/b");
    // What was written a moment before the listing began may have changed in that moment: everything is looked at again.
    const source = world.open({ ahead: 0 });
    const { entries } = await source.list(noAbort());
    await source.fetch(entries, world.sink, { signal: noAbort() });
    await change(world.root);
    expect(await source.confirm(noAbort())).toBe("moved");
    await expect(source.remember("tag")).rejects.toThrow("settled");
    expect(world.cache.writes).toBe(0);
  });

  it.each(changes)(
    "says of an old source after %s that it is settled if no name changed: all was so when the listing began",
    async (what, change) => {
      await world.write("a", "a");
      await world.write("d/b");
      const source = world.open();
      const { entries } = await source.list(noAbort());
      const stored = await source.fetch(entries, world.sink, { signal: noAbort() });
      await change(world.root);
      expect(await source.confirm(noAbort())).toBe(what.includes("written") ? "settled" : "moved");
      expect([...stored].map(([path, { digest }]) => [path, digest])).toEqual([
        ["a", sha256("a")],
        ["d/b", sha256("d/b")],
      ]);
    },
  );

  it.each([false, true])(
    "says moved when a finished directory took an old one's place while it was read (scanned before: %s)",
    async (isKnown) => {
      const names = Array.from({ length: 6 }, (_, index) => `f${index}`);
      await mkdir(join(world.outside, "d"));
      for (const name of names) {
        await world.write(`d/${name}`, "release 1");
        writeFileSync(join(world.outside, "d", name), "release 2");
      }
      if (isKnown) await world.sync(world.open());
      await world.write("e");
      const source = world.open();
      const { entries } = await source.list(noAbort());
      const wanted = entries.filter(({ digest }) => digest === undefined);
      let places = 0;
      const sink = {
        ...world.sink,
        place: () => {
          places += 1;
          if (places === Math.min(3, wanted.length)) {
            renameSync(join(world.root, "d"), join(world.outside, "gone"));
            renameSync(join(world.outside, "d"), join(world.root, "d"));
          }
          return world.sink.place();
        },
      };
      await source.fetch(wanted, sink, { signal: noAbort() });
      expect(await source.confirm(noAbort())).toBe("moved");
    },
  );

  it("says moved when an old source changed and the clock was set meanwhile: its times say nothing then", async () => {
    await world.write("a", "a");
    let ahead = 10;
    const source = world.open({ clock: () => Date.now() / 1000 + ahead });
    const { entries } = await source.list(noAbort());
    await source.fetch(entries, world.sink, { signal: noAbort() });
    await world.write("a", "b");
    ahead = -50;
    expect(await source.confirm(noAbort())).toBe("moved");
  });

  it("fails when the source itself is gone", async () => {
    const source = world.open({ ahead: 0 });
    await source.list(noAbort());
    await rename(world.root, `${world.root}-2`);
    expect(await failureOf(source.confirm(noAbort()))).toMatchObject({ code: "SOURCE_UNREACHABLE" });
  });

  it("says settled when only what no pattern selects came, went or changed", async () => {
    await world.write("a");
    await world.write("log/today");
    const source = world.open({ ahead: 0, exclude: ["log", "**/.tmp*"] });
    const { entries } = await source.list(noAbort());
    await source.fetch(entries, world.sink, { signal: noAbort() });
    await world.write("log/today", "more");
    await world.write("log/tomorrow");
    await world.write(".tmp-1");
    expect(await source.confirm(noAbort())).toBe("settled");
    await world.write("b");
    expect(await source.confirm(noAbort())).toBe("moved");
  });

  it("is a bug before a listing, as is fetching what was not listed", async () => {
    await world.write("a");
    const source = world.open();
    await expect(source.confirm(noAbort())).rejects.toThrow("listed");
    const { entries } = await source.list(noAbort());
    await rm(join(world.root, "a"));
    await source.list(noAbort());
    await expect(source.fetch(entries, world.sink, { signal: noAbort() })).rejects.toThrow(
      "a is not in the last listing",
    );
  });
});
