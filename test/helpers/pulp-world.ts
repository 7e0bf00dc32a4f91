import { createHash } from "node:crypto";

/** A publication of the stand-in, complete or not, checkpoint or not. */
export interface StandInPublication {
  readonly href: string;
  /** As Pulp writes it, with microseconds. */
  readonly created: string;
  readonly files: ReadonlyMap<string, string>;
  complete: boolean;
  checkpoint: boolean;
  /** Undefined: this plugin does not say. */
  readonly manifest: string | null | undefined;
  /** Files that are served and listed beside what the repository holds: PULP_MANIFEST. */
  readonly published: Map<string, string>;
}

export interface PulpWorld {
  readonly publications: StandInPublication[];
  /** `file/file`, `rpm/rpm`, `deb/apt`. */
  readonly plugin: string;
  readonly basePath: string;
  /** Seconds since 1970. */
  readonly now: () => number;
  /** Whether a path that the chosen checkpoint lacks is looked for in the newest publication (since 3.109). */
  gracePeriod: boolean;
  /** Told as `base_url`. */
  baseUrl: string;
}

export const contentPrefix = "/pulp/content/";

/** Newest first, as Pulp looks for the one at or before a second. Unfinished ones are served, too. */
export function checkpointsOf(world: PulpWorld): readonly StandInPublication[] {
  return world.publications
    .filter(({ checkpoint }) => checkpoint)
    .toSorted((a, b) => compareTimes(b.created, a.created));
}

/** By time: Pulp leaves out a fraction that is zero. */
export function compareTimes(a: string, b: string): number {
  const [left = "", right = ""] = [a, b].map((text) => text.replace("Z", ""));
  return left < right ? -1 : 1;
}

/** `2025-01-30T20:30:00.123456Z` as the directory that it is served in. */
export function secondOf(created: string): string {
  return `${created.slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
}

/** `30-Jan-2025 20:30`. */
export function listingDate(created: string): string {
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const month = months[Number(created.slice(5, 7)) - 1] ?? "";
  return `${created.slice(8, 10)}-${month}-${created.slice(0, 4)} ${created.slice(11, 16)}`;
}

/** What pulp_file writes: in no order that means anything, and without itself. */
export function pulpManifestOf(files: ReadonlyMap<string, string>): string {
  return [...files]
    .toReversed()
    .map(([path, body]) => `${path},${createHash("sha256").update(body).digest("hex")},${Buffer.byteLength(body)}\n`)
    .join("");
}
