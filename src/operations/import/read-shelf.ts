import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readSync } from "node:fs";
import type { Dirent } from "node:fs";
import path from "node:path";

import { hasErrorCode } from "../../error-code.ts";
import { Failure } from "../../failure.ts";
import { parseInstant } from "../../model/instant.ts";
import { statedTime } from "../../model/stated-time.ts";
import { timestampFromSeconds } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";

/** A directory of a shelf that becomes a checkpoint. */
export interface DatedDirectory {
  /** Below the shelf: `2024-01-01`, `2024/01/15`, `daily.0`. */
  readonly name: string;
  /** Absolute, where its content is. */
  readonly path: string;
  readonly at: Timestamp;
}

export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

export interface Shelf {
  /** Oldest first. */
  readonly dated: readonly DatedDirectory[];
  readonly leftOut: readonly LeftOut[];
}

/** Where the time of a directory comes from: its name, its own modification time, or a file in it. */
export type TimeFrom = { readonly kind: "name" | "mtime" } | { readonly kind: "file"; readonly file: string };

export interface ShelfLayout {
  readonly timeFrom: TimeFrom;
  /** Where in each directory its content is; "" for all of it. */
  readonly inside: string;
}

/**
 * The directories of a shelf, oldest first, and what is left out of it. Names that are dates: `20240101T000000Z`, `20240101`, `2024-01-01`, `2024-01-01T12:30:00Z`, those with `_` or `-` between date and
 * time (`2024-01-01_12-30-00`, `20240101-123000`), and days in folders of years and months (`2024/01/15`). A date alone is its first second, UTC. Symbolic links are never followed: `latest` shows what another name has.
 */
export function readShelf(shelf: string, { timeFrom, inside }: ShelfLayout): Shelf {
  const dated: DatedDirectory[] = [];
  const leftOut: LeftOut[] = [];
  const names = timeFrom.kind === "name" ? datesBelow(shelf, "") : entriesOf(shelf, "");
  for (const { name, entry } of names) {
    const directory = path.join(shelf, name);
    const found = entry.isDirectory() ? timeOf(directory, name, timeFrom) : reasonAgainst(entry);
    const content = path.join(directory, inside);
    if (typeof found === "string") leftOut.push({ name, reason: found });
    else if (inside !== "" && !isDirectory(content)) leftOut.push({ name, reason: `has no directory ${inside}` });
    else dated.push({ name, path: content, at: found.at });
  }
  return { dated: dated.toSorted((a, b) => (a.at < b.at ? -1 : 1)), leftOut };
}

interface NamedEntry {
  /** Below the shelf. */
  readonly name: string;
  readonly entry: Dirent;
}

/** Folders of years, and of months in them, are gone into. */
function datesBelow(shelf: string, folder: string): readonly NamedEntry[] {
  return entriesOf(shelf, folder).flatMap((one) =>
    one.entry.isDirectory() && /^\d{4}(?:\/(?:0[1-9]|1[0-2]))?$/.test(one.name) ? datesBelow(shelf, one.name) : [one],
  );
}

function entriesOf(shelf: string, folder: string): readonly NamedEntry[] {
  try {
    return readdirSync(path.join(shelf, folder), { withFileTypes: true })
      .map((entry) => ({ name: folder === "" ? entry.name : `${folder}/${entry.name}`, entry }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw new Failure("SOURCE_UNREACHABLE", `cannot read the shelf ${path.join(shelf, folder)}`, {
      cause,
      hint: "name a directory that holds dated directories",
    });
  }
}

function isDirectory(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
}

function reasonAgainst(entry: Dirent): string {
  return entry.isSymbolicLink() ? "is a symbolic link" : "is no directory";
}

/** The time of a directory, or why it has none. */
function timeOf(directory: string, name: string, timeFrom: TimeFrom): { readonly at: Timestamp } | string {
  switch (timeFrom.kind) {
    case "name": {
      const at = dateInName(name);
      return at === undefined ? "is no date" : { at };
    }
    case "mtime":
      return { at: timestampFromSeconds(Number(lstatSync(directory, { bigint: true }).mtimeNs / 1_000_000_000n)) };
    case "file":
      return timeInFile(directory, timeFrom.file);
  }
}

/** The moment that a directory's name spells, or undefined. `2024/01/2024-01-15` is one as well. */
function dateInName(name: string): Timestamp | undefined {
  const last = name.slice(name.lastIndexOf("/") + 1);
  const folder = name.slice(0, -last.length).replaceAll("/", "");
  const at = dateIn(last) ?? dateIn(name.replaceAll("/", ""));
  return at?.startsWith(folder) === true ? at : undefined;
}

function dateIn(name: string): Timestamp | undefined {
  const parts = /^(\d{4})-?(\d{2})-?(\d{2})[-_T]?(\d{2})[-:]?(\d{2})[-:]?(\d{2})Z?$/.exec(name);
  const text = parts === null ? name : `${parts[1]}${parts[2]}${parts[3]}T${parts[4]}${parts[5]}${parts[6]}Z`;
  const at = name.startsWith("@") ? undefined : parseInstant(text);
  return at === "latest" ? undefined : at;
}

/** A time stands in the beginning, before anything long. */
const mostTimeBytes = 8192;

function timeInFile(directory: string, name: string): { readonly at: Timestamp } | string {
  const file = path.join(directory, name);
  const text = beginningOf(file);
  if (text === undefined) return `has no ${name}`;
  const at = statedTime(text);
  if (at !== undefined) return { at };
  throw new Failure("SOURCE_BAD_DATA", `${file} states no time`, {
    hint: "expected a first line such as 2024-01-01T12:30:00Z or 1704112200, or a line Date: Mon, 01 Jan 2024 12:30:00 UTC",
  });
}

/** Undefined where no regular file is. Without O_NONBLOCK the opening of a FIFO waits for a writer. */
function beginningOf(file: string): string | undefined {
  let handle: number;
  try {
    handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "ENOTDIR", "ELOOP", "ENXIO")) return undefined;
    throw new Failure("SOURCE_REFUSED", `cannot read ${file}`, { cause: error });
  }
  try {
    if (!fstatSync(handle).isFile()) return undefined;
    const bytes = Buffer.alloc(mostTimeBytes);
    return bytes.toString("utf8", 0, readSync(handle, bytes));
  } finally {
    closeSync(handle);
  }
}
