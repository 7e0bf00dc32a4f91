import { parseDigest } from "../../model/digest.ts";
import type { ListedContent, ListedContents } from "../listed-content.ts";

/** What the SHA256 section of a Release or InRelease says, by path below the directory of that file. */
export function parseReleaseSums(text: string): ListedContents {
  const sums = new Map<string, ListedContent>();
  let isSums = false;
  for (const line of text.split("\n")) {
    if (!/^[ \t]/.test(line)) {
      isSums = /^SHA256:/i.test(line);
      continue;
    }
    const [, hex = "", size = "", path = ""] =
      /^[ \t]+([0-9a-fA-F]{64})[ \t]+(\d{1,15})[ \t]+(\S+)\r?$/.exec(line) ?? [];
    const digest = isSums ? parseDigest(hex.toLowerCase()) : undefined;
    if (digest !== undefined) sums.set(path, { digest, sizeBytes: Number(size) });
  }
  return sums;
}
