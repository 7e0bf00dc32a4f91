import { spawnSync } from "node:child_process";
import {
  closeSync,
  fdatasyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";

/** A file system of its own that can lose power: what its kernel has not brought to the disk is then gone. */
export interface PowerSupply {
  /** Brings everything to the disk. */
  settle(): void;
  /** Lets a random part of what was written reach the disk first, as the kernel does when it likes; then cuts the power and mounts what is left, which replays the journal. */
  cut(random: () => number): void;
  /** Unmounts it for good. */
  close(): void;
}

export const journals = ["ext4", "xfs"] as const;
export type Journal = (typeof journals)[number];

const imageBytes = 400 * 2 ** 20;

/** Makes a file system in a file, mounts it at `folder`, and supplies it with power. Needs root, loop devices, and xfs_io, whose `shutdown` is the ioctl that cuts (FS_IOC_GOINGDOWN without a flush of the log). */
export function supplyPower(journal: Journal, folder: string): PowerSupply {
  const image = `${folder}.image`;
  writeFileSync(image, "");
  truncateSync(image, imageBytes);
  run(`mkfs.${journal}`, "-q", journal === "xfs" ? "-f" : "-F", image);
  mkdirSync(folder, { recursive: true });
  const mount = (): void => run("mount", "-o", "loop", image, folder);
  mount();
  return {
    settle: () => run("sync", "-f", folder),
    cut(random) {
      const share = [0, 0.1, 0.5, 1][Math.floor(random() * 4)] ?? 0;
      for (const file of filesBelow(folder)) if (random() < share) writeBack(file);
      run("xfs_io", "-x", "-c", "shutdown", folder);
      run("umount", folder);
      waitUntilFree(image);
      mount();
    },
    close() {
      run("umount", folder);
      rmSync(image);
    },
  };
}

/** Why power cannot be cut here, or undefined. Asked of the system itself: a container may have root and no mounts. */
export function whyNoPower(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root, to mount file systems";
  for (const program of ["xfs_io", ...journals.map((journal) => `mkfs.${journal}`)]) {
    if (spawnSync("sh", ["-c", `command -v ${program}`]).status !== 0) return `needs ${program}`;
  }
  const folder = path.join(os.tmpdir(), `asof-power-${process.pid}`);
  try {
    supplyPower("ext4", folder).close();
    return undefined;
  } catch (error) {
    rmSync(`${folder}.image`, { force: true });
    return `needs to mount file systems: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Another mount namespace, made at the same moment, may hold a copy of the mount for a while: mounted again meanwhile, it would be the file system that is shut down. */
function waitUntilFree(image: string): void {
  for (const begun = performance.now(); performance.now() - begun < 10_000;) {
    if (spawnSync("losetup", ["-j", image], { encoding: "utf8" }).stdout === "") return;
    spawnSync("sleep", ["0.05"]);
  }
  throw new Error(`${image} is still in use`);
}

function filesBelow(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted();
  return names.map((name) => path.join(folder, name)).filter((file) => lstatSync(file).isFile());
}

function writeBack(file: string): void {
  const handle = openSync(file, "r");
  fdatasyncSync(handle);
  closeSync(handle);
}

function run(command: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? stderr}`);
}
