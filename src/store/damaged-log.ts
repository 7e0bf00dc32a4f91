import { hash } from "node:crypto";

import type { HistoryEvent } from "../model/history.ts";
import { openLogReader } from "./log.ts";
import { parseLogLine } from "./log-line.ts";

/**
 * What can be believed of a log of which lines may be missing or damaged. A line is when the one behind it bears its digest; where that one cannot be read, when it bears the digest of the one before, or is `last`, the
 * line that is known to be in the whole log.
 */
export function readDamagedLog(
  lines: readonly string[],
  last: { readonly n: number; readonly digest: string },
): { readonly events: readonly HistoryEvent[]; readonly isWhole: boolean } {
  const read = lines.map((line) => ({ digest: hash("sha256", line), parsed: parseLogLine(line) }));
  const events = read.flatMap(({ digest, parsed }, index) => {
    if (parsed === undefined) return [];
    const next = read[index + 1]?.parsed;
    if (next?.n === parsed.n + 1) return next.prev === digest ? [parsed.event] : [];
    return digest === last.digest || parsed.prev === read[index - 1]?.digest ? [parsed.event] : [];
  });
  const reader = openLogReader();
  for (const line of lines) if (!reader.push(line)) break;
  return { events, isWhole: reader.digests[last.n] === last.digest };
}
