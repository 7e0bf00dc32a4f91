import type { StateColumns } from "./file-state.ts";
import { fileSystemType } from "./file-system-type.ts";

/**
 * What times of a file system say. `all`: this machine's kernel gives a file, and a directory, a new time whenever it changes, and nobody else can. `files`: a file that changes has another state, by a server's clock perhaps, but
 * a directory can have other names under the same times (an overlay whose layer was changed while it was not mounted). `nothing`: whoever made the image or the driver makes up the times as well.
 */
export type TrustedTimes = "all" | "files" | "nothing";

/** Asks statfs(2) once for each device; `real` is a place on it. */
export function openTrustedTimes(): (state: StateColumns, real: string) => TrustedTimes {
  const known = new Map<bigint, TrustedTimes>();
  return ({ states, at }, real) => {
    const device = states[at * 5] ?? 0n;
    const there = known.get(device);
    if (there !== undefined) return there;
    const type = fileSystemType(real);
    if (type === undefined) return "nothing";
    const trusted = timesOf(type);
    known.set(device, trusted);
    return trusted;
  };
}

function timesOf(type: number): TrustedTimes {
  if (ownTimes.has(type)) return "all";
  return otherTimes.has(type) ? "files" : "nothing";
}

/** ext2 to ext4, XFS, Btrfs, tmpfs, ZFS, F2FS. */
const ownTimes: ReadonlySet<number> = new Set([0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x2fc12fc1, 0xf2f52010]);

/** NFS, CIFS, SMB2, Ceph, Lustre, overlayfs, eCryptfs, bcachefs. */
const otherTimes: ReadonlySet<number> = new Set([
  0x6969, 0xff534d42, 0xfe534d42, 0x00c36400, 0x0bd00bd0, 0x794c7630, 0xf15f, 0xca451a4e,
]);
