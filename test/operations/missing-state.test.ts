import { existsSync, renameSync, rmSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { sha256Of } from "../helpers/origin-server.ts";
import { aMirror, after, day, said } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";

describe("a state directory that lost its file FORMAT", () => {
  it.each([
    "update",
    "update --dry-run",
    "build",
    "sync",
    "list repo",
    "resolve snapshots latest",
    "verify",
    "verify --repair",
    "recover --adopt",
    "recover --adopt --dry-run",
    "serve --port 0",
  ])("is told as that, and not as none, by asof %s", async (command) => {
    const mirror = await updated();
    renameSync(mirror.file("state/FORMAT"), mirror.file("FORMAT"));
    const before = mirror.everything();
    const run = await mirror.run(...command.split(" "));
    expect(run.exit, said(run)).toBe(2);
    expect(run.err).toContain(`FORMAT is missing from ${mirror.file("state")}`);
    expect(run.err).toContain("restore this file from a backup of state/");
    expect(mirror.everything()).toEqual(before);
    renameSync(mirror.file("FORMAT"), mirror.file("state/FORMAT"));
    await mirror.ok("verify");
  });

  it("is begun anew where it holds nothing, as a run leaves it that died at once", async () => {
    const mirror = aMirror();
    for (const folder of ["objects", "repositories"]) mirror.write(`state/${folder}/x`, "");
    for (const folder of ["objects", "repositories"]) rmSync(mirror.file(`state/${folder}/x`));
    mirror.offer({ a: "one" });
    await mirror.ok("update");
  });
});

describe("an object that a build needs and that is not there", () => {
  it.each(["update", "build"])("is told as damage by asof %s, with the command that mends it", async (command) => {
    const mirror = await updated();
    const digest = sha256Of("one");
    const object = mirror.file(`state/objects/${digest.slice(0, 2)}/${digest}`);
    rmSync(object);
    rmSync(mirror.file(`public/snapshots/repo/${after(0)}`), { recursive: true });
    rmSync(mirror.file("public/_asof/shared"), { recursive: true, force: true });
    const run = await mirror.run(command);
    expect(run.exit, said(run)).toBe(3);
    expect(run.err).toContain(`${object} is missing from the pool`);
    expect(run.err).toContain("asof verify --repair");
    await mirror.ok("verify", "--repair");
    expect(existsSync(object)).toBe(true);
    await mirror.ok("verify");
  });
});

async function updated(): Promise<Mirror> {
  const mirror = aMirror();
  mirror.offer({ a: "one" });
  await mirror.ok("update");
  mirror.at(day);
  return mirror;
}
