import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";

import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";

import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";
import { runTest } from "../../src/operations/bisect/run-test.ts";
import { testEnvironment } from "../../src/operations/bisect/test-environment.ts";
import { openProject } from "../helpers/asof.ts";
import type { Project, RunningCli } from "../helpers/asof.ts";
import type { Run } from "../helpers/launch-cli.ts";
import { writeLongHistory } from "../helpers/long-history.ts";
import { until } from "../watch/until.ts";
import { aMirror, after } from "./mirror.ts";
import { buildProgram } from "./program.ts";
import { startTamperingProxy } from "./tampering-proxy.ts";

const checkpoints = 1000;
const newest = 1_742_306_618;
const stepSeconds = 18 * 3600;
const [first, last] = [numbered(1), numbered(checkpoints)];
const state = ".asof-bisect.json";

/** The numbers of the checkpoints in which `pool/rare/x` changed: twelve after the first. */
const changes = [1, 40, 77, 130, 300, 301, 302, 540, 650, 651, 800, 923, 1000];
const config = (site: object): string =>
  JSON.stringify({
    site,
    servers: ["nginx"],
    repositories: { tree: {}, empty: {} },
    distributions: {
      plain: { repository: "tree", base_path: "plain" },
      snapshots: { repository: "tree", base_path: "snapshots", checkpoint: true },
    },
  });

/** A thousand checkpoints, built; the first line of the log of runs is the oldest. */
let project: Project;
beforeAll(async () => {
  project = openProject(config({ url: "https://mirror.example.org/" }));
  const content = new Map([
    ["pool/often/a", "a\n"],
    ["pool/rare/y", "y\n"],
  ]);
  const rare = [
    { path: "pool/rare/x", texts: new Map(changes.map((number) => [number, `${number}\n`])) },
    // Changes with the culprit of the tests below and elsewhere, but under another path.
    { path: "pool/often/b", texts: new Map([1, 2, 3, 299, 540, 700].map((number) => [number, `${number}\n`])) },
  ];
  const history = { repository: "tree", checkpoints, newest, stepSeconds, content, rare };
  await writeLongHistory(project.file("state"), history);
  await project.ok("build");
}, 300_000);
afterAll(() => project.remove());
beforeEach(() => {
  for (const name of ["runs", "told", state]) rmSync(project.file(name), { force: true });
});

describe("asof bisect", () => {
  it("finds a planted change among 1,000 checkpoints in ten runs at most, with its difference", async () => {
    for (const number of [2, 3, 500, 501, 700, 999, 1000]) {
      rmSync(project.file("runs"), { force: true });
      const run = await bisect(badFrom(number));
      expect(run.exit, run.err).toBe(0);
      expect(run.out).toContain(`${numbered(number)} is the first bad checkpoint of tree\n`);
      expect(run.out).toContain(`https://mirror.example.org/snapshots/${numbered(number)}/\n`);
      expect(run.out).toContain(`against ${numbered(number - 1)}, the checkpoint before:`);
      expect(runs().length).toBeLessThanOrEqual(10);
      expect(new Set(runs()).size).toBe(runs().length);
      expect(existsSync(project.file(state))).toBe(false);
    }
  });

  it("needs four runs where twelve of them changed what is under --path, whichever of those it is", async () => {
    for (const number of changes.slice(1)) {
      rmSync(project.file("runs"), { force: true });
      const run = await bisect(badFrom(number), "--path", "pool/rare/*");
      expect(run.out).toContain(`${numbered(number)} is the first bad checkpoint`);
      expect(runs().length).toBeLessThanOrEqual(4);
    }
  });

  it("prints how many checkpoints and runs are left, and the difference with what is under --path first", async () => {
    const run = await bisect(badFrom(540), "--path", "pool/rare");
    expect(run.err.split("\n").slice(0, 3)).toEqual([
      `good: ${first}, bad: ${last}, 999 checkpoints to blame, 12 of them with a change under --path`,
      `11 checkpoints left to test, roughly 4 runs: ${numbered(302)}`,
      `${numbered(302)} is good (exit code 0)`,
    ]);
    expect(run.out).toBe(
      [
        `${numbered(540)} is the first bad checkpoint of tree`,
        `  https://mirror.example.org/snapshots/${numbered(540)}/`,
        `against ${numbered(539)}, the checkpoint before: +0 -0 ~3`,
        "  ~ pool/rare/x (4 bytes, now 4)",
        "  ~ changing (4 bytes, now 4)",
        "  ~ pool/often/b (4 bytes, now 4)",
        "",
      ].join("\n"),
    );
  });

  it("tells the command which checkpoint it is about, by its time, its address and its directory", async () => {
    await bisect(
      `env | grep ^ASOF_ | sort > told; cat "$ASOF_DIR/changing" >> told; test $ASOF_TIME \\< ${numbered(3)}`,
      "--bad",
      numbered(3),
    );
    expect(readFileSync(project.file("told"), "utf8").split("\n")).toEqual([
      `ASOF_DIR=${project.file(`public/snapshots/${numbered(2)}`)}`,
      "ASOF_DISTRIBUTION=snapshots",
      "ASOF_ISO=2023-03-01T02:03:38Z",
      `ASOF_TIME=${numbered(2)}`,
      `ASOF_URL=https://mirror.example.org/snapshots/${numbered(2)}/`,
      "2",
      "",
    ]);
  });

  it("takes the checkpoint that answers for times in every form, and a distribution for its repository", async () => {
    const forms = [
      ["20230301", "2025-03-18"],
      [`@${secondsOf(3) - 1}`, "latest"],
      [numbered(2), "2025-03-18T14:03:38Z"],
    ];
    for (const [good = "", bad = ""] of forms) {
      const argv = ["bisect", "snapshots", "--good", good, "--bad", bad, "--json"];
      const { out } = await project.ok(...argv, "--", "sh", "-c", badFrom(9));
      const to = bad === "2025-03-18" ? checkpoints - 1 : checkpoints;
      const from = good === "20230301" ? 1 : 2;
      expect(result(out)).toMatchObject({ good: numbered(from), bad: numbered(to), checkpoints: to - from });
    }
  });

  it("leaves all words after the dashes to the command", async () => {
    const argv = ["bisect", "tree", "--good", first, "--bad", numbered(3), "--"];
    const { out } = await project.ok(...argv, "sh", "-c", 'printf "%s " "$@" > told', "sh", "--json", "--", "--help");
    expect(out).toContain("is the first bad checkpoint");
    expect(readFileSync(project.file("told"), "utf8")).toBe("--json -- --help ");
  });

  it("prints one document with --json, and the command's own output on stderr", async () => {
    const { exit, out } = await bisect(`echo noise; ${badFrom(300)}`, "--json", "--path", "pool/rare/x");
    expect(exit).toBe(0);
    expect(result(out)).toMatchObject({
      schemaVersion: 1,
      result: "found",
      repository: "tree",
      distribution: "snapshots",
      checkpoints: 999,
      candidates: 12,
      runs: 3,
      suspects: [
        {
          checkpoint: numbered(300),
          before: numbered(299),
          url: `https://mirror.example.org/snapshots/${numbered(300)}/`,
          changed: 2,
          changes: [
            { kind: "changed", path: "pool/rare/x", bytes: 4, was: { bytes: 4 } },
            { kind: "changed", path: "changing" },
          ],
        },
      ],
    });
  });
});

describe("exit codes of the command", () => {
  it("125 passes a checkpoint over, and when only such ones are left they are listed with exit code 2", async () => {
    const skipping = `${log}; test $ASOF_TIME = ${numbered(500)} && exit 125; ${badFrom(501)}`;
    const { exit, out } = await bisect(skipping, "--bad", numbered(505), "--good", numbered(495));
    expect(exit).toBe(2);
    expect(out).toContain("the first bad one is among these 2:\n");
    expect(out).toContain(`  ${numbered(500)} +0 -0 ~1\n  ${numbered(501)} +0 -0 ~1\n`);
    const beside = `test $ASOF_TIME = ${numbered(500)} && exit 125; ${badFrom(503)}`;
    expect((await bisect(beside, "--bad", numbered(505), "--good", numbered(495))).out).toContain(
      `${numbered(503)} is the first bad checkpoint`,
    );
  });

  it("from 1 to 127 are bad", async () => {
    for (const code of [1, 2, 124, 126, 127]) {
      const { out } = await bisect(`test $ASOF_TIME \\< ${numbered(777)} || exit ${code}`);
      expect(out).toContain(`${numbered(777)} is the first bad checkpoint`);
    }
  });

  it("above 127, and a signal, end the search; the same line goes on", async () => {
    for (const end of ["exit 128", "exit 255", "kill -9 $$"]) {
      const run = await bisect(
        `${log}; test -e mended || test $(wc -l < runs) -lt 3 || ${end}; ${badFrom(600, false)}`,
      );
      expect(run.exit).toBe(2);
      expect(run.err).toMatch(/the command (?:ended with (?:128|255)|was ended by SIGKILL), which is no answer/);
      expect(kept()).toHaveLength(2);
      rmSync(project.file(state));
      rmSync(project.file("runs"));
    }
    const flaky = `${log}; test -e mended || test $(wc -l < runs) -lt 3 || exit 255; ${badFrom(600, false)}`;
    await bisect(flaky);
    project.write("mended", "");
    expect((await bisect(flaky)).out).toContain(`${numbered(600)} is the first bad checkpoint`);
    rmSync(project.file("mended"));
    expect(runs().length).toBeLessThanOrEqual(11);
  });

  it("126 and 127 are not believed where the good checkpoint gets them as well", async () => {
    const run = await bisect("./not-there");
    expect(run.exit).toBe(2);
    expect(run.err).toContain(`the command ended with 127 for ${first} as well, which is known to be good`);
    expect(kept()).toEqual([]);
  });

  it("a command that is not there is told as such", async () => {
    const run = await project.run("bisect", "tree", "--good", first, "--bad", last, "--", "./not-there");
    expect(run.exit).toBe(2);
    expect(run.err).toContain("the command cannot be run: ./not-there");
  });
});

describe("an interrupted search", () => {
  it("goes on with the same words, runs nothing again, and believes no answer of the run that was interrupted", async () => {
    const slow = `${log}; test -e mended || test $(wc -l < runs) -lt 4 || exec sleep 60; ${badFrom(345, false)}`;
    const running = begin(slow);
    await until(() => existsSync(project.file("runs")) && runs().length === 4);
    const interrupted = await running.stop();
    expect(interrupted.exit).toBe(130);
    expect(kept()).toHaveLength(3);

    project.write("mended", "");
    const run = await bisect(slow);
    rmSync(project.file("mended"));
    expect(run.err).toContain("going on after 3 answers of an earlier run");
    expect(run.out).toContain(`${numbered(345)} is the first bad checkpoint`);
    const [earlier, later] = [runs().slice(0, 3), runs().slice(3)];
    // The interrupted one is the only one that ran twice.
    expect(later[0]).toBe(later[1]);
    expect(new Set([...earlier, ...later]).size).toBe(runs().length - 1);
    expect(runs().length).toBeLessThanOrEqual(11);
    expect(existsSync(project.file(state))).toBe(false);
  });

  it("by Ctrl-C believes no exit code that the command gave because of it", async () => {
    const program = buildProgram();
    onTestFinished(() => program.remove());
    // Ctrl-C reaches the whole group, and this command calls it a failed test.
    const script = `trap 'exit 1' INT; ${log}; while :; do sleep 0.1; done`;
    const child = spawn(process.execPath, [path.join(program.dir, "dist/cli/main.js"), ...lineOf(script, [])], {
      cwd: project.dir,
      detached: true,
      stdio: "ignore",
    });
    const ended = once(child, "exit");
    await until(() => existsSync(project.file("runs")));
    process.kill(-(child.pid ?? 0), "SIGINT");
    expect(await ended).toEqual([130, null]);
    expect(kept()).toEqual([]);
  });

  it("is not mixed with another question: that is refused, has a file of its own, or begins anew", async () => {
    await bisect("exit 200");
    const before = readFileSync(project.file(state), "utf8");
    const other = await bisect(badFrom(3));
    expect(other.exit).toBe(2);
    expect(other.err).toContain("is of another bisection, which did not come to its end");
    expect((await bisect(badFrom(3), "--state", "other.json")).exit).toBe(0);
    expect(existsSync(project.file("other.json"))).toBe(false);
    expect(readFileSync(project.file(state), "utf8")).toBe(before);
    expect((await bisect(badFrom(3), "--reset")).exit).toBe(0);
    expect(existsSync(project.file(state))).toBe(false);
  });

  it("takes no file for its state that is none", async () => {
    project.write(state, "{}");
    const run = await bisect(badFrom(3));
    expect([run.exit, run.err]).toEqual([2, expect.stringContaining("is no state of a bisection")]);
  });
});

describe("a question without an answer is refused", () => {
  it.each([
    [["tree", "--good", last, "--bad", first], "is newer than --bad", "exchange the two times"],
    [["tree", "--good", first, "--bad", first], "mean the same checkpoint", ""],
    [["tree", "--good", "2001-01-01", "--bad", last], `is before the first checkpoint of tree, ${first}`, ""],
    [["tree", "--good", "yesterday", "--bad", last], "yesterday is no time", "20250318T140338Z"],
    [["tree", "--good", first, "--bad", last, "--path", "pool/none"], "nothing changed under pool/none", ""],
    [["tree", "--good", first, "--bad", last, "--path", "/pool"], '"/pool" is absolute', ""],
    [["tree", "--good", first], "--bad must be given", ""],
    [["trea", "--good", first, "--bad", last], "there is no repository trea", "known: empty, tree"],
    [["empty", "--good", first, "--bad", last], "no distribution serves the checkpoints of empty", ""],
    [["--good", first, "--bad", last], "name a repository, or --url", ""],
    [["tree", "--good", first, "--bad", last, "--url", "http://127.0.0.1:1/"], "leave the repository out", ""],
    [["--good", first, "--bad", last, "--url", "mirror"], "mirror is no http: or https: address", ""],
  ])("%j", async (argv, message, hint) => {
    const run = await project.run("bisect", ...argv, "--", "sh", "-c", log);
    expect(run.exit).toBe(2);
    expect(run.err).toContain(message);
    expect(run.err).toContain(hint);
    expect(existsSync(project.file("runs"))).toBe(false);
    expect(existsSync(project.file(state))).toBe(false);
  });

  it("without a command, and with one that has no dashes before it", async () => {
    const ends = ["--good", first, "--bad", last];
    expect((await project.run("bisect", "tree", ...ends)).err).toContain("there is no command to run");
    expect((await project.run("bisect", "tree", ...ends, "--")).err).toContain("there is no command to run");
    expect((await project.run("bisect", "tree", ...ends, "make", "test")).err).toContain(
      'an argument too many: "make"',
    );
  });

  it("and so are ends that are not what they are said to be, where they are checked", async () => {
    const good = await bisect(badFrom(1), "--check-ends");
    expect([good.exit, good.err]).toEqual([2, expect.stringContaining(`${first}, which --good names, is bad`)]);
    rmSync(project.file(state));
    const bad = await bisect("true", "--check-ends");
    expect([bad.exit, bad.err]).toEqual([2, expect.stringContaining(`${last}, which --bad names, is good`)]);
    rmSync(project.file(state));
    expect((await bisect(badFrom(7), "--check-ends")).out).toContain(`${numbered(7)} is the first bad checkpoint`);
  });
});

describe("without site.url", () => {
  it("the command gets no address, and is told so; nor one that the environment has under that name", async () => {
    const dir = project.file("elsewhere");
    mkdirSync(dir);
    const settings: object = JSON.parse(config({}));
    writeFileSync(path.join(dir, "asof.yaml"), JSON.stringify({ ...settings, state: "../state", output: "../public" }));
    const argv = ["bisect", "tree", "--config", "elsewhere/asof.yaml", "--good", first, "--bad", numbered(4)];
    const run = await project.ok(...argv, "--", "sh", "-c", `env > told; ${badFrom(3)}`);
    rmSync(dir, { recursive: true });
    expect(run.err).toContain("ASOF_URL is not set: the configuration has no site.url");
    expect(readFileSync(project.file("told"), "utf8")).not.toContain("ASOF_URL");
    expect(run.out).toContain(project.file(`public/snapshots/${numbered(3)}`));

    const series = { distribution: "snapshots", url: () => undefined, directory: () => "/here" };
    const env = testEnvironment(series, first, { ...process.env, ASOF_URL: "https://elsewhere.example.org/" });
    const world = { cwd: project.dir, env, stdout: "stdout", signal: new AbortController().signal } as const;
    const script = `test "$ASOF_DIR" = /here && test -z "\${ASOF_URL+set}"`;
    expect(await runTest(["sh", "-c", script], world)).toEqual({ verdict: "good", exitCode: 0 });
  });

  it("and without a directory the search is refused", async () => {
    const unbuilt = openProject(config({}));
    onTestFinished(() => unbuilt.remove());
    symlinkSync(project.file("state"), unbuilt.file("state"));
    const run = await unbuilt.run("bisect", "tree", "--good", first, "--bad", last, "--", "true");
    expect(run.exit).toBe(2);
    expect(run.err).toContain("is not on this disk, and the configuration has no site.url");
  });
});

describe("checkpoints that are gone", () => {
  it("are passed over, and are no end of a search, here and by the address", async () => {
    const mirror = aMirror();
    for (const index of [0, 1, 2, 3, 4]) {
      mirror.at(index * 60);
      mirror.offer({ a: `content ${index}` });
      await mirror.ok("update");
    }
    await mirror.ok("withdraw", "repo", after(120), "--reason", "leaked");
    const serving = mirror.begin("serve", "--port", "0");
    await until(() => serving.out.includes("Ctrl-C"));
    const url = `${/http:\S+/.exec(serving.out)?.[0] ?? ""}snapshots/repo`;
    for (const of of [["repo"], ["--url", url]]) {
      const refused = await mirror.run("bisect", ...of, "--good", after(130), "--bad", "latest", "--", "true");
      expect([refused.exit, refused.err]).toEqual([2, expect.stringContaining(`that answers ${after(130)} is gone`)]);
      expect(refused.err).toContain(`its neighbours: ${after(60)} (older), ${after(180)} (newer)`);
      const ends = ["--good", after(0), "--bad", "latest", "--", "sh", "-c", `test $ASOF_TIME \\< ${after(100)}`];
      const { out } = await mirror.ok("bisect", ...of, ...ends);
      expect(out).toContain(`${after(180)} is the first bad checkpoint of repo`);
      expect(out).toContain(`against ${after(60)}, the checkpoint before: +0 -0 ~1`);
    }
    await serving.stop();
  });
});

describe("by the address of a published mirror alone", () => {
  let serving: RunningCli;
  let url = "";
  beforeAll(async () => {
    serving = project.begin("serve", "--port", "0");
    await until(() => serving.out.includes("Ctrl-C"));
    url = `${/http:\S+/.exec(serving.out)?.[0] ?? ""}snapshots/`;
  });
  afterAll(async () => {
    await serving.stop();
  });

  const script = `fetch(process.env.ASOF_URL + "changing").then((it) => it.text()).then((it) => process.exit(Number(it) < 700 ? 0 : 1))`;
  const published = (...argv: readonly string[]): Promise<Run> =>
    project.run("bisect", "--url", url, "--config", "nowhere.yaml", ...argv, "--", process.execPath, "-e", script);

  it("finds the same in ten runs, through the lists of the years that it spans", async () => {
    const run = await published("--good", first, "--bad", last, "--json");
    expect(run.exit, run.err).toBe(0);
    const found = result(run.out);
    expect(found).toMatchObject({
      repository: "tree",
      distribution: "snapshots",
      checkpoints: 999,
      candidates: 999,
      suspects: [
        {
          checkpoint: numbered(700),
          before: numbered(699),
          url: `${url}${numbered(700)}/`,
          directory: null,
          changes: [
            { kind: "changed", path: "changing" },
            { kind: "changed", path: "pool/often/b" },
          ],
        },
      ],
    });
    expect(z.object({ runs: z.number() }).parse(found).runs).toBeLessThanOrEqual(10);
  });

  it("and in four with --path, by its records", async () => {
    const run = await published("--good", first, "--bad", "latest", "--path", "pool/rare/**", "--json");
    expect(run.exit, run.err).toBe(0);
    expect(result(run.out)).toMatchObject({ candidates: 12, suspects: [{ checkpoint: numbered(800) }] });
    expect(z.object({ runs: z.number() }).parse(result(run.out)).runs).toBeLessThanOrEqual(4);
  });

  it("asks for the lists of the years that it needs, and for records of directories that differ and that the pattern can mean, each once", async () => {
    const proxy = await startTamperingProxy(url);
    const [good, bad] = ["--good", "--bad"].map((end, index) => [end, numbered(798 + 4 * index)] as const);
    const argv = ["bisect", "--url", proxy.url, ...(good ?? []), ...(bad ?? []), "--path", "pool/rare/x", "--json"];
    const run = await project.run(...argv, "--", "false");
    await proxy.close();
    expect(result(run.out)).toMatchObject({ checkpoints: 4, candidates: 1, runs: 0 });
    const records = proxy.asked.filter((asked) => asked.startsWith("_asof/tree/"));
    // Five roots, and of the two that are around the change pool/ and pool/rare/.
    expect(records).toHaveLength(9);
    expect(new Set(records).size).toBe(9);
    const lists = proxy.asked.filter((asked) => !records.includes(asked));
    expect([...new Set(lists)]).toEqual(["checkpoints.json", `checkpoints/${numbered(798).slice(0, 4)}.json`]);
  });

  it("tells the culprit also where the records are gone, but not what changed in it", async () => {
    const records = project.file("public/snapshots/_asof/tree");
    renameSync(records, `${records}-away`);
    try {
      const run = await published("--good", numbered(690), "--bad", numbered(710));
      expect(run.exit, run.err).toBe(0);
      expect(run.out).toContain(`${numbered(700)} is the first bad checkpoint`);
      expect(run.out).toContain("what changed in it cannot be told:");
      const refused = await published("--good", numbered(690), "--bad", numbered(710), "--path", "pool");
      expect(refused.exit).toBe(4);
      expect(refused.err).toContain("is not there (404)");
    } finally {
      renameSync(`${records}-away`, records);
    }
  });

  it("refuses what is no list of checkpoints", async () => {
    const file = project.file("public/snapshots/checkpoints.json");
    const before = readFileSync(file);
    rmSync(file);
    writeFileSync(file, JSON.stringify({ schemaVersion: 1, distribution: "a\nb" }));
    const run = await published("--good", first, "--bad", last);
    rmSync(file);
    writeFileSync(file, before);
    expect(run.exit).toBe(4);
    expect(run.err).toContain("checkpoints.json is not as asof writes it: distribution");
  });
});

function numbered(number: number): Timestamp {
  return timestampFromSeconds(secondsOf(number));
}

function secondsOf(number: number): number {
  return newest - (checkpoints - number) * stepSeconds;
}

const log = "echo $ASOF_TIME >> runs";

/** A test that notes each run, and fails from that checkpoint on. */
function badFrom(number: number, isNoting = true): string {
  return `${isNoting ? `${log}; ` : ""}test $(cat "$ASOF_DIR/changing") -lt ${number}`;
}

function bisect(script: string, ...argv: readonly string[]): Promise<Run> {
  return project.run(...lineOf(script, argv));
}

function begin(script: string): RunningCli {
  return project.begin(...lineOf(script, []));
}

function lineOf(script: string, argv: readonly string[]): readonly string[] {
  const good = argv.includes("--good") ? [] : ["--good", first];
  const bad = argv.includes("--bad") ? [] : ["--bad", last];
  return ["bisect", "tree", ...good, ...bad, ...argv, "--", "sh", "-c", script];
}

/** The times for which the command ran, in their order. */
function runs(): readonly string[] {
  return readFileSync(project.file("runs"), "utf8").split("\n").slice(0, -1);
}

function kept(): readonly unknown[] {
  return z.object({ tested: z.array(z.unknown()) }).parse(JSON.parse(readFileSync(project.file(state), "utf8"))).tested;
}

function result(out: string): unknown {
  return JSON.parse(out);
}
