import type { MementoPaths } from "../model/memento.ts";
import type { Timeline } from "../model/timeline.ts";

/** What the preview server shows: everything that a web server would get from its generated rules. */
export interface PreviewSite {
  /** Absolute path of public/. */
  readonly publicDir: string;
  /** URL path where public/ is mounted, slashes at both ends. */
  readonly mount: string;
  /** Never overlapping. */
  readonly distributions: readonly PreviewDistribution[];
  /** Base64 SHA-256 of the one inline script that all pages share; without it no script runs. */
  readonly scriptHash?: string | undefined;
  /** Whether a repository holds a file of this SHA-256 (hex). Live reload alters pages of asof's own making: those that no repository holds, whatever their theme. */
  readonly isContent: (sha256: string) => boolean;
}

export interface PreviewDistribution {
  /** URL path with slashes at both ends, the mount included. */
  readonly base: string;
  readonly checkpoint: boolean;
  /** Only of checkpoint distributions; without one there is no checkpoint yet. */
  readonly timeline?: Timeline | undefined;
  /** Addresses of Memento: of a plain distribution those of the checkpoint distribution that holds its past, if there is one. */
  readonly past?: MementoPaths | undefined;
}
