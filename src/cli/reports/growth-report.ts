import { describePolicy, durationText, hasRule } from "../../model/retention-policy.ts";
import type { RetentionPolicy } from "../../model/retention-policy.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import type { RepositoryGrowth } from "../../operations/growth/grow-repository.ts";
import type { GrowthPlan } from "../../operations/growth/plan-growth.ts";
import type { SiteMoment } from "../../operations/growth/site-growth.ts";
import type { RoomFacts } from "../../operations/growth/limits.ts";
import type { CommandResult } from "../command.ts";

/** What each repository is like and grows by, then a table of the site by years. */
export function growthReport(plan: GrowthPlan): CommandResult {
  return { text: () => growthText(plan), json: () => growthJson(plan) };
}

function growthText({ repositories, site, room }: GrowthPlan): string {
  const last = [...(site.at(-1)?.rules ?? [])].map(([server, bytes]) => `${server} ${bytesText(bytes)}`);
  const rules = last.length < 2 ? [] : [`rules at the end: ${last.join(", ")}`];
  const table = columns([
    ["", "made", "kept", "pool", "disk", "inodes", "rules", "lists", "logs"],
    ...site.map((moment, index) => [
      index === 0 ? "now" : dateOf(moment.at),
      String(moment.made),
      String(moment.kept),
      bytesText(moment.poolBytes),
      bytesText(moment.diskBytes),
      countText(moment.inodes),
      bytesText([...moment.rules.values()].reduce((sum, bytes) => sum + bytes, 0)),
      bytesText(moment.listBytes),
      bytesText(moment.logBytes),
    ]),
  ]);
  return `${[...repositories.flatMap(repositoryLines), "", ...table, "", ...rules, roomLine(room)].join("\n")}\n`;
}

function repositoryLines(one: RepositoryGrowth): readonly string[] {
  const { repository, facts, change, perCheckpoint, retain } = one;
  const listed = one.factsFrom === "scan" ? " (its source was listed, nothing was read)" : "";
  return [
    `${repository}: ${contentText(facts.files, facts.directories + 1)}, ${bytesText(facts.bytes)}${listed}`,
    `${repository}: a checkpoint every ${durationText(one.everySeconds)}${everyText[one.everyFrom]}, keeping ${policyText(retain)}`,
    `${repository}: each changes ${contentText(change.files, change.directories)} below the root, ${bytesText(change.bytes)}${changeText(one)}`,
    `${repository}: each costs ${countText(perCheckpoint.inodes)} inodes, ${bytesText(perCheckpoint.diskBytes)}; of that ${bytesText(listBytes(one))} for lists of all files${dearLists(one)}`,
    ...(one.scanSeconds === undefined
      ? []
      : [
          `${repository}: listing the source took ${one.scanSeconds.toFixed(2)} s: what a run with nothing new costs at the least; one that publishes also reads ${bytesText(change.bytes)} and makes ${countText(perCheckpoint.inodes)} inodes`,
        ]),
  ];
}

function contentText(files: number, directories: number): string {
  const [many, folders] = [countText(files), countText(directories)];
  return `${many} ${many === "1" ? "file" : "files"} in ${folders} ${folders === "1" ? "directory" : "directories"}`;
}

const everyText = { option: "", history: " (as until now)", default: " (assumed)" } as const;

function changeText({ changeFrom, compared }: RepositoryGrowth): string {
  if (changeFrom === "option") return ", evenly spread";
  if (changeFrom === "assumption") return " (assumed: 1% of the files, evenly spread; --changed says otherwise)";
  return ` (the mean of the newest ${compared === 1 ? "pair" : compared} kept)`;
}

function policyText(policy: RetentionPolicy): string {
  return hasRule(policy) ? describePolicy(policy) : "all";
}

/** Of what one checkpoint costs, the part that grows with the repository and not with the change. */
function listBytes({ facts, hasManifest, hasSums }: RepositoryGrowth): number {
  return (hasManifest ? facts.manifestBytes : 0) + (hasSums ? facts.sumsBytes : 0);
}

/** Said where the lists are most of the cost: a large repository that changes little. */
function dearLists(one: RepositoryGrowth): string {
  const isMost = listBytes(one) * 2 > one.perCheckpoint.diskBytes && listBytes(one) > 1e6;
  return isMost ? ", which manifest: null and sums: false leave out" : "";
}

function roomLine({ name, freeBytes, freeInodes }: RoomFacts): string {
  const inodes = freeInodes === undefined ? "inodes as they are needed" : `${countText(freeInodes)} inodes`;
  return `free on ${name === "unknown" ? "the file system" : name}: ${bytesText(freeBytes)}, ${inodes}`;
}

function growthJson({ repositories, site, room, warnings }: GrowthPlan): object {
  return {
    repositories: repositories.map((one) => ({
      repository: one.repository,
      from: one.factsFrom,
      files: one.facts.files,
      bytes: one.facts.bytes,
      directories: one.facts.directories + 1,
      contents: one.facts.contents,
      scanSeconds: one.scanSeconds ?? null,
      everySeconds: one.everySeconds,
      everyFrom: one.everyFrom,
      retain: policyText(one.retain),
      changed: { from: one.changeFrom, compared: one.compared, ...one.change },
      checkpoint: { ...rounded(one.perCheckpoint), wholeListBytes: listBytes(one) },
      moments: one.moments.map(({ at, made, kept, amount, logBytes }) => ({
        time: at,
        made,
        kept,
        ...rounded(amount),
        logBytes: Math.round(logBytes),
      })),
    })),
    site: site.map(siteJson),
    room: {
      fileSystem: room.name,
      freeBytes: Number.isFinite(room.freeBytes) ? room.freeBytes : null,
      freeInodes: room.freeInodes ?? null,
      linksPerFile: room.links ?? null,
    },
    warnings: warnings.map(({ limit, at, text }) => ({ limit, time: at ?? null, text })),
  };
}

function siteJson({ at, made, kept, rules, listBytes: lists, logBytes, ...amount }: SiteMoment): object {
  return {
    time: at,
    made,
    kept,
    ...rounded(amount),
    rulesBytes: Object.fromEntries(rules),
    listBytes: Math.round(lists),
    logBytes: Math.round(logBytes),
  };
}

function rounded({ poolBytes, diskBytes, inodes }: RepositoryGrowth["perCheckpoint"]): object {
  return { poolBytes: Math.round(poolBytes), diskBytes: Math.round(diskBytes), inodes: Math.round(inodes) };
}

/** Three digits that count: `1.24 GB`. */
function bytesText(bytes: number): string {
  if (!Number.isFinite(bytes)) return "no end of bytes";
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let unit = 0;
  let left = bytes;
  for (; left >= 999.5 && unit < units.length - 1; unit++) left /= 1000;
  return `${unit === 0 ? Math.round(left) : Number(left.toPrecision(3))} ${units[unit]}`;
}

function countText(count: number): string {
  return count < 10 ? String(Number(count.toFixed(1))) : String(Math.round(count));
}

function dateOf(at: Timestamp): string {
  return `${at.slice(0, 4)}-${at.slice(4, 6)}-${at.slice(6, 8)}`;
}

/** The first column to the left, numbers to the right. */
function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}
