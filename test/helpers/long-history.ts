import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { Entry } from "../../src/model/entry.ts";
import { parseRelativePath } from "../../src/model/relative-path.ts";
import { printStatement, statementOf } from "../../src/model/statement.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { planTrees } from "../../src/model/plan-trees.ts";
import { openStore } from "../../src/store/open-store.ts";
import { emptyLog, positionAfter } from "../../src/store/log.ts";

export interface RareFile {
  readonly path: string;
  readonly texts: ReadonlyMap<number, string>;
}

/**
 * Records a history as runs of asof would have recorded it, a file or more changed and a line of log for each checkpoint, in seconds where those runs would take hours: objects, records, log lines and statements are
 * those of the store itself; only the barriers between them are missing, and manifests and sums, which are no part of what grows. The site is made by the first `asof build`.
 */
export async function writeLongHistory(
  stateDir: string,
  {
    repository,
    checkpoints,
    newest,
    stepSeconds,
    content,
    rare = [],
    changedAt = () => [],
  }: {
    readonly repository: string;
    readonly checkpoints: number;
    /** Second of the newest checkpoint, and from each to the next. */
    readonly newest: number;
    readonly stepSeconds: number;
    /** Files that never change, by path; `newest` is the one that does. */
    readonly content: ReadonlyMap<string, string>;
    /** Files that change now and then: which text each has from which number on, the first being 1. */
    readonly rare?: readonly RareFile[];
    /** Further files that a checkpoint changes, each of them once in it. */
    readonly changedAt?: (number: number) => readonly (readonly [path: string, text: string])[];
  },
): Promise<void> {
  let now = newest - checkpoints * stepSeconds;
  const store = openStore(stateDir, { create: true, now: () => now });
  const transaction = store.begin();
  const first = timestampFromSeconds(now);
  const root = transaction.putTree({ repository, path: "", nodes: [] });
  store.append(repository, [
    { type: "repository", at: first, name: repository, root },
    { type: "settled", at: first, settled: true },
  ]);
  const entries = new Map([...content].map(([name, text]) => [name, entryOf(name, text)]));
  for (let number = 1; number <= checkpoints; number++) {
    now += stepSeconds;
    const at = timestampFromSeconds(now);
    const changing = [
      ...rare.flatMap(({ path: name, texts }) => {
        const text = texts.get(number) ?? (number === 1 ? "" : undefined);
        return text === undefined ? [] : [[name, text] as const];
      }),
      ...changedAt(number),
      ["changing", `${number}\n`] as const,
    ];
    for (const [name, text] of changing) entries.set(name, entryOf(name, text, number));
    const sorted = [...entries.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
    const version = {
      version: number,
      root: planTrees(repository, sorted, (tree) => transaction.putTree(tree)),
      files: sorted.length,
      bytes: sorted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    };
    const before = [{ type: "version", at, ...version }] as const;
    const log = store.repository(repository)?.log ?? emptyLog;
    const checkpoint = { ...version, created: at, manifest: null, sums: undefined };
    const statement = transaction.putText(
      printStatement(statementOf(repository, checkpoint, positionAfter(log, before))),
    );
    store.append(repository, [
      ...before,
      {
        type: "publication",
        at,
        publication: number,
        version: number,
        created: at,
        checkpoint: true,
        manifest: null,
        added: number === 1 ? sorted.length : 0,
        removed: 0,
        changed: number === 1 ? 0 : changing.length,
        statement: { digest: statement.digest, bytes: statement.sizeBytes },
      },
    ]);
  }
  await transaction.seal();
  transaction.discard();

  function entryOf(name: string, text: string, number = 1): Entry {
    const entryPath = parseRelativePath(name);
    if (entryPath === undefined) throw new Error(`${name} is no path of an entry`);
    const added = timestampFromSeconds(newest - (checkpoints - number) * stepSeconds);
    return { path: entryPath, ...transaction.putText(text), added };
  }
}

/** The source that the newest checkpoint of such a history was made of, with the file that changes as it was at the last or another number. */
export function writeLongSource(folder: string, content: ReadonlyMap<string, string>, number: number): void {
  for (const [name, text] of [...content, ["changing", `${number}\n`] as const]) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
}
