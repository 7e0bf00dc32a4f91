import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";

import { expect } from "vitest";
import { parseDigest } from "../../src/model/digest.ts";
import type { Digest } from "../../src/model/digest.ts";
import type { DirectoryRemote } from "../../src/model/remote.ts";
import { openDirectory } from "../../src/sources/directory.ts";
import type { ContentSink, Source, SourceCache, SourceListing } from "../../src/sources/source.ts";
import { noAbort } from "../helpers/manifest-source.ts";
import { openTempSink } from "../helpers/temp-sink.ts";
import type { TempSink } from "../helpers/temp-sink.ts";

/** A source directory on disk, a pool, and a stat cache in memory. */
export interface DirectoryWorld {
  /** The source; what is beside it is outside. */
  readonly root: string;
  readonly outside: string;
  readonly sink: TempSink;
  readonly cache: MemoryCache;
  write(path: string, content?: string): Promise<void>;
  link(path: string, target: string): Promise<void>;
  /** A source under a clock that is `ahead` seconds late, by default so much that nothing just written is young any more. */
  open(settings?: Partial<DirectoryRemote> & { readonly ahead?: number; readonly clock?: () => number }): Source;
  /** Paths of a listing. */
  paths(settings?: Partial<DirectoryRemote>): Promise<readonly string[]>;
  /** Lists, fetches what has no known digest, and confirms; what was read. */
  sync(
    source: Source,
    into?: ContentSink,
  ): Promise<{ readonly read: readonly string[]; readonly listing: SourceListing }>;
  remove(): Promise<void>;
}

export interface MemoryCache extends SourceCache {
  content: Buffer | undefined;
  writes: number;
}

export async function openDirectoryWorld(): Promise<DirectoryWorld> {
  const base = await mkdtemp(join(tmpdir(), "asof-directory-"));
  // Another user has to reach it in the tests of permissions.
  await chmod(base, 0o755);
  const root = join(base, "source");
  const outside = join(base, "outside");
  await mkdir(root);
  await mkdir(outside);
  const sink = await openTempSink();
  const cache = memoryCache();

  function open({
    ahead = 10,
    clock = () => Date.now() / 1000 + ahead,
    ...remote
  }: Parameters<DirectoryWorld["open"]>[0] = {}): Source {
    return openDirectory(
      { type: "directory", path: root, include: ["**"], exclude: [], symlinks: "refuse", ...remote },
      { cache, now: clock },
    );
  }

  return {
    root,
    outside,
    sink,
    cache,
    async write(path, content = path) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
    },
    async link(path, target) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await symlink(target, join(root, path));
    },
    open,
    async paths(settings) {
      const { entries } = await open(settings).list(noAbort());
      return entries.map(({ path }) => path);
    },
    async sync(source, into = sink) {
      const listing = await source.list(noAbort());
      const wanted = listing.entries.filter(({ digest }) => digest === undefined);
      const stored = await source.fetch(wanted, into, { signal: noAbort() });
      expect(await source.confirm(noAbort())).toBe("settled");
      await source.remember("the last sync");
      return { read: [...stored.keys()].toSorted(), listing };
    },
    async remove() {
      await rm(base, { recursive: true, force: true });
      await sink.remove();
    },
  };
}

export function memoryCache(content?: Buffer): MemoryCache {
  const cache: MemoryCache = {
    content,
    writes: 0,
    read: () => Promise.resolve(cache.content),
    write(next) {
      cache.content = Buffer.from(next);
      cache.writes += 1;
      return Promise.resolve();
    },
  };
  return cache;
}

/** Runs `work` without the rights of root, if we have them. */
export async function asNobody<Result>(work: () => Promise<Result>): Promise<Result> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

export function sha256(content: string | Uint8Array): Digest {
  const digest = parseDigest(createHash("sha256").update(content).digest("hex"));
  if (digest === undefined) throw new Error("SHA-256 is a digest");
  return digest;
}
