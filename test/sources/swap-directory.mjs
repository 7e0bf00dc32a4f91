// Swaps a directory for a link to another and back, until it is killed. Arguments: directory, target of the link.
import { renameSync, symlinkSync, unlinkSync } from "node:fs";

const [directory, target] = process.argv.slice(2);
const away = `${target}-away`;
process.send("ready");
for (;;) {
  renameSync(directory, away);
  symlinkSync(target, directory);
  for (let spin = 0; spin < Math.random() * 1e5; spin++);
  unlinkSync(directory);
  renameSync(away, directory);
  for (let spin = 0; spin < Math.random() * 1e6; spin++);
}
