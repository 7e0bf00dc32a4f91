import type { Checkpoint } from "../model/history.ts";

/** `checkpoints.txt`: the name of every kept checkpoint, a line each, oldest first, for `sort`, `grep` and `tail -n 1`. */
export function renderCheckpointsText(checkpoints: readonly Checkpoint[]): string {
  return checkpoints.map(({ created }) => `${created}\n`).join("");
}
