import type { DistributionResolution, Resolution, resolveAll } from "../../operations/resolve.ts";

type ResolvedAll = ReturnType<typeof resolveAll>;

export function resolutionText(resolution: Resolution): string {
  return `${resolution.target}\n${answerText(resolution)}\n`;
}

export function resolutionJson({ target, answer, missing, gone }: Resolution): object {
  return { target, answer, missing: missing ?? null, gone: gone ?? null };
}

/** A line for each distribution, in columns. */
export function allText({ distributions }: ResolvedAll): string {
  const rows = distributions.map((one) => [
    one.distribution.name,
    one.checkpoint ?? "-",
    one.distanceSeconds === undefined ? "-" : distanceText(one.distanceSeconds),
    answerText(one),
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}\n`).join("");
}

export function allJson({ at, distributions }: ResolvedAll): object {
  return { time: at, distributions: distributions.map(distributionJson) };
}

function distributionJson(one: DistributionResolution): object {
  const { name, repository, basePath } = one.distribution;
  return {
    distribution: name,
    repository,
    base_path: basePath,
    checkpoint: one.checkpoint ?? null,
    distanceSeconds: one.distanceSeconds ?? null,
    ...resolutionJson(one),
  };
}

/** How long before the moment asked for: the largest unit that fits, and the next one. */
function distanceText(seconds: number): string {
  if (seconds === 0) return "exactly";
  const index = units.findIndex(({ size }) => seconds >= size);
  const unit = units[index];
  const next = units[index + 1];
  if (unit === undefined) return `${seconds} s`;
  const rest = next === undefined ? 0 : Math.floor((seconds % unit.size) / next.size);
  return `${Math.floor(seconds / unit.size)} ${unit.name}${rest === 0 ? "" : ` ${rest} ${next?.name ?? ""}`}`;
}

const units = [
  { name: "d", size: 86_400 },
  { name: "h", size: 3600 },
  { name: "min", size: 60 },
  { name: "s", size: 1 },
] as const;

function answerText({ answer, missing, gone }: Resolution): string {
  switch (answer.kind) {
    case "redirect":
      return `${answer.status} ${answer.location} (${answer.caching})`;
    case "checkpoint":
      return `200 checkpoint ${answer.checkpoint}`;
    case "gone":
      return `410 ${goneText(gone)}; older: ${answer.older ?? "none"}, newer: ${answer.newer ?? "none"}`;
    case "missing":
      return `404 ${missingText(missing)}`;
    case "bad-request":
      return "400 no server accepts this path";
    case "beside":
    case "elsewhere":
      return "404 no timestamp";
  }
}

function goneText(gone: Resolution["gone"]): string {
  if (gone?.cause === "withdrawn") return `withdrawn: ${gone.reason}`;
  return gone?.cause === "lost" ? "history lost" : "pruned";
}

function missingText(missing: Resolution["missing"]): string {
  switch (missing?.reason) {
    case "before-first": {
      const { first, oldest } = missing;
      const gone = `, which is gone; ${oldest === undefined ? "no checkpoint is left" : `the oldest that is left is ${oldest}`}`;
      return `this time is before the first checkpoint, ${first}${oldest === first ? "" : gone}`;
    }
    case "future":
      return `this time is in the future (it is ${missing.now} now): nobody knows yet what it will hold. The newest checkpoint is ${missing.newest}, to which "latest" leads`;
    case "no-checkpoint":
    case undefined:
      return "there is no checkpoint";
  }
}
