import path from "node:path";

import { z } from "zod";

import { newestKept } from "../model/history.ts";
import { isoOf, timestampFromSeconds } from "../model/timestamp.ts";
import { readIfThere, replaceFile } from "../store/disk.ts";
import type { Workspace } from "./workspace.ts";

/** How the last run went for each repository it tried. */
export interface Attempt {
  readonly repository: string;
  /** Message of the failure, or undefined. Only a code leaves the machine: messages may name its paths. */
  readonly failureCode: string | undefined;
  /** False after a failure, and when the source was not ready. */
  readonly wasRead: boolean;
}

/**
 * Writes `public/status.json`: when each repository was last tried and last read without error. The one file that a run with nothing to do replaces, so that a dead cron job
 * does not look like a quiet repository.
 */
export function writeStatus(workspace: Workspace, attempts: readonly Attempt[]): void {
  const { config, store, clock } = workspace;
  const file = path.join(config.publicDir, "status.json");
  const earlier = readStatus(file);
  const now = isoOf(timestampFromSeconds(clock.now()));
  const repositories = config.repositories.map(({ name }) => {
    const before = earlier.get(name);
    const attempt = attempts.find((one) => one.repository === name);
    const history = store.repository(name)?.history;
    const newest = history === undefined ? undefined : newestKept(history)?.created;
    return {
      name,
      lastAttempt: attempt === undefined ? (before?.lastAttempt ?? null) : now,
      lastSuccess: attempt?.wasRead === true ? now : (before?.lastSuccess ?? null),
      failure: attempt === undefined ? (before?.failure ?? null) : (attempt.failureCode ?? null),
      newest: newest ?? null,
      horizon: history?.horizon ?? null,
    };
  });
  replaceFile(file, `${JSON.stringify({ schemaVersion: 1, repositories }, undefined, 1)}\n`);
}

function readStatus(file: string): ReadonlyMap<string, z.infer<typeof earlierStatus>["repositories"][number]> {
  const text = readIfThere(file)?.toString("utf8");
  try {
    const parsed = earlierStatus.safeParse(JSON.parse(text ?? "null"));
    return new Map((parsed.success ? parsed.data.repositories : []).map((one) => [one.name, one]));
  } catch {
    return new Map();
  }
}

const earlierStatus = z.object({
  repositories: z.array(
    z.object({
      name: z.string(),
      lastAttempt: z.string().nullable(),
      lastSuccess: z.string().nullable(),
      failure: z.string().nullable(),
    }),
  ),
});
