import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Project } from "../helpers/asof.ts";
import {
  bisectRuns,
  largestFiles,
  lookUpBytes,
  projectOf,
  rareCulprit,
  rarePath,
} from "../helpers/many-checkpoints.ts";

/**
 * What visitors and programs receive of a mirror with 1,000 checkpoints of 20,000 files, each of which changed 200 of them: the largest file of each kind, what a look-up of a path or of the beginning of a name transfers, how
 * many runs a search takes, and what a build with nothing to do costs. `TMPDIR` says where: it needs room for a million inodes. `ASOF_BENCH_CHECKPOINTS` (1000), `ASOF_BENCH_FILES` (20000) and `ASOF_BENCH_CHANGED` (200)
 * make it smaller.
 *
 * On a busy machine: 725,000 names in public/; the longest page is the list of all checkpoints (182 kB), then changes (69 kB); the largest JSON a year's list (166 kB). Histories are 2,000 files with 13 MB, none longer than
 * 8.1 kB: a path costs 1 to 8 kB, the beginning of a name at most 34 kB. Ten runs find a checkpoint among 1,000, three one of twelve; a build with nothing to do takes 0.8 s of processor time and 93 MB.
 */
const size = {
  checkpoints: Number(process.env["ASOF_BENCH_CHECKPOINTS"] ?? 1000),
  files: Number(process.env["ASOF_BENCH_FILES"] ?? 20_000),
  changed: Number(process.env["ASOF_BENCH_CHANGED"] ?? 200),
};

describe(`pages of ${size.checkpoints} checkpoints with ${size.files} files and ${size.changed} changes each`, () => {
  const rows: string[] = [];
  let project: Project;
  const tell = (what: string, value: number | string, wanted = ""): void => {
    rows.push(`| ${what} | ${value} | ${wanted} |`);
  };
  const timed = async (what: string, run: () => Promise<unknown>): Promise<void> => {
    const [began, processor] = [performance.now(), process.cpuUsage()];
    await run();
    const { user, system } = process.cpuUsage(processor);
    tell(
      what,
      `${((performance.now() - began) / 1000).toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} of processor`,
    );
  };

  beforeAll(async () => {
    await timed("recording the history", async () => {
      project = await projectOf(size);
    });
    await timed("the first build", () => project.ok("build"));
  }, 3_600_000);
  afterAll(() => {
    process.stdout.write(`\n| what | measured | wanted |\n| --- | ---: | ---: |\n${rows.join("\n")}\n\n`);
    project.remove();
  }, 600_000);

  it("files", () => {
    const { kinds, names } = largestFiles(project.file("public"));
    for (const [kind, { bytes, file }] of kinds)
      tell(`largest ${kind}, ${file}`, bytes, kind === "page" ? "300000" : "");
    tell("names in public/", names);
    tell("names in state/", largestFiles(project.file("state")).names);
    expect(kinds.get("page")?.bytes).toBeLessThanOrEqual(300_000);
  });

  it("look-ups", async () => {
    const texts = [rarePath, "pool/7/pkg-7/pkg-7-part3_1.0-1_amd64.deb", "pool/7/pkg-7/", "pkg-7", "pkg-", "nothing"];
    for (const [index, bytes] of (await lookUpBytes(project, texts)).entries()) {
      tell(`received for ${texts[index] ?? ""}`, bytes, "50000");
      expect(bytes).toBeLessThanOrEqual(50_000);
    }
    const [all = 0] = await lookUpBytes(project, ["changing"]);
    tell("received for all events of a path that each checkpoint changed", all);
    const [newest = 0] = await lookUpBytes(project, ["changing"], "--limit", "100");
    tell("and for its newest hundred", newest, "50000");
    expect(newest).toBeLessThanOrEqual(50_000);
  });

  it("searches", async () => {
    const runs = await bisectRuns(project, size, Math.ceil(0.7 * size.checkpoints));
    tell("runs of a search among all", runs, "10");
    const few = await bisectRuns(project, size, rareCulprit(size), "--path", "pool/rare/**");
    tell("runs of one with a path that changed twelve times", few, "4");
    expect([runs <= 10, few <= 4]).toEqual([true, true]);
  });

  it("builds with nothing to do", async () => {
    await timed("a build with nothing to do, the first", () => project.ok("build"));
    await timed("a build with nothing to do, the second", () => project.ok("build"));
  });

  it("verification", async () => {
    await timed("asof verify", () => project.ok("verify"));
  });
});
