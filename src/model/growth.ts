import { changeWithin } from "./change-curve.ts";
import type { ChangeAmount, ChangeCurve, ChangingContent } from "./change-curve.ts";
import type { Layout } from "./config.ts";
import { historyAmount } from "./history-growth.ts";

/** What one version of a repository is like. */
export interface ContentFacts extends ChangingContent {
  /** Different contents: as many objects in the pool. */
  readonly contents: number;
  readonly contentBytes: number;
  /** The same as the file system counts them, in whole blocks. */
  readonly contentDiskBytes: number;
  /** How many paths have the content that most of them have. Empty files aside, which are never linked. */
  readonly mostPaths: number;
  readonly emptyFiles: number;
  /** Directories with an `index.html` of their own. */
  readonly ownListings: number;
  readonly topDirectories: number;
  readonly nameBytes: number;
  readonly longestPathBytes: number;
  /** Of what is made for each checkpoint and names every file. */
  readonly manifestBytes: number;
  readonly sumsBytes: number;
}

/** A repository as it grows, and what is configured for it. */
export interface GrowingRepository {
  readonly facts: ContentFacts;
  /** The second at which it was so. */
  readonly factsAt: number;
  readonly change: ChangeCurve;
  /** Files more, each second. */
  readonly addedPerSecond: number;
  readonly layout: Layout;
  readonly checkpointDistributions: number;
  readonly plainDistributions: number;
  readonly hasManifest: boolean;
  readonly hasSums: boolean;
  readonly signatures: number;
  readonly page: PageBytes;
  /** What tells the changes of one checkpoint: how many inodes, bytes without a change, and for each. */
  readonly changes: { readonly inodes: number; readonly empty: number; readonly row: number };
  /** Whether it is told since when each path is as it is. */
  readonly hasHistory: boolean;
  readonly blockBytes: number;
}

/** Bytes of a listing page of the theme. */
export interface PageBytes {
  /** Without a row, and for each. */
  readonly empty: number;
  readonly row: number;
  /** From so many rows on there is more to it. */
  readonly manyRows: number;
  readonly ofMany: number;
  /** What the page of a checkpoint has besides, where its rows are many and where they are not. */
  readonly ofRoot: number;
  readonly ofSmallRoot: number;
}

/** What state and site hold for a repository, lists and rules aside. */
export interface Amount {
  /** Bytes of the pool, `state/objects`. */
  readonly poolBytes: number;
  /** Bytes that the file system gives for everything, in whole blocks. */
  readonly diskBytes: number;
  readonly inodes: number;
}

/** What the kept checkpoints of these seconds (ascending) need. */
export function amountOf(repository: GrowingRepository, kept: readonly number[]): Amount {
  const [oldest, ...others] = kept;
  if (oldest === undefined) return { poolBytes: 0, diskBytes: 0, inodes: 0 };
  const first = scaleAt(repository, oldest);
  const { facts } = repository;
  let contents = facts.contents * first;
  let poolBytes = facts.contentBytes * first;
  let directories = facts.directories * first;
  let scales = first;
  let before = oldest;
  // Distances repeat: a cadence has one, and rules of periods a few more.
  const changes = new Map<number, ChangeAmount>();
  for (const at of others) {
    const apart = at - before;
    const change = changes.get(apart) ?? changeWithin(repository.change, apart, facts);
    changes.set(apart, change);
    contents += change.files;
    poolBytes += change.bytes;
    directories += change.directories;
    scales += scaleAt(repository, at);
    before = at;
  }
  const newest = scaleAt(repository, before);
  return placed(repository, {
    contents,
    contentBytes: poolBytes,
    directories,
    changed: contents - facts.contents * first,
    checkpoints: kept.length,
    scales,
    newest,
  });
}

/** What one more checkpoint costs, `seconds` after the one before. */
export function amountOfOne(repository: GrowingRepository, seconds: number): Amount {
  const at = repository.factsAt;
  const [one, two] = [amountOf(repository, [at]), amountOf(repository, [at, at + seconds])];
  return {
    poolBytes: two.poolBytes - one.poolBytes,
    diskBytes: two.diskBytes - one.diskBytes,
    inodes: two.inodes - one.inodes,
  };
}

interface Distinct {
  readonly contents: number;
  readonly contentBytes: number;
  /** Different directories over all checkpoints, roots aside. */
  readonly directories: number;
  /** Files that checkpoints changed, all together. */
  readonly changed: number;
  readonly checkpoints: number;
  /** Sum over checkpoints of how large each is, the content of the facts being 1; and the newest of them. */
  readonly scales: number;
  readonly newest: number;
}

function placed(repository: GrowingRepository, distinct: Distinct): Amount {
  const {
    facts,
    layout,
    checkpointDistributions: sites,
    plainDistributions: plains,
    hasManifest,
    hasSums,
  } = repository;
  const { contents, contentBytes, directories, changed, checkpoints, scales, newest } = distinct;
  const blocks = (bytes: number): number => Math.ceil(bytes / repository.blockBytes) * repository.blockBytes;
  // Of things of different sizes the mean says only about how many blocks they have: a half more than their bytes fill.
  const unevenBlocks = (bytes: number): number => Math.max(repository.blockBytes, bytes + repository.blockBytes / 2);
  const folders = facts.directories + 1;
  const rows = (facts.files + facts.directories) / folders;
  const nameBytes = facts.nameBytes / Math.max(1, facts.files);
  const withPage = 1 - facts.ownListings / folders;
  const emptyInEach = facts.emptyFiles / folders;
  const folderBytes = unevenBlocks(rows * (nameBytes + 12));
  const { page } = repository;
  const isMany = rows >= page.manyRows;
  const pageBytes = unevenBlocks(page.empty + rows * page.row + (isMany ? page.ofMany : 0)) * withPage;
  const rootBytes = (isMany ? page.ofRoot : page.ofSmallRoot) * withPage;
  const recordBytes = unevenBlocks(60 + rows * (nameBytes + 95));

  const manifests = hasManifest ? facts.manifestBytes * scales : 0;
  const sums = hasSums ? facts.sumsBytes * scales : 0;
  const small = checkpoints * (1 + repository.signatures);
  const generated = checkpoints * ((hasManifest ? 1 : 0) + (hasSums ? 1 : 0)) + small;
  const records = directories + checkpoints;
  const slack = (facts.contentDiskBytes - facts.contentBytes) / Math.max(1, facts.contents);

  const pool = contentBytes + manifests + sums + small * statementBytes;
  let inodes = contents + generated + records + foldersOfTwoDigits(contents + generated) + foldersOfTwoDigits(records);
  let disk =
    contentBytes +
    contents * slack +
    records * recordBytes +
    small * blocks(statementBytes) +
    (hasManifest ? checkpoints * blocks(manifests / checkpoints) : 0) +
    (hasSums ? checkpoints * blocks(sums / checkpoints) : 0);

  // The caches of the state name every file twice.
  disk += 2 * facts.sumsBytes * newest;
  // A folder beside each checkpoint, and the folders of the records.
  inodes += sites * (checkpoints + foldersOfTwoDigits(records));
  disk += sites * (checkpoints + foldersOfTwoDigits(records)) * blocks(1);
  const { changes } = repository;
  inodes += sites * checkpoints * changes.inodes;
  disk += sites * checkpoints * unevenBlocks(changes.empty + (changes.row * changed) / checkpoints);
  disk += sites * checkpoints * (changes.inodes - 1) * blocks(1);

  if (repository.hasHistory) {
    const pathBytes = facts.sumsBytes / Math.max(1, facts.files) - sumsLineBytes;
    const paths = facts.files * newest;
    const told = historyAmount({ paths, pathBytes, events: paths + changed }, repository.blockBytes);
    inodes += sites * told.inodes;
    disk += sites * told.diskBytes;
  }

  if (layout === "shared") {
    const roots = sites * checkpoints + plains;
    // The directory, its page, the symlink that leads to it.
    inodes += directories * (2 + withPage + emptyInEach) + foldersOfTwoDigits(directories);
    inodes += roots * (1 + withPage + emptyInEach);
    const topShare = facts.topDirectories / Math.max(1, facts.directories);
    inodes += Math.max(0, sites - 1) * directories * topShare + plains * facts.topDirectories;
    disk += (directories + roots) * (folderBytes + pageBytes) + foldersOfTwoDigits(directories) * blocks(1);
    disk += sites * checkpoints * rootBytes;
  } else {
    const trees = sites * scales + plains * newest;
    inodes += trees * (folders * (1 + withPage) + facts.emptyFiles);
    disk += trees * folders * (folderBytes + pageBytes) + sites * checkpoints * rootBytes;
    if (layout === "copies") {
      const copied = sites * checkpoints + plains;
      inodes += trees * (facts.files - facts.emptyFiles) + (hasManifest ? copied : 0);
      inodes += sites * (records + generated - (hasManifest ? checkpoints : 0));
      disk +=
        trees * (facts.bytes + facts.files * slack) + (hasManifest ? copied * blocks(manifests / checkpoints) : 0);
      disk += sites * (records * recordBytes + small * blocks(statementBytes));
      disk += hasSums ? sites * checkpoints * blocks(sums / checkpoints) : 0;
    }
  }
  return { poolBytes: pool, diskBytes: disk, inodes };
}

/** How large the content is at a second, that of the facts being 1. */
function scaleAt({ facts, factsAt, addedPerSecond }: GrowingRepository, at: number): number {
  return facts.files === 0 ? 1 : Math.max(0, 1 + ((at - factsAt) * addedPerSecond) / facts.files);
}

/** Things that are named by a digest lie in folders named by its first two digits: how many of those so many things have. */
function foldersOfTwoDigits(things: number): number {
  return 256 * (1 - (255 / 256) ** things);
}

/** A line of SHA256SUMS without its path. */
const sumsLineBytes = 67;
/** Of a `checkpoint.txt`, or a signature of it. */
const statementBytes = 400;
