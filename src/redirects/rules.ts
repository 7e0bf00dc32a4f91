import type { Layout } from "../model/config.ts";
import type { ServerName } from "../model/server-name.ts";
import type { Timeline } from "../model/timeline.ts";

/** Everything that server rules are made of. */
export interface RulesInput {
  /** Prefix of every name that the rules define: `[a-z0-9]+`. */
  readonly siteName: string;
  /** URL path where public/ is mounted, slashes at both ends. */
  readonly mount: string;
  /** Absolute path of public/. */
  readonly publicDir: string;
  /** Absolute path of rules/: some servers read data files from there while they answer. */
  readonly rulesDir: string;
  readonly layout: Layout;
  /** Base64 SHA-256 of the one inline script that all pages share; without it no script runs. */
  readonly scriptHash?: string | undefined;
  /** URL path of the stylesheet that pages link to, where the theme has one. */
  readonly stylesheet?: string | undefined;
  /** Sorted by name. Times of a repository stand once in the rules, however many distributions serve it. */
  readonly repositories: readonly RulesRepository[];
  /** Sorted by base path; never overlapping. */
  readonly distributions: readonly RulesDistribution[];
}

export interface RulesRepository {
  readonly name: string;
  readonly timeline: Timeline;
  /** Length and last digest of the repository's log, printed as a comment: a site ahead of its state is found by them. */
  readonly log: { readonly length: number; readonly head: string };
}

export interface RulesDistribution {
  readonly name: string;
  readonly basePath: string;
  readonly repository: string;
  readonly checkpoint: boolean;
}

/** One generated file, `path` relative to rules/. */
export interface RulesFile {
  readonly path: string;
  readonly content: string;
}

/** A server language. Pure: the same input gives the same bytes. */
export interface Emitter {
  readonly server: ServerName;
  /** Files in the order in which they are to be replaced: one that needs another new comes after it. */
  render(input: RulesInput): readonly RulesFile[];
}
