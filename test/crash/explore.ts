import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { ask, crawl, deadEnds, strangeAnswers } from "./answers.ts";
import type { Answers } from "./answers.ts";
import type { PowerSupply } from "./power/power-supply.ts";
import { openCrashProject } from "./project.ts";
import type { CrashProject } from "./project.ts";
import { builtProgram } from "./record/built-program.ts";
import type { Call } from "./record/call.ts";
import { startRunner } from "./runner.ts";
import type { Fault, FaultyRun } from "./runner.ts";
import type { Scenario } from "./scenarios.ts";
import { startCrashServer } from "./server.ts";
import type { CrashServer } from "./server.ts";
import { damagedObjects, differences, readDiskState } from "./tree.ts";
import type { DiskState } from "./tree.ts";

/** A scenario with everything that its cases are compared with. */
export interface Exploration {
  /** What the uninterrupted run does to the disk, in order. */
  readonly calls: readonly Call[];
  /** The same run with a fault, and then without; what is wrong with what is seen. */
  readonly tryFault: (fault: Fault) => Promise<CaseResult>;
  /** A fault, then another one in the run that clears up after it. */
  readonly tryFaults: (fault: Fault, second: Fault) => Promise<CaseResult>;
  /** The run, killed at a call or let finish, and then a power loss. Only where there is a power supply. */
  readonly tryPowerCut: (at: number | undefined, random: () => number) => Promise<CaseResult>;
  readonly close: () => Promise<void>;
}

export interface CaseResult {
  readonly problems: readonly string[];
  /** Whether a directory was seen missing between the two renames by which it is replaced. */
  readonly swapping: boolean;
}

/** `supply` mounts a file system at the folder in which asof works, and is asked to cut its power. */
export async function explore(scenario: Scenario, supply?: (live: string) => PowerSupply): Promise<Exploration> {
  const dir = mkdtempSync(path.join(roomInMemory(), `asof-crash-${scenario.name}-`));
  const runner = startRunner(builtProgram());
  const power = supply?.(path.join(dir, "live"));
  const server = await startCrashServer(dir);
  const project = openCrashProject(path.join(dir, "live"), runner);
  const start = path.join(dir, "start");
  const { calls, states, final } = await prepare();
  const targets = [...new Set(states.flatMap((state) => [...state.keys()]))];

  // A site that is to be repaired may have some.
  const deadBefore = new Set(states.slice(0, 1).flatMap(deadEnds));

  /** Nothing is left running or mounted where this fails. */
  async function prepare(): ReturnType<typeof learn> {
    try {
      await scenario.prepare(project);
      project.keep(start);
      return await learn(scenario, project, server, start);
    } catch (error) {
      await close();
      throw error;
    }
  }

  async function close(): Promise<void> {
    runner.close();
    await server.stop();
    power?.close();
    rmSync(dir, { recursive: true, force: true });
  }

  async function tryFaults(fault: Fault, second?: Fault): Promise<CaseResult> {
    const problems: string[] = [];
    const add = (where: string, found: readonly string[]): void =>
      void problems.push(...found.map((text) => `${where}: ${text}`));
    const swapping: boolean[] = [];
    project.putBack(start);
    add("before", complaints(await server.load()));
    for (const one of second === undefined ? [fault] : [fault, second]) {
      const run = await project.run(scenario.argv, one);
      // The run that clears up has less to do.
      add("the run", faultyRunProblems(one, run, one === second));
      add("nginx at work", complaints(await server.settle()));
      add("nginx at work", await siteProblems(swapping));
      const refused = complaints(await server.load());
      add("nginx started anew", refused);
      if (refused.length === 0) add("nginx started anew", await siteProblems(swapping));
      add("the pool", scenario.name === "repair" ? [] : damagedObjects(project.dir));
    }
    const next = await project.run(scenario.argv);
    if (next.exit !== 0) add("the next run", [`exit ${next.exit}: ${next.err}`]);
    add("nginx after the next run", complaints(await server.settle()));
    add("after the next run", differences(readDiskState(project.dir), final));
    const answers = await ask(server, targets);
    add("after the next run", [...strangeAnswers(answers, states.slice(-1)), ...deadEnds(answers)]);
    return { problems: [...new Set(problems)], swapping: swapping.length > 0 };
  }

  async function tryPowerCut(at: number | undefined, random: () => number): Promise<CaseResult> {
    const problems: string[] = [];
    const add = (where: string, found: readonly string[]): void =>
      void problems.push(...found.map((text) => `${where}: ${text}`));
    project.putBack(start);
    power?.settle();
    add("before", complaints(await server.load()));
    const run = await project.run(scenario.argv, at === undefined ? undefined : { act: "kill", at });
    add("the run", at === undefined && run.exit !== 0 ? [`exit ${run.exit}: ${run.err}`] : []);
    await server.settle();
    power?.cut(random);
    const refused = complaints(await server.load());
    add("nginx after the power loss", refused);
    if (refused.length === 0) add("nginx after the power loss", await siteProblems([]));
    add("the pool", damagedObjects(project.dir));
    // What a run said to be done is done.
    if (at === undefined) add("after a run that ended well", differences(readDiskState(project.dir), final));
    const next = await project.run(scenario.argv);
    add("the next run", next.exit === 0 ? [] : [`exit ${next.exit}: ${next.err}`]);
    add("nginx after the next run", complaints(await server.settle()));
    add("after the next run", differences(readDiskState(project.dir), final));
    const answers = await ask(server, targets);
    add("after the next run", [...strangeAnswers(answers, states.slice(-1)), ...deadEnds(answers)]);
    return { problems: [...new Set(problems)], swapping: false };
  }

  async function siteProblems(swapping: boolean[]): Promise<readonly string[]> {
    const answers = await ask(server, targets);
    const gone = scenario.swapsDirectories === true ? missingPlaces(project, states) : [];
    if (gone.length > 0) swapping.push(true);
    const isGone = (text: string): boolean => gone.some((place) => text.includes(place));
    const isBegun = (text: string): boolean => scenario.begins?.some((place) => text.startsWith(place)) === true;
    const dead = deadEnds(answers).filter((text) => !isBegun(text) && !deadBefore.has(text));
    return [...strangeAnswers(answers, states, isBegun), ...dead].filter((text) => !isGone(text));
  }

  return {
    calls,
    tryFault: (fault) => tryFaults(fault),
    tryFaults,
    tryPowerCut,
    close,
  };
}

/** What visitors are shown before and after, what the disk holds after, and what the run calls. */
async function learn(
  scenario: Scenario,
  project: CrashProject,
  server: CrashServer,
  start: string,
): Promise<{ readonly calls: readonly Call[]; readonly states: readonly Answers[]; readonly final: DiskState }> {
  const reached: ((project: CrashProject) => Promise<unknown>)[] = [async () => {}, ...(scenario.between ?? [])];
  const calls: (readonly Call[])[] = [];
  reached.push(async () => calls.push((await project.ok(...scenario.argv)).calls));
  const seeds = new Set(timesAsked());
  let final: DiskState | undefined;
  let answers: Answers[] = [];
  // Twice: what one state links to has to be asked in the others as well.
  for (const round of [1, 2]) {
    answers = [];
    for (const reach of reached) {
      project.putBack(start);
      await reach(project);
      await server.settle();
      const refused = await server.load();
      if (refused !== undefined) throw new Error(refused);
      answers.push(await crawl(server, [...seeds]));
      final = readDiskState(project.dir);
    }
    for (const state of answers) for (const target of state.keys()) seeds.add(target);
    const dead = answers.at(-1) === undefined ? [] : deadEnds(answers.at(-1) ?? new Map());
    if (round === 2 && dead.length > 0)
      throw new Error(`the site has dead ends without any fault:\n${dead.join("\n")}`);
  }
  if (final === undefined) throw new Error("there is a final state");
  return { calls: calls[0] ?? [], states: answers, final };
}

/** Thirty times around the checkpoints, alone, as a directory and with a file; and where a site is looked at. */
function timesAsked(): readonly string[] {
  const seconds = Array.from({ length: 26 }, (_, index) => Date.UTC(2025, 2, 18, 14, 3, 36) + index * 10_000);
  const around = [
    Date.UTC(2025, 2, 17),
    Date.UTC(2025, 2, 18, 15, 3, 38),
    Date.UTC(2025, 2, 18, 15, 3, 39),
    Date.UTC(2025, 2, 20),
  ];
  const names = [...seconds, ...around].map((at) => new Date(at).toISOString().replaceAll(/[-:]|\.000/g, ""));
  return [
    "/",
    "/plain/",
    "/plain/PULP_MANIFEST",
    ...["/snapshots/repo", "/more"].flatMap((base) => [
      `${base}/`,
      `${base}/latest/`,
      `${base}/checkpoints.json`,
      ...names.flatMap((name) => [`${base}/${name}`, `${base}/${name}/`, `${base}/${name}/pool/b/b_1.deb?x=%20`]),
    ]),
  ];
}

/** A run that was made to fail says so with the exit code of a local failure; one that did not notice must have done its work, which is compared later. */
function faultyRunProblems({ act, at }: Fault, run: FaultyRun, mayBeShorter: boolean): readonly string[] {
  if (mayBeShorter && run.exit === 0 && run.calls.length < at) return [];
  if (act === "kill" || act === "torn") return run.exit === undefined ? [] : ["the fault did not kill it"];
  // Setting the reserve aside is the last thing that a run does; one that did its work has not failed for that.
  const reserve = run.calls.findIndex((call) => call.path.includes("/state/reserve"));
  const failedSync = run.calls.find(
    ({ call, failed }, index) =>
      failed !== undefined && (call === "fsync" || call === "syncfs") && (reserve < 0 || index < reserve),
  );
  if (run.exit === 0 && failedSync !== undefined)
    return [`exit 0 although call ${failedSync.n} (${failedSync.call}) failed`];
  return run.exit === 0 || run.exit === 5 ? [] : [`exit ${run.exit}: ${run.out}${run.err}`];
}

function complaints(refused: string | undefined): readonly string[] {
  return refused === undefined ? [] : [refused];
}

/** Base paths and checkpoint directories that are not there although they are both before and after. */
function missingPlaces(project: CrashProject, states: readonly Answers[]): readonly string[] {
  const places = states.flatMap((state) =>
    [...state].flatMap(([target, { status }]) =>
      status === 200 && /^\/(plain|.*\d{8}T\d{6}Z)\/$/.test(target) ? [target] : [],
    ),
  );
  const always = [...new Set(places)].filter((place) => states.every((state) => state.get(place)?.status === 200));
  return always
    .filter((place) => !existsSync(project.file(`public${place.slice(0, -1)}`)))
    .map((place) => place.slice(0, -1));
}

/** Memory where there is a file system in it: thousands of cases would wear a disk for nothing. */
function roomInMemory(): string {
  const memory = "/dev/shm";
  if (!existsSync(memory)) return os.tmpdir();
  const room = path.join(memory, "asof-crash");
  mkdirSync(room, { recursive: true });
  return room;
}
