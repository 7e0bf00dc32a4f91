import { createHash } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";

/** The folder of this package, with `templates/` and `package.json`. It is looked for upwards: a module is in `src/` at its own place, in `dist/` in a chunk with others. */
export const packageRoot: string = folderWith("package.json", import.meta.dirname);

/** Where the code is that runs: `src/` or `dist/`. */
export const codeFolder: string = path.join(
  packageRoot,
  path.relative(packageRoot, import.meta.dirname).split(path.sep)[0] ?? "",
);

/**
 * Of the files below some folders, by name and state: of code, so that what another asof remembered is not believed. Another one may be put in the place of one of the same version, and npm gives every file of every
 * version the same modification time: but not the kernel, whose time is asked as well.
 */
export function fingerprintOf(...folders: readonly string[]): string {
  const hash = createHash("sha256");
  for (const folder of folders) {
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted()) {
      const stats = statSync(path.join(folder, name), { bigint: true });
      if (!stats.isFile()) continue;
      const { dev, ino, size, mtimeNs, ctimeNs } = stats;
      hash.update(`${name} ${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}\0`);
    }
  }
  return hash.digest("hex");
}

function folderWith(name: string, folder: string): string {
  if (existsSync(path.join(folder, name))) return folder;
  const above = path.dirname(folder);
  if (above === folder) throw new Error(`there is no ${name} above ${import.meta.dirname}`);
  return folderWith(name, above);
}
