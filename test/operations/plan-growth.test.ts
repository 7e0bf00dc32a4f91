import { existsSync, lstatSync, readdirSync } from "node:fs";
import path from "node:path";

import { describe, expect, it } from "vitest";
import { z } from "zod";

import type { Config } from "../../src/model/config.ts";
import { growthWarnings } from "../../src/operations/growth/limits.ts";
import { parseText } from "../config/parse-text.ts";
import { aMirror, beginning, day, plainAndCheckpoints } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";

/**
 * Plans are compared with what the very runs that they plan for make: a mirror takes six checkpoints, a plan looks a year ahead, and the runs of that year follow.
 */
describe("a plan, and what comes of it", () => {
  const cadence = 21;
  const planDay = 5 * cadence;
  const lastDay = planDay + 365;

  it.each(["shared", "hardlinks", "copies"] as const)("agree in layout %s", async (layout) => {
    const mirror = aMirror({ top: { layout, site: { url: "https://mirror.example.org/" } } });
    await runDays(mirror, 0, planDay, cadence);
    const plan = await planOf(mirror, "--years", "1");
    expectClose(plan.site[0], mirror, 0.05);

    await runDays(mirror, planDay + cadence, lastDay, cadence);
    expect(plan.site[1]?.kept).toBe(mirror.checkpoints().length);
    expectClose(plan.site[1], mirror, 0.1);
  });

  it("agree where the retention rules prune", async () => {
    const mirror = aMirror({ top: { grace: "1s" }, repository: { retain: { last: 4, monthly: 5 } } });
    await runDays(mirror, 0, planDay, cadence);
    const plan = await planOf(mirror, "--years", "1");

    await runDays(mirror, planDay + cadence, lastDay, cadence);
    // What was pruned last goes when its grace time is over.
    mirror.at(lastDay * day);
    await mirror.ok("update");
    expect(plan.site[1]?.kept).toBe(mirror.checkpoints().length);
    expectClose(plan.site[1], mirror, 0.1);
  });
});

describe("a plan without a history", () => {
  it("lists the source, writes nothing, and says what it assumes", async () => {
    const mirror = aMirror();
    mirror.offer(content(0));
    const plan = await planOf(mirror, "--years", "2");
    expect(existsSync(mirror.file("state"))).toBe(false);
    expect(existsSync(mirror.file("public"))).toBe(false);
    expect(plan.repositories[0]).toMatchObject({
      from: "scan",
      files: Object.keys(content(0)).length,
      everySeconds: day,
      everyFrom: "default",
      changed: { from: "assumption" },
    });
    expect(plan.site.map(({ kept }) => kept)).toEqual([0, 366, 731]);
    const { out } = await mirror.ok("plan");
    expect(out).toContain("assumed: 1% of the files");
  });

  it("takes the cadence, the change and the rules that are asked for", async () => {
    const mirror = aMirror();
    mirror.offer(content(0));
    const asked = ["--every", "1w", "--changed", "50%", "--retain", "last: 9", "--years", "1"];
    const plan = await planOf(mirror, ...asked);
    expect(plan.repositories[0]).toMatchObject({
      everySeconds: 7 * day,
      everyFrom: "option",
      changed: { from: "option", files: Object.keys(content(0)).length / 2 },
      retain: "the newest 9",
    });
    expect(plan.site.at(-1)).toMatchObject({ made: 53, kept: 9 });
  });

  it("waits for a source that says that it is not ready", async () => {
    const mirror = aMirror({ remote: { type: "directory", path: "origin", url: undefined, ready: ".ready" } });
    mirror.offer(content(0));
    const run = await mirror.run("plan");
    expect(run).toMatchObject({ exit: 4, out: "" });
    expect(run.err).toContain("is not ready");
  });

  it("speaks of a repository that nothing is known of, and of a source again when asked to", async () => {
    const mirror = aMirror({ repository: { remote: undefined } });
    expect((await planOf(mirror)).repositories[0]).toMatchObject({ from: "history", files: 0 });
    mirror.configure({});
    mirror.offer(content(0));
    await mirror.ok("update");
    expect((await planOf(mirror)).repositories[0]).toMatchObject({ from: "history", scanSeconds: null });
    const { out } = await mirror.ok("plan", "--scan");
    expect(out).toMatch(/listing the source took \d+\.\d\d s/);
  });

  it.each([
    ["--every", "often"],
    ["--every", "0d"],
    ["--changed", "101%"],
    ["--changed", "1.5"],
    ["--retain", "some"],
    ["--every", "1s"],
  ])("refuses %s %s", async (option, value) => {
    const mirror = aMirror();
    mirror.offer(content(0));
    const run = await mirror.run("plan", option, value);
    expect(run).toMatchObject({ exit: 2, out: "" });
    expect(run.err).toContain("hint: ");
  });
});

describe("what does not last", () => {
  const months = [0, 1, 2].map((month) => beginning + month * 30 * day);
  const room = {
    name: "ext4",
    links: 65_000,
    subdirectories: 64_998,
    freeBytes: 1e9,
    freeInodes: 1000,
    blockBytes: 4096,
  };
  const growth = { repository: "repo", kept: [0, 50_000, 100_000], longestPathBytes: 100, mostPaths: 1 };
  const needs = { inodes: [500, 1000, 2000], diskBytes: [0, 1, 2] };

  it("is told with the day on which it ends", async () => {
    const config = await aConfig();
    const warnings = growthWarnings({ ...config, layout: "hardlinks" }, room, months, needs, [growth]);
    expect(warnings.map(({ limit, at }) => [limit, at?.slice(0, 8)])).toEqual([
      ["inodes", "20250502"],
      ["links", "20250426"],
      ["subdirectories", "20250426"],
    ]);
    for (const { text } of warnings) expect(text).toMatch(/about 2025-0[45]-\d\d/);
  });

  it("is no link where every file is a copy, and no inode where they are made as they are needed", async () => {
    const config = await aConfig();
    const btrfs = { ...room, name: "Btrfs", links: 65_535, subdirectories: undefined, freeInodes: undefined };
    expect(growthWarnings({ ...config, layout: "copies" }, btrfs, months, needs, [growth])).toEqual([]);
  });

  it("is a path that Linux does not take", async () => {
    const config = await aConfig();
    const long = { ...growth, kept: [0, 0, 0], longestPathBytes: 4090 };
    const [warning] = growthWarnings(config, { ...room, freeInodes: undefined }, months, needs, [long]);
    expect(warning).toMatchObject({ limit: "path", at: undefined });
  });
});

async function aConfig(): Promise<Config> {
  const repositories = { repo: { remote: { type: "directory", path: "source" } } };
  const { config } = await parseText(JSON.stringify({ repositories, distributions: plainAndCheckpoints }));
  return config;
}

/** 120 files in 12 directories of two levels. Each step three of them change, two of those are the same every time. */
function content(step: number): Readonly<Record<string, string>> {
  const files: Record<string, string> = { always: `week ${step}\n`, "d0/e0/always": `week ${step} too\n` };
  for (let index = 0; index < 118; index++) {
    const changes = Math.ceil((step - index) / 118);
    files[`d${index % 4}/e${index % 3}/file${index}`] = `${index} ${Math.max(0, changes)}\n`.repeat(1 + (index % 900));
  }
  return files;
}

async function runDays(mirror: Mirror, from: number, until: number, step: number): Promise<void> {
  for (let at = from; at <= until; at += step) {
    mirror.at(at * day);
    mirror.offer(content(at / step));
    await mirror.ok("update");
  }
}

const moment = z.object({
  kept: z.number(),
  made: z.number(),
  poolBytes: z.number(),
  diskBytes: z.number(),
  inodes: z.number(),
  rulesBytes: z.record(z.string(), z.number()),
  listBytes: z.number(),
  logBytes: z.number(),
});
type Moment = z.infer<typeof moment>;
const planned = z.object({ repositories: z.array(z.looseObject({})), site: z.array(moment) });

async function planOf(mirror: Mirror, ...options: readonly string[]): Promise<z.infer<typeof planned>> {
  const { out } = await mirror.ok("plan", "--json", ...options);
  return planned.parse(JSON.parse(out));
}

/** What was said is what is on disk, but for a part of it. */
function expectClose(said: Moment | undefined, mirror: Mirror, tolerance: number): void {
  if (said === undefined) throw new Error("the plan says nothing of this moment");
  const folders = ["state", "public", "rules"].flatMap((folder) => filesIn(mirror.file(folder)));
  const inodes = new Set(folders.map(({ ino }) => ino)).size;
  const pool = filesIn(mirror.file("state/objects")).filter(({ isFile }) => isFile);
  const within = (what: string, predicted: number, real: number): void => {
    expect(Math.abs(predicted / real - 1), `${what}: ${predicted} was said, ${real} is`).toBeLessThan(tolerance);
  };
  within("inodes", said.inodes, inodes);
  within("bytes of the pool", said.poolBytes, sumOf(pool));
  for (const [server, bytes] of Object.entries(said.rulesBytes)) {
    const real = filesIn(mirror.file(`rules/${server}`)).filter(({ isFile }) => isFile);
    within(`rules for ${server}`, bytes, sumOf(real));
  }
  const logs = [mirror.file("state/repositories/repo"), mirror.file("public/snapshots/repo/_asof/log")];
  within("logs", said.logBytes, sumOf(logs.flatMap(filesIn).filter(({ isFile }) => isFile)));
}

interface Found {
  readonly ino: number;
  readonly bytes: number;
  readonly isFile: boolean;
}

function filesIn(folder: string): readonly Found[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => {
    const stat = lstatSync(path.join(folder, name));
    return { ino: stat.ino, bytes: stat.size, isFile: stat.isFile() };
  });
}

function sumOf(files: readonly Found[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
