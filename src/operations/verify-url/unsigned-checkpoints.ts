import type { Checkpoint, Publication } from "../../model/history.ts";
import { statementName } from "../../model/statement.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import type { Findings } from "./findings.ts";
import type { PublishedLog } from "./read-log.ts";

/** Checkpoints without a signature from the time before there were any. */
export interface BeforeSigning {
  /** How many of those that were checked. */
  readonly checkpoints: number;
  /** The first checkpoint that has a signature, in the order of the log. */
  readonly firstSigned: Timestamp;
  /** A checkpoint whose signature was accepted: its statement names a line of the log after all of theirs. */
  readonly provenBy: Timestamp;
}

/**
 * Judges checkpoints that have no signature although the caller asks for one. Those that the log has before its first signed checkpoint are no fault where a signature was accepted: what that signs names the
 * digest of the log's last line before it, so that the signer says too that none was made for them. Every other one is a finding.
 */
export function judgeUnsigned(
  { events }: Pick<PublishedLog, "events">,
  checked: { readonly unsigned: readonly Checkpoint[]; readonly accepted: readonly Checkpoint[] },
  findings: Findings,
): BeforeSigning | undefined {
  const published = events.flatMap((event) => (event.type === "publication" && event.checkpoint ? [event] : []));
  const first = published.findIndex(hasSignature);
  const firstSigned = published[first]?.created;
  const before = new Set(published.slice(0, Math.max(first, 0)).map(({ created }) => created));
  const provenBy = checked.accepted[0]?.created;
  let checkpoints = 0;
  for (const checkpoint of checked.unsigned) {
    const isBefore = before.has(checkpoint.created);
    if (isBefore && provenBy !== undefined) {
      checkpoints += 1;
      continue;
    }
    const what = checkpoint.statement === undefined ? "is not there" : "is not signed";
    const why =
      firstSigned === undefined
        ? "the log has no signature at all"
        : isBefore
          ? `signatures begin with ${firstSigned}, and none from there on was checked and accepted; --all checks them`
          : `the log has no signature for it, although it has one for ${firstSigned} before it`;
    const at = checkpoint.created;
    findings.add({ kind: "signature", checkpoint: at, path: `_asof/${at}/${statementName}`, text: `${what}: ${why}` });
  }
  return checkpoints === 0 || firstSigned === undefined || provenBy === undefined
    ? undefined
    : { checkpoints, firstSigned, provenBy };
}

/** By the log, which is what a signed statement commits to. */
export function hasSignature({ signatures = [] }: Pick<Publication, "signatures">): boolean {
  return signatures.length > 0;
}
