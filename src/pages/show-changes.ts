import type { ChangeCounts } from "../model/difference.ts";

/** `+3 −1 ~2`, or `none`. */
export function showChanges({ added, removed, changed }: ChangeCounts): string {
  const more = added > 0 ? `+${added}` : "";
  const fewer = removed > 0 ? `\u2212${removed}` : "";
  const other = changed > 0 ? `~${changed}` : "";
  const shown = [more, fewer, other].filter((part) => part !== "").join(" ");
  return shown === "" ? "none" : shown;
}
