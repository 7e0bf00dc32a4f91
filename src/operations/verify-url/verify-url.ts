import { setMaxListeners } from "node:events";
import { mkdtemp } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { remove } from "fs-extra/esm";

import { Failure } from "../../failure.ts";
import type { FailureCode } from "../../failure.ts";
import { keptCheckpoints } from "../../model/history.ts";
import type { Checkpoint } from "../../model/history.ts";
import type { Digest } from "../../model/digest.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { checkContent } from "./check-checkpoint.ts";
import { checkStatement } from "./check-statement.ts";
import { findBases, hasLog, placeOf, readAnnouncedLog } from "./find-bases.ts";
import type { AnnouncedLog } from "./find-bases.ts";
import { collectFindings } from "./findings.ts";
import type { Findings, UrlFinding } from "./findings.ts";
import { mirrorUrl, openMirrorClient } from "./mirror-client.ts";
import type { MirrorClient } from "./mirror-client.ts";
import { readPublishedLog } from "./read-log.ts";
import type { PublishedLog } from "./read-log.ts";
import { judgeUnsigned } from "./unsigned-checkpoints.ts";
import type { BeforeSigning } from "./unsigned-checkpoints.ts";

export interface VerifyUrlOptions {
  /** Of a checkpoint distribution's base path, of one of its checkpoints, or of the whole site. */
  readonly url: string;
  /** The newest checkpoint at or before it; undefined for the newest. */
  readonly at: Timestamp | undefined;
  readonly all: boolean;
  /** Hash so many files of each checkpoint, chosen by chance; undefined for all. */
  readonly sample: number | undefined;
  /** An argv list that accepts a signature by ending with 0: {file}, {signature}; the statement is on its standard input. */
  readonly check: readonly string[] | undefined;
  /** What the checkpoint's root must be. */
  readonly root: Digest | undefined;
  /** How many lines the log had once, and the SHA-256 of the last of them. */
  readonly head: LogHead | undefined;
  readonly signal: AbortSignal;
  readonly retries?: number;
  readonly timeoutSeconds?: number;
  readonly concurrency?: number;
  readonly random?: () => number;
  readonly onProgress?: (progress: { readonly files: number; readonly total: number; readonly bytes: number }) => void;
}

export interface LogHead {
  readonly length: number;
  readonly head: Digest;
}

export interface UrlVerification {
  readonly bases: readonly VerifiedBase[];
  /** The first thousand. */
  readonly findings: readonly UrlFinding[];
  readonly findingCount: number;
}

export interface VerifiedBase {
  readonly url: string;
  /** Undefined when the log could not be read; then nothing else was checked. */
  readonly repository: string | undefined;
  /** Why nothing was checked here although the rest of the site was: no checkpoint (USAGE), or the mirror could not be read (a SOURCE_ code). */
  readonly problem: { readonly code: FailureCode; readonly message: string } | undefined;
  /** To be remembered: a later check with it shows that nothing up to here was rewritten. */
  readonly head: LogHead | undefined;
  readonly checkpoints: readonly VerifiedCheckpoint[];
  /** Of the checkpoints those that are older than the first signature, where that is no fault. */
  readonly beforeSigning: BeforeSigning | undefined;
}

export interface VerifiedCheckpoint {
  readonly checkpoint: Timestamp;
  readonly root: Digest;
  /** With the generated manifest. */
  readonly files: number;
  readonly filesHashed: number;
  readonly bytesHashed: number;
  readonly takenDown: number;
  readonly hasSums: boolean;
  /** Whether the check command accepted a signature. */
  readonly isSigned: boolean;
  /** Whether the line about it is among those that the remembered head covers. */
  readonly isRemembered: boolean;
  readonly isRoot: boolean;
}

/**
 * Checks a published mirror over HTTP, trusting nobody: its log must be an unbroken chain, and everything else must be what the log says. What that is worth depends on what the caller brings along: a
 * key, a root or a remembered head. Differences are findings; throws a SOURCE_ failure when the mirror cannot be read, USAGE for a question that it cannot be asked. Of a site with several base paths
 * one that cannot be checked does not keep the others from it: its problem is told instead, unless there is nothing else to tell.
 */
export async function verifyUrl(options: VerifyUrlOptions): Promise<UrlVerification> {
  const { retries = 3, timeoutSeconds = 30, signal } = options;
  const home = mirrorUrl(options.url);
  // Every request listens to it; Node warns of more than ten.
  setMaxListeners(0, signal);
  const client = openMirrorClient(home, { signal, retries, timeoutSeconds });
  // From here on without user and password, which the client alone knows.
  const { url, at } = placeOf(client.url(home, ""), options.at);
  const found = await findBases(client, url);
  if (found.length > 1 && (options.root ?? options.head) !== undefined) {
    throw new Failure("USAGE", `${url.href} serves several base paths, and a root or a head belongs to one of them`, {
      hint: `name one: ${found.map(({ href }) => href).join(", ")}`,
    });
  }
  const findings = collectFindings();
  const folder = await mkdtemp(path.join(os.tmpdir(), "asof-verify-"));
  try {
    const bases: VerifiedBase[] = [];
    let first: Failure | undefined;
    for (const base of found) {
      try {
        bases.push(await verifyBase({ ...options, at, client, base, findings, folder }));
      } catch (error) {
        if (!isOfOneBase(error)) throw error;
        first ??= error;
        const problem = { code: error.code, message: error.message };
        bases.push({ ...uncheckedBase(base), problem });
      }
    }
    if (first !== undefined && findings.count === 0 && bases.every(({ problem }) => problem !== undefined)) throw first;
    return { bases, findings: findings.kept, findingCount: findings.count };
  } finally {
    await remove(folder);
  }
}

/** There is nothing at a base path that could be checked as asked. */
class NoCheckpoint extends Failure {}

function isOfOneBase(error: unknown): error is Failure {
  return error instanceof NoCheckpoint || (error instanceof Failure && error.code.startsWith("SOURCE_"));
}

type BaseCheck = VerifyUrlOptions & {
  readonly client: MirrorClient;
  readonly base: URL;
  readonly findings: Findings;
  readonly folder: string;
};

async function verifyBase(check: BaseCheck): Promise<VerifiedBase> {
  const { client, base, findings, concurrency = 10, random = Math.random, onProgress } = check;
  const announced = await readAnnouncedLog(client, base);
  if (announced?.length === 0 && !(await hasLog(client, base))) throw withoutCheckpoint(base, undefined);
  const log = await readPublishedLog(client, base, findings);
  if (log === undefined) return uncheckedBase(base);
  checkHeads(check, log, announced);

  const checkpoints: VerifiedCheckpoint[] = [];
  const [unsigned, accepted]: [Checkpoint[], Checkpoint[]] = [[], []];
  for (const checkpoint of chooseCheckpoints(check, log)) {
    const { created, root } = checkpoint;
    const files = checkpoint.files + (checkpoint.manifest === null ? 0 : 1);
    const isRoot = check.root === root;
    if (check.root !== undefined && !isRoot) {
      findings.add({
        kind: "root",
        checkpoint: created,
        path: `${created}/`,
        text: `has the root ${root}, and must have ${check.root}`,
      });
    }
    const verdict = await checkStatement({ ...check, command: check.check, log, checkpoint });
    if (verdict === "unsigned") unsigned.push(checkpoint);
    const isSigned = verdict === "accepted";
    if (isSigned) accepted.push(checkpoint);
    const content = await checkContent({
      ...check,
      log,
      checkpoint,
      concurrency,
      random,
      onFile: (done) => onProgress?.(done),
    });
    const isRemembered = check.head !== undefined && lineOf(log, checkpoint) < check.head.length;
    const hasSums = checkpoint.sums !== undefined;
    checkpoints.push({ checkpoint: created, root, files, ...content, hasSums, isSigned, isRoot, isRemembered });
  }
  const head = log.digests.at(-1);
  return {
    url: base.href,
    repository: log.history.name,
    problem: undefined,
    head: head === undefined ? undefined : { length: log.digests.length, head },
    checkpoints,
    beforeSigning: judgeUnsigned(log, { unsigned, accepted }, findings),
  };
}

function uncheckedBase({ href }: URL): VerifiedBase {
  const [repository, problem, head, beforeSigning] = [undefined, undefined, undefined, undefined];
  return { url: href, repository, problem, head, checkpoints: [], beforeSigning };
}

/** The head that the caller remembers, and the one that the mirror announces itself, must both be in the log. */
function checkHeads({ head, findings }: BaseCheck, log: PublishedLog, announced: AnnouncedLog | undefined): void {
  const where = "_asof/log/";
  if (head !== undefined && log.digests.length < head.length) {
    const text = `has ${log.digests.length} lines, and had ${head.length}: history was taken back`;
    findings.add({ kind: "head", checkpoint: undefined, path: where, text });
  } else if (head !== undefined && log.digests[head.length - 1] !== head.head) {
    const text = `does not contain the head ${head.length}:${head.head}: history was rewritten`;
    findings.add({ kind: "head", checkpoint: undefined, path: where, text });
  }
  if (announced !== undefined && (log.digests[announced.length - 1] ?? "") !== announced.head) {
    const text = `is not the log that checkpoints.json announces (${announced.length}:${announced.head})`;
    findings.add({ kind: "log", checkpoint: undefined, path: where, text });
  }
}

function chooseCheckpoints({ at, all, base }: BaseCheck, { history }: PublishedLog): readonly Checkpoint[] {
  const kept = keptCheckpoints(history);
  if (all) return kept;
  const before = history.checkpoints.findLast(({ created }) => at === undefined || created <= at);
  const chosen = at === undefined ? kept.at(-1) : before;
  if (chosen === undefined) throw withoutCheckpoint(base, at);
  if (chosen.tombstone === undefined) return [chosen];
  throw new NoCheckpoint("USAGE", `the checkpoint ${chosen.created} of ${base.href} was removed`, {
    hint: "--at TIME chooses another one",
  });
}

function withoutCheckpoint(base: URL, at: Timestamp | undefined): NoCheckpoint {
  return new NoCheckpoint("USAGE", `${base.href} has no checkpoint${at === undefined ? "" : ` at or before ${at}`}`);
}

function lineOf({ events }: PublishedLog, { created }: Checkpoint): number {
  return events.findIndex((event) => event.type === "publication" && event.checkpoint && event.created === created);
}
