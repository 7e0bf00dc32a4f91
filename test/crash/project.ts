import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { manifestOf } from "../helpers/origin-server.ts";
import type { Fault, FaultyRun, Runner } from "./runner.ts";

/** A folder with a configuration, a source, and what asof makes of them. Its clock stands still. */
export interface CrashProject {
  readonly dir: string;
  readonly file: (name: string) => string;
  /** The clock from now on, in seconds after the beginning. */
  readonly at: (seconds: number) => void;
  readonly configure: (settings: object) => void;
  /** What the source holds from now on. */
  readonly offer: (files: Readonly<Record<string, string>>) => void;
  readonly run: (argv: readonly string[], fault?: Fault) => Promise<FaultyRun>;
  readonly ok: (...argv: readonly string[]) => Promise<FaultyRun>;
  /** Copies all of it, links included, to another folder; and back again. */
  readonly keep: (folder: string) => void;
  readonly putBack: (folder: string) => void;
}

const beginning = 1_742_306_618;

/** `origin` is where the source lies, where it must not lie beside the rest. */
export function openCrashProject(dir: string, runner: Runner, origin: string = path.join(dir, "origin")): CrashProject {
  let clock = beginning;
  const file = (name: string): string => path.join(dir, name);
  const run: CrashProject["run"] = (argv, fault) => runner.run(argv, { cwd: dir, clock, fault });
  mkdirSync(dir, { recursive: true });
  return {
    dir,
    file,
    at: (seconds) => void (clock = beginning + seconds),
    configure: (settings) => writeFileSync(file("asof.yaml"), configText(path.join(origin, "PULP_MANIFEST"), settings)),
    offer(files) {
      rmSync(origin, { recursive: true, force: true });
      for (const [name, content] of Object.entries({ ...files, PULP_MANIFEST: manifestOf(files) })) {
        mkdirSync(path.dirname(path.join(origin, name)), { recursive: true });
        writeFileSync(path.join(origin, name), content);
      }
    },
    run,
    async ok(...argv) {
      const result = await run(argv);
      if (result.exit !== 0)
        throw new Error(`asof ${argv.join(" ")} ended with ${result.exit}\n${result.out}${result.err}`);
      return result;
    },
    keep: (folder) => replaceFolder(dir, folder),
    putBack: (folder) => replaceFolder(folder, dir),
  };
}

/** Makes `to` hold what `from` holds: links between files stay links, times stay. The folder itself stays the same one, because servers have it open. */
function replaceFolder(from: string, to: string): void {
  const { status, stderr } = spawnSync(
    "sh",
    ["-c", 'mkdir -p "$2" && find "$2" -mindepth 1 -delete && cp -a "$1/." "$2"', "sh", from, to],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`cannot copy ${from}: ${stderr}`);
}

/** One repository with a plain distribution and one of checkpoints; a reload that tells nginx and leaves a mark. `settings` go over it. */
function configText(manifest: string, settings: object): string {
  return JSON.stringify({
    servers: ["nginx"],
    grace: 0,
    reload: ["sh", "../reload.sh"],
    repositories: repositories(manifest, {}),
    distributions,
    ...("repository" in settings ? { repositories: repositories(manifest, settings.repository) } : {}),
    ...("top" in settings && typeof settings.top === "object" ? settings.top : {}),
  });
}

function repositories(manifest: string, settings: unknown): object {
  const remote = { type: "file", url: pathToFileURL(manifest).href, mode: "mirror" };
  // One at a time: the n-th call of a run is the same in every run.
  const repo = { remote, fetch: { retries: 0, concurrency: 1 } };
  return { repo: typeof settings === "object" && settings !== null ? { ...repo, ...settings } : repo };
}

export const distributions = {
  plain: { repository: "repo", base_path: "plain" },
  snapshots: { repository: "repo", base_path: "snapshots/repo", checkpoint: true },
};
