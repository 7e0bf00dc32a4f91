// Writes one of three versions over a file in place, in small pieces, with pauses that let a reader meet complete ones. Until it is killed.
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import os from "node:os";
import { setTimeout as pause } from "node:timers/promises";

const [file] = process.argv.slice(2);
try {
  // A writer without a processor looks like one that is done.
  os.setPriority(-20);
} catch {
  // Root may.
}
process.send("ready");
for (let round = 1; ; round++) {
  const content = ["x".repeat(300_000), "y".repeat(300_000), "z".repeat(299_999)][round % 3];
  const handle = openSync(file, "r+");
  for (let at = 0; at < content.length; at += 50_000) writeSync(handle, content.slice(at, at + 50_000), at);
  ftruncateSync(handle, content.length);
  closeSync(handle);
  await pause(Math.random() < 0.3 ? 60 : 1);
}
