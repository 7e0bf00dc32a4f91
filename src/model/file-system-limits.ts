/** What a kind of file system allows; undefined where there is no limit that a mirror could reach, or where nobody knows. */
export interface FileSystemLimits {
  readonly name: string;
  /** Names of one file. */
  readonly links: number | undefined;
  /** Directories in one directory. */
  readonly subdirectories: number | undefined;
}

/** By `f_type` of statfs(2). Sources: the kernel's EXT4_LINK_MAX, XFS_MAXLINK, BTRFS_LINK_MAX and F2FS_LINK_MAX. */
export function fileSystemLimits(type: number): FileSystemLimits {
  return known.get(type) ?? { name: "unknown", links: undefined, subdirectories: undefined };
}

/** A path that the kernel takes in one call: PATH_MAX, without the NUL at its end. */
export const longestPathBytes = 4095;

const known: ReadonlyMap<number, FileSystemLimits> = new Map([
  // Without its feature dir_nlink, which mke2fs has set since 2008, a directory has at most 64,998 others in it.
  [0xef53, { name: "ext4", links: 65_000, subdirectories: 64_998 }],
  [0x58_46_53_42, { name: "XFS", links: 2 ** 31 - 1, subdirectories: undefined }],
  [0x91_23_68_3e, { name: "Btrfs", links: 65_535, subdirectories: undefined }],
  [0xf2_f5_20_10, { name: "F2FS", links: 2 ** 32 - 1, subdirectories: undefined }],
  [0x01_02_19_94, { name: "tmpfs", links: undefined, subdirectories: undefined }],
  [0x2f_c1_2f_c1, { name: "ZFS", links: undefined, subdirectories: undefined }],
]);
