import { z } from "zod";

import type { PulpRemote } from "../../model/remote.ts";
import { isTimestamp } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import type { PulpCheckpoint } from "../../sources/pulp-checkpoint.ts";
import { readIfThere, replaceFile } from "../../store/disk.ts";
import type { Workspace } from "../workspace.ts";

/** Which publication each checkpoint was made of: by second, Pulp's own time with its fraction, null where Pulp did not tell it. */
export type TakenCheckpoints = ReadonlyMap<Timestamp, string | null>;

export interface Taken {
  /** What was taken from this remote, as far as it was remembered. */
  readonly checkpoints: TakenCheckpoints;
  /** Adds those of `seen` that are in the repository now, at the end of a run that looked. */
  remember(seen: readonly PulpCheckpoint[]): void;
}

/**
 * What was taken from a remote. Remembered in the cache: losing it costs that nothing is pruned because Pulp has it no more, until it was seen there again, and that another publication in the second of one that was
 * taken goes unnoticed.
 */
export function openTaken({ store }: Pick<Workspace, "store">, repository: string, remote: PulpRemote): Taken {
  const file = store.layout.cacheFile(`${repository}.pulp`);
  const url = withoutSecrets(remote.url);
  const checkpoints = readTaken(file, url);
  return {
    checkpoints,
    remember(seen) {
      const here = new Set(store.repository(repository)?.history.checkpoints.map(({ created }) => created));
      const news = seen.filter(({ second }) => here.has(second) && !checkpoints.has(second));
      if (news.length === 0) return;
      const all = [...checkpoints, ...news.map(({ second, created }) => [second, created ?? null] as const)];
      replaceFile(file, `${JSON.stringify({ schemaVersion: 1, url, taken: Object.fromEntries(all) })}\n`, 0o600);
    },
  };
}

function readTaken(file: string, url: string): TakenCheckpoints {
  try {
    const parsed = takenFile.safeParse(JSON.parse(readIfThere(file)?.toString("utf8") ?? "null"));
    if (!parsed.success || parsed.data.url !== url) return new Map();
    const taken = new Map<Timestamp, string | null>();
    for (const [second, created] of Object.entries(parsed.data.taken))
      if (isTimestamp(second)) taken.set(second, created);
    return taken;
  } catch {
    return new Map();
  }
}

function withoutSecrets(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

const takenFile = z.object({
  schemaVersion: z.literal(1),
  url: z.string(),
  taken: z.record(z.string(), z.string().nullable()),
});
