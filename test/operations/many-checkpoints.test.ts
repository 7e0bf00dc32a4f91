import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Project } from "../helpers/asof.ts";
import {
  bisectRuns,
  largestFiles,
  lookUpBytes,
  projectOf,
  rareCulprit,
  rarePath,
} from "../helpers/many-checkpoints.ts";

/** A sample of what `npm run bench:pages` measures at 1,000 checkpoints of 20,000 files. */
const size = { checkpoints: 60, files: 600, changed: 40 };

describe("a mirror with many checkpoints", () => {
  let project: Project;
  beforeAll(async () => {
    project = await projectOf(size);
    await project.ok("build");
  }, 300_000);
  afterAll(() => project.remove());

  it("has no large page or file for programs", () => {
    const { kinds } = largestFiles(project.file("public"));
    for (const [kind, { bytes, file }] of kinds) expect(bytes, `${kind} ${file}`).toBeLessThan(150_000);
    expect(kinds.get("JSON of histories")?.bytes).toBeLessThanOrEqual(8192);
  });

  it("says in a few kilobytes since when a path is as it is, and all names that begin so", async () => {
    const texts = [rarePath, "pool/7/pkg-7/pkg-7-part3_1.0-1_amd64.deb", "pkg-1", "changing"];
    for (const bytes of await lookUpBytes(project, texts)) expect(bytes).toBeLessThan(50_000);
  });

  it("is searched in as few runs as there can be", async () => {
    expect(await bisectRuns(project, size, 41)).toBeLessThanOrEqual(6);
    expect(await bisectRuns(project, size, rareCulprit(size), "--path", "pool/rare/**")).toBeLessThanOrEqual(4);
  });

  it("verifies", async () => {
    expect((await project.run("verify")).exit).toBe(0);
  });
});
