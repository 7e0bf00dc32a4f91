import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";

import { describe, expect, it } from "vitest";
import { sha256Of } from "../helpers/origin-server.ts";
import { openMirror } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";

/** What runs remember of a source decides how long they take, and nothing else. */
describe("a source that is as the last run saw it", () => {
  it.each(["additive", "mirror"])("makes no version, with what was remembered and without (mode: %s)", async (mode) => {
    const mirror = openMirror({ remote: { mode } });
    mirror.offer({ a: "1", b: "2" });
    await mirror.ok("update");
    const events = mirror.events();
    expect(existsSync(mirror.file("state/cache/repo.manifest"))).toBe(true);
    await mirror.ok("update");
    rmSync(mirror.file("state/cache"), { recursive: true });
    mirror.at(1);
    await mirror.ok("update");
    expect(mirror.events()).toEqual(events);
  });

  it("is read again where what was remembered is damaged", async () => {
    const mirror = openMirror({});
    mirror.offer({ a: "1" });
    await mirror.ok("update");
    const memory = mirror.file("state/cache/repo.manifest");
    for (const damage of ["", "nonsense", `${readFileSync(memory, "utf8")}more`]) {
      writeFileSync(memory, damage);
      mirror.offer({ a: "1", [`b${damage.length}`]: "2" });
      mirror.at(10 + damage.length);
      await mirror.ok("update");
      expect(versions(mirror).at(-1)).toMatchObject({ files: mirror.checkpoints().length });
    }
  });

  it("drops what left the manifest when its mode becomes mirror, although the manifest is the same", async () => {
    const mirror = openMirror({ remote: { mode: "additive" } });
    mirror.offer({ a: "1", b: "2" });
    await mirror.ok("update");
    mirror.offer({ a: "1" });
    mirror.at(10);
    await mirror.ok("update");
    expect(versions(mirror).at(-1)).toMatchObject({ files: 2 });
    mirror.configure({ remote: { mode: "mirror" } });
    mirror.at(20);
    await mirror.ok("update");
    expect(versions(mirror).at(-1)).toMatchObject({ files: 1 });
  });

  it("is a new version without what was taken down meanwhile: of a manifest", async () => {
    const mirror = openMirror({});
    mirror.offer({ a: "1", b: "2" });
    await mirror.ok("update");
    mirror.at(10);
    await takeDownAndUpdate(mirror);
  });

  it("is a new version without what was taken down meanwhile: of a directory", async () => {
    const mirror = openMirror({ remote: { type: "directory", path: "tree", url: undefined } });
    mirror.setClock(Date.now() / 1000 + 10);
    mirror.write("tree/a", "1");
    mirror.write("tree/d/b", "2");
    await mirror.ok("update");
    expect(existsSync(mirror.file("state/cache/repo.version"))).toBe(true);
    await takeDownAndUpdate(mirror);
    await mirror.ok("update");
    expect(versions(mirror)).toHaveLength(2);
  });

  it("makes the same manifest and sums from a version's index as from its records", async () => {
    const names = ["z", "a b", "d/e/f", "d-1", "d/e-1", "ü"];
    const [kept, lost] = [0, 1].map(() => {
      const mirror = openMirror({ remote: { type: "directory", path: "tree", url: undefined } });
      mirror.setClock(1_800_000_000);
      return mirror;
    });
    if (kept === undefined || lost === undefined) throw new Error("there are two");
    for (const [round, name] of names.entries()) {
      for (const mirror of [kept, lost]) {
        mirror.write(`tree/${name}`, `${round}`);
        mirror.write("tree/d/changing", `round ${round}`);
        mirror.setClock(1_800_000_000 + round * 10);
        rmSync(mirror.file(mirror === lost ? "state/cache" : "no-such"), { recursive: true, force: true });
        await mirror.ok("update");
      }
      expect(proofs(kept)).toEqual(proofs(lost));
    }
    await kept.ok("verify");
  });
});

async function takeDownAndUpdate(mirror: Mirror): Promise<void> {
  await mirror.ok("take-down", sha256Of("2"), "--reason", "leaked");
  await mirror.ok("update");
  expect(versions(mirror).at(-1)).toMatchObject({ files: 1 });
}

function versions(mirror: Mirror) {
  return mirror.events().filter(({ type }) => type === "version");
}

/** Manifest and sums of every checkpoint. */
function proofs(mirror: Mirror): readonly string[] {
  return mirror
    .checkpoints()
    .flatMap((at) => [`snapshots/repo/${at}/PULP_MANIFEST`, `snapshots/repo/_asof/${at}/SHA256SUMS`])
    .map((file) => mirror.page(file));
}
