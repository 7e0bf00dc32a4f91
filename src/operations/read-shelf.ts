import { readdirSync, statSync } from "node:fs";
import path from "node:path";

import { Failure } from "../failure.ts";
import { parseInstant } from "../model/instant.ts";
import type { Timestamp } from "../model/timestamp.ts";

export interface ShelfEntry {
  readonly name: string;
  readonly at: Timestamp;
}

/**
 * The dated directories of a shelf, oldest first, and the names that are no dates. Patterns: `20240101T000000Z`, `20240101`, `2024-01-01`, `2024-01-01T12:30:00Z`, and those
 * with `_` or `-` between date and time (`2024-01-01_12-30-00`, `20240101-123000`). A date alone is its first second, UTC.
 */
export function readShelf(shelf: string): {
  readonly dated: readonly ShelfEntry[];
  readonly ignored: readonly string[];
} {
  let names: readonly string[];
  try {
    names = readdirSync(shelf).toSorted();
  } catch (cause) {
    throw new Failure("SOURCE_UNREACHABLE", `cannot read the shelf ${shelf}`, {
      cause,
      hint: "name a directory that holds dated directories",
    });
  }
  const dated: ShelfEntry[] = [];
  const ignored: string[] = [];
  for (const name of names) {
    const at = dateInName(name);
    const there = at === undefined ? undefined : statSync(path.join(shelf, name), { throwIfNoEntry: false });
    if (at !== undefined && there?.isDirectory() === true) dated.push({ name, at });
    else ignored.push(name);
  }
  dated.sort((a, b) => (a.at < b.at ? -1 : 1));
  const twice = dated.find((entry, index) => dated[index + 1]?.at === entry.at);
  if (twice !== undefined) {
    throw new Failure("SOURCE_BAD_DATA", `${shelf} has two directories for ${twice.at}`, { hint: "keep one of them" });
  }
  if (dated.length === 0) {
    throw new Failure("SOURCE_BAD_DATA", `${shelf} holds no dated directories`, {
      hint: "expected names such as 20240101T000000Z or 2024-01-01",
    });
  }
  return { dated, ignored };
}

/** The moment that a directory's name spells, or undefined. */
function dateInName(name: string): Timestamp | undefined {
  const parts = /^(\d{4})-?(\d{2})-?(\d{2})[-_T]?(\d{2})[-:]?(\d{2})[-:]?(\d{2})Z?$/.exec(name);
  const text = parts === null ? name : `${parts[1]}${parts[2]}${parts[3]}T${parts[4]}${parts[5]}${parts[6]}Z`;
  const at = name.startsWith("@") ? undefined : parseInstant(text);
  return at === "latest" ? undefined : at;
}
