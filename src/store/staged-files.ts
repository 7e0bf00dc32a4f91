import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, unlinkSync } from "node:fs";
import path from "node:path";

import type { Digest } from "../model/digest.ts";
import { writeNewFile } from "./disk.ts";

/**
 * Files on their way into a folder of the state that holds them as `ab/<digest>`. They lie under these very names already, so that where the state has no `ab` yet the whole of it appears by one rename: a first
 * ingest of a hundred thousand files has 256 names to give.
 */
export interface StagedFiles {
  /** The folder that holds the folders `ab`, made when it is first needed as they are. */
  openFolder(): string;
  readonly size: number;
  has(digest: Digest): boolean;
  /** Where it lies; undefined when it was not taken in. */
  pathOf(digest: Digest): string | undefined;
  /** Whether the state has no folder for it yet, and so no such file either. */
  isFolderNew(digest: Digest): boolean;
  /** The absolute path under which `digest` is staged; its folder is there. */
  nameOf(digest: Digest): string;
  /** Writes a file there and takes it in; leaves nothing when that fails. `second` is its modification time. */
  write(digest: Digest, content: Uint8Array, second?: number): void;
  /** Takes in what stands, whole, under `nameOf(digest)`, or `elsewhere`: one of them goes where both are taken in. What was never added gets no name. */
  add(digest: Digest, elsewhere?: number): void;
  /** Gives final names to all but those that are refused, which go. */
  giveNames(refused?: ReadonlySet<Digest>): void;
}

/**
 * `finalName` answers the path `ab/<digest>` below a folder of the state, `elsewhere` that of a number: a hundred thousand long names would be what fills the memory. All are absolute.
 */
export function openStagedFiles(
  folder: string,
  finalName: (digest: Digest) => string,
  elsewhere: (number: number) => string,
): StagedFiles {
  /** Where each lies: 0 is its own name. */
  const files = new Map<Digest, number>();
  const made = new Set<string>();
  const newFolders = new Map<string, boolean>();

  function isFolderNew(digest: Digest): boolean {
    const prefix = digest.slice(0, 2);
    const known = newFolders.get(prefix);
    if (known !== undefined) return known;
    const isNew = !existsSync(path.dirname(finalName(digest)));
    newFolders.set(prefix, isNew);
    return isNew;
  }

  function folderOf(digest: Digest): string {
    return `${folder}/${digest.slice(0, 2)}`;
  }

  function whereIs(digest: Digest, number: number): string {
    return number === 0 ? `${folderOf(digest)}/${digest}` : elsewhere(number);
  }

  function nameOf(digest: Digest): string {
    const prefix = folderOf(digest);
    if (!made.has(prefix)) mkdirSync(prefix, { recursive: true, mode: 0o755 });
    made.add(prefix);
    return `${prefix}/${digest}`;
  }

  function write(digest: Digest, content: Uint8Array, second?: number): void {
    writeNewFile(nameOf(digest), content, second);
    add(digest);
  }

  function add(digest: Digest, number = 0): void {
    const known = files.get(digest);
    if (known === undefined || number === 0) files.set(digest, number);
    const spare = number === 0 ? known : number;
    if (known !== undefined && spare !== undefined && spare !== 0) unlinkSync(elsewhere(spare));
  }

  function giveNames(refused: ReadonlySet<Digest> = new Set()): void {
    const named = nameFolders(refused);
    const ready = new Set<string>();
    for (const [digest, number] of files) {
      const from = whereIs(digest, number);
      if (refused.has(digest)) rmSync(from, { force: true });
      else if (number !== 0 || !named.has(digest.slice(0, 2))) {
        const to = finalName(digest);
        const prefix = path.dirname(to);
        if (!ready.has(prefix)) mkdirSync(prefix, { recursive: true, mode: 0o755 });
        ready.add(prefix);
        renameSync(from, to);
      }
      files.delete(digest);
    }
    made.clear();
    newFolders.clear();
  }

  /** Gives whole folders their names, where there are none yet and every file in them was added. */
  function nameFolders(refused: ReadonlySet<Digest>): ReadonlySet<string> {
    const byPrefix = new Map<string, Digest[]>();
    for (const [digest, number] of files) {
      if (number !== 0) continue;
      const some = byPrefix.get(digest.slice(0, 2));
      if (some === undefined) byPrefix.set(digest.slice(0, 2), [digest]);
      else some.push(digest);
    }
    const named = new Set<string>();
    for (const [prefix, digests] of byPrefix) {
      const [first] = digests;
      if (first === undefined || digests.some((digest) => refused.has(digest))) continue;
      const to = path.dirname(finalName(first));
      // Names are no more than those that were added: a file that a thread could neither finish nor remove is none of them.
      if (existsSync(to) || readdirSync(`${folder}/${prefix}`).length !== digests.length) continue;
      renameSync(`${folder}/${prefix}`, to);
      named.add(prefix);
    }
    return named;
  }

  return {
    openFolder: () => {
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      return folder;
    },
    get size() {
      return files.size;
    },
    has: (digest) => files.has(digest),
    pathOf: (digest) => {
      const number = files.get(digest);
      return number === undefined ? undefined : whereIs(digest, number);
    },
    isFolderNew,
    nameOf,
    write,
    add,
    giveNames,
  };
}
