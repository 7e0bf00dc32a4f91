import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { openProject } from "../helpers/asof.ts";
import type { Project } from "../helpers/asof.ts";

const example = path.join(import.meta.dirname, "..", "..", "example-site");

describe("the example site", () => {
  let project: Project;
  let shelf: string;
  beforeAll(async () => {
    shelf = mkdtempSync(path.join(os.tmpdir(), "asof-example-"));
    for (const name of ["shelf", "content"])
      cpSync(path.join(example, name), path.join(shelf, name), { recursive: true });
    project = openProject(readFileSync(path.join(example, "asof.yaml"), "utf8"));
    cpSync(path.join(example, "content"), project.file("content"), { recursive: true });
    await project.ok("import", "handbook", path.join(shelf, "shelf"));
    await project.ok("update");
  });
  afterAll(() => {
    project.remove();
    rmSync(shelf, { recursive: true });
  });

  it("has three checkpoints of the shelf and one of the content", async () => {
    const { out } = await project.ok("list");
    expect(out.match(/^handbook \d{8}T\d{6}Z \d/gm)).toHaveLength(4);
    expect(out).toContain("20250130T203000Z 2 files");
  });

  it("can be made again, which changes nothing", async () => {
    expect((await project.ok("import", "handbook", path.join(shelf, "shelf"))).out).toContain(
      "0 checkpoints imported, 3",
    );
    expect((await project.ok("update")).out).toContain("nothing to do");
  });

  it("serves the file with the unusual name from every checkpoint that has it, byte for byte", () => {
    const name = "Café & co. (été #1).txt";
    const served = readFileSync(project.file(`public/checkpoints/handbook/20250130T205000Z/${name}`), "utf8");
    expect(served).toBe(readFileSync(path.join(example, "content", name), "utf8"));
  });

  it("answers every moment in between", async () => {
    const { out } = await project.ok("resolve", "handbook-checkpoints", "2025-02-01", "packages/mirror-check-1.1.sh");
    expect(out).toContain("301 /checkpoints/handbook/20250130T205000Z/packages/mirror-check-1.1.sh (immutable)");
  });
});
