import { randomUUID } from "node:crypto";
import { realpath, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { hasErrorCode } from "../../error-code.ts";
import { jsonSchemaFile } from "../../config/json-schema-file.ts";
import { configSyntax, existingConfig } from "../../config/load.ts";
import { parseConfig } from "../../config/parse.ts";
import { starterConfig } from "../../config/starter-config.ts";
import { hasCredentials, pulpUrlProblem, remoteUrlProblem } from "../../config/url.ts";
import { Failure } from "../../failure.ts";
import { basePathProblem } from "../../model/base-path.ts";
import { defineCommand } from "../command.ts";
import type { Command } from "../command.ts";
import { dryRunOption } from "../options.ts";
import { shownPath } from "../shown-path.ts";

export const init: Command = defineCommand({
  positionals: {},
  options: {
    url: { kind: "text", description: "Mirror the files that the PULP_MANIFEST at this address lists" },
    pulp: {
      kind: "text",
      description: "Mirror every checkpoint of the Pulp checkpoint distribution served at this address",
    },
    directory: { kind: "text", description: "Take the files of this folder (default: incoming)" },
    force: { kind: "flag", description: "Overwrite a configuration that is there" },
    ...dryRunOption,
  },
  description:
    "The file has one repository, the newest state of it at its own address, and all checkpoints below checkpoints/. It never asks anything.",
  examples: [
    { line: "asof init --url https://fixtures.example.org/file/PULP_MANIFEST", does: "mirror files from the web" },
    {
      line: "asof init --pulp https://pulp.example.org/pulp/content/checkpoint/myfile/",
      does: "take over the checkpoints of a Pulp server",
    },
    { line: "asof init --directory /srv/incoming", does: "publish a folder" },
  ],
  exitCodes: [5],
  async run({ options, cwd, print }) {
    const file = path.resolve(cwd, options.config ?? "asof.yaml");
    const shownAs = shownPath(cwd, file);
    if (configSyntax(file) === "json") {
      throw new Failure("USAGE", `init writes YAML, and ${shownAs} has the name of a JSON file`);
    }
    const { name, remote } = repositoryOf(options, { cwd, folder: path.dirname(file) });
    const text = starterConfig({ schema: schemaFor(path.dirname(file)), name, remote });
    // What is written must be what is read: a folder that overlaps the state is found now, not by the first update.
    await parseConfig({ text, syntax: "yaml", file, shownAs, isWorldReadable: false });
    if (!options.force) await refuseToShadow(options.config === undefined ? cwd : undefined, cwd);
    if (options.dryRun) {
      print({ text: () => text, json: () => ({ file, written: false, text }) });
      return;
    }
    const isSecret = remote.type !== "directory" && hasCredentials(new URL(remote.url));
    await write(file, text, { shownAs, force: options.force, mode: isSecret ? 0o600 : 0o644 });
    const flag = options.config === undefined ? "" : ` --config ${shownAs}`;
    print({
      text: () => `Wrote ${shownAs}.
Next:
  1. ${remote.type === "directory" ? `Put files into ${remote.path} (seen from ${shownAs}).` : `Look through ${shownAs}.`}
  2. asof update${flag}   ${remote.type === "pulp" ? "takes over every checkpoint that is there, and the new ones whenever it runs" : "takes a checkpoint, and another one whenever files changed"}
  3. asof serve${flag}    shows the site
`,
      json: () => ({ file, written: true }),
    });
  },
});

type Repository = Pick<Parameters<typeof starterConfig>[0], "name" | "remote">;

function repositoryOf(
  options: Readonly<Record<"url" | "pulp" | "directory", string | undefined>>,
  { cwd, folder }: { readonly cwd: string; readonly folder: string },
): Repository {
  const given = (
    [
      ["--url", options.url],
      ["--pulp", options.pulp],
      ["--directory", options.directory],
    ] as const
  ).filter(([, value]) => value !== undefined);
  const [first, second] = given;
  if (first !== undefined && second !== undefined) {
    throw new Failure("USAGE", `${first[0]} and ${second[0]} cannot both be given`);
  }
  if (options.pulp !== undefined) {
    const problem = pulpUrlProblem(options.pulp);
    if (problem !== undefined) throw new Failure("USAGE", `--pulp ${options.pulp} ${problem}`);
    return {
      name: nameFrom(path.posix.basename(new URL(options.pulp).pathname)),
      remote: { type: "pulp", url: options.pulp },
    };
  }
  if (options.url !== undefined) {
    const problem = remoteUrlProblem(options.url);
    if (problem !== undefined) throw new Failure("USAGE", `--url ${options.url} ${problem}`);
    const directory = path.posix.dirname(new URL(options.url).pathname);
    return { name: nameFrom(path.posix.basename(directory)), remote: { type: "file", url: options.url } };
  }
  const directory = options.directory ?? "incoming";
  const absolute = options.directory === undefined ? path.join(folder, directory) : path.resolve(cwd, directory);
  const written = path.isAbsolute(directory) ? directory : path.relative(folder, absolute);
  return { name: nameFrom(path.basename(absolute)), remote: { type: "directory", path: written || "." } };
}

/** A repository's name, which is to be its base path as well. */
function nameFrom(text: string): string {
  const name = text
    .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 80);
  return name === "incoming" || name === "checkpoints" || basePathProblem(name) !== undefined ? "packages" : name;
}

/** Relative where the package is installed beside the configuration, so that the file can be shared. */
function schemaFor(folder: string): string {
  const relative = path.relative(folder, jsonSchemaFile);
  return relative.startsWith("..") ? jsonSchemaFile : `./${relative}`;
}

async function refuseToShadow(folder: string | undefined, cwd: string): Promise<void> {
  const existing = folder === undefined ? undefined : await existingConfig(folder);
  if (existing !== undefined) throw alreadyThere(shownPath(cwd, existing));
}

async function write(
  file: string,
  text: string,
  { shownAs, force, mode }: { readonly shownAs: string; readonly force: boolean; readonly mode: number },
): Promise<void> {
  try {
    if (!force) await writeFile(file, text, { flag: "wx", mode });
    else await replace(file, text, mode);
  } catch (error) {
    if (hasErrorCode(error, "EEXIST")) throw alreadyThere(shownAs);
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new Failure("LOCAL_IO", `${shownAs} cannot be written: ${error.message}`, { cause: error });
  }
}

/** The old file stays until the new one is whole; a link to a file elsewhere stays a link. */
async function replace(file: string, text: string, mode: number): Promise<void> {
  const target = await realpath(file).catch((error: unknown) => {
    if (hasErrorCode(error, "ENOENT")) return file;
    throw error;
  });
  const temporary = path.join(path.dirname(target), `.${path.basename(target)}.${randomUUID()}`);
  try {
    await writeFile(temporary, text, { flag: "wx", mode });
    await rename(temporary, target);
  } finally {
    await rm(temporary, { force: true });
  }
}

function alreadyThere(shownAs: string): Failure {
  return new Failure("USAGE", `${shownAs} is there already`, { hint: "--force overwrites it" });
}
