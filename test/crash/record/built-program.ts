import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import path from "node:path";

const repository = path.join(import.meta.dirname, "..", "..", "..");

/**
 * The folder of asof as a package has it (`cli/main.js` is the program), compiled from the sources as they are now. Made once for each state of the sources, beside what else `npm ci`
 * clears away; `npm run build` may remake dist/ at any time. ASOF_DIST names one that is there already, such as an installed package's.
 */
export function builtProgram(): string {
  const given = process.env["ASOF_DIST"];
  if (given !== undefined) return path.resolve(given);
  const cache = path.join(repository, "node_modules", ".cache", "asof", "crash");
  const home = path.join(cache, fingerprint());
  const dist = path.join(home, "dist");
  if (existsSync(dist)) return dist;
  const making = `${home}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  for (const name of ["package.json", "templates"]) {
    cpSync(path.join(repository, name), path.join(making, name), { recursive: true });
  }
  const compiler = path.join(repository, "node_modules", ".bin", "tsc");
  const args = ["-p", path.join(repository, "tsconfig.build.json"), "--outDir", path.join(making, "dist")];
  const { stdout, status } = spawnSync(compiler, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`asof does not compile:\n${stdout}`);
  try {
    renameSync(making, home);
  } catch (error) {
    // Another suite was faster.
    if (!existsSync(dist)) throw error;
    rmSync(making, { recursive: true });
  }
  for (const name of readdirSync(cache)) {
    const other = path.join(cache, name);
    if (Date.now() - statSync(other).mtimeMs > 3_600_000) rmSync(other, { recursive: true, force: true });
  }
  return dist;
}

/** Of names, sizes and times of all sources and templates. */
function fingerprint(): string {
  const hash = createHash("sha256");
  for (const folder of ["src", "templates"]) {
    for (const name of readdirSync(path.join(repository, folder), { recursive: true, encoding: "utf8" }).toSorted()) {
      const { size, mtimeMs } = statSync(path.join(repository, folder, name));
      hash.update(`${folder}/${name} ${size} ${mtimeMs}\n`);
    }
  }
  return hash.digest("hex").slice(0, 16);
}
