import type { Timestamp } from "../model/timestamp.ts";

/** `public/site.json`: what the site holds, and how much history it knows. */
export interface SiteJson {
  readonly schemaVersion: 1;
  readonly title: string;
  /** Per repository the length of its log and the digest of the log's last line when this site was built. */
  readonly repositories: readonly SiteJsonRepository[];
  readonly distributions: readonly SiteJsonDistribution[];
}

export interface SiteJsonRepository {
  readonly name: string;
  readonly log: { readonly length: number; readonly head: string };
  readonly horizon: Timestamp | null;
}

export interface SiteJsonDistribution {
  readonly name: string;
  readonly repository: string;
  readonly base_path: string;
  readonly checkpoint: boolean;
  /** False for one that left the configuration and is still on disk. */
  readonly listed: boolean;
  readonly newest: Timestamp | null;
}

export function renderSiteJson(site: SiteJson): string {
  return `${JSON.stringify(site, undefined, 1)}\n`;
}
