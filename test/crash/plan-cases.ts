import type { Call } from "./record/call.ts";
import { acts } from "./runner.ts";
import type { Act, Fault } from "./runner.ts";

/** Every way in which a run can be stopped: each act at each call where the system could do that. */
export function allFaults(calls: readonly Call[]): readonly Fault[] {
  return acts.flatMap((act) => calls.filter((call) => canHappen(act, call)).map(({ n }) => ({ act, at: n })));
}

/** Some of them, the same for the same seed. */
export function someOf<Item>(items: readonly Item[], count: number, seed: number): readonly Item[] {
  const random = randomNumbers(seed);
  const left = [...items];
  return Array.from({ length: Math.min(count, left.length) }).flatMap(() =>
    left.splice(Math.floor(random() * left.length), 1),
  );
}

/** Numbers from 0 to 1 (mulberry32), the same for the same seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What needs no space cannot lack it, and only a write can be done by half. A program that is started fails in ways of its own. */
function canHappen(act: Act, { call, bytes }: Call): boolean {
  switch (act) {
    case "kill":
      return true;
    case "torn":
      return call === "write" && (bytes ?? 0) > 1;
    case "ENOSPC":
    case "full":
      return ["open", "write", "mkdir", "link", "symlink", "rename", "fsync", "syncfs"].includes(call);
    case "EIO":
    case "EROFS":
      return call !== "spawn";
  }
}
