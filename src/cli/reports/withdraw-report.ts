import type { ServedAfter } from "../../operations/retire/served-after.ts";
import type { SharedContent } from "../../operations/retire/shared-content.ts";
import type { SweepResult } from "../../operations/retire/sweep.ts";
import type { Withdrawal } from "../../operations/retire/withdraw.ts";
import type { CommandResult } from "../command.ts";
import { contentText } from "./quantity.ts";

/** How many places the text names; JSON has all of them. */
const mostPlaces = 20;

/** What a withdrawal took away and what it left; without `swept`, what it would. */
export function withdrawReport(withdrawal: Withdrawal, swept: SweepResult | undefined): CommandResult {
  return {
    text: () => `${withdrawLines(withdrawal, swept).join("\n")}\n`,
    json: () => ({
      dryRun: swept === undefined,
      repository: withdrawal.repository,
      checkpoint: withdrawal.checkpoint.created,
      reason: withdrawal.earlier?.reason ?? withdrawal.reason,
      alreadyWithdrawn: withdrawal.earlier !== undefined,
      labels: withdrawal.checkpoint.labels,
      files: withdrawal.checkpoint.files,
      filesOnlyHere: withdrawal.filesOnlyHere,
      elsewhere: withdrawal.elsewhere.map(({ repository, time, isCheckpoint, files }) => ({
        repository,
        time,
        checkpoint: isCheckpoint,
        files,
      })),
      isLatestVersion: withdrawal.isLatest,
      departed: withdrawal.departed,
      distributions: withdrawal.distributions.map(({ name, basePath, isCheckpoint, serves }) => ({
        name,
        base_path: basePath,
        checkpoint: isCheckpoint,
        serves:
          serves === undefined
            ? null
            : { time: serves.time, checkpoint: serves.isCheckpoint, files: serves.files, bytes: serves.bytes },
      })),
      swept: swept ?? null,
    }),
  };
}

function withdrawLines(withdrawal: Withdrawal, swept: SweepResult | undefined): readonly string[] {
  const { repository, checkpoint, earlier, reason, elsewhere, filesOnlyHere } = withdrawal;
  const { created, files, bytes, labels } = checkpoint;
  const lines =
    earlier === undefined
      ? [
          `${repository}: ${swept === undefined ? "would withdraw" : "withdrew"} ${created} (${contentText(files, bytes)}): ${reason}`,
        ]
      : [`${repository}: ${created} was withdrawn already: ${earlier.reason}`];
  const would = swept === undefined && earlier === undefined ? "would " : "";
  for (const one of withdrawal.distributions) lines.push(`${one.name}: ${servedText(one, would)}`);
  if (labels.length > 0) lines.push(`${repository}: its labels (${labels.join(" ")}) do not protect it`);
  if (elsewhere.length > 0) {
    lines.push(
      `${repository}: ${filesOnlyHere} of its files were here alone; content of the others is served still, in`,
      ...elsewhere.slice(0, mostPlaces).map((place) => `  ${placeText(place)}`),
      ...(elsewhere.length > mostPlaces ? [`  and ${elsewhere.length - mostPlaces} more, which --json lists`] : []),
      "asof take-down SHA256 --reason TEXT removes a content from everywhere",
    );
  }
  if (withdrawal.isLatest) {
    lines.push(
      `${repository}: the latest version has this content: it is not published again before the source has changed, and stays in state/, unserved, until then`,
    );
  }
  for (const name of withdrawal.departed) {
    lines.push(
      `${name} left the configuration and has this content on disk; asof remove ${name} and the next asof update take it away`,
    );
  }
  if (swept !== undefined) lines.push(sweptText(swept));
  return lines;
}

/** A plain distribution serves a state under its base path; of one with checkpoints it is `latest` that a withdrawal moves. */
function servedText({ basePath, isCheckpoint, serves }: ServedAfter, would: string): string {
  const verb = (word: string): string => (would === "" ? `${word}s` : would + word);
  if (isCheckpoint) {
    const where = serves === undefined ? "nowhere (404): no checkpoint is left" : `to ${serves.time}`;
    return `${basePath}/latest ${verb("lead")} ${where}`;
  }
  if (serves === undefined) return `${basePath}/ ${verb("serve")} an empty repository`;
  const what = serves.isCheckpoint ? "checkpoint" : "publication";
  return `${basePath}/ ${verb("serve")} ${serves.files === 0 ? "an empty repository, " : ""}${what} ${serves.time} (${contentText(serves.files, serves.bytes)})`;
}

function sweptText({ checkpoints, sharedDirectories, objects }: SweepResult): string {
  const counted = [
    `${checkpoints} checkpoint ${checkpoints === 1 ? "directory" : "directories"}`,
    `${sharedDirectories} shared`,
    `${objects} ${objects === 1 ? "object" : "objects"}`,
  ];
  return `swept: ${counted.join(", ")}`;
}

function placeText({ repository, time, isCheckpoint, files }: SharedContent): string {
  return `${repository} ${time}${isCheckpoint ? "" : " (plain)"}: ${files} ${files === 1 ? "file" : "files"}`;
}
