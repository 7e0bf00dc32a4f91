import { existsSync, lstatSync, readFileSync, rmSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { after, aMirror, day } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";

/** Three checkpoints, of which the oldest was pruned and swept. */
async function swept(settings: object = {}): Promise<Mirror> {
  const mirror = aMirror({ top: { grace: "0s", ...settings }, repository: { retain: { checkpoints: 2 } } });
  for (const [index, content] of ["one", "two", "three"].entries()) {
    mirror.at(index * day);
    mirror.offer({ "sub/a": content });
    await mirror.ok("update");
  }
  mirror.at(3 * day);
  await mirror.ok("prune");
  await mirror.ok("update");
  expect(existsSync(mirror.file(`public/snapshots/repo/${after(0)}`))).toBe(false);
  return mirror;
}

describe("state/cache, which may be lost at any time", () => {
  it("is made again after a sweep: what was swept is not taken for damage", async () => {
    const mirror = await swept();
    const before = mirror.everything();
    rmSync(mirror.file("state/cache"), { recursive: true });
    await mirror.ok("update");
    await mirror.ok("prune");
    expect(mirror.everything().site).toEqual(before.site);
  });

  it("may be an older one, under a longer grace time", async () => {
    const mirror = await swept();
    mirror.configure({ top: { grace: "90d" }, repository: { retain: { checkpoints: 1 } } });
    await mirror.ok("update");
    await mirror.ok("prune");
  });

  it("is not what tells in which layout checkpoints stand", async () => {
    const mirror = await swept();
    rmSync(mirror.file("state/cache"), { recursive: true });
    mirror.configure({ top: { grace: "0s", layout: "hardlinks" }, repository: { retain: { checkpoints: 2 } } });
    await mirror.ok("update");
    const folder = mirror.file(`public/snapshots/repo/${after(day)}/sub`);
    expect(lstatSync(folder).isDirectory()).toBe(true);
    expect(readFileSync(`${folder}/a`, "utf8")).toBe("two");
  });
});

describe("a repository with pruned checkpoints that leaves the configuration", () => {
  it("does not stop the others", async () => {
    const mirror = await swept();
    mirror.write("asof.yaml", "grace: 0s\nrepositories: { other: {} }\n");
    await mirror.ok("update");
    await mirror.ok("build");
  });
});

describe("rules", () => {
  it.each([
    ["lost", (mirror: Mirror) => rmSync(mirror.file("rules"), { recursive: true })],
    ["edited", (mirror: Mirror) => mirror.write("rules/nginx/http.conf", "# mine\n")],
  ])("that were %s are written and loaded again", async (_, spoil) => {
    const mirror = aMirror({ top: { reload: ["sh", "-c", "echo loaded >> reloads"] } });
    mirror.offer({ a: "one" });
    await mirror.ok("update");
    spoil(mirror);
    await mirror.ok("build");
    await mirror.ok("build");
    expect(readFileSync(mirror.file("reloads"), "utf8")).toBe("loaded\nloaded\n");
  });
});
