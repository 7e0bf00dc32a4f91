import type { BasePath } from "./base-path.ts";
import type { Remote } from "./remote.ts";
import type { RetentionPolicy } from "./retention-policy.ts";
import type { HostName, ServerName } from "./server-name.ts";

/** The configuration as the code uses it: every field present, paths absolute, names checked against each other. */
export interface Config {
  /** Absolute path of the configuration file. */
  readonly file: string;
  readonly site: SiteSettings;
  /** Absolute paths. */
  readonly stateDir: string;
  readonly publicDir: string;
  readonly rulesDir: string;
  /** Web servers that rules are generated for. */
  readonly servers: readonly ServerName[];
  /** Hosts without a rule language whose own files are written beside the site. */
  readonly hosts: readonly HostName[];
  /** Whether new rules must pass the server's own syntax check, where it is installed, before they replace the old ones. */
  readonly checkRules: boolean;
  /** Folder with templates that replace built-in ones of the same name, or undefined. */
  readonly templatesDir: string | undefined;
  readonly theme: "default" | "classic";
  /** An argv list run after the rules changed, or undefined. */
  readonly reload: readonly string[] | undefined;
  /** How the statement about each checkpoint is signed, or undefined. `command` is an argv list with {file} and {signature} in it. */
  readonly sign: { readonly command: readonly string[]; readonly file: string } | undefined;
  readonly layout: Layout;
  readonly pruned: "gone" | "redirect";
  /** How long a pruned checkpoint stays on disk after the rules stopped naming it. */
  readonly graceSeconds: number;
  /** How long a plain distribution goes on serving paths that its newest publication dropped. */
  readonly gracePlainSeconds: number;
  readonly repositories: readonly RepositorySettings[];
  readonly distributions: readonly DistributionSettings[];
}

export type Layout = "shared" | "hardlinks" | "copies";

export interface SiteSettings {
  /** `[a-z0-9]+`: prefix of variables in server rules, so that several sites live in one server. */
  readonly name: string;
  readonly title: string;
  /** Public address, ending in a slash, or undefined when it was not given. */
  readonly url: string | undefined;
  /** The path of `url`, with slashes at both ends: where public/ is mounted. */
  readonly mount: string;
}

export interface RepositorySettings {
  readonly name: string;
  /** Undefined for a repository that only `asof import` fills. */
  readonly remote: Remote | undefined;
  /** Name of the generated manifest; undefined writes none. */
  readonly manifest: string | undefined;
  /** Whether each checkpoint gets a SHA256SUMS. */
  readonly sums: boolean;
  /** Whether checkpoint distributions say since when each path is as it is. */
  readonly history: boolean;
  readonly retain: RetentionPolicy;
  readonly settled: boolean;
  /** A run that found nothing new moves the horizon at most once in so many seconds. */
  readonly horizonStepSeconds: number;
  /** A sync that would lose more of the files than so many percent is refused; 100 refuses only an empty source. */
  readonly maxShrinkPercent: number;
  readonly fetch: FetchSettings;
}

export interface FetchSettings {
  readonly concurrency: number;
  readonly retries: number;
  /** No byte for so long ends a request. */
  readonly timeoutSeconds: number;
  readonly maxManifestBytes: number;
}

export interface DistributionSettings {
  readonly name: string;
  readonly repository: string;
  readonly basePath: BasePath;
  readonly checkpoint: boolean;
}
