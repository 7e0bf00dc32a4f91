import path from "node:path";

import type { Call } from "./call.ts";

/** What a run's calls say of the order in which things become durable and visible. */
export interface ProtocolReport {
  /** Renames that gave a name to something, or took one from it, where readers or the next run look. */
  readonly renames: number;
  /** Renames of something that was not durable, or that were not durable when the next phase began. */
  readonly unsynced: readonly string[];
}

/**
 * Holds a run's calls against the write protocol: what gets a visible name was written and synced before (its bytes and, of a directory, everything in it), and the name is durable before the next phase
 * begins: a line of a log, a reload, the removal of something from the trash, the end of the run. A barrier is `sync -f`, or fsync of the file or directory itself.
 */
export function checkProtocol(calls: readonly Call[], dir: string): ProtocolReport {
  /** What was written or named and is not durable yet: files by their bytes, directories by their names. */
  const dirtyFiles = new Set<string>();
  const dirtyNames = new Set<string>();
  const unsynced: string[] = [];
  let pending: Call[] = [];
  let renames = 0;
  const inside = (file: string): string => path.relative(dir, file);
  const isPrivate = (file: string): boolean =>
    /^state\/(incoming|trash)(\/|$)/.test(inside(file)) || path.basename(file).startsWith(".asof-new-");
  const isVisible = (file: string): boolean => /^(public|rules|state)\//.test(inside(file)) && !isPrivate(file);
  const isProbe = (file: string): boolean => /(lock-probe|\.probe)$/.test(file);

  function beginPhase(what: string): void {
    for (const { n, path: from, to = "" } of pending)
      unsynced.push(`${n}: ${inside(from)} -> ${inside(to)} was not durable when ${what}`);
    pending = [];
  }

  for (const call of calls) {
    const { path: file, to = "" } = call;
    switch (call.call) {
      case "open":
      case "mkdir":
      case "symlink":
        dirtyNames.add(path.dirname(file));
        break;
      case "link":
        dirtyNames.add(path.dirname(to));
        break;
      case "write":
      case "truncate":
      case "chmod":
      case "utimes":
        if (inside(file).endsWith("/log")) beginPhase(`call ${call.n} wrote ${inside(file)}`);
        dirtyFiles.add(file);
        break;
      case "rename": {
        if (isProbe(file)) break;
        if (isVisible(to) || isVisible(file)) {
          renames += 1;
          const below = (name: string): boolean => name === file || name.startsWith(`${file}/`);
          const dirty = isVisible(to) ? [...dirtyFiles, ...dirtyNames].filter(below) : [];
          if (dirty.length > 0)
            unsynced.push(
              `${call.n}: ${inside(to)} got its name while ${dirty.map(inside).join(", ")} was not durable`,
            );
          pending.push(call);
        }
        for (const set of [dirtyFiles, dirtyNames]) set.delete(file);
        dirtyNames.add(path.dirname(to));
        break;
      }
      case "unlink":
      case "rmdir":
        if (inside(file).startsWith("state/trash/")) beginPhase(`call ${call.n} took apart ${inside(file)}`);
        break;
      case "fsync":
        dirtyFiles.delete(file);
        dirtyNames.delete(file);
        pending = pending.filter((one) =>
          [one.path, one.to ?? ""].some((name) => isVisible(name) && path.dirname(name) !== file),
        );
        break;
      case "syncfs":
        dirtyFiles.clear();
        dirtyNames.clear();
        pending = [];
        break;
      case "spawn":
        beginPhase(`call ${call.n} ran ${file}`);
        break;
    }
  }
  beginPhase("the run ended");
  return { renames, unsynced };
}
