import path from "node:path";
import { fileURLToPath } from "node:url";

import { basePathsOverlap } from "../model/base-path.ts";
import { closestName } from "../model/closest-name.ts";
import type { Config } from "../model/config.ts";
import type { Remote } from "../model/remote.ts";
import type { Fault } from "./fault.ts";

/** A configuration and what its rules need to know of the world. */
export interface RuleInput {
  readonly config: Config;
  /** Every repository name that was written, also those whose settings are at fault. */
  readonly repositoryNames: readonly string[];
  /** Where an absolute path really leads, symbolic links followed as far as the path exists. */
  readonly realPath: (absolute: string) => string;
  /** Keys that were written at the top level: a fault in what holds between settings is shown at one of them. */
  readonly writtenKeys: readonly string[];
}

/** What must hold between settings; each rule yields a fault for each breach. */
export const rules: readonly ((input: RuleInput) => Iterable<Fault>)[] = [
  ownFoldersApart,
  configurationOutsideGenerated,
  templatesOutsideGenerated,
  remotesApartFromOwnFolders,
  secretsWhole,
  basePathsApart,
  repositoriesExist,
  redirectNeedsUnsettled,
  hostsNeedCopies,
  serversOrHosts,
];

/** State in the document root would be served to everybody; and each folder is swept by its own rules. */
function* ownFoldersApart(input: RuleInput): Iterable<Fault> {
  const folders = ownFolders(input.config);
  for (const [index, a] of folders.entries()) {
    for (const b of folders.slice(index + 1)) {
      const relation = relationOf(input, b.path, a.path);
      if (relation !== undefined) {
        yield fault([b.key], `${b.path} ${relation} ${a.key} (${a.path}); the two must lie apart`);
      }
    }
  }
}

function* configurationOutsideGenerated(input: RuleInput): Iterable<Fault> {
  for (const { key, path: folder } of generatedFolders(input.config)) {
    if (isInside(input.realPath(input.config.file), input.realPath(folder))) {
      yield fault([key], `${folder} contains the configuration file; all of ${key} is generated`);
    }
  }
}

function* templatesOutsideGenerated(input: RuleInput): Iterable<Fault> {
  const { templatesDir } = input.config;
  if (templatesDir === undefined) return;
  for (const { key, path: folder } of ownFolders(input.config)) {
    if (isInside(input.realPath(templatesDir), input.realPath(folder))) {
      yield fault(["templates"], `${templatesDir} is inside ${key} (${folder})`);
    }
  }
}

/** A source that holds our own output would take its checkpoints in again, each time more; one that holds the state would publish it. */
function* remotesApartFromOwnFolders(input: RuleInput): Iterable<Fault> {
  for (const { name, remote } of input.config.repositories) {
    if (remote === undefined) continue;
    const source = localPath(remote);
    if (source === undefined) continue;
    for (const { key, path: folder } of ownFolders(input.config)) {
      const relation = relationOf(input, source, folder);
      if (relation === undefined) continue;
      const setting = remote.type === "directory" ? "path" : "url";
      yield fault(
        ["repositories", name, "remote", setting],
        `${source} ${relation} ${key} (${folder}); the two must lie apart`,
      );
    }
  }
}

/** A password without a user would never be sent, and a key without a certificate means nothing. */
function* secretsWhole({ config }: RuleInput): Iterable<Fault> {
  for (const { name, remote } of config.repositories) {
    if (remote?.type !== "pulp") continue;
    const where = (key: string): readonly string[] => ["repositories", name, "remote", key];
    const { user, passwordFile, keyFile, certificateFile } = remote;
    if (user !== undefined && passwordFile === undefined) yield fault(where("user"), "needs password_file beside it");
    if (user === undefined && passwordFile !== undefined) yield fault(where("password_file"), "needs user beside it");
    if (keyFile !== undefined && certificateFile === undefined) {
      yield fault(where("key_file"), "needs certificate_file beside it");
    }
  }
}

function* basePathsApart({ config }: RuleInput): Iterable<Fault> {
  for (const [index, later] of config.distributions.entries()) {
    for (const earlier of config.distributions.slice(0, index)) {
      if (!basePathsOverlap(earlier.basePath, later.basePath)) continue;
      yield fault(
        ["distributions", later.name, "base_path"],
        `"${later.basePath}" overlaps "${earlier.basePath}" of distribution ${earlier.name}: no base path may equal another or lie below it`,
      );
    }
  }
}

function* repositoriesExist({ config, repositoryNames }: RuleInput): Iterable<Fault> {
  const names = new Set(repositoryNames);
  for (const { name, repository } of config.distributions) {
    if (names.has(repository)) continue;
    const meant = closestName(repository, repositoryNames);
    const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
    yield fault(["distributions", name, "repository"], `there is no repository ${JSON.stringify(repository)}${hint}`);
  }
}

function* redirectNeedsUnsettled({ config }: RuleInput): Iterable<Fault> {
  if (config.pruned !== "redirect") return;
  for (const { name, settled } of config.repositories) {
    if (!settled) continue;
    yield fault(
      ["repositories", name, "settled"],
      "must be false with pruned: redirect, because the answer for a time changes when its checkpoint is pruned",
    );
  }
}

/** GitHub refuses an artifact with links in it, others leave them out or copy what they lead to again and again. */
function* hostsNeedCopies({ config, writtenKeys }: RuleInput): Iterable<Fault> {
  if (config.hosts.length === 0 || config.layout === "copies") return;
  yield writtenKeys.includes("layout")
    ? fault(["layout"], `must be copies with hosts: ${config.hosts.join(", ")}; most of them take no links`)
    : fault(["hosts"], "needs layout: copies beside it; most hosts take no links");
}

function* serversOrHosts({ config }: RuleInput): Iterable<Fault> {
  if (config.servers.length > 0 || config.hosts.length > 0) return;
  yield fault(["servers"], "names no server, and there are no hosts: mirrored files are served under rules alone");
}

interface OwnFolder {
  readonly key: "state" | "output" | "rules";
  readonly path: string;
}

function ownFolders(config: Config): readonly OwnFolder[] {
  return [{ key: "state", path: config.stateDir }, ...generatedFolders(config)];
}

function generatedFolders(config: Config): readonly OwnFolder[] {
  return [
    { key: "output", path: config.publicDir },
    { key: "rules", path: config.rulesDir },
  ];
}

/** Where a remote reads on this machine, or undefined. */
export function localPath(remote: Remote): string | undefined {
  if (remote.type === "directory") return remote.path;
  if (remote.type === "pulp") return undefined;
  return remote.url.startsWith("file:") ? fileURLToPath(remote.url) : undefined;
}

function relationOf({ realPath }: RuleInput, a: string, b: string): string | undefined {
  const [x, y] = [realPath(a), realPath(b)];
  if (x === y) return "is the same as";
  if (isInside(x, y)) return "is inside";
  return isInside(y, x) ? "contains" : undefined;
}

/** Whether `inner` is `outer` or below it. Both absolute and normalised. */
function isInside(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith(path.sep) ? outer : `${outer}${path.sep}`);
}

function fault(where: readonly string[], message: string): Fault {
  return { path: where, at: "value", message };
}
