import { Failure } from "../failure.ts";
import { selectPaths } from "../model/path-selection.ts";
import type { PathSelection } from "../model/path-selection.ts";

/** What patterns mean that a user typed. Throws USAGE, which names the one that is none. */
export function readPatterns(patterns: readonly string[]): PathSelection {
  for (const pattern of patterns) {
    try {
      selectPaths([pattern]);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new Failure("USAGE", `${JSON.stringify(pattern)} ${error.message}`, {
        hint: "patterns are those of a remote's include",
      });
    }
  }
  return selectPaths(patterns);
}
