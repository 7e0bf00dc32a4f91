import { Failure } from "../../failure.ts";
import { nextStep } from "../../model/bisection.ts";
import type { Tested } from "../../model/bisection.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { readInstant } from "../named-checkpoint.ts";
import { readPatterns } from "../path-patterns.ts";
import { mirrorUrl } from "../verify-url/mirror-client.ts";
import type { Workspace } from "../workspace.ts";
import { findCandidates } from "./find-candidates.ts";
import { openLocalSeries } from "./local-series.ts";
import { openPublishedSeries } from "./published-series.ts";
import { runTest } from "./run-test.ts";
import type { TestRun } from "./run-test.ts";
import { checkpointFor } from "./series.ts";
import type { Series, SeriesCheckpoint } from "./series.ts";
import { readState, removeState, writeState } from "./state-file.ts";
import type { BisectState, Question } from "./state-file.ts";
import { describeSuspects } from "./suspects.ts";
import type { Suspect } from "./suspects.ts";
import { testEnvironment } from "./test-environment.ts";
import type { Environment } from "./test-environment.ts";

export interface BisectOptions {
  /** A repository of a state on this disk, or a published mirror. */
  readonly of:
    | { readonly kind: "state"; readonly workspace: Workspace; readonly repository: string }
    | { readonly kind: "url"; readonly url: string };
  /** Times as people write them; the checkpoint that answers each is the one that is meant. */
  readonly good: string;
  readonly bad: string;
  /** Patterns of what the test reads; none: everything. */
  readonly paths: readonly string[];
  /** An argv list. It finds the checkpoint in its environment. */
  readonly command: readonly string[];
  /** Whether both ends are tested first. */
  readonly checkEnds: boolean;
  /** Absolute path of what is kept between two runs. */
  readonly stateFile: string;
  readonly reset: boolean;
  readonly cwd: string;
  readonly env: Environment;
  /** Where the command's standard output goes. */
  readonly commandOutput: "stdout" | "stderr";
  readonly signal: AbortSignal;
  readonly onEvent: (event: BisectEvent) => void;
}

export type BisectEvent =
  | { readonly kind: "comparing"; readonly done: number; readonly total: number }
  | {
      readonly kind: "begun";
      readonly good: Timestamp;
      readonly bad: Timestamp;
      readonly checkpoints: number;
      readonly candidates: number;
      /** How many answers an earlier run left. */
      readonly resumed: number;
      readonly hasUrl: boolean;
    }
  | { readonly kind: "testing"; readonly checkpoint: Timestamp; readonly left: number; readonly runs: number }
  | { readonly kind: "testing-end"; readonly checkpoint: Timestamp; readonly end: "good" | "bad" }
  | ({ readonly kind: "tested"; readonly checkpoint: Timestamp } & TestRun);

export interface Bisection {
  readonly repository: string;
  readonly distribution: string;
  readonly good: Timestamp;
  readonly bad: Timestamp;
  /** After the good one, up to the bad one. */
  readonly checkpoints: number;
  /** Those of them in which something under the paths changed. */
  readonly candidates: number;
  /** How often this run ran the command. */
  readonly runs: number;
  readonly tested: readonly Tested[];
  /** One, or all that may be it where those before could not be tested. */
  readonly suspects: readonly Suspect[];
}

/**
 * Looks for the first checkpoint for which a command does not end with 0, between one that is known to be good and one that is known to be bad. Every answer is kept in a file before the next test begins, and the same
 * question goes on from there. Throws USAGE for a question that has no answer, SOURCE_ failures where a mirror cannot be read.
 */
export async function bisect(options: BisectOptions): Promise<Bisection> {
  const { stateFile, signal, onEvent } = options;
  const selection = options.paths.length === 0 ? undefined : readPatterns(options.paths);
  const question = questionOf(options);
  const kept = options.reset ? undefined : readState(stateFile, question);
  const from = kept?.good ?? readInstant(options.good);
  const until = kept?.bad ?? readInstant(options.bad);
  const series =
    options.of.kind === "state"
      ? openLocalSeries(options.of.workspace, options.of.repository)
      : await openPublishedSeries({ url: options.of.url, from, until, signal });
  const checkpoints = rangeBetween(series, checkpointFor(series, from), checkpointFor(series, until));
  const good = checkpoints[0].at;
  const bad = checkpoints.at(-1)?.at ?? good;
  if (kept !== undefined && (kept.good !== good || kept.bad !== bad)) {
    throw new Failure("USAGE", `${kept.good} or ${kept.bad}, from which an earlier run began, is gone`, {
      hint: "--reset begins anew",
    });
  }
  const candidates = await findCandidates(series, checkpoints, selection, {
    signal,
    onCompared: (done, total) => onEvent({ kind: "comparing", done, total }),
  });
  if (candidates.length === 0) {
    throw new Failure("USAGE", `from ${good} to ${bad} nothing changed under ${options.paths.join(", ")}`, {
      hint: "what the command reads lies elsewhere, or one of the two times is not what it seems",
    });
  }

  let state: BisectState = { question, good, bad, tested: kept?.tested ?? [] };
  writeState(stateFile, state);
  const counts = { checkpoints: checkpoints.length - 1, candidates: candidates.length };
  const hasUrl = series.url(good) !== undefined;
  onEvent({ kind: "begun", good, bad, ...counts, resumed: state.tested.length, hasUrl });

  let runs = 0;
  async function test(checkpoint: Timestamp): Promise<TestRun> {
    const env = testEnvironment(series, checkpoint, options.env);
    const run = await runTest(options.command, { ...options, env, stdout: options.commandOutput });
    runs += 1;
    onEvent({ kind: "tested", checkpoint, ...run });
    return run;
  }
  function keep(checkpoint: Timestamp, { verdict }: TestRun): void {
    state = { ...state, tested: [...state.tested, { checkpoint, verdict }] };
    writeState(stateFile, state);
  }

  for (const end of options.checkEnds ? (["good", "bad"] as const) : []) {
    const checkpoint = state[end];
    if (state.tested.some((one) => one.checkpoint === checkpoint)) continue;
    onEvent({ kind: "testing-end", checkpoint, end });
    const run = await test(checkpoint);
    if (run.verdict !== end) throw wrongEnd(checkpoint, end, run);
    keep(checkpoint, run);
  }
  let step = nextStep(candidates, state.tested);
  for (; step.kind === "test"; step = nextStep(candidates, state.tested)) {
    onEvent({ ...step, kind: "testing" });
    const run = await test(step.checkpoint);
    if (looksUnrunnable(run) && state.tested.length === 0) await checkRunnable(good, run, test);
    keep(step.checkpoint, run);
  }
  const suspects = await describeSuspects(
    series,
    checkpoints,
    step.kind === "found" ? [step.culprit] : step.suspects,
    selection,
  );
  removeState(stateFile);
  const { repository, distribution } = series;
  return { repository, distribution, good, bad, ...counts, runs, tested: state.tested, suspects };
}

function questionOf({ of, good, bad, paths, command }: BisectOptions): Question {
  if (of.kind === "state")
    return { of: of.workspace.config.file, repository: of.repository, good, bad, paths, command };
  const url = mirrorUrl(of.url);
  [url.username, url.password] = ["", ""];
  return { of: url.href, repository: null, good, bad, paths, command };
}

/** All that are kept from the good one to the bad one. */
function rangeBetween(
  { points }: Series,
  good: SeriesCheckpoint,
  bad: SeriesCheckpoint,
): readonly [SeriesCheckpoint, ...SeriesCheckpoint[]] {
  if (good.at === bad.at) throw new Failure("USAGE", `--good and --bad mean the same checkpoint, ${good.at}`);
  if (good.at > bad.at) {
    throw new Failure("USAGE", `--good (${good.at}) is newer than --bad (${bad.at})`, {
      hint: "to look for what mended it, exchange the two times and turn the answer round: -- sh -c '! COMMAND'",
    });
  }
  const later = points.filter((point) => point.kind === "checkpoint" && point.at > good.at && point.at <= bad.at);
  return [good, ...later.filter((point) => point.kind === "checkpoint")];
}

function wrongEnd(checkpoint: Timestamp, end: "good" | "bad", { verdict, exitCode }: TestRun): Failure {
  const said = verdict === "skip" ? "cannot be tested" : `is ${verdict}`;
  return new Failure("USAGE", `${checkpoint}, which --${end} names, ${said} (the command ended with ${exitCode})`, {
    hint: `choose another --${end}, or another command`,
  });
}

/** A shell ends so when it cannot run what it was given, and then for every checkpoint. */
function looksUnrunnable({ exitCode }: TestRun): boolean {
  return exitCode === 126 || exitCode === 127;
}

/** As git does: a first answer like that is believed when the good checkpoint gets another one. */
async function checkRunnable(
  good: Timestamp,
  { exitCode }: TestRun,
  test: (checkpoint: Timestamp) => Promise<TestRun>,
): Promise<void> {
  if ((await test(good)).exitCode !== exitCode) return;
  throw new Failure("USAGE", `the command ended with ${exitCode} for ${good} as well, which is known to be good`, {
    hint: "126 and 127 are how a shell says that a program cannot be run or is not there",
  });
}
