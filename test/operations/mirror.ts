import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { onTestFinished } from "vitest";
import { z } from "zod";

import { isTimestamp, timestampFromSeconds } from "../../src/model/timestamp.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";
import { openProject } from "../helpers/asof.ts";
import type { Project } from "../helpers/asof.ts";
import { launchCli } from "../helpers/launch-cli.ts";
import type { Run } from "../helpers/launch-cli.ts";
import { manifestOf } from "../helpers/origin-server.ts";
import { treeOf } from "./tree-of.ts";
import type { TreeText } from "./tree-of.ts";

export interface MirrorSettings {
  /** Further settings at the top level. */
  readonly top?: object;
  readonly remote?: object;
  /** Further settings of the repository `repo`. */
  readonly repository?: object;
  /** Further repositories. */
  readonly repositories?: object;
  /** Instead of the plain one at `plain` and the checkpoints at `snapshots/repo`. */
  readonly distributions?: object;
}

/** A project with one repository, `repo`, read from a PULP_MANIFEST on disk unless its remote is another. Its clock begins at 2025-03-18T14:03:38Z. */
export interface Mirror extends Project {
  configure(settings: MirrorSettings): void;
  /** What the source holds from now on. */
  offer(files: Readonly<Record<string, string>>, manifest?: string): void;
  /** Stops the clock at so many seconds after the beginning; `setClock` sets one that goes. */
  at(seconds: number): void;
  /** `run`, interrupted when `signal` is. */
  runUntil(signal: AbortSignal, ...argv: readonly string[]): Promise<Run>;
  /** Names of the checkpoint directories of `snapshots/repo`, oldest first. */
  checkpoints(): readonly Timestamp[];
  /** Text of a file below public/. */
  page(name: string): string;
  /** A JSON file below public/. */
  json(name: string): unknown;
  /** Events in the log of a repository. */
  events(repository?: string): readonly { readonly type: string; readonly [key: string]: unknown }[];
  /** Everything that is served, status.json aside. */
  site(): TreeText;
  /** Everything that counts: the site and the rules, and of the state all but lock, caches and transactions. */
  everything(): { readonly site: TreeText; readonly rules: TreeText; readonly state: TreeText };
}

export const beginning = 1_742_306_618;
export const day = 86_400;
export const plainAndCheckpoints = {
  plain: { repository: "repo", base_path: "plain" },
  snapshots: { repository: "repo", base_path: "snapshots/repo", checkpoint: true },
};

/** A mirror that goes with the test that opened it. */
export function aMirror(settings: MirrorSettings = {}): Mirror {
  const mirror = openMirror(settings);
  onTestFinished(() => mirror.remove());
  return mirror;
}

export function openMirror(settings: MirrorSettings = {}): Mirror {
  const project = openProject("");
  const configure = (next: MirrorSettings): void => project.write("asof.yaml", configText(project, next));
  const site = (): TreeText => treeOf(project.file("public"), ["status.json"]);
  let stopped: number | undefined;
  const now = (): number => stopped ?? project.clock();

  const runUntil: Mirror["runUntil"] = (signal, ...argv) => launchCli(argv, { now, signal, cwd: project.dir }).ended;

  configure(settings);
  const mirror: Mirror = {
    ...project,
    runUntil,
    run: (...argv) => runUntil(new AbortController().signal, ...argv),
    async ok(...argv) {
      const result = await mirror.run(...argv);
      if (result.exit !== 0) throw new Error(`asof ${argv.join(" ")}: ${said(result)}`);
      return result;
    },
    clock: now,
    setClock(seconds) {
      stopped = undefined;
      project.setClock(seconds);
    },
    configure,
    offer(files, manifest = manifestOf(files)) {
      rmSync(project.file("origin"), { recursive: true, force: true });
      for (const [name, content] of Object.entries(files)) project.write(`origin/${name}`, content);
      project.write("origin/PULP_MANIFEST", manifest);
    },
    at: (seconds) => void (stopped = beginning + seconds),
    checkpoints: () => timestampsIn(project.file("public/snapshots/repo")),
    page: (name) => readFileSync(project.file(`public/${name}`), "utf8"),
    json: (name) => JSON.parse(readFileSync(project.file(`public/${name}`), "utf8")),
    events: (repository = "repo") =>
      readFileSync(project.file(`state/repositories/${repository}/log`), "utf8")
        .split("\n")
        .slice(0, -1)
        .map((line) => anyEvent.parse(JSON.parse(line))),
    site,
    everything: () => ({
      site: existsSync(project.file("public")) ? site() : {},
      rules: existsSync(project.file("rules")) ? treeOf(project.file("rules")) : {},
      state: treeOf(project.file("state"), ["lock", "cache", "incoming", "trash"]),
    }),
  };
  mirror.at(0);
  return mirror;
}

/** The name of a checkpoint taken so many seconds after the beginning. */
export function after(seconds: number): Timestamp {
  return timestampFromSeconds(beginning + seconds);
}

export function timestampsIn(folder: string): readonly Timestamp[] {
  return readdirSync(folder).filter(isTimestamp).toSorted();
}

/** What asof said, on both streams. */
export function said({ exit, out, err }: Run): string {
  return `exit ${exit}\n${out}${err}`;
}

function configText(project: Project, settings: MirrorSettings): string {
  const url = pathToFileURL(path.join(project.dir, "origin/PULP_MANIFEST")).href;
  const remote = { type: "file", url, ...settings.remote };
  // JSON is YAML.
  return JSON.stringify({
    ...settings.top,
    repositories: { repo: { remote, fetch: { retries: 0 }, ...settings.repository }, ...settings.repositories },
    distributions: settings.distributions ?? plainAndCheckpoints,
  });
}

const anyEvent = z.looseObject({ type: z.string() });
