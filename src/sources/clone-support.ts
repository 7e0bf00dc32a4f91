import type { StateColumns } from "./file-state.ts";
import { fileSystemType } from "./file-system-type.ts";

/** Answers whether a copy of a file may share its blocks (FICLONE), as far as the kinds of file system tell: asked once for each device. What they promise may still fail for a file. */
export function openCloneSupport(): (state: StateColumns, real: string, folder: string) => boolean {
  const known = new Map<bigint, boolean>();
  return ({ states, at }, real, folder) => {
    const device = states[at * 5] ?? 0n;
    const there = known.get(device);
    if (there !== undefined) return there;
    const type = fileSystemType(real);
    if (type === undefined) return false;
    const canClone = cloning.has(type) && type === fileSystemType(folder);
    known.set(device, canClone);
    return canClone;
  };
}

/** XFS, Btrfs, ZFS, bcachefs. */
const cloning: ReadonlySet<number> = new Set([0x58465342, 0x9123683e, 0x2fc12fc1, 0xca451a4e]);
