import type { Digest } from "../../model/digest.ts";
import type { Finding } from "../verify/finding.ts";
import { treeReader, verify } from "../verify/verify.ts";
import type { Verification } from "../verify/verify.ts";
import type { Workspace } from "../workspace.ts";
import { restoreRecords } from "./restore-records.ts";

/**
 * Mends records from the top down: one that could not be read may have named others. `known` is what is found when all are there that can be made again, and nothing else was mended; only now is
 * it known what is needed and what is in use. `left` are the records that cannot be relied on.
 */
export async function mendRecords(
  workspace: Workspace,
  before: Verification,
): Promise<{ readonly known: Verification; readonly left: ReadonlySet<Digest> }> {
  const badObjects = new Set(badDigests(before.findings, "object"));
  const left = new Set(badDigests(before.findings, "record"));
  const tried = new Set<Digest>();
  for (let known = before; ;) {
    const broken = new Set([...known.brokenRecords].filter((digest) => !tried.has(digest)));
    const restored = await restoreRecords(workspace, broken, treeReader(workspace, left));
    if (restored.size === 0) return { known, left };
    for (const digest of broken) tried.add(digest);
    for (const digest of restored) left.delete(digest);
    known = await verify(workspace, { hash: "none", badObjects, badRecords: left });
    for (const digest of badDigests(known.findings, "record")) left.add(digest);
  }
}

/** Objects or records that are not there, or are not what their names say. */
export function badDigests(findings: readonly Finding[], kind: "object" | "record"): readonly Digest[] {
  return findings.flatMap((finding) =>
    finding.kind === kind && finding.digest !== undefined && finding.problem !== "mode" ? [finding.digest] : [],
  );
}
