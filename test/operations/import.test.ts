import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { manifestOf } from "../helpers/origin-server.ts";
import { aMirror } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";

const checkpointsAlone = { snapshots: { repository: "repo", base_path: "snapshots/repo", checkpoint: true } };

describe("import of a shelf", () => {
  it("takes every usual way to write a date, oldest first, and tells which names are none", async () => {
    const mirror = aShelf({
      "20240101": { file: "1" },
      "2024-01-02": { file: "2" },
      "20240103T010203Z": { file: "3" },
      "2024-01-04T01:02:03Z": { file: "4" },
      "2024-01-05_01-02-03": { file: "5" },
      "20240106-010203": { file: "6" },
      "20240107_010203": { file: "7" },
      "2024-01-08T010203Z": { file: "8" },
      latest: { file: "9" },
      "2024-13-01": { file: "10" },
      "@1742306618": { file: "11" },
      "snap-20240101": { file: "12" },
    });
    writeFileSync(mirror.file("shelf/2024-02-01"), "a file");
    symlinkSync("nowhere", mirror.file("shelf/2024-02-02"));
    const times = ["20240101T000000Z", "20240102T000000Z", ...[3, 4, 5, 6, 7, 8].map((day) => `2024010${day}T010203Z`)];
    symlinkSync("2024-01-05_01-02-03", mirror.file("shelf/newest"));
    const ignored = [
      "2024-02-01 is no directory",
      "2024-02-02 is a symbolic link",
      "newest is a symbolic link",
      ...["2024-13-01", "@1742306618", "latest", "snap-20240101"].map((name) => `${name} is no date`),
    ];
    const dry = await mirror.ok("import", "repo", "shelf", "--dry-run");
    for (const what of ignored) expect(dry.out).toContain(`${what}: left out`);
    for (const time of times) expect(dry.out).toContain(` as ${time}\n`);

    const run = await mirror.ok("import", "repo", "shelf");
    expect(run.out).toBe("repo: 8 checkpoints imported, 0 were there already\n");
    for (const what of ignored) expect(run.err).toContain(`${what}: left out`);
    expect(mirror.checkpoints()).toEqual(times);
    for (const [index, time] of times.entries()) {
      expect(mirror.page(`snapshots/repo/${time}/file`)).toBe(String(index + 1));
    }
    expect(mirror.json("snapshots/repo/checkpoints.json")).toMatchObject({ horizon: times.at(-1), settled: true });
    expect(mirror.page("plain/file")).toBe("8");
  });

  it("dates a file by the first checkpoint that had its bytes", async () => {
    const mirror = aShelf({
      "2024-01-01": { a: "same", b: "first" },
      "2024-01-02": { a: "same", b: "second" },
      "2024-01-03": { a: "same", b: "second", "dir/c": "new" },
      "2024-01-04": {},
    });
    await mirror.ok("import", "repo", "shelf");
    const page = mirror.page("snapshots/repo/20240103T000000Z/index.html");
    const dates = [...page.matchAll(/<bdi>(\S+)<\/bdi><\/a><\/td><td><time datetime="([^"]*)"/g)].map(([, a, b]) => [
      a,
      b,
    ]);
    expect(dates).toEqual([
      ["PULP_MANIFEST", "2024-01-03T00:00:00Z"],
      ["a", "2024-01-01T00:00:00Z"],
      ["b", "2024-01-02T00:00:00Z"],
      ["dir/", "2024-01-03T00:00:00Z"],
    ]);
    expect(mirror.page("snapshots/repo/20240102T000000Z/PULP_MANIFEST")).toBe(manifestOf({ a: "same", b: "second" }));
    expect(mirror.page("snapshots/repo/20240104T000000Z/PULP_MANIFEST")).toBe("");
  });

  it("done again takes what is new on the shelf, and nothing else", async () => {
    const mirror = aShelf({ "2024-01-01": { a: "1" }, "2024-01-03": { a: "3" } });
    await mirror.ok("import", "repo", "shelf");
    const before = mirror.everything();
    expect((await mirror.ok("import", "repo", "shelf")).out).toBe(
      "repo: 0 checkpoints imported, 2 were there already\n",
    );
    expect(mirror.everything()).toEqual(before);
    mirror.write("shelf/2024-01-04/a", "4");
    expect((await mirror.ok("import", "repo", "shelf")).out).toBe(
      "repo: 1 checkpoint imported, 2 were there already\n",
    );
    expect(mirror.page("snapshots/repo/20240104T000000Z/a")).toBe("4");
  });

  it("refuses a directory that changed since, one between answers, and names both", async () => {
    const mirror = aShelf({ "2024-01-01": { a: "1" }, "2024-01-03": { a: "3" } });
    await mirror.ok("import", "repo", "shelf");
    const before = mirror.everything();
    mirror.write("shelf/2024-01-03/a", "changed");
    const changed = await mirror.run("import", "repo", "shelf");
    expect(changed.exit).toBe(4);
    expect(changed.err).toContain("2024-01-03 is not what the checkpoint 20240103T000000Z holds");
    mirror.write("shelf/2024-01-03/a", "3");
    mirror.write("shelf/2024-01-02/a", "2");
    const between = await mirror.run("import", "repo", "shelf");
    expect(between.exit).toBe(4);
    expect(between.err).toContain("repo has answers up to 20240103T000000Z, and 2024-01-02 would change them");
    expect(between.err).toContain(
      "from 20240102T000000Z until 20240102T235959Z answered 20240101T000000Z, will answer 20240102T000000Z",
    );
    expect(mirror.everything()).toEqual(before);
  });

  it("refuses two directories for one second, the future, and a shelf without dates, before anything is written", async () => {
    const twice = aShelf({ "2024-01-01": { a: "1" }, "20240101T000000Z": { a: "1" } });
    await expectRefusal(
      twice,
      4,
      "there are two directories for 20240101T000000Z: 2024-01-01 and 20240101T000000Z; nothing was imported",
    );
    const future = aShelf({ "2024-01-01": { a: "1" }, "2025-03-19": { a: "2" } });
    await expectRefusal(future, 4, "2025-03-19 lies in the future");
    const undated = aShelf({ latest: { a: "1" } });
    await expectRefusal(undated, 4, "holds no dated directories");
    const missing = aMirror();
    await expectRefusal(missing, 4, "cannot read the shelf");
  });

  it("leaves what was synced and not yet published the latest version", async () => {
    const mirror = aShelf({ "2024-01-01": { a: "1" }, "2024-01-02": { a: "2" } });
    mirror.offer({ a: "one" });
    await mirror.ok("sync");
    await mirror.ok("import", "repo", "shelf");
    expect(mirror.page("plain/a")).toBe("2");
    mirror.at(60);
    await mirror.ok("publish", "repo", "--checkpoint");
    expect(mirror.page("plain/a")).toBe("one");
    expect(mirror.checkpoints()).toEqual(["20240101T000000Z", "20240102T000000Z", "20250318T140438Z"]);
    await mirror.ok("verify");
  });

  it("leaves a pruned checkpoint pruned", async () => {
    const mirror = aShelf({ "2024-01-01": { a: "1" }, "2024-01-02": { a: "2" } });
    mirror.configure({
      repository: { retain: { checkpoints: 1 } },
      top: { grace: 0 },
      distributions: checkpointsAlone,
    });
    await mirror.ok("import", "repo", "shelf");
    await mirror.ok("prune");
    expect(mirror.checkpoints()).toEqual(["20240102T000000Z"]);
    expect((await mirror.ok("import", "repo", "shelf")).out).toContain("0 checkpoints imported, 2 were there already");
    expect(mirror.checkpoints()).toEqual(["20240102T000000Z"]);
  });
});

describe("an update on top of an imported shelf", () => {
  it("keeps the dates of what is still the same, and needs no --accept-clock however old the shelf is", async () => {
    const mirror = aShelf({ "2019-01-01": { a: "same", b: "old" }, "2019-01-02": { a: "same", b: "newer" } });
    await mirror.ok("import", "repo", "shelf");
    mirror.at(60);
    mirror.offer({ a: "same", b: "newest" });
    expect((await mirror.ok("update")).out).toBe(`repo: checkpoint 20250318T140438Z (2 files, 10 bytes, +0 -0 ~1)\n`);
    const page = mirror.page("snapshots/repo/20250318T140438Z/index.html");
    expect(page).toMatch(/<bdi>a<\/bdi>.*2019-01-01T00:00:00Z/);
    expect(page).toMatch(/<bdi>b<\/bdi>.*2025-03-18T14:04:38Z/);
  });

  it("makes no checkpoint when the source holds what the newest one holds", async () => {
    const mirror = aShelf({ "2025-03-01": { a: "same" } });
    await mirror.ok("import", "repo", "shelf");
    const log = readFileSync(mirror.file("state/repositories/repo/log"), "utf8");
    mirror.offer({ a: "same" });
    const run = await mirror.ok("update");
    expect(run.out).toContain("repo: nothing new");
    expect(readFileSync(mirror.file("state/repositories/repo/log"), "utf8").startsWith(log)).toBe(true);
    expect(mirror.checkpoints()).toEqual(["20250301T000000Z"]);
  });

  it("needs no remote: an imported repository is served as it is", async () => {
    const mirror = aShelf({ "2025-03-01": { a: "same" } });
    mirror.write("asof.yaml", JSON.stringify({ repositories: { repo: {} }, distributions: checkpointsAlone }));
    await mirror.ok("import", "repo", "shelf");
    expect((await mirror.ok("update")).out).toContain("repo: nothing new (1 file, 4 bytes)");
    const sync = await mirror.run("sync", "repo");
    expect(sync.exit).toBe(2);
    expect(sync.err).toContain("repository repo has no remote");
  });
});

/** A mirror with a folder `shelf`. */
function aShelf(shelf: Readonly<Record<string, Readonly<Record<string, string>>>>): Mirror {
  const mirror = aMirror();
  for (const [name, files] of Object.entries(shelf)) {
    mkdirSync(mirror.file(`shelf/${name}`), { recursive: true });
    for (const [file, content] of Object.entries(files)) mirror.write(`shelf/${name}/${file}`, content);
  }
  return mirror;
}

async function expectRefusal(mirror: Mirror, exit: number, reason: string): Promise<void> {
  const run = await mirror.run("import", "repo", "shelf");
  expect(run.exit, run.err).toBe(exit);
  expect(run.err).toContain(reason);
}

describe("a dry run of an import", () => {
  it("tells programs where each directory lies to what is there, and what changes", async () => {
    const mirror = aMirror({ repository: { settled: false } });
    mirror.write("shelf/2024-01-02/a", "two");
    await mirror.ok("import", "repo", "shelf");
    mirror.write("shelf/2024-01-01/a", "one");
    mirror.write("shelf/notes", "");
    const { out } = await mirror.ok("import", "repo", "shelf", "--dry-run", "--json");
    const place = (name: string, at: string, lies: string): object => ({
      path: mirror.file(`shelf/${name}`),
      at,
      place: lies,
    });
    expect(JSON.parse(out)).toEqual({
      schemaVersion: 1,
      dryRun: true,
      repository: "repo",
      imported: ["20240101T000000Z"],
      skipped: ["20240102T000000Z"],
      directories: [
        place("2024-01-01", "20240101T000000Z", "before"),
        place("2024-01-02", "20240102T000000Z", "there"),
      ],
      leftOut: [{ name: "notes", reason: "is no directory" }],
      changes: [
        {
          from: "20240101T000000Z",
          until: "20240101T235959Z",
          was: null,
          becomes: { at: "20240101T000000Z", kind: "checkpoint" },
        },
      ],
      refused: null,
    });
  });

  it("says what would come, what is there, and refuses what the import would refuse", async () => {
    const mirror = aMirror();
    mirror.write("shelf/2024-01-01/a", "one");
    await mirror.ok("import", "repo", "shelf");
    mirror.write("shelf/2024-02-01/a", "two");
    const { out } = await mirror.ok("import", "repo", "shelf", "--dry-run");
    expect(out).toBe("2024-01-01 as 20240101T000000Z: there already\n2024-02-01 as 20240201T000000Z\n");
    mirror.write("shelf/2023-01-01/a", "zero");
    expect((await mirror.ok("import", "repo", "shelf", "--dry-run")).out).toContain(
      "2023-01-01 as 20230101T000000Z: before the first checkpoint\n",
    );
  });
});
