import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

import type { Mirror } from "./mirror.ts";

/** One damage done on purpose. `undo` brings everything back, inodes and times included. */
export interface Damage {
  readonly what: string;
  /** One of them must be told. */
  readonly paths: readonly string[];
  undo(): void;
}

export type Random = () => number;

/** The kinds of damage, each done to something chosen by chance. Undefined where the choice does not allow it (no byte to change in an empty file). */
export const damages: Readonly<Record<string, (mirror: Mirror, random: Random) => Damage | undefined>> = {
  "a flipped bit of an object": (mirror, random) => flipBit(pick(objectsOf(mirror), random), random),
  "a flipped bit of a record": (mirror, random) =>
    flipBit(pick(filesBelow(mirror.file("state/trees")), random), random),
  "a flipped bit of a log": (mirror, random) => {
    const log = mirror.file("state/repositories/repo/log");
    return { ...flipBit(log, random), paths: [log, mirror.file("public/site.json")] };
  },
  "a truncated object": (mirror, random) =>
    changed(
      pick(objectsOf(mirror), random),
      (file, bytes) => bytes.length > 0 && truncateSync(file, Math.floor(random() * bytes.length)),
    ),
  "an object that grew": (mirror, random) =>
    changed(pick(objectsOf(mirror), random), (file, bytes) =>
      writeFileSync(file, Buffer.concat([bytes, Buffer.from("x")])),
    ),
  "a block of zeros": (mirror, random) =>
    changed(pick(objectsOf(mirror), random), (file, bytes) => {
      const start = Math.floor((random() * bytes.length) / 4096) * 4096;
      const zeroed = Buffer.from(bytes).fill(0, start, Math.min(start + 4096, bytes.length));
      return !zeroed.equals(bytes) && writeFileSync(file, zeroed);
    }),
  "two swapped objects": (mirror, random) => {
    const [a, b] = [pick(objectsOf(mirror), random), pick(objectsOf(mirror), random)];
    if (a === b) return undefined;
    const swap = (): void => {
      renameSync(a, `${a}-swap`);
      renameSync(b, a);
      renameSync(`${a}-swap`, b);
    };
    swap();
    return { what: `${a} and ${b}`, paths: [a, b], undo: swap };
  },
  "a deleted object": (mirror, random) => gone(pick(objectsOf(mirror), random), mirror),
  "a deleted record": (mirror, random) => gone(pick(filesBelow(mirror.file("state/trees")), random), mirror),
  "an object with other permissions": (mirror, random) => {
    const file = pick(objectsOf(mirror), random);
    chmodSync(file, pick([0o644, 0o400, 0o666, 0o4444], random));
    return { what: file, paths: [file], undo: () => chmodSync(file, 0o444) };
  },
  "an object that is a symlink": (mirror, random) =>
    replaced(pick(objectsOf(mirror), random), mirror, (file, kept) => symlinkSync(kept, file)),
  "a foreign file in the pool": (mirror, random) =>
    added(path.join(path.dirname(pick(objectsOf(mirror), random)), "notes.txt")),
  "an extra file in a tree": (mirror, random) =>
    added(path.join(pick(contentFolders(mirror), random), pick(["extra", ".hidden", "z.deb"], random))),
  "an extra directory in a tree": (mirror, random) => {
    const folder = path.join(pick(contentFolders(mirror), random), "extra-folder");
    mkdirSync(folder);
    return { what: folder, paths: [folder], undo: () => rmSync(folder, { recursive: true }) };
  },
  "a checkpoint that never was": (mirror) => {
    const folder = mirror.file("public/snapshots/repo/20200101T000000Z");
    mkdirSync(folder);
    return { what: folder, paths: [folder], undo: () => rmSync(folder, { recursive: true }) };
  },
  "a missing file": (mirror, random) => gone(pick(contentFiles(mirror), random), mirror),
  "a link broken into a copy": (mirror, random) => {
    const file = pick(contentFiles(mirror), random);
    return lstatSync(file).nlink < 2
      ? undefined
      : replaced(file, mirror, (to, kept) => {
          copyFileSync(kept, to);
          chmodSync(to, 0o444);
        });
  },
  "other bytes in place of a link": (mirror, random) =>
    replaced(pick(contentFiles(mirror), random), mirror, (to) => writeFileSync(to, "other", { mode: 0o444 })),
  "a file replaced by a symlink": (mirror, random) =>
    replaced(pick(contentFiles(mirror), random), mirror, (to, kept) => symlinkSync(kept, to)),
  "a file replaced by a directory": (mirror, random) =>
    replaced(pick(contentFiles(mirror), random), mirror, (to) => mkdirSync(to)),
  "a symlink that leads elsewhere": (mirror, random) => {
    const link = pick(linksBelow(mirror.file("public")), random);
    return replaced(link, mirror, (to, kept) => symlinkSync(`${readlinkSync(kept)}x`, to));
  },
  "a missing symlink": (mirror, random) => gone(pick(linksBelow(mirror.file("public")), random), mirror),
  "a symlink replaced by what it leads to": (mirror, random) =>
    replaced(pick(linksBelow(mirror.file("public")), random), mirror, (to) => mkdirSync(to)),
  "a missing shared directory": (mirror, random) => gone(pick(sharedFolders(mirror), random), mirror),
  "a missing checkpoint": (mirror, random) =>
    gone(mirror.file(`public/snapshots/repo/${pick(mirror.checkpoints(), random)}`), mirror),
  "an edited page": (mirror, random) => {
    const page = pick(
      filesBelow(mirror.file("public")).filter((file) => file.endsWith("/index.html") && lstatSync(file).nlink === 1),
      random,
    );
    return flipBit(page, random);
  },
  "an edited manifest": (mirror, random) => {
    const manifest = mirror.file(`public/snapshots/repo/${pick(mirror.checkpoints(), random)}/PULP_MANIFEST`);
    const object = objectOf(mirror, manifest);
    return { ...flipBit(manifest, random), paths: [object] };
  },
  "a missing list of places": (mirror) => gone(mirror.file("state/places.json"), mirror),
  "edited rules": (mirror, random) => flipBit(pick(filesBelow(mirror.file("rules")), random), random),
  "an edited list": (mirror, random) => flipBit(pick(listsOf(mirror), random), random),
  "a missing list": (mirror, random) => gone(pick(listsOf(mirror), random), mirror),
  "a missing rules file": (mirror, random) => gone(pick(filesBelow(mirror.file("rules")), random), mirror),
  "a list replaced by a symlink": (mirror, random) =>
    replaced(pick(listsOf(mirror), random), mirror, (to, kept) => symlinkSync(kept, to)),
  "a page that nobody can read": (mirror, random) => {
    const page = pick(listsOf(mirror), random);
    chmodSync(page, 0o600);
    return { what: page, paths: [page], undo: () => chmodSync(page, 0o644) };
  },
};

/** One bit of a file, its first and last byte more often than others; the modification time stays. */
export function flipBit(file: string, random: Random): Damage {
  const bytes = readFileSync(file);
  const stat = lstatSync(file);
  const byte = pick([0, bytes.length - 1, Math.floor(random() * bytes.length)], random);
  const flip = (): void => {
    const now = readFileSync(file);
    now[byte] = (now[byte] ?? 0) ^ (1 << bit);
    chmodSync(file, 0o644);
    writeFileSync(file, now);
    chmodSync(file, stat.mode & 0o7777);
    utimesSync(file, stat.atime, stat.mtime);
  };
  const bit = Math.floor(random() * 8);
  flip();
  return { what: `bit ${bit} of byte ${byte} of ${file}`, paths: [file], undo: flip };
}

function changed(file: string, change: (file: string, bytes: Buffer) => unknown): Damage | undefined {
  const bytes = readFileSync(file);
  const stat = lstatSync(file);
  const restoring = (write: () => unknown): unknown => {
    chmodSync(file, 0o644);
    const result = write();
    chmodSync(file, stat.mode & 0o7777);
    utimesSync(file, stat.atime, stat.mtime);
    return result;
  };
  if (restoring(() => change(file, bytes)) === false) return undefined;
  return { what: file, paths: [file], undo: () => void restoring(() => writeFileSync(file, bytes)) };
}

function gone(file: string, mirror: Mirror): Damage {
  return replaced(file, mirror, () => undefined);
}

function replaced(file: string, mirror: Mirror, put: (file: string, kept: string) => void): Damage {
  const folder = keptFolder(mirror);
  const kept = path.join(folder, String(readdirSync(folder).length));
  renameSync(file, kept);
  put(file, kept);
  return {
    what: file,
    paths: [file],
    undo: () => {
      rmSync(file, { recursive: true, force: true });
      renameSync(kept, file);
    },
  };
}

function keptFolder(mirror: Mirror): string {
  mkdirSync(mirror.file("aside"), { recursive: true });
  return mirror.file("aside");
}

function added(file: string): Damage {
  writeFileSync(file, "mine");
  return { what: file, paths: [file], undo: () => rmSync(file) };
}

function objectOf(mirror: Mirror, file: string): string {
  const { ino } = lstatSync(file);
  const found = objectsOf(mirror).find((object) => lstatSync(object).ino === ino);
  if (found === undefined) throw new Error(`${file} is no link to an object`);
  return found;
}

/** Those that are not empty. */
function objectsOf(mirror: Mirror): readonly string[] {
  return filesBelow(mirror.file("state/objects")).filter((file) => lstatSync(file).size > 0);
}

function contentFiles(mirror: Mirror): readonly string[] {
  const files = contentFolders(mirror).flatMap((folder) =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? [path.join(folder, entry.name)] : [],
    ),
  );
  // The order of a directory is the file system's: the same seed has to find the same file.
  return files.toSorted();
}

function contentFolders(mirror: Mirror): readonly string[] {
  return [...mirror.checkpoints().map((at) => mirror.file(`public/snapshots/repo/${at}`)), ...sharedFolders(mirror)];
}

function sharedFolders(mirror: Mirror): readonly string[] {
  const top = mirror.file("public/_asof/d");
  const folders = readdirSync(top).flatMap((bucket) =>
    readdirSync(path.join(top, bucket)).map((name) => path.join(top, bucket, name)),
  );
  return folders.toSorted();
}

function listsOf(mirror: Mirror): readonly string[] {
  return [
    "index.html",
    "snapshots/index.html",
    "snapshots/repo/index.html",
    "snapshots/repo/checkpoints.json",
    "_asof/assets/style.css",
  ].map((name) => mirror.file(`public/${name}`));
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .flatMap((entry) => (entry.isFile() ? [path.join(entry.parentPath, entry.name)] : []))
    .toSorted();
}

function linksBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .flatMap((entry) => (entry.isSymbolicLink() ? [path.join(entry.parentPath, entry.name)] : []))
    .toSorted();
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error("there is nothing to choose from");
  return item;
}
