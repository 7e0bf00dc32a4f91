import { setTimeout as sleep } from "node:timers/promises";

import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";
import type { FileOrigin } from "./file-origin.ts";
import { openPulpApi } from "./pulp-api.ts";
import type { PulpServer } from "./pulp-server.ts";

/** A repository in Pulp with a past. */
export interface History {
  /** Of the checkpoint publications, oldest first. Two in one second are one. */
  readonly checkpoints: readonly Timestamp[];
  /** Of the plain ones. */
  readonly plain: readonly Timestamp[];
}

/** Every kind of character that Pulp lets stand in a path and asof, too. */
const oddNames = [
  "odd/a+b~1.0-1_amd64.deb",
  "odd/Größe/日本.txt",
  "odd/100%41.txt",
  "odd/100%25.txt",
  "odd/comma,in,name.txt",
  "odd/colon:1.txt",
  "odd/&<'>\".txt",
  "odd/(x)[y]{z}^`|;=@!$*.txt",
  "odd/.hidden/..double..",
  "odd/UPPER.TXT",
];

const aDay = 86_400;

/**
 * 20 checkpoint publications and 10 plain ones of versions in which files come, change and go, some of them of the same version; then two checkpoints in one second. Pulp makes them in a minute; behind its back
 * each is put a day and some after the one before, as if that had been weeks.
 */
export async function fillHistory(pulp: PulpServer, origin: FileOrigin, name: string): Promise<History> {
  const api = openPulpApi(pulp);
  const repository = await api.create("repositories/file/file", { name });
  const remote = await api.create("remotes/file/file", { name, url: `${origin.url}/${name}/PULP_MANIFEST` });
  const body = { name, base_path: `checkpoint/${name}`, repository, checkpoint: true };
  await api.create("distributions/file/file", body);

  const files: Record<string, string> = Object.fromEntries(oddNames.map((odd) => [odd, `content of ${odd}`]));
  files["docs/index.html"] = "<p>a page of the repository's own</p>";
  files["empty"] = "";
  const made: { readonly href: string; readonly created: string; readonly checkpoint: boolean }[] = [];
  for (let step = 0; step < 32; step++) {
    if (step % 2 === 0 || step > 30) {
      Object.assign(files, changes(step));
      origin.publish(name, files);
      await api.sync(repository, remote);
    }
    if (step % 7 === 6) await api.remove(repository, `pool/${step - 6}/package-${step - 6}.deb`);
    const checkpoint = step % 3 !== 1 || step >= 30;
    made.push({ ...(await api.publish(repository, checkpoint)), checkpoint });
  }

  const newest = Math.floor(Date.now() / 1000) - aDay / 2;
  const times = made.map(({ checkpoint, href }, place) => {
    const fromEnd = Math.max(0, made.length - 2 - place);
    const seconds = newest - fromEnd * (aDay + 4021 * (1 + (place % 3))) + (place === made.length - 1 ? 0.9 : 0.1);
    return { checkpoint, seconds, id: href.split("/").at(-2) ?? "" };
  });
  const statements = times.map(({ seconds, id }) => {
    const at = new Date(seconds * 1000).toISOString();
    return `UPDATE core_publication SET pulp_created = '${at}' WHERE pulp_id = '${id}';`;
  });
  await pulp.sql(statements.join("\n"));
  // What was published in the current second has another name a second later.
  await sleep(1000);
  const secondsWhere = (wanted: boolean): readonly Timestamp[] => [
    ...new Set(
      times.flatMap(({ checkpoint, seconds }) => (checkpoint === wanted ? [timestampFromSeconds(seconds)] : [])),
    ),
  ];
  return { checkpoints: secondsWhere(true).toSorted(), plain: secondsWhere(false).toSorted() };
}

/** What is new in the origin, which only ever gets more: what was removed from a version comes back with the next sync. */
function changes(step: number): Readonly<Record<string, string>> {
  // Some are larger than what is taken in one piece anywhere.
  const length = step % 10 === 0 ? 300_001 : 100 + step;
  return {
    [`pool/${step}/package-${step}.deb`]: `${step} `.repeat(length),
    ...(step % 3 === 0 ? { "index.txt": `changed in step ${step}` } : {}),
    ...(step === 30 ? { "same-second.txt": "earlier" } : {}),
    ...(step === 31 ? { "same-second.txt": "later" } : {}),
  };
}
