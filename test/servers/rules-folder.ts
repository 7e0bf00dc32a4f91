import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import type { Timeline } from "../../src/model/timeline.ts";
import type { ServerName } from "../../src/model/server-name.ts";
import { cloudflareHost } from "../../src/redirects/hosts/cloudflare.ts";
import { plainText } from "../../src/redirects/hosts/plain-text.ts";
import type { RulesFile, RulesInput, RulesRepository } from "../../src/redirects/rules.ts";
import { serverLanguages } from "../../src/redirects/servers.ts";
import { openTemplates } from "../../src/templates.ts";

/** A temporary directory with `public/` and `rules/`. */
export interface RulesFolder {
  readonly publicDir: string;
  readonly rulesDir: string;
  /** Puts files below public/ by path; a path that ends in a slash is a directory. */
  place(files: Readonly<Record<string, string>>): Promise<void>;
  /** Renders the rules of all servers, or of one, and puts them into rules/. */
  writeRules(input: RulesInput, server?: RuledServer): Promise<void>;
  /** Puts one of the files into rules/, as when a run was stopped between two. */
  writeRulesFile(input: RulesInput, file: string): Promise<void>;
  remove(): Promise<void>;
}

export async function makeRulesFolder(): Promise<RulesFolder> {
  const home = await mkdtemp(path.join(os.tmpdir(), "asof-rules-"));
  const publicDir = path.join(home, "public");
  const rulesDir = path.join(home, "rules");
  await mkdir(publicDir);
  const write = async (files: readonly RulesFile[]): Promise<void> => {
    for (const file of files) {
      const target = path.join(rulesDir, file.path);
      await mkdir(path.dirname(target), { recursive: true });
      await writeFile(`${target}.new`, file.content);
      await rename(`${target}.new`, target);
    }
  };
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
    writeRules: (input, server) => write(renderRules(input, server)),
    writeRulesFile: (input, file) => write(renderRules(input).filter((one) => one.path === file)),
    remove: () => rm(home, { recursive: true, force: true }),
  };
}

/** What rules are rendered for: a server, or a host that is asked as servers are. */
type RuledServer = ServerName | "cloudflare";

/** The rules of all servers, or of one, or of a host. */
export function renderRules(input: RulesInput, server?: RuledServer): readonly RulesFile[] {
  if (server === "cloudflare") {
    return cloudflareHost(openTemplates({ folder: "hosts", escape: plainText })).render(input).rules;
  }
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
