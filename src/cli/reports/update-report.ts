import type { RepositoryUpdate, UpdateResult } from "../../operations/update.ts";
import type { CommandResult } from "../command.ts";
import { exitCodeOfFailure } from "../exit-code.ts";
import type { ExitCode } from "../exit-code.ts";
import { contentText, countsText } from "./quantity.ts";

/** A line for each repository, and what else happened. */
export function updateReport(result: UpdateResult): CommandResult {
  return { text: () => `${updateLines(result).join("\n")}\n`, json: () => updateJson(result) };
}

/** The first that applies of 1, 5, 4; other codes after those. */
export function updateExitCode(result: UpdateResult): ExitCode {
  const codes = [result.failure, ...result.repositories.map((one) => one.failure)].flatMap((failure) =>
    failure === undefined ? [] : [exitCodeOfFailure(failure.code)],
  );
  for (const code of [1, 5, 4] as const) if (codes.includes(code)) return code;
  return codes[0] ?? 0;
}

function updateLines({ repositories, built, swept }: UpdateResult): readonly string[] {
  const lines = repositories.flatMap(repositoryLines);
  const removed = swept.checkpoints + swept.sharedDirectories + swept.objects;
  if (removed > 0) {
    lines.push(
      `swept: ${swept.checkpoints} pruned directories, ${swept.sharedDirectories} shared directories, ${swept.objects} objects`,
    );
  }
  if (!built && repositories.every((one) => one.outcome === "unchanged" || one.outcome === "not-ready"))
    lines.push("nothing to do; wrote status.json");
  return lines;
}

function repositoryLines(one: RepositoryUpdate): string[] {
  const name = one.repository;
  if (one.failure !== undefined) {
    const before = one.taken.length === 0 ? "" : `, after ${one.taken.map(({ at }) => at).join(" ")}`;
    return [`${name}: failed (${one.failure.code})${before}`];
  }
  const earlier = one.taken
    .slice(0, -1)
    .map(
      ({ at, files, bytes, counts }) =>
        `${name}: checkpoint ${at} (${contentText(files, bytes)}, ${countsText(counts)})`,
    );
  const nothing = one.notReady === undefined ? "nothing new" : `not ready: ${one.notReady}; not read`;
  const lines =
    one.checkpoint === undefined || one.counts === undefined
      ? [`${name}: ${nothing} (${contentText(one.files, one.bytes)})`]
      : [
          ...earlier,
          `${name}: checkpoint ${one.checkpoint} (${contentText(one.files, one.bytes)}, ${countsText(one.counts)})`,
        ];
  if (one.withdrawn !== undefined) {
    lines.push(
      `${name}: the latest version has the files of ${one.withdrawn}, which was withdrawn; it is not published`,
    );
  }
  if (one.horizonMoved !== undefined) lines.push(`${name}: answers up to ${one.horizonMoved} are settled now`);
  if (one.pruned.length > 0) lines.push(`${name}: pruned ${one.pruned.join(" ")}`);
  return lines;
}

function updateJson({ repositories, built, swept, failure }: UpdateResult): object {
  return {
    repositories: repositories.map((one) => ({
      repository: one.repository,
      outcome: one.outcome,
      checkpoint: one.checkpoint ?? null,
      taken: one.taken.map(({ at }) => at),
      files: one.files,
      bytes: one.bytes,
      added: one.counts?.added ?? 0,
      removed: one.counts?.removed ?? 0,
      changed: one.counts?.changed ?? 0,
      horizonMoved: one.horizonMoved ?? null,
      pruned: one.pruned,
      mutated: one.mutated,
      resembles: one.resembles ?? null,
      withdrawn: one.withdrawn ?? null,
      notReady: one.notReady ?? null,
      failure: one.failure === undefined ? null : { code: one.failure.code, message: one.failure.message },
    })),
    built,
    swept,
    failure: failure === undefined ? null : { code: failure.code, message: failure.message },
  };
}
