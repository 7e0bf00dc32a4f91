import { Failure } from "../../failure.ts";
import { parsePulpManifest } from "../../formats/file/pulp-manifest.ts";
import { compareNames } from "../../model/compare-names.ts";
import { isRelativePath } from "../../model/relative-path.ts";
import { sample } from "../../model/seeded-random.ts";
import type { Random } from "../../model/seeded-random.ts";
import { isTimestamp } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { encodeSegment } from "../../pages/encode-segment.ts";
import { readText } from "./compared-server.ts";
import type { ComparedServer } from "./compared-server.ts";
import { namesInListing } from "./names-in-listing.ts";
import type { KnownFiles } from "./plan-requests.ts";

const mostPageBytes = 64 * 1_048_576;
const mostManifestBytes = 256 * 1_048_576;

/** The checkpoints that a server's list links to, in order. Throws SOURCE_REFUSED where there is no list. */
export async function readTimes(server: ComparedServer): Promise<readonly Timestamp[]> {
  const page = await readText(server, "/", mostPageBytes);
  if (page !== undefined)
    return namesInListing(page)
      .flatMap(({ name }) => (isTimestamp(name) ? [name] : []))
      .toSorted();
  throw new Failure("SOURCE_REFUSED", `${server.base.href} has no list of checkpoints`, {
    hint: "give the address of the base path below which a server has its checkpoints",
  });
}

export interface ReadFilesOptions {
  /** How many files and how many folders are wanted, and how many listings may be read to find them. */
  readonly count: number;
  readonly random: Random;
}

/** Some of what the servers list in one checkpoint: by its manifest where it has one, else by its listings. */
export async function readFiles(
  servers: readonly ComparedServer[],
  at: Timestamp,
  { count, random }: ReadFilesOptions,
): Promise<KnownFiles> {
  const found = await Promise.all(
    servers.map(async (server) => (await filesInManifest(server, at)) ?? filesInListings(server, at, count, random)),
  );
  const files = [...new Set(found.flat())].toSorted(compareNames);
  const folders = [...new Set(files.flatMap(foldersAbove))].toSorted(compareNames);
  return { files: sample(files, count, random), folders: sample(folders, count, random) };
}

async function filesInManifest(server: ComparedServer, at: Timestamp): Promise<readonly string[] | undefined> {
  const text = await readText(server, `/${at}/PULP_MANIFEST`, mostManifestBytes);
  return text === undefined ? undefined : parsePulpManifest(text).entries.map(({ path }) => path);
}

/** Breadth first; of more listings than there may be, those that chance chooses. */
async function filesInListings(
  server: ComparedServer,
  at: Timestamp,
  most: number,
  random: Random,
): Promise<readonly string[]> {
  const files: string[] = [];
  const waiting = [""];
  for (let pages = 0; pages < most && waiting.length > 0; pages++) {
    const [folder = ""] = waiting.splice(pages === 0 ? 0 : Math.floor(random() * waiting.length), 1);
    const page = await readText(server, `/${at}/${folder.split("/").map(encodeSegment).join("/")}`, mostPageBytes);
    for (const { name, isFolder } of page === undefined ? [] : namesInListing(page)) {
      if (!isRelativePath(folder + name)) continue;
      if (isFolder) waiting.push(`${folder}${name}/`);
      else files.push(folder + name);
    }
  }
  return files;
}

function foldersAbove(path: string): readonly string[] {
  const segments = path.split("/");
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join("/"));
}
