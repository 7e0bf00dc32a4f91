import path from "node:path";

import { parseBasePath } from "../model/base-path.ts";
import { compareNames } from "../model/compare-names.ts";
import type { Config, DistributionSettings, RepositorySettings, SiteSettings } from "../model/config.ts";
import type { Remote } from "../model/remote.ts";
import { parseRelativePath } from "../model/relative-path.ts";
import type { RetentionPolicy } from "../model/retention-policy.ts";
import { hostNames, serverNames } from "../model/server-name.ts";
import type { WrittenConfig, WrittenDistribution, WrittenRepository, WrittenRetention } from "./written-config.ts";
import type { WrittenRemote } from "./written-remote.ts";

/** The one way from what a person wrote to what the code uses. `file` is absolute; relative paths are relative to its folder. Pure. */
export function normalizeConfig(written: WrittenConfig, file: string): Config {
  const folder = path.dirname(file);
  const absolute = (value: string): string => path.resolve(folder, value);
  return {
    file,
    site: site(written.site),
    stateDir: absolute(written.state),
    publicDir: absolute(written.output),
    rulesDir: absolute(written.rules),
    servers: serverNames.filter((server) => written.servers.includes(server)),
    hosts: hostNames.filter((host) => written.hosts.includes(host)),
    checkRules: written.check_rules,
    templatesDir: written.templates === undefined ? undefined : absolute(written.templates),
    theme: written.theme,
    reload: written.reload,
    sign: written.sign,
    layout: written.layout,
    pruned: written.pruned,
    graceSeconds: written.grace,
    gracePlainSeconds: written.grace_plain,
    repositories: byName(written.repositories, (name, settings) => repository(name, settings, absolute)),
    distributions: byName(written.distributions, distribution),
  };
}

function site({ name, title, url: writtenUrl }: WrittenConfig["site"]): SiteSettings {
  if (writtenUrl === undefined) return { name, title, url: undefined, mount: "/" };
  const url = new URL(writtenUrl.endsWith("/") ? writtenUrl : `${writtenUrl}/`);
  return { name, title, url: url.href, mount: url.pathname };
}

function repository(name: string, written: WrittenRepository, absolute: (value: string) => string): RepositorySettings {
  return {
    name,
    remote: written.remote === undefined ? undefined : remote(written.remote, absolute),
    manifest: written.manifest ?? undefined,
    sums: written.sums,
    retain: retention(written.retain),
    settled: written.settled,
    horizonStepSeconds: written.horizon_step,
    maxShrinkPercent: written.max_shrink,
    fetch: {
      concurrency: written.fetch.concurrency,
      retries: written.fetch.retries,
      timeoutSeconds: written.fetch.timeout,
      maxManifestBytes: written.fetch.max_manifest,
    },
  };
}

function retention({ within, labels, ...counts }: WrittenRetention): RetentionPolicy {
  return {
    checkpoints: counts.checkpoints ?? undefined,
    last: counts.last ?? undefined,
    hourly: counts.hourly ?? undefined,
    daily: counts.daily ?? undefined,
    weekly: counts.weekly ?? undefined,
    monthly: counts.monthly ?? undefined,
    yearly: counts.yearly ?? undefined,
    withinSeconds: within ?? undefined,
    labels: labels ?? undefined,
  };
}

function remote(written: WrittenRemote, absolute: (value: string) => string): Remote {
  if (written.type === "file") return { type: "file", url: new URL(written.url).href, mode: written.mode };
  if (written.type === "pulp") return pulpRemote(written, absolute);
  const { type, include, exclude, symlinks } = written;
  const ready = written.ready === undefined ? undefined : parseRelativePath(written.ready);
  return { type, path: absolute(written.path), include, exclude, symlinks, ready };
}

function pulpRemote(
  written: Extract<WrittenRemote, { type: "pulp" }>,
  absolute: (value: string) => string,
): Extract<Remote, { type: "pulp" }> {
  const file = (value: string | undefined): string | undefined => (value === undefined ? undefined : absolute(value));
  return {
    type: "pulp",
    url: folderUrl(written.url),
    api: written.api === undefined ? undefined : folderUrl(written.api),
    distribution: written.distribution,
    user: written.user,
    passwordFile: file(written.password_file),
    headersFile: file(written.headers_file),
    caFile: file(written.ca_file),
    certificateFile: file(written.certificate_file),
    keyFile: file(written.key_file),
    followRetention: written.follow_retention,
  };
}

function folderUrl(text: string): string {
  return new URL(text.endsWith("/") ? text : `${text}/`).href;
}

function distribution(name: string, written: WrittenDistribution): DistributionSettings {
  const basePath = parseBasePath(written.base_path);
  if (basePath === undefined) throw new Error(`base path ${written.base_path} was not checked`);
  return { name, repository: written.repository, basePath, checkpoint: written.checkpoint };
}

/** Sorted, because the order in a file must not change a byte of what is generated. */
function byName<Written, Settings>(
  written: Readonly<Record<string, Written>>,
  normalize: (name: string, settings: Written) => Settings,
): readonly Settings[] {
  return Object.entries(written)
    .toSorted(([a], [b]) => compareNames(a, b))
    .map(([name, settings]) => normalize(name, settings));
}
