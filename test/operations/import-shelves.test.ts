import { spawnSync } from "node:child_process";
import { existsSync, linkSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { describe, expect, it, onTestFinished } from "vitest";

import { isInstalled } from "../servers/server.ts";
import { aMirror } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";
import { buildProgram } from "./program.ts";

const checkpointsAlone = { snapshots: { repository: "repo", base_path: "snapshots/repo", checkpoint: true } };

describe("import of several shelves", () => {
  it("merges them by time", async () => {
    const mirror = aShelf({ "one/2024-01-01/a": "1", "one/2024-01-03/a": "3", "two/2024-01-02/a": "2" });
    const { out } = await mirror.ok("import", "repo", "one", "two");
    expect(out).toBe("repo: 3 checkpoints imported, 0 were there already\n");
    expect(mirror.checkpoints()).toEqual(["20240101T000000Z", "20240102T000000Z", "20240103T000000Z"]);
    expect(mirror.page("snapshots/repo/20240102T000000Z/a")).toBe("2");
  });

  it("refuses one second on two of them, names both, and does nothing", async () => {
    const mirror = aShelf({ "one/2024-01-01/a": "1", "one/2024-01-02/a": "1", "two/20240102/a": "2" });
    for (const argv of [[], ["--dry-run"]]) {
      const run = await mirror.run("import", "repo", "one", "two", ...argv);
      expect(run.exit).toBe(4);
      expect(run.err).toContain(`there are two directories for 20240102T000000Z: `);
      expect(run.err).toContain(`${mirror.file("one/2024-01-02")} and ${mirror.file("two/20240102")}`);
    }
    expect(existsSync(mirror.file("state/repositories/repo"))).toBe(false);
    expect(existsSync(mirror.file("public/snapshots"))).toBe(false);
  });

  it("takes a shelf that is named twice once", async () => {
    const mirror = aShelf({ "one/2024-01-01/a": "1" });
    expect((await mirror.ok("import", "repo", "one", "./one/")).out).toContain("1 checkpoint imported");
  });
});

describe("the time of a directory", () => {
  it("is its name, in folders of years and months as well", async () => {
    const mirror = aShelf({
      "shelf/2024/01/15/a": "1",
      "shelf/2024/02/2024-02-01/a": "2",
      "shelf/2024/2024-03-01T10:00:00Z/a": "3",
      "shelf/2024/04/31/a": "no day",
      "shelf/2024/2023-01-01/a": "another year",
      "shelf/2025-01-01/a": "4",
    });
    symlinkSync("01/15", mirror.file("shelf/2024/last"));
    const { err } = await mirror.ok("import", "repo", "shelf");
    expect(mirror.checkpoints()).toEqual([
      "20240115T000000Z",
      "20240201T000000Z",
      "20240301T100000Z",
      "20250101T000000Z",
    ]);
    for (const left of ["2024/04/31 is no date", "2024/2023-01-01 is no date", "2024/last is a symbolic link"])
      expect(err).toContain(`${left}: left out`);
  });

  it("is the directory's own modification time, cut to seconds, with --time-from mtime", async () => {
    const mirror = aShelf({ "shelf/daily.0/host/repo/a": "2", "shelf/daily.1/host/repo/a": "1", "shelf/.sync/x": "" });
    writeFileSync(mirror.file("shelf/rsnapshot.log"), "");
    utimesSync(mirror.file("shelf/daily.0"), 1, Date.parse("2024-01-02T03:04:05.900Z") / 1000);
    utimesSync(mirror.file("shelf/daily.1"), 1, Date.parse("2024-01-01T03:04:05.100Z") / 1000);
    utimesSync(mirror.file("shelf/.sync"), 1, 2);
    const { err } = await mirror.ok("import", "repo", "shelf", "--time-from", "mtime", "--inside", "host/repo/");
    expect(mirror.checkpoints()).toEqual(["20240101T030405Z", "20240102T030405Z"]);
    expect(mirror.page("snapshots/repo/20240102T030405Z/a")).toBe("2");
    expect(err).toContain("rsnapshot.log is no directory: left out");
    expect(err).toContain(".sync has no directory host/repo: left out");
  });

  it("is what a file in it states with --time-from file", async () => {
    const mirror = aShelf({
      "shelf/a/dists/stable/Release": "Origin: Test\nSuite: stable\nDate: Mon, 01 Jan 2024 12:30:00 UTC\nSHA256:\n",
      "shelf/b/dists/stable/Release": "-----BEGIN PGP SIGNED MESSAGE-----\n\nDate: Tue, 2 Jan 2024 01:30:00 +0200\n",
      "shelf/c/other": "no such file",
    });
    const { err } = await mirror.ok(
      "import",
      "repo",
      "shelf",
      "--time-from",
      "file",
      "--time-file",
      "dists/stable/Release",
    );
    expect(mirror.checkpoints()).toEqual(["20240101T123000Z", "20240101T233000Z"]);
    expect(err).toContain("c has no dists/stable/Release: left out");
    mirror.write("shelf/c/dists/stable/Release", "tomorrow\n");
    const run = await mirror.run(
      "import",
      "repo",
      "shelf",
      "--time-from",
      "file",
      "--time-file",
      "dists/stable/Release",
    );
    expect(run.exit).toBe(4);
    expect(run.err).toContain("shelf/c/dists/stable/Release states no time");
  });

  it.each([
    [["--time-from", "file"], "belong together"],
    [["--time-file", "Release"], "belong together"],
    [["--time-from", "file", "--time-file", "../Release"], "is no path below a directory"],
    [["--inside", "/etc"], "is no path below a directory"],
    [["--time-from", "ctime"], "--time-from"],
  ])("is asked for in words that fit together, not %j", async (argv, reason) => {
    const mirror = aShelf({ "shelf/2024-01-01/a": "1" });
    const run = await mirror.run("import", "repo", "shelf", ...argv);
    expect(run.exit).toBe(2);
    expect(run.err).toContain(reason);
  });
});

describe("what a shelf holds", () => {
  it("is copied: what is written into the shelf later changes no checkpoint", async () => {
    const mirror = aShelf({ "shelf/2024-01-01/a": "1" });
    await mirror.ok("import", "repo", "shelf");
    writeFileSync(mirror.file("shelf/2024-01-01/a"), "2");
    expect(mirror.page("snapshots/repo/20240101T000000Z/a")).toBe("1");
    await mirror.ok("verify");
  });

  it("may have symbolic links, where that is asked for", async () => {
    const mirror = aShelf({ "shelf/2024-01-01/dists/bookworm/Release": "1" });
    symlinkSync("bookworm", mirror.file("shelf/2024-01-01/dists/stable"));
    const refused = await mirror.run("import", "repo", "shelf");
    expect(refused.exit).toBe(4);
    expect(refused.err).toContain("dists/stable is a symbolic link");
    await mirror.ok("import", "repo", "shelf", "--symlinks", "follow-inside");
    expect(mirror.page("snapshots/repo/20240101T000000Z/dists/stable/Release")).toBe("1");
  });

  it("is compared with what is there, unless that is to be believed", async () => {
    const mirror = aShelf({ "shelf/2024-01-01/a": "1" });
    await mirror.ok("import", "repo", "shelf");
    mirror.write("shelf/2024-01-01/a", "2");
    mirror.write("shelf/2024-01-02/a", "3");
    expect((await mirror.run("import", "repo", "shelf")).exit).toBe(4);
    expect(mirror.checkpoints()).toHaveLength(1);
    expect((await mirror.ok("import", "repo", "shelf", "--skip-known")).out).toContain("1 checkpoint imported, 1 were");
  });

  it("is known again by its inode only as long as nothing was written to it", async () => {
    const mirror = aShelf({ "shelf/2024-01-01/a": "1111", "shelf/2024-01-01/b": "2222" });
    mkdirSync(mirror.file("shelf/2024-01-02"));
    linkSync(mirror.file("shelf/2024-01-01/a"), mirror.file("shelf/2024-01-02/a"));
    linkSync(mirror.file("shelf/2024-01-01/a"), mirror.file("shelf/2024-01-02/again"));
    // The same inode, size and mtime.
    const mtime = 1_700_000_000;
    utimesSync(mirror.file("shelf/2024-01-01/b"), 1, mtime);
    mirror.setClock(Date.now() / 1000 + 10);
    await mirror.ok("import", "repo", "shelf");
    expect(mirror.page("snapshots/repo/20240102T000000Z/a")).toBe("1111");
    expect(mirror.page("snapshots/repo/20240102T000000Z/again")).toBe("1111");
    linkSync(mirror.file("shelf/2024-01-01/b"), mirror.file("shelf/2024-01-02/b"));
    writeFileSync(mirror.file("shelf/2024-01-01/b"), "3333");
    utimesSync(mirror.file("shelf/2024-01-01/b"), 1, mtime);
    const run = await mirror.run("import", "repo", "shelf");
    expect(run.exit).toBe(4);
    expect(run.err).toContain("2024-01-01 is not what the checkpoint 20240101T000000Z holds");
  });
});

describe.skipIf(!isInstalled("rsync", "--version"))("a shelf made by rsync --link-dest", () => {
  it.skipIf(!isInstalled("strace", "-V"))(
    "is read once, however many directories have the same files",
    async () => {
      const mirror = aMirror({ distributions: checkpointsAlone });
      const files = 300;
      const days = 12;
      for (let index = 0; index < files; index++) mirror.write(`live/${index % 7}/file${index}`, `content ${index}`);
      mkdirSync(mirror.file("shelf"));
      for (let index = 0; index < days; index++) {
        mirror.write("live/changing", `day ${index}`);
        // rsync looks at size and mtime.
        utimesSync(mirror.file("live/changing"), 1, 1_700_000_000 + index);
        const name = `2024-01-${String(index + 1).padStart(2, "0")}`;
        const linkDest = index === 0 ? [] : [`--link-dest=../2024-01-${String(index).padStart(2, "0")}`];
        runTool(mirror, "rsync", "-a", ...linkDest, "live/", `shelf/${name}/`);
      }
      // What was only just written may be written again within one tick of the clock.
      await sleep(2500);
      const program = buildProgram();
      onTestFinished(() => program.remove());
      const log = mirror.file("opens");
      const main = path.join(program.dir, "dist/cli/main.js");
      runTool(
        mirror,
        "strace",
        "-f",
        "-qq",
        "-e",
        "trace=openat",
        "-o",
        log,
        process.execPath,
        main,
        "import",
        "repo",
        "shelf",
      );
      const opens = readFileSync(log, "utf8")
        .split("\n")
        .filter(
          (line) => line.includes("/shelf/2024-") && line.includes("O_NOFOLLOW") && !line.includes("O_DIRECTORY"),
        );
      expect(opens).toHaveLength(files + days);
      expect(mirror.checkpoints()).toHaveLength(days);
      for (const at of mirror.checkpoints()) expect(mirror.page(`snapshots/repo/${at}/3/file10`)).toBe("content 10");
      await mirror.ok("verify");
    },
    120_000,
  );
});

describe.skipIf(!isInstalled("rsnapshot", "version"))("a shelf made by rsnapshot", () => {
  it("is taken with --time-from mtime, and again after it was rotated", async () => {
    const mirror = aMirror({ distributions: checkpointsAlone });
    mirror.setClock(Date.now() / 1000 + 10);
    const config = mirror.file("rsnapshot.conf");
    const lines = [
      ["config_version", "1.2"],
      ["snapshot_root", `${mirror.file("snapshots")}/`],
      ["cmd_rsync", "/usr/bin/rsync"],
      ["cmd_cp", "/bin/cp"],
      ["cmd_rm", "/bin/rm"],
      ["retain", "daily", "4"],
      ["lockfile", mirror.file("rsnapshot.pid")],
      ["backup", `${mirror.file("live")}/`, "localhost/"],
    ];
    writeFileSync(config, lines.map((words) => `${words.join("\t")}\n`).join(""));
    const snapshot = (content: string, at: string): void => {
      mirror.write("live/changing", content);
      mirror.write("live/same", "same");
      runTool(mirror, "rsnapshot", "-c", config, "daily");
      utimesSync(mirror.file("snapshots/daily.0"), 1, Date.parse(at) / 1000);
    };
    const argv = ["import", "repo", "snapshots", "--time-from", "mtime", "--inside", `localhost${mirror.file("live")}`];
    snapshot("first", "2024-01-01T02:00:00Z");
    snapshot("second", "2024-01-02T02:00:00Z");
    await mirror.ok(...argv);
    expect(mirror.checkpoints()).toEqual(["20240101T020000Z", "20240102T020000Z"]);
    snapshot("third", "2024-01-03T02:00:00Z");
    expect((await mirror.ok(...argv)).out).toContain("1 checkpoint imported, 2 were there already");
    for (const [index, content] of ["first", "second", "third"].entries()) {
      expect(mirror.page(`snapshots/repo/2024010${index + 1}T020000Z/changing`)).toBe(content);
      expect(mirror.page(`snapshots/repo/2024010${index + 1}T020000Z/same`)).toBe("same");
    }
    await mirror.ok("verify");
  });
});

function aShelf(files: Readonly<Record<string, string>>): Mirror {
  const mirror = aMirror({ distributions: checkpointsAlone });
  for (const [file, content] of Object.entries(files)) mirror.write(file, content);
  return mirror;
}

function runTool(mirror: Mirror, command: string, ...argv: readonly string[]): void {
  const { status, stderr } = spawnSync(command, argv, { cwd: mirror.dir, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
}
