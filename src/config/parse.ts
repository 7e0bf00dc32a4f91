import { stat } from "node:fs/promises";
import path from "node:path";

import { Failure } from "../failure.ts";
import type { Config } from "../model/config.ts";
import type { Remote } from "../model/remote.ts";
import { readConfigDocument } from "./document.ts";
import type { Place, Syntax } from "./document.ts";
import { hasErrorCode } from "../error-code.ts";
import { isAtOrBelow, pathText } from "./fault.ts";
import type { Fault, PathKey } from "./fault.ts";
import { faultsOfIssue } from "./find-faults.ts";
import { normalizeConfig } from "./normalize.ts";
import { realPathOf } from "./real-path.ts";
import { localPath, rules } from "./rules.ts";
import type { RuleInput } from "./rules.ts";
import { reservedKeys, withoutPaths } from "./salvage.ts";
import { hasCredentials } from "./url.ts";
import { checkWritten } from "./written-config.ts";
import type { WrittenConfig } from "./written-config.ts";

export interface ConfigSource {
  readonly text: string;
  readonly syntax: Syntax;
  /** Absolute path of the file, whether it exists yet or not. */
  readonly file: string;
  /** The file's name in messages. */
  readonly shownAs: string;
  /** Whether other users of this machine may read the file. */
  readonly isWorldReadable: boolean;
}

export interface LoadedConfig {
  readonly config: Config;
  /** One sentence each, with its place; nothing in them is secret. */
  readonly warnings: readonly string[];
}

/**
 * The configuration that `source` spells. Everything wrong with it comes in one `Failure` CONFIG, a line of `details` for each fault:
 * `asof.yaml:12:5: distributions.x.base_path: is missing`.
 */
export async function parseConfig(source: ConfigSource): Promise<LoadedConfig> {
  const document = readConfigDocument(source.text, source.syntax);
  const found: LocatedFault[] = document.problems.map(({ place, message }) => ({ place, message }));
  if (document.value === null || (document.value === undefined && found.length === 0)) {
    found.push({ place: undefined, message: "is empty; `asof init --force` writes an example" });
  }
  if (document.value === undefined || document.value === null) throw faulty(source, found);

  const { faults, config } = await check(document.value, source.file);
  for (const { path: where, at, message } of faults) {
    const text = where.length === 0 ? message : `${pathText(where)}: ${message}`;
    found.push({ place: document.place(where, at), message: text });
  }
  if (found.length > 0) throw faulty(source, found);
  if (config === undefined) throw new Error("a configuration without faults was not normalised");
  const warn = (where: readonly PathKey[], message: string): string =>
    located(source, { place: document.place(where, "value"), message: `${pathText(where)}: ${message}` });
  return { config, warnings: source.isWorldReadable ? readableSecrets(config, warn) : [] };
}

interface Checked {
  readonly faults: readonly Fault[];
  readonly config: Config | undefined;
}

/** Values first, then what must hold between them; what is wrong by itself is set aside so that the rest can still be judged. */
async function check(value: unknown, file: string): Promise<Checked> {
  const reserved = reservedKeys(value);
  const faults: Fault[] = reserved.map((where) => ({ path: where, at: "key", message: "is not a possible key" }));
  let remaining = reserved.length === 0 ? value : withoutPaths(value, reserved);
  let written: WrittenConfig | undefined;
  // Taking out one fault can bring a second (its place is now missing), but only ever further out: the rounds are few.
  for (let round = 0; written === undefined && remaining !== undefined && round < 8; round++) {
    const result = checkWritten(remaining);
    if (result.ok) written = result.written;
    else {
      const inRound = result.issues.flatMap((issue) => faultsOfIssue(issue));
      if (round === 0) faults.push(...inRound);
      remaining = withoutPaths(
        remaining,
        inRound.map((fault) => fault.path),
      );
    }
  }
  if (written === undefined) return { faults, config: undefined };
  const config = normalizeConfig(written, file);
  const broken = await brokenRules(config, { repositoryNames: repositoryNamesIn(value), writtenKeys: keysOf(value) });
  const news = broken.filter((fault) => !faults.some((known) => isAtOrBelow(fault.path, known.path)));
  return { faults: [...faults, ...news], config };
}

async function brokenRules(
  config: Config,
  written: Pick<RuleInput, "repositoryNames" | "writtenKeys">,
): Promise<readonly Fault[]> {
  const sources = config.repositories.flatMap(({ remote }) => (remote && localPath(remote)) ?? []);
  const paths = [config.file, config.stateDir, config.publicDir, config.rulesDir, config.templatesDir ?? [], sources];
  const realPaths = new Map<string, string>();
  for (const absolute of paths.flat()) realPaths.set(absolute, await realPathOf(absolute));
  const realPath = (absolute: string): string => realPaths.get(absolute) ?? absolute;
  const faults = rules.flatMap((rule) => [...rule({ config, ...written, realPath })]);
  if (config.templatesDir !== undefined && !(await isFolder(config.templatesDir))) {
    faults.push({ path: ["templates"], at: "value", message: `${config.templatesDir} is not a folder` });
  }
  return faults;
}

/** Names under `repositories`, whatever is wrong with their settings. */
function repositoryNamesIn(value: unknown): readonly string[] {
  return typeof value === "object" && value !== null && "repositories" in value ? keysOf(value.repositories) : [];
}

function keysOf(value: unknown): readonly string[] {
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}

function readableSecrets(config: Config, warn: (where: readonly PathKey[], message: string) => string): string[] {
  return config.repositories.flatMap(({ name, remote }) =>
    Object.entries(urlsOf(remote))
      .filter(([, url]) => url !== undefined && hasCredentials(new URL(url)))
      .map(([key]) =>
        warn(
          ["repositories", name, "remote", key],
          `holds a user name or password, and every user of this machine may read the file (chmod o-r ${path.basename(config.file)})`,
        ),
      ),
  );
}

function urlsOf(remote: Remote | undefined): Readonly<Record<string, string | undefined>> {
  if (remote?.type === "pulp") return { url: remote.url, api: remote.api };
  return remote?.type === "file" ? { url: remote.url } : {};
}

interface LocatedFault {
  readonly place: Place | undefined;
  readonly message: string;
}

function faulty(source: ConfigSource, faults: readonly LocatedFault[]): Failure {
  const inOrder = faults.toSorted(
    (a, b) => compareNumbers(a.place?.line, b.place?.line) || compareNumbers(a.place?.column, b.place?.column),
  );
  const count = inOrder.length === 1 ? "1 fault" : `${inOrder.length} faults`;
  return new Failure("CONFIG", `the configuration ${source.shownAs} has ${count}`, {
    details: inOrder.map((fault) => located(source, fault)),
  });
}

function located({ shownAs }: ConfigSource, { place, message }: LocatedFault): string {
  return place === undefined ? `${shownAs}: ${message}` : `${shownAs}:${place.line}:${place.column}: ${message}`;
}

function compareNumbers(a = 0, b = 0): number {
  return a - b;
}

async function isFolder(absolute: string): Promise<boolean> {
  try {
    return (await stat(absolute)).isDirectory();
  } catch (error) {
    if (hasErrorCode(error, "ENOENT", "ENOTDIR", "EACCES", "ELOOP")) return false;
    throw error;
  }
}
