import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Writes a tree like a Debian pool: files of 1 to 8 kB, four in a directory, a thousand directories in each of the folders above. */
export function writeLargeTree(root: string, files: number): void {
  const directories = Math.ceil(files * 0.26);
  const folders = Array.from({ length: directories }, (_, index) => folderOf(root, index, directories));
  for (const folder of folders) mkdirSync(folder, { recursive: true });
  for (let index = 0; index < files; index++) {
    const folder = folders[index % directories] ?? root;
    writeFileSync(path.join(folder, `file-${index}_1.${index % 97}.deb`), randomBytes(1000 + ((index * 7919) % 7000)));
  }
}

function folderOf(root: string, index: number, directories: number): string {
  const group = String(index % Math.ceil(directories / 1000)).padStart(2, "0");
  return path.join(root, "pool", group, `package-${index}`);
}

/** Gives ten files in each of some directories of the first folder other bytes, some of them new. */
export function changeSome(root: string, directories: number): void {
  const folder = path.join(root, "pool", "00");
  for (const name of readdirSync(folder).slice(0, directories)) {
    const there = readdirSync(path.join(folder, name)).slice(0, 10);
    const added = Array.from(
      { length: 10 - there.length },
      (_, index) => `new-${index}-${randomBytes(4).toString("hex")}`,
    );
    for (const file of [...there, ...added]) writeFileSync(path.join(folder, name, file), randomBytes(3000));
  }
}
