import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";

import { isDigest } from "../model/digest.ts";
import type { Digest } from "../model/digest.ts";
import type { SourceCache } from "./source.ts";

/** What is known of a file without reading it. Two equal `key`s mean the same bytes, but for a change within the granularity of the clock. */
export interface FileState {
  /** Device, inode, size, and the nanoseconds of mtime and ctime. No blanks. */
  readonly key: string;
  readonly sizeBytes: number;
  /** Seconds since 1970. */
  readonly modified: number;
  /** Seconds since 1970; the kernel's own time of the last change of content, name or mode. */
  readonly changed: number;
}

export function fileState({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileState {
  return {
    key: `${dev},${ino},${size},${mtimeNs},${ctimeNs}`,
    sizeBytes: Number(size),
    modified: Number(mtimeNs) / 1e9,
    changed: Number(ctimeNs) / 1e9,
  };
}

/**
 * Whether the file may have changed after it was looked at without its times showing it: git's racy rule. Such a file is read again and never remembered.
 * A time in the future counts, whatever made it.
 */
export function isRacy(state: FileState, scanStarted: number): boolean {
  return Math.max(state.modified, state.changed) >= scanStarted - 2;
}

/** What an earlier run learned: the digests of files by their path and key. */
export interface StatCache {
  /** The digest of an unchanged file. */
  digestOf(path: string, state: FileState): Digest | undefined;
  /** Replaces what is remembered. `files` is sorted; equal content is not written again. */
  save(files: Iterable<CachedFile>): Promise<void>;
}

export interface CachedFile {
  readonly path: string;
  readonly state: FileState;
  readonly digest: Digest;
}

/**
 * The format is text: a first line with version and SHA-256 of the rest, then `<digest> <key> <path>` a file. Paths hold no line feed (`RelativePath`).
 * A cache that is damaged, or of another version, is as good as none.
 */
export async function readStatCache(cache: SourceCache): Promise<StatCache> {
  const content = await cache.read();
  const body = content === undefined ? undefined : intactBody(content);
  const lines = body === undefined ? new Map<string, string>() : indexLines(body.toString());
  return {
    digestOf(path, state) {
      const line = lines.get(path);
      if (line === undefined || line.slice(digestLength + 1) !== state.key) return undefined;
      const digest = line.slice(0, digestLength);
      return isDigest(digest) ? digest : undefined;
    },
    async save(files) {
      let text = "";
      for (const { path, state, digest } of files) text += `${digest} ${state.key} ${path}\n`;
      const next = Buffer.from(text);
      if (body !== undefined && body.equals(next)) return;
      await cache.write(Buffer.concat([Buffer.from(headerOf(next)), next]));
    },
  };
}

const digestLength = 64;

function headerOf(body: Buffer): string {
  return `asof stat cache 1 ${createHash("sha256").update(body).digest("hex")}\n`;
}

function intactBody(content: Buffer): Buffer | undefined {
  const body = content.subarray(content.indexOf("\n") + 1);
  const header = content.subarray(0, content.length - body.length);
  return header.toString("latin1") === headerOf(body) ? body : undefined;
}

/** `<digest> <key>` by path. */
function indexLines(text: string): Map<string, string> {
  const lines = new Map<string, string>();
  for (const line of text.split("\n")) {
    const blank = line.indexOf(" ", digestLength + 1);
    if (blank > 0) lines.set(line.slice(blank + 1), line.slice(0, blank));
  }
  return lines;
}
