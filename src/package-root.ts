import { existsSync } from "node:fs";
import path from "node:path";

/** The folder of this package, with `templates/` and `package.json`. It is looked for upwards: a module is in `src/` at its own place, in `dist/` in a chunk with others. */
export const packageRoot: string = folderWith("package.json", import.meta.dirname);

/** Where the code is that runs: `src/` or `dist/`. */
export const codeFolder: string = path.join(
  packageRoot,
  path.relative(packageRoot, import.meta.dirname).split(path.sep)[0] ?? "",
);

function folderWith(name: string, folder: string): string {
  if (existsSync(path.join(folder, name))) return folder;
  const above = path.dirname(folder);
  if (above === folder) throw new Error(`there is no ${name} above ${import.meta.dirname}`);
  return folderWith(name, above);
}
