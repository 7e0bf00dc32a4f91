import { hash } from "node:crypto";
import { lstatSync } from "node:fs";

import { z } from "zod";

import { fileState } from "../../sources/file-state.ts";
import { readIfThere, replaceFile } from "../../store/disk.ts";
import type { Workspace } from "../workspace.ts";
import { buildBasis } from "./build-basis.ts";
import type { GeneratedFile } from "./site-files.ts";

/** Files that are made together. */
export interface GeneratedGroup {
  /** No other group of a build has this name. */
  readonly name: string;
  /** Differs whenever what these files are made of does, apart from what all of them are made of (build-basis.ts). Cheap: for most it is the digest of a line of the log, which stands for all lines before it. */
  readonly madeOf: string;
  make(): readonly GeneratedFile[];
}

/** A generated file as it has to be. */
export interface MadeFile {
  readonly path: string;
  readonly sha256: string;
}

/**
 * What earlier builds made, kept in state/cache: a group that is made of the same is not made again, and a file that has not been touched since (its inode, size and times say so) is not read again. Losing it
 * costs a build that makes and reads everything.
 */
export interface MadeFiles {
  /** The files of a group, and those that are not on disk as they have to be. */
  look(group: GeneratedGroup): { readonly files: readonly MadeFile[]; readonly differing: readonly GeneratedFile[] };
  /** Whether a folder is as `isWhole` finds it to be; not asked where it was for the same `madeOf` and nobody has touched the folder since. It must be what it is before the build begins. */
  holds(folder: string, madeOf: string, isWhole: () => boolean): boolean;
  /** Writes down what was looked at, where that is new. Files that differed are those that `isWritten` says were written; groups with others are forgotten. */
  remember(isWritten: (path: string) => boolean): void;
}

interface Made {
  readonly madeOf: string;
  readonly files: readonly (MadeFile & { readonly state: string | undefined })[];
}

interface Folder {
  readonly path: string;
  readonly madeOf: string;
  readonly state: string;
}

/** `trusting: false` compares every byte, for those who look for damage. */
export function openMadeFiles(workspace: Workspace, { trusting }: { readonly trusting: boolean }): MadeFiles {
  const file = workspace.store.layout.cacheFile("made.json");
  const basis = buildBasis(workspace);
  const { groups: before, folders: foldersBefore, writtenNs } = trusting ? readMemory(file, basis) : nothing;
  const looked = new Map<string, Made>();
  const folders = new Map<string, Folder>();

  function look(group: GeneratedGroup): ReturnType<MadeFiles["look"]> {
    const known = before.get(group.name);
    if (known?.madeOf === group.madeOf && known.files.every(isUntouched)) {
      looked.set(group.name, known);
      return { files: known.files, differing: [] };
    }
    const earlier = new Map(known?.files.map((one) => [one.path, one]));
    const differing: GeneratedFile[] = [];
    const files = group.make().map((one) => {
      const bytes = Buffer.from(one.content);
      const sha256 = hash("sha256", bytes);
      const there = earlier.get(one.path);
      if (there?.sha256 === sha256 && isUntouched(there)) return there;
      const state = stateOf(one.path)?.key;
      const stands = readIfThere(one.path)?.equals(bytes) === true;
      if (!stands) differing.push(one);
      return { path: one.path, sha256, state: stands ? state : undefined };
    });
    looked.set(group.name, { madeOf: group.madeOf, files });
    return { files, differing };
  }

  function holds(folder: string, madeOf: string, isWhole: () => boolean): boolean {
    const known = foldersBefore.get(folder);
    if (known?.madeOf === madeOf && isUntouched(known)) {
      folders.set(folder, known);
      return true;
    }
    const state = stateOf(folder)?.key;
    const answer = isWhole();
    if (answer && state !== undefined) folders.set(folder, { path: folder, madeOf, state });
    return answer;
  }

  /** A file that was changed in the very moment in which it was written down may have been changed once more: git's racy rule, by the clock of the file system. */
  function isUntouched({ path, state }: { readonly path: string; readonly state: string | undefined }): boolean {
    const now = stateOf(path);
    return now !== undefined && now.key === state && now.changedNs < writtenNs;
  }

  function remember(isWritten: (path: string) => boolean): void {
    if (isSame(looked, before) && isSame(folders, foldersBefore)) return;
    const groups = [...looked].flatMap(([name, { madeOf, files }]) => {
      const known = files.map(({ path, sha256, state }) => ({
        path,
        sha256,
        state: state ?? (isWritten(path) ? stateOfWhole(path, sha256) : undefined),
      }));
      return known.every(({ state }) => state !== undefined) ? [{ name, madeOf, files: known }] : [];
    });
    replaceFile(file, `${JSON.stringify({ version: 1, basis, groups, folders: [...folders.values()] })}\n`, 0o600);
  }

  return { look, holds, remember };
}

function isSame<Item>(a: ReadonlyMap<string, Item>, b: ReadonlyMap<string, Item>): boolean {
  return a.size === b.size && [...a].every(([name, item]) => b.get(name) === item);
}

interface Memory {
  readonly groups: ReadonlyMap<string, Made>;
  readonly folders: ReadonlyMap<string, Folder>;
  /** When it was written, by the clock of the file system. */
  readonly writtenNs: bigint;
}

const nothing: Memory = { groups: new Map(), folders: new Map(), writtenNs: 0n };

function readMemory(file: string, basis: string): Memory {
  const written = stateOf(file);
  const parsed = memory.safeParse(parseJson(readIfThere(file)?.toString("utf8") ?? ""));
  if (written === undefined || !parsed.success || parsed.data.basis !== basis) return nothing;
  return {
    groups: new Map(parsed.data.groups.map(({ name, madeOf, files }) => [name, { madeOf, files }])),
    folders: new Map(parsed.data.folders.map((one) => [one.path, one])),
    writtenNs: written.changedNs,
  };
}

/** The state of a file that was written, if it has the bytes that were written: others may have written it since, the reload command say. */
function stateOfWhole(file: string, sha256: string): string | undefined {
  const state = stateOf(file)?.key;
  const content = readIfThere(file);
  return content !== undefined && hash("sha256", content) === sha256 ? state : undefined;
}

function stateOf(file: string): { readonly key: string; readonly changedNs: bigint } | undefined {
  const stats = lstatSync(file, { bigint: true, throwIfNoEntry: false });
  return stats?.isFile() === true || stats?.isDirectory() === true
    ? { key: fileState(stats).key, changedNs: stats.ctimeNs }
    : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const memory = z.object({
  version: z.literal(1),
  basis: z.string(),
  groups: z.array(
    z.object({
      name: z.string(),
      madeOf: z.string(),
      files: z.array(z.object({ path: z.string(), sha256: z.string(), state: z.string() })),
    }),
  ),
  folders: z.array(z.object({ path: z.string(), madeOf: z.string(), state: z.string() })),
});
