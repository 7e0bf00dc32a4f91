import { parseDigest } from "../../model/digest.ts";
import type { Digest } from "../../model/digest.ts";
import type { ContentFacts } from "../../model/growth.ts";
import type { Checkpoint } from "../../model/history.ts";
import { addSeconds, timestampFromSeconds } from "../../model/timestamp.ts";
import { linesOf } from "../../store/log.ts";

/** What every simulated checkpoint says of itself but its time: as long, in a log or a list, as what a real one would say. */
export function simulatedCheckpoint(
  facts: ContentFacts,
  settings: {
    readonly manifest: string | undefined;
    readonly hasSums: boolean;
    readonly signature: string | undefined;
  },
  changed: number,
): Omit<Checkpoint, "created"> {
  const stored = (bytes: number): { digest: Digest; bytes: number } => ({ digest: anyDigest, bytes });
  const { manifest, hasSums, signature } = settings;
  return {
    publication: usualNumber,
    version: usualNumber,
    checkpoint: true,
    manifest: manifest === undefined ? null : { name: manifest, ...stored(facts.manifestBytes) },
    added: 0,
    removed: 0,
    changed: Math.round(changed),
    ...(hasSums ? { sums: stored(facts.sumsBytes) } : {}),
    statement: stored(statementBytes),
    ...(signature === undefined ? {} : { signatures: [{ name: signature, ...stored(statementBytes) }] }),
    root: anyDigest,
    files: facts.files,
    bytes: facts.bytes,
    tombstone: undefined,
    labels: [],
  };
}

/** Bytes in the log: of a new version with its checkpoint, and of a tombstone. */
export function logBytes(like: Omit<Checkpoint, "created">, reason: string): { made: number; pruned: number } {
  const at = timestampFromSeconds(0);
  const { tombstone: _, labels: __, root, files, bytes, ...publication } = like;
  const position = { n: usualNumber, prev: anyDigest };
  const [version = 0, checkpoint = 0, tombstone = 0] = linesOf(position, [
    { type: "version", at, version: usualNumber, root, files, bytes },
    { type: "publication", at, ...publication, created: addSeconds(at, 1) },
    { type: "tombstone", at, checkpoint: at, reason },
  ]).bytes;
  return { made: version + checkpoint, pruned: tombstone };
}

/** Stands where any digest would do: only its length counts. */
export const anyDigest: Digest = zeros();

function zeros(): Digest {
  const digest = parseDigest("0".repeat(64));
  if (digest === undefined) throw new Error("64 zeros are a digest");
  return digest;
}

const usualNumber = 1000;
const statementBytes = 400;
