import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

import { distributions } from "./project.ts";
import type { CrashProject } from "./project.ts";

/** A run that is interrupted everywhere. */
export interface Scenario {
  readonly name: string;
  /** Brings a new project to where the run begins. */
  readonly prepare: (project: CrashProject) => Promise<void>;
  readonly argv: readonly string[];
  /** Other states that visitors may be shown by a run that fails halfway, each reached from the start. */
  readonly between?: readonly ((project: CrashProject) => Promise<void>)[];
  /** Where there is nothing before: pages that lead to each other appear one by one, and a server has no rules for them yet. */
  readonly begins?: readonly string[];
  /** Whether the run replaces directories by others under the same name, for which the kernel has no single call: each is gone between two renames. */
  readonly swapsDirectories?: boolean;
}

const beforeFiles = {
  README: "a text\n",
  "dists/stable/Release": "Suite: stable\n",
  "dists/stable/main/Packages": "Package: a\n",
  "pool/a/a_1.deb": "the first a",
  "pool/a/a_1.txt": "",
  "pool/b/b_1.deb": "the first b",
  "pool/c/c_1.deb": "the first c",
};

/** Three more, two less, one other. */
const afterFiles = {
  README: "a text\n",
  "dists/stable/Release": "Suite: stable\n",
  "dists/stable/main/Packages": "Package: a, changed\n",
  "pool/a/a_2.deb": "the second a",
  "pool/a/a_1.txt": "",
  "pool/b/b_1.deb": "the first b",
  "pool/d/d_1.deb": "the first d",
  "pool/d/d_1.txt": "new",
};

const first: Scenario = {
  name: "first",
  async prepare(project) {
    project.configure({});
    project.offer(beforeFiles);
  },
  argv: ["update"],
  // A first run whose source fails has a site without checkpoints.
  between: [
    async (project) => {
      rmSync(project.file("origin"), { recursive: true });
      await project.run(["update"]);
    },
    syncedOnly,
  ],
  begins: ["/"],
};

const change: Scenario = {
  name: "change",
  async prepare(project) {
    await history(project, 2);
    project.at(3600);
    project.offer(afterFiles);
  },
  argv: ["update"],
  between: [syncedOnly],
};

const prune: Scenario = {
  name: "prune",
  async prepare(project) {
    await history(project, 5);
    project.at(3600);
    project.configure({ repository: { retain: { checkpoints: 3 } } });
  },
  argv: ["update"],
};

const configure: Scenario = {
  name: "configure",
  async prepare(project) {
    await history(project, 2);
    project.configure({
      top: {
        layout: "hardlinks",
        site: { title: "Another title" },
        distributions: { ...distributions, more: { repository: "repo", base_path: "more", checkpoint: true } },
      },
    });
  },
  argv: ["update"],
  begins: ["/more/"],
  swapsDirectories: true,
};

const repair: Scenario = {
  name: "repair",
  async prepare(project) {
    await history(project, 3);
    damage(project.file("public/snapshots/repo/20250318T140338Z/README"));
    rmSync(project.file("public/snapshots/repo/20250318T140438Z/PULP_MANIFEST"));
    damage(project.file("public/snapshots/repo/index.html"));
    // A letter of a comment: nginx goes on reading it.
    damage(project.file("rules/nginx/http.conf"), 3);
  },
  argv: ["verify", "--repair"],
};

/** Two before the first checkpoint, which are recorded together, and one between. */
const bringAlong: Scenario = {
  name: "import",
  async prepare(project) {
    await history(project, 2, { repository: { settled: false } });
    project.at(3600);
    const shelf = { "2024-01-01": "of old", "2024-01-02": "of later", "2025-03-18T14:04:00Z": "between" };
    for (const [name, content] of Object.entries(shelf)) {
      mkdirSync(project.file(`shelf/${name}/pool/a`), { recursive: true });
      writeFileSync(project.file(`shelf/${name}/README`), "a text\n");
      writeFileSync(project.file(`shelf/${name}/pool/a/a_1.deb`), content);
    }
  },
  argv: ["import", "repo", "shelf", "--backfill"],
};

export const scenarios: readonly Scenario[] = [first, change, prune, configure, repair, bringAlong];

/** A run that fails between the new version and its publication builds the site as it is: its log is longer. */
async function syncedOnly(project: CrashProject): Promise<void> {
  await project.ok("sync");
  await project.ok("build");
}

/** So many checkpoints, a minute apart. */
async function history(project: CrashProject, count: number, settings: object = {}): Promise<void> {
  project.configure(settings);
  for (let index = 0; index < count; index++) {
    project.at(index * 60);
    project.offer({ ...beforeFiles, "pool/a/a_1.deb": `a, number ${index}`, [`pool/n/${index}`]: `${index}` });
    await project.ok("update");
  }
}

/** Changes a byte in place, in every name that the file has. */
function damage(file: string, at = 0): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  chmodSync(file, 0o644);
  writeFileSync(file, bytes);
}
