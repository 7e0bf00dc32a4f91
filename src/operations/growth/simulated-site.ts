import path from "node:path";

import { emptyHistory } from "../../model/history.ts";
import type { Checkpoint, History } from "../../model/history.ts";
import { earliestSecond } from "../../model/timestamp.ts";
import type { ClientKits } from "../build/client-kit.ts";
import { rulesFiles } from "../build/rules-files.ts";
import { noRowTexts } from "../build/row-texts.ts";
import { gonePages, listFiles } from "../build/site-files.ts";
import type { GeneratedFile } from "../build/site-files.ts";
import { lineIndexOf } from "../../store/line-index.ts";
import type { Workspace } from "../workspace.ts";
import { anyDigest } from "./simulated-checkpoint.ts";

/** Every checkpoint ever made of each repository, by its name. */
export type SimulatedHistories = ReadonlyMap<string, readonly Checkpoint[]>;

export interface GeneratedSize {
  readonly bytes: number;
  readonly inodes: number;
}

/** Files that name every checkpoint, as large as they would be. */
export interface SiteSize {
  /** By server, the folder in rules/. */
  readonly rules: ReadonlyMap<string, GeneratedSize>;
  /** Lists of checkpoints, in HTML and JSON, TimeMaps, and pages of what was pruned. */
  readonly lists: GeneratedSize;
}

/** Renders the rules and lists that belong to histories, and measures them. Of long ones the newest part is rendered, at two lengths: what comes on top of a thousand checkpoints grows with their number. */
export function simulatedSite(workspace: Workspace, histories: SimulatedHistories): SiteSize {
  const whole = measure(workspace, newestOf(histories, mostRendered));
  const total = pointsOf(histories);
  if (total === whole.points) return whole;
  const half = measure(workspace, newestOf(histories, mostRendered / 2));
  const factor = (total - whole.points) / Math.max(1, whole.points - half.points);
  const beyond = (from: GeneratedSize, to: GeneratedSize): GeneratedSize => ({
    bytes: to.bytes + (to.bytes - from.bytes) * factor,
    inodes: to.inodes + (to.inodes - from.inodes) * factor,
  });
  return {
    rules: new Map([...whole.rules].map(([server, size]) => [server, beyond(half.rules.get(server) ?? size, size)])),
    lists: beyond(half.lists, whole.lists),
  };
}

const mostRendered = 2000;

function measure(workspace: Workspace, histories: SimulatedHistories): SiteSize & { readonly points: number } {
  const simulated = withHistories(workspace, histories);
  const { rulesDir } = workspace.config;
  const rules = new Map<string, GeneratedFile[]>();
  for (const file of rulesFiles(simulated, rulesDir)) {
    const [server = ""] = path.relative(rulesDir, file.path).split(path.sep);
    rules.set(server, [...(rules.get(server) ?? []), file]);
  }
  const lists = [...listFiles(simulated, noKits, noRowTexts), ...gonePages(simulated)]
    // What a log is made of is on disk; its size is told apart.
    .filter(({ name }) => !name.startsWith("log "))
    .flatMap((group) => group.make());
  return {
    rules: new Map([...rules].map(([server, files]) => [server, sizeOf(files, rulesDir)])),
    lists: sizeOf(lists, workspace.config.publicDir),
    points: pointsOf(histories),
  };
}

/** A workspace whose histories are others. Nothing in it writes. */
function withHistories(workspace: Workspace, histories: SimulatedHistories): Workspace {
  return {
    ...workspace,
    store: {
      ...workspace.store,
      repository(name) {
        const checkpoints = histories.get(name);
        const real = workspace.store.repository(name);
        if (checkpoints === undefined || checkpoints.length === 0) return real;
        return { log: lineIndexOf([anyDigest]), history: historyOf(name, checkpoints, real?.history) };
      },
    },
  };
}

function historyOf(name: string, checkpoints: readonly Checkpoint[], real: History | undefined): History {
  const newest = checkpoints.at(-1);
  return {
    ...emptyHistory,
    name,
    versions: [{ version: 0, root: anyDigest, files: 0, bytes: 0 }],
    settled: undefined,
    takenDown: new Map(),
    upstreamManifest: undefined,
    ...real,
    checkpoints,
    publications: checkpoints,
    horizon: newest?.created,
    newestEvent: newest?.created ?? real?.newestEvent ?? earliestSecond,
    tellingYears: new Map(checkpoints.map(({ created }) => [created.slice(0, "YYYY".length), 1])),
  };
}

/** Files, and the folders that they are in. */
function sizeOf(files: readonly GeneratedFile[], root: string): GeneratedSize {
  const folders = new Set<string>();
  let bytes = 0;
  for (const file of files) {
    bytes += Buffer.byteLength(file.content);
    for (let folder = path.dirname(file.path); folder.length > root.length; folder = path.dirname(folder))
      folders.add(folder);
  }
  return { bytes, inodes: files.length + folders.size };
}

/** The newest checkpoints of each, so many kept ones with what was pruned between them. */
function newestOf(histories: SimulatedHistories, most: number): SimulatedHistories {
  return new Map(
    [...histories].map(([name, checkpoints]) => {
      const kept = checkpoints.flatMap(({ tombstone }, index) => (tombstone === undefined ? [index] : []));
      return [name, kept.length <= most ? checkpoints : checkpoints.slice(kept[kept.length - most])] as const;
    }),
  );
}

function pointsOf(histories: SimulatedHistories): number {
  let points = 0;
  for (const checkpoints of histories.values())
    points += checkpoints.filter(({ tombstone }) => tombstone === undefined).length;
  return points;
}

const noKits: ClientKits = { of: () => undefined, news: () => undefined };
