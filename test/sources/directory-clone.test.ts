import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import { openMirror } from "../operations/mirror.ts";
import type { Mirror } from "../operations/mirror.ts";

/** Needs root and loop devices; asked of the system itself. */
const whyNot = ((): string | undefined => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "asof-clone-"));
  try {
    return mountXfs(folder, path.join(folder, "mounted"));
  } finally {
    spawnSync("umount", [path.join(folder, "mounted")]);
    rmSync(folder, { recursive: true, force: true });
  }
})();

describe.skipIf(whyNot !== undefined)(`a large file on XFS${whyNot === undefined ? "" : ` (${whyNot})`}`, () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "asof-clone-"));
  const mounted = path.join(folder, "mounted");
  let mirror: Mirror;
  beforeAll(() => {
    mountXfs(folder, mounted);
    vi.stubEnv("TMPDIR", mounted);
    mirror = openMirror({ repository: { remote: { type: "directory", path: "tree" } } });
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    spawnSync("umount", [mounted]);
    rmSync(folder, { recursive: true, force: true });
  });

  it("shares its blocks with the pool, and is another file", async () => {
    const megabytes = 48;
    const bytes = randomBytes(megabytes << 20);
    mirror.write("tree/small", "small");
    writeFileSync(mirror.file("tree/large"), bytes);
    const before = freeBytes(mounted);
    await mirror.ok("update");
    expect(before - freeBytes(mounted)).toBeLessThan((megabytes / 4) << 20);
    await mirror.ok("verify");
    expect(mirror.page("plain/PULP_MANIFEST")).toContain(createHash("sha256").update(bytes).digest("hex"));
    writeFileSync(mirror.file("tree/large"), "other bytes", { flag: "r+" });
    await mirror.ok("verify");
  });
});

function freeBytes(folder: string): number {
  spawnSync("sync", ["-f", folder]);
  const { bfree, bsize } = statfsSync(folder);
  return bfree * bsize;
}

/** Why it could not be, or undefined. */
function mountXfs(folder: string, mounted: string): string | undefined {
  const image = path.join(folder, "image");
  writeFileSync(image, "");
  truncateSync(image, 512 << 20);
  mkdirSync(mounted);
  for (const [command, ...argv] of [
    ["mkfs.xfs", "-q", "-m", "reflink=1", image],
    ["mount", "-o", "loop", image, mounted],
  ] as const) {
    const { status, error, stderr } = spawnSync(command, argv, { encoding: "utf8" });
    if (status !== 0) return error?.message ?? stderr.trim();
  }
  return undefined;
}
