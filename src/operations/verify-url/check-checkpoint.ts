import path from "node:path";

import { parsePulpManifest } from "../../formats/file/pulp-manifest.ts";
import { compareNames } from "../../model/compare-names.ts";
import type { Digest } from "../../model/digest.ts";
import type { Checkpoint } from "../../model/history.ts";
import { sumsName } from "../../model/statement.ts";
import { compareSums } from "./compare-sums.ts";
import type { SumsComparison } from "./compare-sums.ts";
import type { Findings, UrlFinding } from "./findings.ts";
import type { MirrorClient } from "./mirror-client.ts";
import { openPool } from "./pool.ts";
import type { PublishedLog } from "./read-log.ts";
import { openRecordReader } from "./read-records.ts";
import type { RecordReader } from "./read-records.ts";

export interface ContentCheck {
  readonly client: MirrorClient;
  readonly base: URL;
  readonly log: PublishedLog;
  readonly checkpoint: Checkpoint;
  readonly findings: Findings;
  /** So many files, chosen by chance; undefined for all. */
  readonly sample: number | undefined;
  readonly concurrency: number;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  /** A folder of our own. */
  readonly folder: string;
  onFile(done: { readonly files: number; readonly total: number; readonly bytes: number }): void;
}

export interface CheckedContent {
  readonly filesHashed: number;
  readonly bytesHashed: number;
  /** Files whose content was taken down, as the log says, and that are not there. */
  readonly takenDown: number;
}

interface Expected {
  readonly path: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
}

interface WrongFile {
  readonly file: Expected;
  /** Undefined when it was too long to be read to its end. */
  readonly got: Digest | undefined;
}

/**
 * Checks what a checkpoint holds: the records that lead from its root to its files, SHA256SUMS line by line, and the files themselves. One walk does it all, so that memory does not grow with the
 * number of files.
 */
export async function checkContent(check: ContentCheck): Promise<CheckedContent> {
  const { client, base, log, checkpoint, sample } = check;
  const at = checkpoint.created;
  const { takenDown } = log.history;
  const result = { filesHashed: 0, bytesHashed: 0, takenDown: 0 };
  const wrong: WrongFile[] = [];
  const add = (kind: UrlFinding["kind"], where: string, text: string): void =>
    check.findings.add({ kind, checkpoint: at, path: where, text });
  const reader = openRecordReader(client, base, {
    repository: log.history.name,
    onFault: (where, kind, text) => add(kind, where, text),
  });
  const sums = await openSums(check, add);
  const pool = openPool(check.concurrency);
  const chosen: Expected[] = [];
  const wanted = checkpoint.files + (checkpoint.manifest === null ? 0 : 1);
  const total = Math.min(sample ?? wanted, wanted);

  async function checkFile(file: Expected): Promise<void> {
    const where = `${at}/${file.path}`;
    const got = await client.hash(client.url(base, where), file.sizeBytes);
    if (got.kind === "not-there") {
      if (takenDown.has(file.digest)) result.takenDown += 1;
      else add("missing", where, `is not there (${got.status})`);
      return;
    }
    result.filesHashed += 1;
    result.bytesHashed += got.sizeBytes;
    check.onFile({ files: result.filesHashed, total, bytes: result.bytesHashed });
    if (got.tooLong) wrong.push({ file, got: undefined });
    else if (got.digest !== file.digest) wrong.push({ file, got: got.digest });
    else if (takenDown.has(file.digest)) add("taken-down", where, "was taken down, and is still served");
  }

  let [files, bytes] = [0, 0];
  for await (const file of expectedFiles(reader, checkpoint)) {
    files += 1;
    bytes += file.sizeBytes;
    if (files > wanted) break;
    await sums?.push({ ...file, optional: takenDown.has(file.digest) });
    if (sample === undefined) await pool.add(() => checkFile(file));
    else keepSample(chosen, file, { most: sample, seen: files, random: check.random });
  }
  for (const file of chosen) await pool.add(() => checkFile(file));
  await pool.drain();
  await sums?.end();
  const wantedBytes = checkpoint.bytes + (checkpoint.manifest?.bytes ?? 0);
  if (files !== wanted || bytes !== wantedBytes) {
    add("root", `${at}/`, `has ${files} files of ${bytes} bytes, where the log says ${wanted} of ${wantedBytes}`);
  }
  for (const { file, got } of wrong) {
    const other = wrong.find((one) => one.file.digest === got);
    const where = `${at}/${file.path}`;
    if (other !== undefined) add("swapped", where, `has the bytes of ${other.file.path}`);
    else if (got === undefined) add("altered", where, `is longer than its ${file.sizeBytes} bytes`);
    else add("altered", where, `has the SHA-256 ${got}, and must have ${file.digest}`);
  }
  if (wrong.some(({ file }) => file.path === checkpoint.manifest?.name)) await nameExtraLines(check, reader, add);
  return result;
}

/** The files of the version and the generated manifest, by path. */
async function* expectedFiles(
  reader: RecordReader,
  { root, manifest }: Checkpoint,
): AsyncGenerator<Expected, void, undefined> {
  let waiting: Expected | undefined =
    manifest === null ? undefined : { path: manifest.name, digest: manifest.digest, sizeBytes: manifest.bytes };
  for await (const file of reader.files(root)) {
    if (waiting !== undefined && compareNames(waiting.path, file.path) < 0) {
      yield waiting;
      waiting = undefined;
    }
    yield file;
  }
  if (waiting !== undefined) yield waiting;
}

/** Fetches SHA256SUMS to disk, because it is read as slowly as files are hashed. Undefined, with a finding where there should be one, when there is none to compare. */
async function openSums(
  { client, base, log, checkpoint, folder }: ContentCheck,
  add: (kind: UrlFinding["kind"], where: string, text: string) => void,
): Promise<SumsComparison | undefined> {
  if (checkpoint.sums === undefined) return undefined;
  const where = `_asof/${checkpoint.created}/${sumsName}`;
  const copy = path.join(folder, `${sumsName}-${checkpoint.created}`);
  // A hostile log may announce any length; a line too many is found all the same.
  const got = await client.hash(client.url(base, where), checkpoint.sums.bytes + 65_536, copy);
  if (got.kind === "not-there") {
    if (!log.history.takenDown.has(checkpoint.sums.digest)) add("missing", where, `is not there (${got.status})`);
    return undefined;
  }
  if (got.digest !== checkpoint.sums.digest) {
    add("altered", where, `has the SHA-256 ${got.digest}, and must have ${checkpoint.sums.digest}`);
  }
  return compareSums(copy, (difference) => {
    if (difference.kind === "unreadable") add("altered", where, `line ${difference.lineNumber} is no line of it`);
    else if (difference.kind === "altered")
      add("altered", where, `has another digest for ${difference.path}: ${difference.said}`);
    else if (difference.kind === "extra")
      add("extra", where, `lists ${JSON.stringify(difference.path)}, which is not in the checkpoint`);
    else add("missing", where, `does not list ${difference.path}`);
  });
}

/** A manifest that is not the one recorded may name files that were never there. */
async function nameExtraLines(
  { client, base, checkpoint }: ContentCheck,
  reader: RecordReader,
  add: (kind: UrlFinding["kind"], where: string, text: string) => void,
): Promise<void> {
  if (checkpoint.manifest === null) return;
  const where = `${checkpoint.created}/${checkpoint.manifest.name}`;
  const text = await client.text(client.url(base, where), checkpoint.manifest.bytes + 1_048_576);
  if (!Buffer.isBuffer(text)) return;
  const listed = new Map(
    parsePulpManifest(text.toString("utf8")).entries.map((entry) => [String(entry.path), entry.digest]),
  );
  for await (const file of reader.files(checkpoint.root)) listed.delete(file.path);
  for (const name of listed.keys())
    add("extra", where, `lists ${JSON.stringify(name)}, which is not in the checkpoint`);
}

/** Each of the files seen so far is among the chosen with the same chance. */
function keepSample(
  chosen: Expected[],
  file: Expected,
  { most, seen, random }: { readonly most: number; readonly seen: number; readonly random: () => number },
): void {
  if (chosen.length < most) chosen.push(file);
  else {
    const place = Math.floor(random() * seen);
    if (place < most) chosen[place] = file;
  }
}
