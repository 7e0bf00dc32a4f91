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
  const args = [path.join(repository, "build.mjs"), path.join(making, "dist")];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`asof cannot be built:\n${stdout}${stderr}`);
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

/** Of names, sizes and times of all sources and templates, and of what makes a program of them. */
function fingerprint(): string {
  const hash = createHash("sha256");
  const sources = ["src", "templates"].flatMap((folder) =>
    readdirSync(path.join(repository, folder), { recursive: true, encoding: "utf8" }).map(
      (name) => `${folder}/${name}`,
    ),
  );
  for (const file of [...sources, "build.mjs", "package-lock.json", "package.json"].toSorted()) {
    const { size, mtimeMs } = statSync(path.join(repository, file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex").slice(0, 16);
}
