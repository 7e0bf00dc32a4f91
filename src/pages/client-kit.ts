import type { RepositoryKind } from "../model/repository-kind.ts";
import type { Timestamp } from "../model/timestamp.ts";
import { aptPart } from "./kit/apt.ts";
import { snapshotServer } from "./kit/apt-snapshots.ts";
import type { AptArchivePlace } from "./kit/apt-snapshots.ts";
import { dnfPart } from "./kit/dnf.ts";
import { dockerfilePart } from "./kit/dockerfile.ts";
import { fetchPart } from "./kit/fetch.ts";
import { kitContext } from "./kit/kit-context.ts";
import type { KitFile } from "./kit/kit-part.ts";
import { mirrorlists } from "./kit/mirrorlist.ts";
import { npmPart } from "./kit/npm.ts";
import { pacmanPart } from "./kit/pacman.ts";
import { pipPart } from "./kit/pip.ts";
import { isPrintable } from "./kit/printable.ts";
import { zypperPart } from "./kit/zypper.ts";

/** What the lines for clients are made of. */
export interface KitInput {
  /** `site.url`, ending in a slash. */
  readonly url: string;
  /** Name of the checkpoint distribution, and its base path. */
  readonly distribution: string;
  readonly basePath: string;
  /** The newest checkpoint that is kept, what it is, and the name of its manifest. */
  readonly newest: Timestamp;
  readonly kind: RepositoryKind;
  readonly manifest: string | undefined;
  /** Base path of a plain distribution of the same repository. */
  readonly plainBasePath: string | undefined;
  /** Every Debian archive in a plain distribution of the site. */
  readonly aptArchives: readonly AptArchivePlace[];
}

/** Ready lines for the clients that can read a repository's newest checkpoint. */
export interface ClientKit {
  readonly newest: Timestamp;
  readonly clients: readonly KitClient[];
  /** How many names of the repository cannot be printed, so that lines are missing. */
  readonly leftOut: number;
  /** Whether the whole tree was searched for repositories. */
  readonly complete: boolean;
}

export interface KitClient {
  readonly title: string;
  readonly files: readonly KitFile[];
  /** What to know before any of the files is taken. */
  readonly note: string | undefined;
}

/**
 * The kit of a checkpoint distribution; undefined when its address cannot be printed. No line of it makes a client check less than it does by itself, but that of a Debian source at one exact
 * checkpoint, whose Release file has run out: there, and there alone, `Check-Valid-Until: no`.
 */
export function clientKit(input: KitInput): ClientKit | undefined {
  const context = kitContext(input);
  if (context === undefined) return undefined;
  const { kind, manifest, plainBasePath, aptArchives } = input;
  const live =
    plainBasePath === undefined
      ? undefined
      : { basePath: plainBasePath, server: snapshotServer(context.site, aptArchives) };
  const parts = [
    aptPart(context, kind.apt, live),
    dnfPart(context, kind.rpm),
    zypperPart(context, kind.rpm),
    pacmanPart(context, kind.pacman),
    pipPart(context, kind.python),
    npmPart(context, kind.npm),
  ];
  const always = [
    dockerfilePart(context, parts),
    fetchPart(context, manifest !== undefined && isPrintable(manifest) ? manifest : undefined),
  ];
  return {
    newest: context.newest,
    clients: [...parts, ...always]
      .filter(({ files }) => files.length > 0)
      .map(({ title, files, note }) => ({ title, files, note })),
    leftOut: parts.reduce((sum, part) => sum + part.leftOut, 0),
    complete: kind.complete,
  };
}

/** The files that pin clients to one checkpoint, by names relative to `<base path>/_asof/<time>/`; none where its address cannot be printed. */
export function checkpointPins(input: {
  readonly url: string;
  readonly distribution: string;
  readonly basePath: string;
  readonly at: Timestamp;
  readonly kind: RepositoryKind;
}): readonly KitFile[] {
  const context = kitContext({ ...input, newest: input.at });
  return context === undefined ? [] : mirrorlists(context, input.kind.rpm);
}
