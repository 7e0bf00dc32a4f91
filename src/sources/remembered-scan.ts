import { createHash } from "node:crypto";

import { isDigest } from "../model/digest.ts";
import type { Digest } from "../model/digest.ts";
import { isRelativePath } from "../model/relative-path.ts";
import type { RelativePath } from "../model/relative-path.ts";
import type { StateColumns } from "./file-state.ts";
import type { SourceCache } from "./source.ts";

/**
 * What a settled run found in a directory source, in columns: a hundred thousand files are a dozen arrays instead of a million objects, and threads can share them. What could still change without
 * showing it (`isRacy`) has a state of zeros, which no file has.
 */
export interface RememberedScan {
  /** Under which name the caller remembers what these files became. */
  readonly tag: string;
  /** Whether every file lies under the path that it is known by: false where links were followed. Only then do unchanged directories mean unchanged names. */
  readonly isPlain: boolean;
  /** Everything below, for threads. */
  readonly shared: SharedArrayBuffer;
  readonly counts: { readonly directories: number; readonly files: number };
  /** Paths below the root, "" for itself; sorted, so that parents come before what is in them. */
  directories(): readonly string[];
  /** Paths as the source shows them, sorted by `compareNames`. */
  paths(): readonly RelativePath[];
  /** Five numbers a directory, and then a file: device, inode, size, nanoseconds of mtime and ctime. */
  readonly directoryStates: BigInt64Array;
  readonly fileStates: BigInt64Array;
  digestOf(index: number): Digest;
}

/** What is to be remembered. Both lists are sorted. */
export interface Scan {
  readonly directories: Iterable<{ readonly path: string; readonly state: StateColumns | undefined }>;
  readonly files: Iterable<{
    readonly path: RelativePath;
    readonly state: StateColumns | undefined;
    readonly digest: Digest;
  }>;
  readonly isPlain: boolean;
}

/**
 * Reads what was remembered of this very source; undefined when there is nothing, or it is damaged, of another version, or about a source that is described otherwise: a lost memory costs time,
 * never correctness. The format is this machine's own: a line with version and SHA-256 of all that follows, one with a description in JSON, then the columns.
 */
export async function recall(cache: SourceCache, source: string): Promise<RememberedScan | undefined> {
  const content = await cache.read();
  if (content === undefined) return undefined;
  const header = parseHeader(content);
  if (header?.source !== checksum(Buffer.from(source))) return undefined;
  const shared = new SharedArrayBuffer(content.length - header.bytes);
  const body = Buffer.from(shared);
  content.copy(body, 0, header.bytes);
  const { directories, files } = header;
  const places = columnPlaces(header);
  // What nobody asks for is not decoded: an unchanged source needs no single name of it here.
  const names = once(() => body.subarray(places.names).toString().split("\n"));
  const paths = once(() => names().slice(directories, -1).map(asPath));
  const digests = once(() => body.subarray(places.digests, places.names).toString("hex"));
  return {
    tag: header.tag,
    isPlain: header.isPlain,
    shared,
    counts: { directories, files },
    directories: once(() => names().slice(0, directories)),
    paths,
    directoryStates: new BigInt64Array(shared, 0, directories * 5),
    fileStates: new BigInt64Array(shared, places.files, files * 5),
    digestOf: (index) => asDigest(digests().slice(index * 64, index * 64 + 64)),
  };
}

/** Writes down what a settled run found. */
export async function rememberScan(cache: SourceCache, source: string, tag: string, scan: Scan): Promise<void> {
  const directories = [...scan.directories];
  const files = [...scan.files];
  const states = new BigInt64Array((directories.length + files.length) * 5);
  const digests = Buffer.alloc(files.length * 32);
  const names: string[] = [];
  for (const [index, { path, state }] of [...directories, ...files].entries()) {
    if (state !== undefined) states.set(state.states.subarray(state.at * 5, state.at * 5 + 5), index * 5);
    names.push(`${path}\n`);
  }
  for (const [index, { digest }] of files.entries()) digests.write(digest, index * 32, "hex");
  const body = Buffer.concat([Buffer.from(states.buffer), digests, Buffer.from(names.join(""))]);
  const described = {
    source: checksum(Buffer.from(source)),
    directories: directories.length,
    files: files.length,
    isPlain: scan.isPlain,
    tag,
  };
  const content = Buffer.concat([Buffer.from(`${JSON.stringify(described)}\n`), body]);
  await cache.write(Buffer.concat([Buffer.from(firstLine(content)), content]));
}

function firstLine(content: Uint8Array): string {
  return `asof scan 2 ${checksum(content)}\n`;
}

interface Header {
  readonly bytes: number;
  readonly source: string;
  readonly directories: number;
  readonly files: number;
  readonly isPlain: boolean;
  readonly tag: string;
}

/** The description, if all of the content is what was written. */
function parseHeader(content: Buffer): Header | undefined {
  const rest = content.subarray(content.indexOf("\n") + 1);
  const first = content.length - rest.length;
  if (content.toString("latin1", 0, first) !== firstLine(rest)) return undefined;
  const described = rest.toString("utf8", 0, rest.indexOf("\n") + 1);
  const { source, directories, files, isPlain, tag } = Object(JSON.parse(described));
  return { bytes: first + described.length, source, directories, files, isPlain, tag };
}

/** Where the columns begin in the body. */
export function columnPlaces({ directories, files }: Pick<Header, "directories" | "files">): {
  readonly files: number;
  readonly digests: number;
  readonly names: number;
} {
  const digests = (directories + files) * 40;
  return { files: directories * 40, digests, names: digests + files * 32 };
}

function checksum(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}

function asPath(path: string): RelativePath {
  if (!isRelativePath(path)) throw new Error("a remembered path is one");
  return path;
}

function asDigest(hex: string): Digest {
  if (!isDigest(hex)) throw new Error("SHA-256 is 64 hex digits");
  return hex;
}
