import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import type { Timeline } from "../../src/model/timeline.ts";
import { quoteNginx } from "../../src/redirects/nginx-quote.ts";
import { nginxEmitter } from "../../src/redirects/nginx.ts";
import type { RulesFile, RulesInput, RulesRepository } from "../../src/redirects/rules.ts";
import { openTemplates } from "../../src/templates.ts";

/** A temporary directory with `public/` and `rules/`. */
export interface RulesFolder {
  readonly publicDir: string;
  readonly rulesDir: string;
  /** Puts files below public/ by path; a path that ends in a slash is a directory. */
  place(files: Readonly<Record<string, string>>): Promise<void>;
  /** Renders the rules and puts them, or only the file named, into rules/. */
  writeRules(input: RulesInput, only?: "http.conf" | "server.conf"): Promise<void>;
  remove(): Promise<void>;
}

export async function makeRulesFolder(): Promise<RulesFolder> {
  const home = await mkdtemp(path.join(os.tmpdir(), "asof-rules-"));
  const publicDir = path.join(home, "public");
  const rulesDir = path.join(home, "rules");
  await mkdir(path.join(rulesDir, "nginx"), { recursive: true });
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
    async writeRules(input, only) {
      for (const file of renderNginx(input)) {
        if (only !== undefined && file.path !== `nginx/${only}`) continue;
        const target = path.join(rulesDir, file.path);
        await writeFile(`${target}.new`, file.content);
        await rename(`${target}.new`, target);
      }
    },
    remove: () => rm(home, { recursive: true, force: true }),
  };
}

export function renderNginx(input: RulesInput): readonly RulesFile[] {
  return nginxEmitter(openTemplates({ folder: "nginx", escape: quoteNginx })).render(input);
}

/** Rules of one checkpoint distribution `checkpoints/myfile` of the repository `myfile`, unless told otherwise. */
export function rulesInput(publicDir: string, timeline: Timeline, changes: Partial<RulesInput> = {}): RulesInput {
  return {
    siteName: "main",
    mount: "/",
    publicDir,
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
