import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import type { Timeline } from "../../src/model/timeline.ts";
import type { HostName, ServerName } from "../../src/model/server-name.ts";
import type { HostFiles } from "../../src/redirects/hosts/host.ts";
import { timesFolder } from "../../src/redirects/apache/time-files.ts";
import { hostEmitters } from "../../src/redirects/hosts/hosts.ts";
import type { RulesFile, RulesInput, RulesRepository } from "../../src/redirects/rules.ts";
import { serverLanguages } from "../../src/redirects/servers.ts";
import { openTemplates } from "../../src/templates.ts";
import type { MemberName } from "./server.ts";

/** A temporary directory with `public/` and `rules/`. */
export interface RulesFolder {
  readonly publicDir: string;
  readonly rulesDir: string;
  /** Puts files below public/ by path; a path that ends in a slash is a directory. */
  place(files: Readonly<Record<string, string>>): Promise<void>;
  /** Renders the rules of all servers, or of one, and puts them into rules/, those of a host into public/, too. */
  writeRules(input: RulesInput, server?: MemberName): Promise<void>;
  /** Puts one of the files into rules/, as when a run was stopped between two. */
  writeRulesFile(input: RulesInput, file: string): Promise<void>;
  remove(): Promise<void>;
}

export async function makeRulesFolder(): Promise<RulesFolder> {
  const home = await mkdtemp(path.join(os.tmpdir(), "asof-rules-"));
  const publicDir = path.join(home, "public");
  const rulesDir = path.join(home, "rules");
  await mkdir(publicDir);
  return {
    publicDir,
    rulesDir,
    async place(files) {
      for (const [name, content] of Object.entries(files)) {
        const target = path.join(publicDir, name);
        await mkdir(name.endsWith("/") ? target : path.dirname(target), { recursive: true });
        if (!name.endsWith("/")) await writeFile(target, content);
      }
    },
    async writeRules(input, server) {
      const isHost = server === "cloudflare" || server === "htaccess";
      const files = isHost ? renderHost(input, server) : { public: [], rules: renderRules(input, server) };
      await writeInto(publicDir, files.public);
      await writeInto(rulesDir, files.rules);
      await removeOtherTimes(rulesDir, files.rules);
    },
    writeRulesFile: (input, file) =>
      writeInto(
        rulesDir,
        renderRules(input).filter((one) => one.path === file),
      ),
    remove: () => rm(home, { recursive: true, force: true }),
  };
}

/** Puts files into a directory as asof does: one after the other, each by rename. */
export async function writeInto(directory: string, files: readonly RulesFile[]): Promise<void> {
  for (const file of files) {
    const target = path.join(directory, file.path);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(`${target}.new`, file.content);
    await rename(`${target}.new`, target);
  }
}

/** Takes away what Apache reads while it answers and the rules no longer hold, after all else, as asof does. */
async function removeOtherTimes(rulesDir: string, files: readonly RulesFile[]): Promise<void> {
  const wanted = new Set(files.map((file) => path.join(rulesDir, file.path)));
  const folder = path.join(rulesDir, timesFolder);
  if (!files.some((file) => file.path.startsWith(timesFolder)) || !existsSync(folder)) return;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile() && !wanted.has(file)) await rm(file);
  }
}

/** The files for a host. */
export function renderHost(input: RulesInput, host: HostName): HostFiles {
  return hostEmitters[host]((folder, escape) => openTemplates({ folder, escape })).render(input);
}

/** The rules of all servers, or of one. */
export function renderRules(input: RulesInput, server?: ServerName): readonly RulesFile[] {
  return serverLanguages
    .filter((language) => server === undefined || language.server === server)
    .flatMap((language) =>
      language.emitter(openTemplates({ folder: language.server, escape: language.escape })).render(input),
    );
}

/** Rules of one checkpoint distribution `checkpoints/myfile` of the repository `myfile`, unless told otherwise. */
export function rulesInput(publicDir: string, timeline: Timeline, changes: Partial<RulesInput> = {}): RulesInput {
  return {
    siteName: "main",
    mount: "/",
    publicDir,
    rulesDir: path.join(path.dirname(publicDir), "rules"),
    layout: "shared",
    repositories: [repository("myfile", timeline)],
    distributions: [
      { name: "myfile-snapshot", basePath: "checkpoints/myfile", repository: "myfile", checkpoint: true },
    ],
    ...changes,
  };
}

export function repository(name: string, timeline: Timeline): RulesRepository {
  return { name, timeline, log: { length: 7, head: "3f".repeat(32) } };
}
