import { open, stat } from "node:fs/promises";
import path from "node:path";

import { Failure } from "../failure.ts";
import type { Syntax } from "./document.ts";
import { hasErrorCode } from "../error-code.ts";
import { parseConfig } from "./parse.ts";
import type { LoadedConfig } from "./parse.ts";

const configNames = ["asof.yaml", "asof.yml", "asof.json"] as const;
const largestBytes = 1024 * 1024;

/**
 * Reads and checks a configuration file. `shownAs` is its name in messages, `file` itself by default. All faults come in one `Failure` CONFIG; a file that may not
 * be read is LOCAL_IO.
 */
export async function loadConfig(file: string, options: { readonly shownAs?: string } = {}): Promise<LoadedConfig> {
  const shownAs = options.shownAs ?? file;
  const { bytes, mode } = await readBytes(file, shownAs);
  return parseConfig({
    text: decoded(bytes, shownAs),
    syntax: configSyntax(file),
    file: path.resolve(file),
    shownAs,
    isWorldReadable: (mode & 0o004) !== 0,
  });
}

/** Absolute path of the configuration: `explicit` (relative to `cwd`) or the first of asof.yaml, asof.yml, asof.json in `cwd`. Throws CONFIG when there is none. */
export async function findConfig(cwd: string, explicit?: string): Promise<string> {
  if (explicit !== undefined) return path.resolve(cwd, explicit);
  const found = await existingConfig(cwd);
  if (found !== undefined) return found;
  throw new Failure("CONFIG", `there is no ${configNames.join(", ")} in ${cwd}`, {
    hint: "`asof init` writes one; --config FILE names one elsewhere",
  });
}

/** The configuration file that `cwd` has, if any. */
export async function existingConfig(cwd: string): Promise<string | undefined> {
  for (const name of configNames) {
    const file = path.join(cwd, name);
    try {
      await stat(file);
      return file;
    } catch (error) {
      if (!hasErrorCode(error, "ENOENT", "ENOTDIR")) throw unreadable(error, file);
    }
  }
  return undefined;
}

/** `.json` is JSON, everything else YAML. */
export function configSyntax(file: string): Syntax {
  return path.extname(file).toLowerCase() === ".json" ? "json" : "yaml";
}

async function readBytes(
  file: string,
  shownAs: string,
): Promise<{ readonly bytes: Uint8Array; readonly mode: number }> {
  try {
    await using handle = await open(file, "r");
    const stats = await handle.stat();
    if (stats.isDirectory()) throw new Failure("CONFIG", `the configuration ${shownAs} is a directory`);
    if (stats.size > largestBytes) throw new Failure("CONFIG", `the configuration ${shownAs} is larger than 1 MiB`);
    return { bytes: await handle.readFile(), mode: stats.mode };
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (!hasErrorCode(error, "ENOENT", "ENOTDIR")) throw unreadable(error, shownAs);
    throw new Failure("CONFIG", `there is no configuration file ${shownAs}`, {
      cause: error,
      hint: "`asof init` writes one",
    });
  }
}

function decoded(bytes: Uint8Array, shownAs: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Failure("CONFIG", `the configuration ${shownAs} is not UTF-8 text`, { cause: error });
  }
}

function unreadable(error: unknown, shownAs: string): unknown {
  if (!hasErrorCode(error, "EACCES", "EPERM", "EIO", "ELOOP", "ENAMETOOLONG", "EISDIR")) return error;
  return new Failure("LOCAL_IO", `the configuration ${shownAs} cannot be read: ${error.message}`, { cause: error });
}
