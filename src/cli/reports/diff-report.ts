import type { Change } from "../../model/difference.ts";
import { shownSafely } from "../../model/shown-safely.ts";
import type { Diff } from "../../operations/diff.ts";
import { countsText } from "./quantity.ts";

/** A line for what is compared, one for each file, and the totals. */
export function diffText(diff: Diff): string {
  const { repository, from, to, changes } = diff;
  if (from === undefined) {
    return `${repository} ${to.checkpoint} is the oldest checkpoint that is kept: there is nothing to compare it with\n`;
  }
  const lines = [
    `${repository} ${from.checkpoint} -> ${to.checkpoint}`,
    ...new Set(
      [from, to].flatMap(({ asked, checkpoint }) =>
        asked === checkpoint ? [] : [`  ${asked} is answered by ${checkpoint}`],
      ),
    ),
    ...changes.map(changeText),
    changes.length === 0 ? "no difference" : totalsText(diff),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function changeText({ kind, path: written, sizeBytes, was }: Change): string {
  // No path is longer, and a terminal obeys what may stand in a name.
  const path = shownSafely(written, 4096);
  switch (kind) {
    case "added":
      return `+ ${path}  ${bytesText(sizeBytes)}`;
    case "removed":
      return `- ${path}  ${bytesText(sizeBytes)}`;
    case "changed":
      return `~ ${path}  ${was?.sizeBytes} -> ${bytesText(sizeBytes)}, other bytes under the same name`;
  }
}

function totalsText(diff: Diff): string {
  let [came, went] = [0, 0];
  for (const { kind, sizeBytes, was } of diff.changes) {
    if (kind === "removed") went += sizeBytes;
    else came += sizeBytes;
    went += was?.sizeBytes ?? 0;
  }
  return `${countsText(diff)}: ${bytesText(came)} came, ${bytesText(went)} went`;
}

function bytesText(bytes: number): string {
  return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
}
