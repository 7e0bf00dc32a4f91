import type { Digest } from "./digest.ts";
import { noLabels } from "./fold-history.ts";
import type { Checkpoint, History, Publication, StoredFile, TakenDown, Tombstone, Version } from "./history.ts";
import type { Timestamp } from "./timestamp.ts";

/** A history as JSON that is quick to read: what there may be thousands of stands in columns, and null for what is not there. */
export interface PackedHistory extends Pick<History, "name" | "lost" | "newestEvent"> {
  readonly horizon: Timestamp | null;
  readonly settled: boolean | null;
  readonly upstreamManifest: StoredFile | null;
  readonly versions: Columns<Omit<Version, "filled">>;
  /** Numbers of versions. */
  readonly filled: readonly number[];
  readonly publications: Columns<Omit<Publication, "manifest" | "sums" | "statement" | "signatures">> & {
    readonly manifest: FileColumns & { readonly name: readonly (string | null)[] };
    readonly sums: FileColumns;
    readonly statement: FileColumns;
    /** By the index of the publication, where there are any. */
    readonly signatures: readonly (readonly [number, NonNullable<Publication["signatures"]>])[];
  };
  /** By the index of the checkpoint. */
  readonly tombstones: Columns<Omit<Tombstone, "content">> & {
    readonly index: readonly number[];
    readonly content: readonly (Digest | null)[];
  };
  readonly labels: readonly (readonly [number, readonly string[]])[];
  readonly unservable: readonly number[];
  readonly takenDown: readonly (readonly [Digest, TakenDown])[];
  readonly tellingYears: readonly (readonly [string, number])[];
}

type Columns<Row> = { readonly [Key in keyof Row]-?: readonly Row[Key][] };

interface FileColumns {
  readonly digest: readonly (Digest | null)[];
  readonly bytes: readonly number[];
}

export function packHistory(history: History): PackedHistory {
  const { name, versions, publications, checkpoints, lost, newestEvent } = history;
  const buried = checkpoints.flatMap(({ tombstone }, index) => (tombstone === undefined ? [] : [{ index, tombstone }]));
  return {
    name,
    lost,
    newestEvent,
    horizon: history.horizon ?? null,
    settled: history.settled ?? null,
    upstreamManifest: history.upstreamManifest ?? null,
    versions: {
      version: versions.map(({ version }) => version),
      root: versions.map(({ root }) => root),
      files: versions.map(({ files }) => files),
      bytes: versions.map(({ bytes }) => bytes),
    },
    filled: versions.flatMap(({ version, filled }) => (filled === true ? [version] : [])),
    publications: {
      publication: publications.map(({ publication }) => publication),
      version: publications.map(({ version }) => version),
      created: publications.map(({ created }) => created),
      checkpoint: publications.map(({ checkpoint }) => checkpoint),
      manifest: {
        name: publications.map(({ manifest }) => manifest?.name ?? null),
        ...fileColumns(publications.map(({ manifest }) => manifest)),
      },
      sums: fileColumns(publications.map(({ sums }) => sums)),
      statement: fileColumns(publications.map(({ statement }) => statement)),
      signatures: publications.flatMap(({ signatures }, index) =>
        signatures === undefined ? [] : [[index, signatures] as const],
      ),
      added: publications.map(({ added }) => added),
      removed: publications.map(({ removed }) => removed),
      changed: publications.map(({ changed }) => changed),
    },
    tombstones: {
      index: buried.map(({ index }) => index),
      at: buried.map(({ tombstone }) => tombstone.at),
      reason: buried.map(({ tombstone }) => tombstone.reason),
      cause: buried.map(({ tombstone }) => tombstone.cause),
      content: buried.map(({ tombstone }) => tombstone.content ?? null),
    },
    labels: checkpoints.flatMap(({ labels }, index) => (labels.length === 0 ? [] : [[index, labels] as const])),
    unservable: [...history.unservable],
    takenDown: [...history.takenDown],
    tellingYears: [...history.tellingYears],
  };
}

function fileColumns(files: readonly (StoredFile | null | undefined)[]): FileColumns {
  return { digest: files.map((file) => file?.digest ?? null), bytes: files.map((file) => file?.bytes ?? 0) };
}

/** The history that was packed. Throws where it cannot be one. */
export function unpackHistory(packed: PackedHistory): History {
  const { version, root, files, bytes } = packed.versions;
  const filled = new Set(packed.filled);
  const versions = root.map((digest, row) => ({
    version: version[row] ?? 0,
    root: digest,
    files: files[row] ?? 0,
    bytes: bytes[row] ?? 0,
    ...(filled.has(version[row] ?? 0) ? { filled: true as const } : {}),
  }));
  const { publications, made } = unpackPublications(packed.publications, versions);
  const checkpoints = inOrder(made);
  const { index: buried, at, reason, cause, content } = packed.tombstones;
  for (const [row, index] of buried.entries()) {
    const digest = content[row] ?? null;
    const tombstone = {
      at: given(at[row]),
      reason: given(reason[row]),
      cause: given(cause[row]),
      ...(digest === null ? {} : { content: digest }),
    };
    checkpoints[index] = { ...given(checkpoints[index]), tombstone };
  }
  for (const [index, labels] of packed.labels) checkpoints[index] = { ...given(checkpoints[index]), labels };
  return {
    name: packed.name,
    versions: [given(versions[0]), ...versions.slice(1)],
    publications,
    unservable: new Set(packed.unservable),
    checkpoints,
    horizon: packed.horizon ?? undefined,
    settled: packed.settled ?? undefined,
    lost: packed.lost,
    takenDown: new Map(packed.takenDown),
    upstreamManifest: packed.upstreamManifest ?? undefined,
    newestEvent: packed.newestEvent,
    tellingYears: new Map(packed.tellingYears),
  };
}

/** All publications, and those that are checkpoints once more: as they were made, without tombstones and labels. Objects are written out, each of them once: there may be tens of thousands. */
function unpackPublications(
  packed: PackedHistory["publications"],
  versions: readonly Version[],
): { readonly publications: readonly Publication[]; readonly made: readonly Checkpoint[] } {
  const { publication, version, created, checkpoint, manifest, sums, statement, added, removed, changed } = packed;
  const signatures = new Map(packed.signatures);
  const made: Checkpoint[] = [];
  const publications = created.map((at, row): Publication => {
    const facts = versions[version[row] ?? -1];
    const name = manifest.name[row] ?? null;
    const manifestFile = unpackFile(manifest, row);
    const one: Checkpoint = {
      publication: publication[row] ?? 0,
      version: version[row] ?? 0,
      created: at,
      checkpoint: checkpoint[row] === true,
      manifest: name === null || manifestFile === undefined ? null : { name, ...manifestFile },
      sums: unpackFile(sums, row),
      statement: unpackFile(statement, row),
      signatures: signatures.get(row),
      added: added[row] ?? 0,
      removed: removed[row] ?? 0,
      changed: changed[row] ?? 0,
      root: given(facts).root,
      files: facts?.files ?? 0,
      bytes: facts?.bytes ?? 0,
      tombstone: undefined,
      labels: noLabels,
    };
    if (one.checkpoint) made.push(one);
    return one;
  });
  return { publications, made };
}

function unpackFile({ digest, bytes }: FileColumns, row: number): StoredFile | undefined {
  const one = digest[row] ?? null;
  return one === null ? undefined : { digest: one, bytes: bytes[row] ?? 0 };
}

/** Ascending by name. They were made in this order, unless some were filled in; one that was made again, which has a higher number, takes the place of the one before. */
function inOrder(made: readonly Checkpoint[]): Checkpoint[] {
  if (made.every(({ created }, index) => index === 0 || (made[index - 1]?.created ?? "") < created))
    return made.slice();
  const inTurn = made.toSorted((a, b) => a.publication - b.publication);
  const byName = new Map(inTurn.map((one) => [one.created, one]));
  return [...byName.values()].toSorted((a, b) => (a.created < b.created ? -1 : 1));
}

function given<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error("a packed history lacks something");
  return value;
}
