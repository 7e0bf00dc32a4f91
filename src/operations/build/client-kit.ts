import { closeSync, existsSync, openSync, readSync } from "node:fs";
import path from "node:path";

import { hasErrorCode } from "../../error-code.ts";
import { releaseHeadBytes } from "../../formats/deb/release.ts";
import { recognizeRepository } from "../../formats/repository-kind.ts";
import type { DistributionSettings } from "../../model/config.ts";
import type { Digest } from "../../model/digest.ts";
import { keptCheckpoints, newestKept, newestPublication } from "../../model/history.ts";
import type { Checkpoint } from "../../model/history.ts";
import type { RepositoryKind } from "../../model/repository-kind.ts";
import { checkpointPins, clientKit } from "../../pages/client-kit.ts";
import type { ClientKit, KitInput } from "../../pages/client-kit.ts";
import type { KitFile } from "../../pages/kit/kit-part.ts";
import type { Store } from "../../store/open-store.ts";
import { readKnownKinds } from "./kind-cache.ts";
import type { KnownKinds } from "./kind-cache.ts";
import type { Workspace } from "../workspace.ts";

/** The kits of checkpoint distributions, as the state is now. A tree is looked at once: reading the record of a directory with 500,000 files takes seconds. */
export interface ClientKits {
  /** Undefined without `site.url`, without a checkpoint, and where the address cannot be printed. */
  of(distribution: DistributionSettings): ClientKit | undefined;
  /** What is to be remembered of the trees that were asked about; undefined when all of it is known already. */
  news(): KnownKinds | undefined;
}

export function openClientKits({ config, store }: Workspace): ClientKits {
  const asked = new Map<Digest, RepositoryKind>();
  let remembered: KnownKinds | undefined;
  let archives: KitInput["aptArchives"] | undefined;

  function kindOf(root: Digest): RepositoryKind {
    remembered ??= readKnownKinds({ store });
    const kind = asked.get(root) ?? remembered.get(root) ?? recognize(store, root);
    asked.set(root, kind);
    return kind;
  }

  function aptArchives(): KitInput["aptArchives"] {
    archives ??= config.distributions.flatMap(({ basePath, repository, checkpoint }) => {
      const history = store.repository(repository)?.history;
      const published = history === undefined ? undefined : newestPublication(history);
      const root = history?.versions[published?.version ?? -1]?.root;
      if (checkpoint || root === undefined) return [];
      const directories = new Set(kindOf(root).apt.map(({ directory }) => directory));
      const checkpoints = basePathsOf(repository, true)[0];
      return [...directories].map((directory) => ({ basePath, directory, checkpoints }));
    });
    return archives;
  }

  function basePathsOf(repository: string, checkpoint: boolean): readonly string[] {
    return config.distributions
      .filter((one) => one.repository === repository && one.checkpoint === checkpoint)
      .map(({ basePath }) => basePath)
      .toSorted();
  }

  return {
    news: () => ([...asked.keys()].every((root) => remembered?.has(root)) ? undefined : asked),
    of({ name, basePath, repository }) {
      const { url } = config.site;
      const history = store.repository(repository)?.history;
      const newest = history === undefined ? undefined : newestKept(history);
      if (url === undefined || newest === undefined) return undefined;
      const kind = kindOf(newest.root);
      return clientKit({
        url,
        distribution: name,
        basePath,
        newest: newest.created,
        kind,
        manifest: newest.manifest?.name,
        plainBasePath: basePathsOf(repository, false)[0],
        aptArchives: kind.apt.length === 0 ? [] : aptArchives(),
      });
    },
  };
}

/** The files of one checkpoint that pin clients to it, by names relative to its folder below `_asof`. */
export function pinsOf(
  { config, store }: Workspace,
  { name, basePath }: DistributionSettings,
  { created, root }: Checkpoint,
): readonly KitFile[] {
  const { url } = config.site;
  if (url === undefined) return [];
  return checkpointPins({ url, distribution: name, basePath, at: created, kind: recognize(store, root) });
}

/** Pins of kept checkpoints that say an address which is not given any more. */
export function stalePins(workspace: Workspace): readonly string[] {
  const { config, store, publicLayout } = workspace;
  return config.distributions
    .filter(({ checkpoint }) => checkpoint)
    .flatMap((distribution) => {
      const history = store.repository(distribution.repository)?.history;
      return (history === undefined ? [] : keptCheckpoints(history)).flatMap((checkpoint) => {
        const pins = path.join(publicLayout.beside(distribution.basePath, checkpoint.created), "mirrorlist");
        return existsSync(pins) && pinsOf(workspace, distribution, checkpoint).length === 0 ? [pins] : [];
      });
    });
}

function recognize(store: Store, root: Digest): RepositoryKind {
  return recognizeRepository(root, {
    tree: (digest) => store.tree(digest),
    head: (digest) => readBeginning(store.layout.object(digest), releaseHeadBytes),
  });
}

/** "" for an object that is not there: `verify` is what complains of that. */
function readBeginning(file: string, bytes: number): string {
  try {
    const descriptor = openSync(file, "r");
    try {
      const buffer = Buffer.alloc(bytes);
      return buffer.toString("utf8", 0, readSync(descriptor, buffer));
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return "";
    throw error;
  }
}
