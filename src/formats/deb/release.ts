/** How much of a Release file `readReleaseHead` wants: its fields stand before the lists of digests. */
export const releaseHeadBytes = 8192;

/** What the beginning of a Release or InRelease file says about its suite's past. */
export interface ReleaseHead {
  /** Whether it has a `Valid-Until`: past that second apt refuses the file. */
  readonly expires: boolean;
  /**
   * Whether apt takes snapshots of this suite from another server than the one that a line for the host names: the field `Snapshots` and, by apt's built-in defaults, the origins of Debian and
   * Ubuntu come before it (apt 2.7.12 to 3.1, debmetaindex.cc and init.cc).
   */
  readonly snapshotsElsewhere: boolean;
}

/** Reads the fields that stand before the lists of digests. `text` may end anywhere. */
export function readReleaseHead(text: string): ReleaseHead {
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const field = /^([A-Za-z0-9-]+):[ \t]*(.*?)[ \t\r]*$/.exec(line);
    if (field === null) continue;
    const [, name = "", value = ""] = field;
    if (/^(?:md5sum|sha\d+)$/i.test(name)) break;
    fields.set(name.toLowerCase(), value);
  }
  return {
    expires: fields.has("valid-until"),
    snapshotsElsewhere:
      fields.has("snapshots") ||
      /^(?:Debian|Ubuntu)$/.test(fields.get("origin") ?? "") ||
      fields.get("label") === "Debian-Security",
  };
}
