import { appendFileSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

import { describe, expect, it } from "vitest";
import type { TestContext } from "vitest";

import { openProject } from "../helpers/asof.ts";
import type { Project, RunningCli } from "../helpers/asof.ts";
import { until } from "../watch/until.ts";

// Nearly all of their time is waiting, so they wait together.
describe.concurrent("asof update --watch", () => {
  it("publishes one checkpoint each time that a source directory has settled, and no half-written file", async (context) => {
    const { project, begin, checkpoints, filesOf } = aProject(context, directory("repo"));
    project.write("repo/first", "1");
    const watch = begin("--settle", "2");
    await until(() => checkpoints("repo").length === 1);
    expect(filesOf("repo", 0)).toEqual(["first"]);

    for (let chunk = 0; chunk < 110; chunk++) {
      appendFileSync(project.file("repo/slow.iso"), "x");
      await sleep(25);
      expect(checkpoints("repo")).toHaveLength(1);
    }
    project.write("repo/last", "2");
    await until(() => checkpoints("repo").length === 2);
    expect(filesOf("repo", 1)).toEqual(["first", "last", "slow.iso"]);
    const published = project.file(`public/repo/${checkpoints("repo")[1]}/slow.iso`);
    expect(readFileSync(published, "utf8")).toBe("x".repeat(110));

    await sleep(2500);
    expect(checkpoints("repo")).toHaveLength(2);
    expect(watch.err.match(/checkpoint \d{8}T/g)).toHaveLength(2);
  });

  it("ends with exit code 0 when it is interrupted, whatever it is doing, and leaves nothing half done", async (context) => {
    const { project, begin, filesIn } = aProject(context, directory("repo"));
    const waiting = begin("--settle", "1000");
    await until(() => waiting.err.includes("Watching"));
    expect(await waiting.stop()).toMatchObject({ exit: 0, out: "" });

    for (let index = 0; index < 300; index++) project.write(`repo/${index}`, "x".repeat(5000));
    const working = begin("--settle", "0");
    await until(() => filesIn("state/incoming").length > 0);
    const { exit, err } = await working.stop();
    expect(exit).toBe(0);
    expect(err).not.toContain("interrupted");
    await project.ok("update");
    expect(filesIn("state/incoming")).toEqual([]);
  });

  it("does not publish what is still on the move when another source has settled", async (context) => {
    const { project, begin, checkpoints, filesOf } = aProject(context, directory("still"), directory("moving"));
    project.write("still/a", "1");
    project.write("moving/a", "1");
    begin("--settle", "2");
    for (let chunk = 0; checkpoints("still").length === 0 || chunk < 100; chunk++) {
      appendFileSync(project.file("moving/growing"), "x");
      await sleep(25);
    }
    expect(checkpoints("moving")).toHaveLength(0);
    await until(() => checkpoints("moving").length === 1);
    expect(filesOf("moving", 0)).toEqual(["a", "growing"]);
    expect(checkpoints("still")).toHaveLength(1);
  });

  it("asks sources that it cannot look at now and in every interval", async (context) => {
    const { project, begin, checkpoints } = aProject(context, { name: "file", remote: "" });
    const url = pathToFileURL(project.file("origin/PULP_MANIFEST")).href;
    project.write("asof.yaml", configOf({ name: "file", remote: `remote: { type: file, url: "${url}" }` }));
    project.write("origin/a", "hello\n");
    project.write("origin/b", "hello\n");
    project.write("origin/PULP_MANIFEST", `a,${helloDigest},6\n`);
    const watch = begin("--settle", "1000", "--interval", "1");
    await until(() => checkpoints("file").length === 1);
    project.write("origin/PULP_MANIFEST", `a,${helloDigest},6\nb,${helloDigest},6\n`);
    await until(() => checkpoints("file").length === 2);
    rmSync(project.file("origin/PULP_MANIFEST"));
    await until(() => watch.err.includes("file: failed (SOURCE_"));
    expect((await watch.stop()).exit).toBe(0);
  });

  it("tells once of a source that goes, and goes on when it is back", async (context) => {
    const { project, begin, checkpoints } = aProject(context, directory("repo"));
    project.write("repo/a", "1");
    const watch = begin("--settle", "1");
    await until(() => checkpoints("repo").length === 1);
    renameSync(project.file("repo"), project.file("gone"));
    await until(() => watch.err.includes("does not exist"));
    await sleep(1000);
    expect(watch.err.match(/does not exist/g)).toHaveLength(1);
    renameSync(project.file("gone"), project.file("repo"));
    project.write("repo/b", "2");
    await until(() => checkpoints("repo").length === 2);
  });

  it("refuses a source that was emptied, once, and publishes what comes next", async (context) => {
    const { project, begin, checkpoints, filesOf } = aProject(context, directory("repo"));
    project.write("repo/a", "1");
    const watch = begin("--settle", "1");
    await until(() => checkpoints("repo").length === 1);
    rmSync(project.file("repo/a"));
    await until(() => watch.err.includes("SOURCE_SHRUNK"));
    await sleep(2500);
    expect(watch.err.match(/SOURCE_SHRUNK/g)).toHaveLength(1);
    project.write("repo/b", "2");
    await until(() => checkpoints("repo").length === 2);
    expect(filesOf("repo", 1)).toEqual(["b"]);
  });

  it("tries again what failed on this machine, though the source did not change", async (context) => {
    const { project, begin, checkpoints } = aProject(context, directory("repo"));
    project.write("asof.yaml", `${configOf(directory("repo"))}\nreload: [test, -e, reloadable]\n`);
    project.write("repo/a", "1");
    const watch = begin("--settle", "1");
    await until(() => watch.err.includes("the reload command failed"));
    project.write("reloadable", "");
    await until(() => watch.err.includes("nothing new"));
    expect(checkpoints("repo")).toHaveLength(1);
  });

  it("has nothing to do where no repository has a remote", async (context) => {
    const { project } = aProject(context, { name: "shelf", remote: "" });
    const { exit, err } = await project.run("update", "--watch");
    expect(exit).toBe(2);
    expect(err).toContain("nothing to watch");
  });
});

// SHA-256 of "hello\n".
const helloDigest = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

interface WatchedProject {
  readonly project: Project;
  begin(...options: readonly string[]): RunningCli;
  /** Names of the checkpoint directories at a base path, oldest first. */
  checkpoints(base: string): readonly string[];
  /** What the source gave to the checkpoint of that number. */
  filesOf(base: string, index: number): readonly string[];
  filesIn(folder: string): readonly string[];
}

function aProject({ onTestFinished }: TestContext, ...repositories: readonly Repository[]): WatchedProject {
  const project = openProject(configOf(...repositories));
  const runs: RunningCli[] = [];
  for (const { name } of repositories) {
    project.write(`${name}/x`, "");
    rmSync(project.file(`${name}/x`));
  }
  onTestFinished(async () => {
    for (const run of runs) await run.stop();
    project.remove();
  });
  const filesIn = (folder: string): readonly string[] => {
    try {
      return readdirSync(project.file(folder));
    } catch {
      return [];
    }
  };
  const checkpoints = (base: string): readonly string[] =>
    filesIn(`public/${base}`)
      .filter((name) => /^\d{8}T\d{6}Z$/.test(name))
      .toSorted();
  return {
    project,
    begin(...options) {
      const run = project.begin("update", "--watch", ...options);
      runs.push(run);
      return run;
    },
    checkpoints,
    filesOf: (base, index) =>
      filesIn(`public/${base}/${checkpoints(base)[index]}`).filter(
        (name) => name !== "PULP_MANIFEST" && name !== "index.html",
      ),
    filesIn,
  };
}

interface Repository {
  readonly name: string;
  readonly remote: string;
}

function directory(name: string): Repository {
  return { name, remote: `remote: { type: directory, path: ${name} }` };
}

/** Each repository with its checkpoints under its name. */
function configOf(...repositories: readonly Repository[]): string {
  return [
    "repositories:",
    ...repositories.map(({ name, remote }) => `  ${name}: { ${remote} }`),
    "distributions:",
    ...repositories.map(({ name }) => `  ${name}: { repository: ${name}, base_path: ${name}, checkpoint: true }`),
  ].join("\n");
}
