import type { BasePath } from "../../model/base-path.ts";
import type { DistributionSettings } from "../../model/config.ts";
import { emptyHistory } from "../../model/history.ts";
import { goneIntervals } from "../../model/history-timeline.ts";
import { emptyLog } from "../../store/log.ts";
import { readSealed, writeSealed } from "../../store/sealed-file.ts";
import { prunedAnswer } from "../publish/settled.ts";
import type { Workspace } from "../workspace.ts";
import { buildBasis } from "./build-basis.ts";
import { hashOf } from "./pages-fingerprint.ts";

/**
 * Rows of the lists of checkpoints, by year, as earlier builds rendered them: a new checkpoint changes those of its own year. Kept in state/cache; losing them costs a build that renders every row.
 */
export interface RowTexts {
  /** Answers the text of the rows of a year of a distribution, as `CheckpointListView.rowsText` does. */
  of(distribution: DistributionSettings): (year: string, render: () => string) => string;
  /** Writes down what was rendered, where that is new. Needs the lock. */
  remember(): void;
}

/** Everything is rendered, and nothing remembered. */
export const noRowTexts: RowTexts = { of: () => (_, render) => render(), remember: () => {} };

export function openRowTexts(workspace: Workspace): RowTexts {
  const { store } = workspace;
  const basis = buildBasis(workspace);
  const looked = new Map<BasePath, { readonly before: Texts; readonly now: Map<string, string> }>();

  function of({ basePath, repository }: DistributionSettings): ReturnType<RowTexts["of"]> {
    const { history = emptyHistory, log = emptyLog } = store.repository(repository) ?? {};
    const newest = [...history.tellingYears.keys()].toSorted().at(-1);
    const gone = goneIntervals(history, prunedAnswer(workspace, repository));
    const before = readTexts(fileOf(basePath));
    const now = new Map<string, string>();
    looked.set(basePath, { before, now });
    return (year, render) => {
      const told = log.digestAt((history.tellingYears.get(year) ?? 0) - 1);
      // What every checkpoint changes is not worth keeping, and what no line of the log tells of may change at any time.
      if (year === newest || told === undefined) return render();
      const key = hashOf([basis, year, told, JSON.stringify(gone.filter(({ from }) => from.startsWith(year)))]);
      const text = before.get(key) ?? render();
      now.set(key, text);
      return text;
    };
  }

  function remember(): void {
    for (const [basePath, { before, now }] of looked) {
      const isSame = now.size === before.size && [...now.keys()].every((key) => before.has(key));
      if (!isSame) writeTexts(fileOf(basePath), now);
    }
    looked.clear();
  }

  function fileOf(basePath: BasePath): string {
    return store.layout.cacheFile(`${basePath.replaceAll("/", "+")}.rows`);
  }

  return { of, remember };
}

type Texts = ReadonlyMap<string, string>;

/** The format is text: how many bytes stand under which key, as JSON in one line, and then those bytes. */
function readTexts(file: string): Texts {
  const body = readSealed(file, label);
  if (body === undefined) return new Map();
  let from = body.indexOf("\n") + 1;
  const parts: unknown = JSON.parse(body.toString("utf8", 0, from));
  return new Map(
    (isParts(parts) ? parts : []).map(([key, bytes]) => [key, body.toString("utf8", from, (from += bytes))]),
  );
}

function writeTexts(file: string, texts: Texts): void {
  const pieces = [...texts.values()].map((text) => Buffer.from(text));
  const parts: Parts = [...texts.keys()].map((key, index) => [key, pieces[index]?.length ?? 0]);
  writeSealed(file, label, [Buffer.from(`${JSON.stringify(parts)}\n`), ...pieces]);
}

const label = "asof rows 1";

type Parts = readonly (readonly [key: string, bytes: number])[];

/** The seal has said already that these are bytes that asof wrote, and in which form. */
function isParts(parts: unknown): parts is Parts {
  return Array.isArray(parts);
}
