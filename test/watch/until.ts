import { setTimeout as sleep } from "node:timers/promises";

/** Waits until something is so; fails after 20 seconds. */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error("what was waited for did not come");
    await sleep(10);
  }
}
