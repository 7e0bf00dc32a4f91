import path from "node:path";

import type { DistributionSettings } from "../../model/config.ts";
import { linesInPiece, logPieceName } from "../../model/log-piece.ts";
import { readPart } from "../../store/log-bytes.ts";
import type { GeneratedGroup } from "./made-files.ts";
import type { Workspace } from "../workspace.ts";

/**
 * The log of a distribution's repository, byte for byte, in pieces of a fixed number of lines, a group each. It holds what the lists of checkpoints say anyway, and the reasons that were given for removals, in
 * an order that cannot be changed afterwards: each line bears the digest of the line before.
 */
export function logPieces(
  { store, publicLayout }: Pick<Workspace, "store" | "publicLayout">,
  { repository, basePath }: DistributionSettings,
): readonly GeneratedGroup[] {
  const log = store.repository(repository)?.log;
  if (log === undefined) return [];
  const folder = publicLayout.log(basePath);
  return Array.from({ length: Math.ceil(log.length / linesInPiece) }, (_, index) => {
    const last = Math.min((index + 1) * linesInPiece, log.length);
    const from = log.endAt(index * linesInPiece - 1);
    const until = log.endAt(last - 1);
    return {
      name: `log ${basePath} ${index}`,
      // The digest of a line stands for all lines before it.
      madeOf: `${last} ${log.digestAt(last - 1) ?? ""}`,
      make: () => [
        {
          path: path.join(folder, logPieceName(index)),
          // Lines are only ever added behind the last one.
          ...(last === log.length ? {} : { finalBytes: until - from }),
          get content() {
            return readPart(store.layout.log(repository), from, until);
          },
        },
      ],
    };
  });
}
