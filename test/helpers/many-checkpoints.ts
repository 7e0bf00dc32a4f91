import { lstatSync, readdirSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { until } from "../watch/until.ts";
import { openProject } from "./asof.ts";
import type { Project } from "./asof.ts";
import { writeLongHistory } from "./long-history.ts";

/** So many checkpoints of so many files, each of which changed so many of them, ten of a directory. */
export interface ManyCheckpoints {
  readonly checkpoints: number;
  readonly files: number;
  readonly changed: number;
}

/** A file that twelve of them changed, where there are so many. */
export const rarePath = "pool/rare/rare_1.0.deb";
const newest = 1_742_306_618;
const stepSeconds = 6 * 3600;
const perDirectory = 10;

/** A mirror with such a history, and not built yet. */
export async function projectOf(size: ManyCheckpoints): Promise<Project> {
  const project = openProject(
    JSON.stringify({
      site: { url: "https://mirror.example.org/" },
      servers: ["nginx"],
      repositories: { tree: {} },
      distributions: { snapshots: { repository: "tree", base_path: "snapshots", checkpoint: true } },
    }),
  );
  const directories = Math.max(1, Math.floor(size.files / perDirectory));
  const nameOf = (directory: number, file: number): string => {
    const name = `pkg-${directory.toString(36)}`;
    return `pool/${name.slice(-1)}/${name}/${name}-part${file}_1.0-1_amd64.deb`;
  };
  const content = new Map(
    Array.from({ length: size.files }, (_, index) => [
      nameOf(index % directories, Math.floor(index / directories)),
      `${index}\n`,
    ]),
  );
  const times = Array.from({ length: 13 }, (_, index) => 1 + Math.floor((index * size.checkpoints) / 13));
  await writeLongHistory(project.file("state"), {
    repository: "tree",
    checkpoints: size.checkpoints,
    newest,
    stepSeconds,
    content,
    rare: [{ path: rarePath, texts: new Map(times.map((number) => [number, `${number}\n`])) }],
    changedAt: (number) =>
      number === 1
        ? []
        : Array.from({ length: size.changed }, (_, index) => {
            // Far apart, and other ones each time: 7919 is prime to what directories there are.
            const directory =
              ((number * Math.ceil(size.changed / perDirectory) + Math.floor(index / perDirectory)) * 7919) %
              directories;
            return [nameOf(directory, index % perDirectory), `${number} ${index}\n`] as const;
          }),
  });
  project.setClock(newest + 3600);
  return project;
}

export interface Largest {
  readonly bytes: number;
  readonly file: string;
}

/** Of each kind of file that asof generates, the largest; and how many names there are. */
export function largestFiles(folder: string): {
  readonly kinds: ReadonlyMap<string, Largest>;
  readonly names: number;
} {
  const kinds = new Map<string, Largest>();
  let names = 0;
  const folders = [folder];
  // Not with `recursive`: that follows symlinks, and each checkpoint leads to all that it has.
  for (let here = folders.pop(); here !== undefined; here = folders.pop()) {
    for (const entry of readdirSync(here, { withFileTypes: true })) {
      const place = path.join(here, entry.name);
      const file = path.relative(folder, place);
      names += 1;
      if (entry.isDirectory()) folders.push(place);
      const kind = entry.isFile() ? kindOf(file) : undefined;
      if (kind === undefined) continue;
      const bytes = lstatSync(place).size;
      if ((kinds.get(kind)?.bytes ?? -1) < bytes) kinds.set(kind, { bytes, file });
    }
  }
  return { kinds, names };
}

function kindOf(file: string): string | undefined {
  if (/\/_asof\/history\/[^/]*\.json$/.test(file)) return "JSON of histories";
  if (/\/changes(?:-\d+)?\.json$/.test(file)) return "JSON of changes";
  if (file.endsWith(".json")) return "other JSON";
  if (file.endsWith(".html")) return "page";
  if (file.endsWith(".svg")) return "picture";
  if (file.endsWith(".atom")) return "feed";
  return undefined;
}

/** What was received of the history for each of some texts, from a server with nothing but the files. */
export async function lookUpBytes(
  project: Project,
  texts: readonly string[],
  ...options: readonly string[]
): Promise<readonly number[]> {
  const serving = project.begin("serve", "--port", "0");
  try {
    await until(() => serving.out.includes("Ctrl-C"));
    const url = `${/http:\S+/.exec(serving.out)?.[0] ?? ""}snapshots/`;
    const bytes: number[] = [];
    for (const text of texts) {
      const { err } = await project.ok("history", "--url", url, text, "--verbose", ...options);
      bytes.push(Number(/(\d+) bytes of history/.exec(err)?.[1] ?? Number.NaN));
    }
    return bytes;
  } finally {
    await serving.stop();
  }
}

/** How often the test ran until it was found which checkpoint made it fail. */
export async function bisectRuns(
  project: Project,
  { checkpoints }: ManyCheckpoints,
  culprit: number,
  ...argv: readonly string[]
): Promise<number> {
  const at = (number: number): string => timestampFromSeconds(newest - (checkpoints - number) * stepSeconds);
  const test = ["sh", "-c", `test "$(cat "$ASOF_DIR/changing")" -lt ${culprit}`];
  const { out } = await project.ok(
    "bisect",
    "tree",
    "--json",
    "--good",
    at(1),
    "--bad",
    "latest",
    ...argv,
    "--",
    ...test,
  );
  const { runs, suspects } = found.parse(JSON.parse(out));
  if (suspects[0]?.checkpoint !== at(culprit)) throw new Error(`not ${at(culprit)}: ${JSON.stringify(suspects[0])}`);
  return runs;
}

/** The checkpoint that changed the rare file for the seventh time. */
export function rareCulprit({ checkpoints }: ManyCheckpoints): number {
  return 1 + Math.floor((7 * checkpoints) / 13);
}

const found = z.looseObject({ runs: z.number(), suspects: z.array(z.looseObject({ checkpoint: z.string() })) });
