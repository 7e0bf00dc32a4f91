import { rmSync } from "node:fs";

import { z } from "zod";

import { Failure } from "../../failure.ts";
import type { Tested } from "../../model/bisection.ts";
import { isTimestamp } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { readIfThere, replaceFile } from "../../store/disk.ts";

/** What was asked, as it was typed: the same words ask the same question another day, whatever `latest` means then. */
export interface Question {
  /** The configuration file, or the address of a mirror. */
  readonly of: string;
  readonly repository: string | null;
  readonly good: string;
  readonly bad: string;
  readonly paths: readonly string[];
  readonly command: readonly string[];
}

/** A bisection that is under way. */
export interface BisectState {
  readonly question: Question;
  /** The checkpoints that the two times meant when it began. */
  readonly good: Timestamp;
  readonly bad: Timestamp;
  readonly tested: readonly Tested[];
}

/** What is kept in `file` of an earlier run that asked the same. Throws USAGE when it is about another question, or no such file at all. */
export function readState(file: string, question: Question): BisectState | undefined {
  const bytes = readIfThere(file);
  if (bytes === undefined) return undefined;
  const parsed = written.safeParse(parseJson(bytes));
  if (!parsed.success) {
    throw new Failure("USAGE", `${file} is no state of a bisection`, {
      hint: "--reset replaces it; --state FILE names another one",
    });
  }
  const { question: asked, ...state } = parsed.data;
  if (JSON.stringify(ordered(asked)) === JSON.stringify(ordered(question))) return { question, ...state };
  throw new Failure("USAGE", `${file} is of another bisection, which did not come to its end`, {
    details: [`of ${asked.repository ?? asked.of}, from ${asked.good} to ${asked.bad}: ${asked.command.join(" ")}`],
    hint: "--reset begins anew in its place; --state FILE keeps both",
  });
}

/** Durable when it returns: a test may take hours. */
export function writeState(file: string, state: BisectState): void {
  // A command line may have a password in it.
  replaceFile(file, `${JSON.stringify({ schemaVersion: 1, ...state }, null, 2)}\n`, 0o600);
}

export function removeState(file: string): void {
  rmSync(file, { force: true });
}

function ordered({ of, repository, good, bad, paths, command }: Question): readonly unknown[] {
  return [of, repository, good, bad, paths, command];
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

const second = z.custom<Timestamp>((value) => typeof value === "string" && isTimestamp(value));
const written = z.object({
  schemaVersion: z.literal(1),
  question: z.object({
    of: z.string(),
    repository: z.string().nullable(),
    good: z.string(),
    bad: z.string(),
    paths: z.array(z.string()),
    command: z.array(z.string()),
  }),
  good: second,
  bad: second,
  tested: z.array(z.object({ checkpoint: second, verdict: z.enum(["good", "bad", "skip"]) })),
});
