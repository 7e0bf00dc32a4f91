import type { Checkpoint, NamedFile, Publication } from "./history.ts";
import { isDigest } from "./digest.ts";
import type { Digest } from "./digest.ts";
import { isTimestamp } from "./timestamp.ts";
import type { Timestamp } from "./timestamp.ts";

/**
 * What a site says of one checkpoint in `_asof/<time>/checkpoint.txt`, and what a signature covers: which repository and moment, what is in it, and where it stands in the
 * repository's log. Whoever has this text has all that is needed to judge every file of the checkpoint.
 */
export interface Statement {
  readonly repository: string;
  readonly checkpoint: Timestamp;
  /** SHA-256 of the root's record, see model/tree.ts. */
  readonly root: Digest;
  /** Files of the version and their bytes, without the generated manifest. */
  readonly files: number;
  readonly bytes: number;
  /** SHA-256 of SHA256SUMS; undefined with `sums: false`. */
  readonly sums: Digest | undefined;
  readonly manifest: NamedFile | undefined;
  /** The number of the log line that tells of this checkpoint, and the SHA-256 of the line before it: everything that was said earlier. */
  readonly log: { readonly n: number; readonly prev: string };
}

/** Its name beside the checkpoint. */
export const statementName = "checkpoint.txt";
export const sumsName = "SHA256SUMS";

/** A signature's name: the statement's with one suffix, which says to people of which kind it is. */
export function isSignatureName(name: string): boolean {
  return /^checkpoint\.txt\.[a-z0-9]{1,16}$/.test(name);
}

/** One fact a line, each in one form only: the same statement is the same bytes. */
export function printStatement({ repository, checkpoint, root, files, bytes, sums, manifest, log }: Statement): string {
  const lines = [
    "asof-checkpoint 1",
    `repository ${repository}`,
    `checkpoint ${checkpoint}`,
    `root ${root}`,
    `files ${files}`,
    `bytes ${bytes}`,
    ...(sums === undefined ? [] : [`sums ${sums}`]),
    ...(manifest === undefined ? [] : [`manifest ${manifest.digest} ${manifest.bytes} ${manifest.name}`]),
    `log ${log.n} ${log.prev}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** Reads a statement back; undefined for a text that `printStatement` did not make. */
export function parseStatement(text: string): Statement | undefined {
  const match = shape.exec(text);
  const found = match?.groups;
  if (found === undefined) return undefined;
  const { repository = "", checkpoint = "", root = "", sums, manifest, log = "" } = found;
  const { files = "", bytes = "", manifestBytes = "", name = "", n = "" } = found;
  if (!isTimestamp(checkpoint) || !isDigest(root)) return undefined;
  if (sums !== undefined && !isDigest(sums)) return undefined;
  if (manifest !== undefined && !isDigest(manifest)) return undefined;
  const statement: Statement = {
    repository,
    checkpoint,
    root,
    files: Number(files),
    bytes: Number(bytes),
    sums,
    manifest: manifest === undefined ? undefined : { name, digest: manifest, bytes: Number(manifestBytes) },
    log: { n: Number(n), prev: log },
  };
  return printStatement(statement) === text ? statement : undefined;
}

const shape =
  /^asof-checkpoint 1\nrepository (?<repository>[^\n]+)\ncheckpoint (?<checkpoint>\S+)\nroot (?<root>\S+)\nfiles (?<files>\d{1,15})\nbytes (?<bytes>\d{1,15})\n(?:sums (?<sums>\S+)\n)?(?:manifest (?<manifest>\S+) (?<manifestBytes>\d{1,15}) (?<name>[^\n]+)\n)?log (?<n>\d{1,15}) (?<log>[0-9a-f]{64})\n$/;

/** The statement that a checkpoint's line in the log calls for. */
export function statementOf(
  repository: string,
  checkpoint: Pick<Checkpoint, "created" | "root" | "files" | "bytes" | "sums" | "manifest">,
  log: Statement["log"],
): Statement {
  const { created, root, files, bytes, sums, manifest } = checkpoint;
  return {
    repository,
    checkpoint: created,
    root,
    files,
    bytes,
    sums: sums?.digest,
    manifest: manifest ?? undefined,
    log,
  };
}

/** The files beside a checkpoint that prove it, by name; none for one that was made before there were any. */
export function proofFiles({
  sums,
  statement,
  signatures = [],
}: Pick<Publication, "sums" | "statement" | "signatures">): readonly NamedFile[] {
  return [
    ...(sums === undefined ? [] : [{ name: sumsName, ...sums }]),
    ...(statement === undefined ? [] : [{ name: statementName, ...statement }]),
    ...signatures,
  ];
}
