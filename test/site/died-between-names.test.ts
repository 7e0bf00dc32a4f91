import { existsSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { aMirror, plainAndCheckpoints } from "../operations/mirror.ts";
import type { Mirror } from "../operations/mirror.ts";

/** A run gives its checkpoint's shared directories their names, a folder of them at a time, and then its root. What one that died in between left behind is not taken for whole. */
describe("a checkpoint after one whose run died between two names", () => {
  it.each([1, 5])(
    "has every directory, also those that the dead run gave no name to (%i are kept)",
    async (checkpoints) => {
      const mirror = aMirror({
        repository: { retain: { checkpoints } },
        distributions: { snapshots: plainAndCheckpoints.snapshots },
      });
      mirror.offer({ "A/B/file": "b", "A/f": "f" });
      await mirror.ok("update");
      const [first] = mirror.checkpoints();
      for (const lost of [`snapshots/repo/${first}`, ...sharedWith(mirror, "file")])
        rmSync(mirror.file(`public/${lost}`), { recursive: true });
      mirror.at(60);
      mirror.offer({ "A/B/file": "b", "A/f": "changed" });
      await mirror.ok("update");
      const newest = mirror.checkpoints().at(-1);
      expect(mirror.page(`snapshots/repo/${newest}/A/B/file`)).toBe("b");
      await mirror.ok("update");
      await mirror.ok("verify");
    },
  );

  /** Shared directories that hold a file of that name, below public/. */
  function sharedWith(mirror: Mirror, name: string): readonly string[] {
    const root = mirror.file("public/_asof/d");
    return readdirSync(root).flatMap((prefix) =>
      readdirSync(path.join(root, prefix))
        .filter((rest) => existsSync(path.join(root, prefix, rest, name)))
        .map((rest) => `_asof/d/${prefix}/${rest}`),
    );
  }
});
