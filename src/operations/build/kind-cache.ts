import { z } from "zod";

import { recognitionVersion } from "../../formats/repository-kind.ts";
import { isDigest } from "../../model/digest.ts";
import type { Digest } from "../../model/digest.ts";
import type { RepositoryKind } from "../../model/repository-kind.ts";
import { readIfThere, replaceFile } from "../../store/disk.ts";
import type { Workspace } from "../workspace.ts";

/** What roots of versions were recognized as, by their digests. The digest of a root tells all below it, so an answer holds for ever; losing it costs a look at the tree. */
export type KnownKinds = ReadonlyMap<Digest, RepositoryKind>;

/** Empty where there is no such file, or one that is damaged or was written by another way of recognizing. */
export function readKnownKinds({ store }: Pick<Workspace, "store">): KnownKinds {
  const text = readIfThere(store.layout.cacheFile(file))?.toString("utf8");
  const parsed = knownKinds.safeParse(text === undefined ? undefined : parseJson(text));
  return new Map(parsed.success ? parsed.data.kinds : []);
}

/** Replaces what is remembered. Needs the lock. */
export function writeKnownKinds({ store }: Pick<Workspace, "store">, kinds: KnownKinds): void {
  const json = { version: recognitionVersion, kinds: [...kinds] };
  replaceFile(store.layout.cacheFile(file), `${JSON.stringify(json)}\n`, 0o600);
}

const file = "kinds.json";

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const names = z.array(z.string());

const kind = z.object({
  apt: z.array(
    z.object({
      directory: z.string(),
      name: z.string(),
      components: names,
      architectures: names,
      expires: z.boolean(),
      snapshotsElsewhere: z.boolean(),
    }),
  ),
  rpm: names,
  pacman: z.array(z.object({ directory: z.string(), name: z.string() })),
  python: names,
  npm: names,
  complete: z.boolean(),
}) satisfies z.ZodType<RepositoryKind>;

const root = z.custom<Digest>((value) => typeof value === "string" && isDigest(value));

const knownKinds = z.object({
  version: z.literal(recognitionVersion),
  kinds: z.array(z.tuple([root, kind])),
});
