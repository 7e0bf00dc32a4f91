import { chmodSync, chownSync, mkdirSync } from "node:fs";
import process from "node:process";

import { describe, expect, it } from "vitest";

import { ownerProblem } from "../../src/operations/check-owners.ts";
import { aMirror, said } from "../operations/mirror.ts";
import type { Mirror } from "../operations/mirror.ts";

describe("a directory is root's alone", () => {
  it.each([
    [{ uid: 0, gid: 0, mode: 0o40755 }, undefined],
    [{ uid: 0, gid: 0, mode: 0o40775 }, undefined],
    [{ uid: 0, gid: 33, mode: 0o40755 }, undefined],
    [{ uid: 0, gid: 0, mode: 0o41777 }, undefined],
    [{ uid: 0, gid: 33, mode: 0o41775 }, undefined],
    [{ uid: 0, gid: 33, mode: 0o40775 }, "may be written by group 33"],
    [{ uid: 0, gid: 0, mode: 0o40777 }, "may be written by every user"],
    [{ uid: 1000, gid: 0, mode: 0o40700 }, "belongs to user 1000"],
    [{ uid: 65534, gid: 65534, mode: 0o41755 }, "belongs to user 65534"],
  ])("%j: %s", (facts, problem) => {
    expect(ownerProblem(facts)).toBe(problem);
  });
});

describe.skipIf(process.geteuid?.() !== 0)("root", () => {
  const places: readonly (readonly [string, (mirror: Mirror) => void])[] = [
    ["an output that belongs to another user", (mirror) => own(mirror, "public")],
    ["a state that belongs to another user", (mirror) => own(mirror, "state")],
    ["rules that belong to another user", (mirror) => own(mirror, "rules")],
    ["a configuration in a folder that belongs to another user", (mirror) => chownSync(mirror.dir, 65_534, 65_534)],
    ["a folder that everybody may write, on the way", (mirror) => chmodSync(mirror.dir, 0o777)],
  ];

  it.each(places)("refuses to work in %s, and writes nothing there", async (_what, make) => {
    const mirror = aMirror();
    mirror.offer({ a: "a" });
    make(mirror);
    for (const argv of [["update"], ["sync"], ["build"], ["publish", "repo"], ["prune"]]) {
      const run = await mirror.run(...argv);
      expect(run.exit, said(run)).toBe(5);
      expect(run.err).toMatch(/root is not to work in .*(?:belongs to user 65534|may be written by every user)/);
      expect(run.err).toContain("--allow-unsafe-owner");
    }
    await mirror.ok("update", "--allow-unsafe-owner");
    expect(mirror.page("plain/a")).toBe("a");
  });

  it("works where everything is root's, below a sticky folder too", async () => {
    const mirror = aMirror();
    mirror.offer({ a: "a" });
    await mirror.ok("update");
  });

  it("may read what it likes: a dry run and the lists need no owner", async () => {
    const mirror = aMirror();
    mirror.offer({ a: "a" });
    await mirror.ok("update");
    chownSync(mirror.dir, 65_534, 65_534);
    await mirror.ok("list");
    await mirror.ok("update", "--dry-run");
  });
});

function own(mirror: Mirror, name: string): void {
  mkdirSync(mirror.file(name), { mode: 0o755 });
  chownSync(mirror.file(name), 65_534, 65_534);
}
