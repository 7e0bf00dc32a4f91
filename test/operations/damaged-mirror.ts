import { seededRandom } from "../servers/random-history.ts";
import { openMirror } from "./mirror.ts";
import type { Mirror, MirrorSettings } from "./mirror.ts";

/** A mirror with four checkpoints that share most of what they have, made for being damaged. Its source still offers every content there ever was. */
export async function openDamageable(settings: MirrorSettings = {}): Promise<Mirror> {
  const mirror = openMirror(settings);
  const random = seededRandom(5);
  const text = (): string => String(random()).repeat(1 + Math.floor(random() * 1500));
  const files: Record<string, string> = { empty: "", "own/index.html": "mine" };
  for (let index = 0; index < 12; index++) files[`dir${index % 4}/deep/file${index}`] = text();
  const old: Record<string, string> = {};
  for (let run = 0; run < 4; run++) {
    // It stands still: records bear seconds, and the same seed has to damage the same things on a slow day.
    mirror.at(run * 3600);
    const [changed, top] = [text(), text()];
    mirror.offer({ ...files, ...old, [`dir${run}/deep/changed`]: changed, top });
    await mirror.ok("update");
    Object.assign(old, { [`old/changed-${run}`]: changed, [`old/top-${run}`]: top });
  }
  return mirror;
}
