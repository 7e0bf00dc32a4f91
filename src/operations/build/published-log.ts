import path from "node:path";

import type { DistributionSettings } from "../../model/config.ts";
import { linesInPiece, logPieceName } from "../../model/log-piece.ts";
import { readIfThere } from "../../store/disk.ts";
import type { GeneratedFile } from "./site-files.ts";
import type { Workspace } from "../workspace.ts";

/**
 * The log of a distribution's repository, byte for byte, in pieces of a fixed number of lines. It holds what the lists of checkpoints say anyway, and the reasons that were given for removals, in an
 * order that cannot be changed afterwards: each line bears the digest of the line before.
 */
export function logPieces(
  { store, publicLayout }: Pick<Workspace, "store" | "publicLayout">,
  { repository, basePath }: DistributionSettings,
): readonly GeneratedFile[] {
  const log = store.repository(repository)?.log;
  const whole = log === undefined ? undefined : readIfThere(store.layout.log(repository))?.subarray(0, log.bytes);
  const folder = publicLayout.log(basePath);
  return (whole === undefined ? [] : cutIntoPieces(whole)).map((piece, index, pieces) => ({
    path: path.join(folder, logPieceName(index)),
    // Lines are only ever added behind the last one: who looks for damage compares the bytes.
    ...(index < pieces.length - 1 ? { finalBytes: piece.length } : {}),
    // A log may be longer than what a process should hold as text.
    get content() {
      return piece.toString("utf8");
    },
  }));
}

function cutIntoPieces(log: Buffer): readonly Buffer[] {
  const pieces: Buffer[] = [];
  let [begin, lines] = [0, 0];
  for (let end = log.indexOf(0x0a); end >= 0; end = log.indexOf(0x0a, end + 1)) {
    lines += 1;
    if (lines < linesInPiece) continue;
    pieces.push(log.subarray(begin, end + 1));
    [begin, lines] = [end + 1, 0];
  }
  return begin < log.length ? [...pieces, log.subarray(begin)] : pieces;
}
