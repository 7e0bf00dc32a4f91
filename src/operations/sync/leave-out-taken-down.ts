import type { Digest } from "../../model/digest.ts";
import type { SourceEntry } from "../../sources/source.ts";
import type { SourceRead } from "./read-source.ts";
import type { Workspace } from "../workspace.ts";

/** What was taken down does not come back, whatever the source says: its entries are left out, with a warning that names them. */
export function leaveOutTakenDown(
  { onProgress }: Pick<Workspace, "onProgress">,
  name: string,
  read: SourceRead,
  gone: ReadonlySet<Digest>,
): SourceRead {
  const { listing, stored } = read;
  const isGone = ({ path, digest }: SourceEntry): boolean => {
    const found = stored.get(path)?.digest ?? digest;
    return found !== undefined && gone.has(found);
  };
  const left = listing.entries.filter(isGone).map(({ path }) => JSON.stringify(path));
  if (left.length === 0) return read;
  const shown = left.length > 3 ? `${left.slice(0, 3).join(", ")} and ${left.length - 3} more` : left.join(", ");
  onProgress({ kind: "warning", text: `${name}: left out, because it was taken down: ${shown}` });
  return { ...read, listing: { ...listing, entries: listing.entries.filter((entry) => !isGone(entry)) } };
}
