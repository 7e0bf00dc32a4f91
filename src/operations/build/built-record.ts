import { z } from "zod";

import type { BasePath } from "../../model/base-path.ts";
import { isDigest } from "../../model/digest.ts";
import type { Digest } from "../../model/digest.ts";
import type { LostInterval } from "../../model/history.ts";
import type { PlainState } from "../../site/plain-state.ts";
import { readIfThere, replaceFile } from "../../store/disk.ts";
import type { Workspace } from "../workspace.ts";

/** What earlier builds did, kept in state/cache: losing it costs work, and leaves what a host that left the configuration had in public/ to its user. */
export interface BuiltRecord {
  /** Fingerprint of everything that listing pages depend on besides their directory. */
  readonly pages: string;
  readonly layout: string;
  /** Digest of the rules that the web server loaded last. */
  readonly reloaded: string;
  /** Seconds at which each tombstone (`repository timestamp`), and each loss (`lostKey`), was first in rules that the server had loaded. */
  readonly announced: ReadonlyMap<string, number>;
  /** Per repository what the last sweep saw; the same again needs no sweep. */
  readonly swept: ReadonlyMap<string, string>;
  /** Files that were written for hosts (`public/404.html`, `rules/hosts/…`) and the SHA-256 of each: a host may leave the configuration. */
  readonly hostFiles: ReadonlyMap<string, string>;
  /** Hosts of the configuration at the last build. */
  readonly hosts: readonly string[];
  /** Contents that were taken down and are gone from the site. */
  readonly takenDown: ReadonlySet<Digest>;
}

const none: BuiltRecord = {
  pages: "",
  layout: "",
  reloaded: "",
  announced: new Map(),
  swept: new Map(),
  hostFiles: new Map(),
  hosts: [],
  takenDown: new Set(),
};

export function readBuiltRecord({ store }: Workspace): BuiltRecord {
  const parsed = builtRecord.safeParse(readJson(store.layout.cacheFile("built.json")));
  if (!parsed.success) return none;
  const { announced, swept, hostFiles, takenDown, ...rest } = parsed.data;
  return {
    ...rest,
    announced: new Map(announced),
    swept: new Map(swept),
    hostFiles: new Map(hostFiles),
    takenDown: new Set(takenDown),
  };
}

export function writeBuiltRecord({ store }: Workspace, record: BuiltRecord): void {
  const { announced, swept, hostFiles, takenDown, ...rest } = record;
  const json = {
    ...rest,
    announced: [...announced],
    swept: [...swept],
    hostFiles: [...hostFiles],
    takenDown: [...takenDown],
  };
  replaceFile(store.layout.cacheFile("built.json"), `${JSON.stringify(json)}\n`, 0o600);
}

/** The name of a loss among what was announced. */
export function lostKey(repository: string, { until }: Pick<LostInterval, "until">): string {
  return `${repository} lost ${until}`;
}

export function readPlainState({ store }: Workspace, base: BasePath): PlainState | undefined {
  const parsed = plainState.safeParse(readJson(store.layout.plain(base)));
  return parsed.success ? parsed.data : undefined;
}

export function writePlainState({ store }: Workspace, base: BasePath, state: PlainState): void {
  replaceFile(store.layout.plain(base), `${JSON.stringify(state)}\n`, 0o600);
}

function readJson(file: string): unknown {
  const text = readIfThere(file)?.toString("utf8");
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const digest = z.custom<Digest>((value) => typeof value === "string" && isDigest(value));

const builtRecord = z.object({
  pages: z.string(),
  layout: z.string(),
  reloaded: z.string(),
  announced: z.array(z.tuple([z.string(), z.number()])),
  swept: z.array(z.tuple([z.string(), z.string()])),
  hostFiles: z.array(z.tuple([z.string(), z.string()])).default([]),
  hosts: z.array(z.string()).default([]),
  takenDown: z.array(digest).default([]),
});

const plainState = z.object({
  serial: z.int(),
  publication: z.int(),
  root: digest,
  touched: z.array(z.tuple([z.string(), z.int()])),
  dropped: z.array(
    z.object({
      path: z.string(),
      digest,
      sizeBytes: z.int(),
      mtimeSeconds: z.int(),
      until: z.int(),
    }),
  ),
});
