import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";

import type { Digest } from "../../model/digest.ts";
import type { HistoryEvent } from "../../model/history.ts";
import { emptyLog, openLogReader } from "../../store/log.ts";
import type { LostRepository } from "../build/site-record.ts";
import type { Workspace } from "../workspace.ts";
import { checkpointPlaces, notWhole } from "./published-places.ts";

/** A log as its lines, what they say, and the SHA-256 of each. */
export interface PublishedLog {
  readonly lines: readonly string[];
  readonly events: readonly HistoryEvent[];
  readonly digests: readonly Digest[];
}

/** The log of a repository as the site publishes it, checked: a chain whose line with the site's number has the site's digest, and that goes on from what the state has. */
export function readPublishedLog(workspace: Workspace, lost: LostRepository): PublishedLog {
  const { name, recorded, head } = lost;
  const folder = checkpointPlaces(workspace, name)
    .map(({ basePath }) => path.join(workspace.publicLayout.base(basePath), "_asof", "log"))
    .find((one) => existsSync(one));
  if (folder === undefined) throw notWhole(name, "its log is not published there");
  const text = readdirSync(folder)
    .filter((piece) => /^\d{6}\.jsonl$/.test(piece))
    .toSorted()
    .map((piece) => readFileSync(path.join(folder, piece), "utf8"))
    .join("");
  const reader = openLogReader();
  const lines = text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .slice(0, -1);
  for (const [index, line] of lines.entries()) {
    if (!reader.push(line)) throw notWhole(name, `line ${index + 1} of its published log is damaged`);
  }
  if (reader.digests[recorded - 1] !== head)
    throw notWhole(name, "its published log is not the one that site.json names");
  const known = workspace.store.repository(name)?.log ?? emptyLog;
  if (known.length > 0 && known.digestAt(known.length - 1) !== reader.digests[known.length - 1]) {
    throw notWhole(name, "the state has another history, not only an older one");
  }
  return { lines, events: reader.events, digests: reader.digests };
}
