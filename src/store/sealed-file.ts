import { createHash } from "node:crypto";

import { hasErrorCode } from "../error-code.ts";
import { readIfThere, replaceFile } from "./disk.ts";

/** What a file of state/cache holds behind its first line, which bears `label` and the SHA-256 of it. Undefined where there is none, where it is damaged, and where it has another label. */
export function readSealed(file: string, label: string): Buffer | undefined {
  const content = readIfThere(file);
  if (content === undefined) return undefined;
  const body = content.subarray(content.indexOf("\n") + 1);
  const header = content.toString("latin1", 0, content.length - body.length);
  return header === headerOf(label, [body]) ? body : undefined;
}

/** Writes such a file in the place of whichever there was, in pieces: as one text it may be in memory several times. Where there is no room it does not: all else is done then, and the next run can do without. */
export function writeSealed(file: string, label: string, pieces: readonly Uint8Array[]): void {
  try {
    replaceFile(file, [Buffer.from(headerOf(label, pieces)), ...pieces], 0o600);
  } catch (error) {
    if (!hasErrorCode(error, "ENOSPC", "EDQUOT")) throw error;
  }
}

function headerOf(label: string, pieces: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return `${label} ${hash.digest("hex")}\n`;
}
