import { Failure } from "../../failure.ts";
import type { Digest } from "../../model/digest.ts";
import { foldHistory } from "../../model/fold-history.ts";
import type { History, HistoryEvent } from "../../model/history.ts";
import { linesInPiece, logPieceName } from "../../model/log-piece.ts";
import { openLogReader } from "../../store/log.ts";
import type { Findings } from "./findings.ts";
import type { MirrorClient } from "./mirror-client.ts";

/** What a mirror says happened, in an unbroken chain. */
export interface PublishedLog {
  readonly events: readonly HistoryEvent[];
  /** SHA-256 of each line. */
  readonly digests: readonly Digest[];
  readonly history: History;
}

const mostPieceBytes = 16 * 1_048_576;
const mostPieces = 10_000;

/** Reads the pieces of a log in order and checks that every line follows from the one before. Undefined, with a finding that says why, when it is no log. */
export async function readPublishedLog(
  client: MirrorClient,
  base: URL,
  findings: Findings,
): Promise<PublishedLog | undefined> {
  const reader = openLogReader();
  const refuse = (path: string, text: string): undefined => {
    findings.add({ kind: "log", checkpoint: undefined, path, text });
  };
  for (let index = 0; index < mostPieces; index += 1) {
    const path = `_asof/log/${logPieceName(index)}`;
    const piece = await client.text(client.url(base, path), mostPieceBytes);
    if (!Buffer.isBuffer(piece)) {
      if (index > 0) break;
      throw new Failure(
        "SOURCE_REFUSED",
        `there is no ${path} below ${base.href} (the server answered ${piece.status})`,
        {
          hint: "name the base path of a checkpoint distribution; a mirror made by an older asof has no log to check",
        },
      );
    }
    const lines = piece.toString("utf8").split("\n");
    if (lines.pop() !== "" || lines.length > linesInPiece || lines.length === 0) {
      return refuse(path, "is no piece of a log: it must hold whole lines, 1000 of them or fewer");
    }
    for (const line of lines) {
      if (!reader.push(line))
        return refuse(path, `line ${reader.digests.length} does not follow from the one before it`);
    }
    if (lines.length < linesInPiece) break;
  }
  const { events, digests } = reader;
  try {
    return { events, digests, history: foldHistory(events) };
  } catch (error) {
    return refuse("_asof/log/", `contradicts itself: ${error instanceof Error ? error.message : String(error)}`);
  }
}
