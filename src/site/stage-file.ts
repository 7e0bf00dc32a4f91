import { readFileSync, utimesSync, writeFileSync } from "node:fs";

import { naming } from "../error-code.ts";
import { statIfThere } from "./stat-if-there.ts";

/**
 * Writes `content` to `from`, to replace `to` by rename. False, and nothing written, when `to` holds exactly these bytes.
 *
 * Servers make validators of modification time (whole seconds) and size, so new bytes always get a later second than the old ones had.
 */
export function stageFile(from: string, to: string, content: string, now: number): boolean {
  const bytes = Buffer.from(content);
  const old = statIfThere(to);
  if (old?.isFile() === true && old.size === bytes.length && readFileSync(to).equals(bytes)) return false;
  writeNew(from, bytes);
  const second = Math.max(Math.floor(now), old === undefined ? 0 : Math.floor(old.mtimeMs / 1000) + 1);
  utimesSync(from, second, second);
  return true;
}

/** Writes a file that is not there yet. */
export function writeNew(file: string, content: string | Uint8Array): void {
  try {
    writeFileSync(file, content, { mode: 0o644, flag: "wx" });
  } catch (error) {
    throw naming(error, file);
  }
}
