import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import { basename, dirname } from "node:path";

import { Failure } from "../failure.ts";
import { compareNames } from "../model/compare-names.ts";
import { relativePathProblem } from "../model/relative-path.ts";
import { systemCode } from "./directory-errors.ts";
import type { TroubleEntry } from "./directory-tree.ts";

/** The failure that names what a source holds but nobody can publish: every bad name, and the first of the rest. */
export function troubleFailure(source: string, troubles: readonly TroubleEntry[]): Failure {
  const sorted = troubles.toSorted((a, b) => compareNames(a.path, b.path));
  const names = sorted.filter((trouble) => trouble.kind === "bad-name");
  const others = sorted.filter((trouble) => trouble.kind !== "bad-name");
  const links = others.filter((trouble) => trouble.kind !== "special");
  const folders: Folders = new Map();
  const lines = [
    ...new Set([
      ...names.flatMap((trouble) => nameLines(trouble, folders)),
      ...others.slice(0, shownAtMost).map(otherLine),
    ]),
  ];
  if (others.length > shownAtMost) lines.push(`and ${others.length - shownAtMost} more`);
  const hints: string[] = [];
  if (names.length > 0) hints.push("Rename what has a bad name (\\xNN is one byte).");
  if (links.length > 0) hints.push(linkHint(links));
  hints.push("What matches a pattern under exclude is left alone.");
  return new Failure("SOURCE_BAD_DATA", `${source} holds what cannot be published: ${summary(lines)}.`, {
    hint: hints.join(" "),
    details: lines,
  });
}

const shownAtMost = 20;
const summarizedAtMost = 3;

function summary(lines: readonly string[]): string {
  const more = lines.length > summarizedAtMost ? "; …" : "";
  return lines.slice(0, summarizedAtMost).join("; ") + more;
}

function linkHint(links: readonly TroubleEntry[]): string {
  return links.some((trouble) => trouble.kind === "link")
    ? 'Symbolic links are refused: "symlinks: skip" leaves them out, "symlinks: follow-inside" takes what they show.'
    : '"symlinks: skip" leaves all links out.';
}

function nameLines(trouble: TroubleEntry, folders: Folders): string[] {
  const problem = relativePathProblem(trouble.path) ?? "is not a usable name";
  const folder = trouble.path.slice(0, -basename(trouble.path).length);
  return rawNames(trouble, folders).map(
    (name) => `${escapeBytes(Buffer.concat([Buffer.from(folder), name]))} ${problem}`,
  );
}

/** The bytes of every name that reads as `trouble`'s: names that are not UTF-8 all have U+FFFD in place of what cannot be read. */
function rawNames({ path, real }: TroubleEntry, folders: Folders): readonly Buffer[] {
  const name = basename(path);
  if (!name.includes("\uFFFD")) return [Buffer.from(name)];
  const folder = dirname(real);
  const names = folders.get(folder) ?? namesIn(folder);
  folders.set(folder, names);
  return names.get(name) ?? [Buffer.from(name)];
}

/** What was read of folders with bad names, which come by the thousand: raw names by what they read as. */
type Folders = Map<string, ReadonlyMap<string, readonly Buffer[]>>;

function namesIn(folder: string): ReadonlyMap<string, readonly Buffer[]> {
  const names = new Map<string, Buffer[]>();
  for (const raw of lookAt(() => readdirSync(folder, { encoding: "buffer" })) ?? []) {
    const name = raw.toString();
    const same = names.get(name);
    if (same === undefined) names.set(name, [raw]);
    else same.push(raw);
  }
  return names;
}

function otherLine({ kind, path, real }: TroubleEntry): string {
  switch (kind) {
    case "link":
      return `${path} is a symbolic link to ${linkTarget(real)}`;
    case "dangling-link":
      return `${path} is a symbolic link to ${linkTarget(real)}, which is not there`;
    case "outside-link":
      return `${path} is a symbolic link to ${linkTarget(real)}, outside the source`;
    case "looping-link":
      return `${path} is a symbolic link to ${linkTarget(real)}, a directory that leads to the link again`;
    case "special":
      return `${path} is ${specialKind(real)}`;
    case "bad-name":
      throw new Error("bad names have lines of their own");
  }
}

function linkTarget(real: string): string {
  return escapeBytes(lookAt(() => readlinkSync(real, { encoding: "buffer" })) ?? Buffer.from("?"));
}

function specialKind(real: string): string {
  const stats = lookAt(() => lstatSync(real));
  if (stats?.isFIFO() === true) return "a FIFO";
  if (stats?.isSocket() === true) return "a socket";
  return stats?.isBlockDevice() === true || stats?.isCharacterDevice() === true ? "a device" : "not a regular file";
}

/** A message is being written: what changed meanwhile is only less detail. */
function lookAt<Seen>(look: () => Seen): Seen | undefined {
  try {
    return look();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}

/** Printable ASCII as it is, every other byte and the backslash as `\xNN`, which a shell reads inside `$'…'`. */
function escapeBytes(bytes: Buffer): string {
  let text = "";
  for (const byte of bytes) {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x5c;
    text += isPlain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return text;
}
