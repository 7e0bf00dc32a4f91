import { createHash } from "node:crypto";

import { sumsLine } from "../../formats/sums/sha256sums.ts";
import { parseDigest } from "../../model/digest.ts";
import type { Digest } from "../../model/digest.ts";
import type { Tree } from "../../model/tree.ts";
import { entriesOf } from "../entries.ts";

/** The SHA-256 of what SHA256SUMS would say of the files of a version, a generated manifest aside. Unlike its root it does not tell when they came. */
export function contentDigest(root: Digest, read: (digest: Digest) => Tree): Digest {
  const hash = createHash("sha256");
  for (const { path, digest } of entriesOf(root, read)) hash.update(sumsLine(path, digest));
  const digest = parseDigest(hash.digest("hex"));
  if (digest === undefined) throw new Error("SHA-256 is not 64 hex digits");
  return digest;
}
