import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { openProject } from "../helpers/asof.ts";
import type { Project } from "../helpers/asof.ts";

const configuration = (more = "", name = "tree"): string => `
servers: [apache]
${more}
repositories:
  ${name}: { remote: { type: directory, path: content }, retain: { checkpoints: 2 } }
distributions:
  old: { repository: ${name}, base_path: checkpoints/tree, checkpoint: true }
`;
const times = "rules/apache/times";

describe("rules that Apache reads while it answers", () => {
  let project: Project;
  beforeEach(() => {
    project = openProject(configuration());
    project.write("content/a", "a");
  });
  afterEach(() => project.remove());

  function names(repository = "tree"): readonly string[] {
    return readdirSync(project.file(`${times}/${repository}`)).toSorted();
  }

  it("are written where they change, and go away when nothing is left to say in them", async () => {
    const start = Date.UTC(2026, 0, 5) / 1000;
    project.setClock(start);
    await project.ok("update");
    expect(names()).toEqual(["t", "t2026", "t2026010"]);
    for (const day of [1, 60, 120, 180]) {
      project.setClock(start + day * 86_400);
      project.write("content/a", `day ${day}`);
      await project.ok("update");
    }
    // Two are kept, and those before them are one stretch that begins with the first.
    expect(names()).toEqual(["t", "t2026", "t2026010", "t2026050", "t2026070"]);
    const before = new Map(names().map((name) => [name, readFileSync(project.file(`${times}/tree/${name}`), "utf8")]));

    project.setClock(start + 210 * 86_400);
    await project.ok("update");
    const changed = names().filter(
      (name) => before.get(name) !== readFileSync(project.file(`${times}/tree/${name}`), "utf8"),
    );
    expect(changed).toEqual(["t", "t2026", "t2026070", "t2026080"]);
    expect((await project.ok("build", "--dry-run")).out).not.toContain(times);
  });

  it("lose what is left of a run that was stopped, and of a repository that is served no more", async () => {
    await project.ok("update");
    project.write(`${times}/tree/t1999`, "");
    project.write(`${times}/gone/t`, "");
    project.write(`${times}/tree/.asof-new-t2026`, "");
    const { out } = await project.ok("build", "--dry-run");
    expect(out).toContain(`remove ${path.join(times, "gone/t")}`);
    await project.ok("build");
    expect(readdirSync(project.file(times))).toEqual(["tree"]);
    expect(names().filter((name) => !/^t(?:20\d*)?$/.test(name))).toEqual([]);
    expect(names()).not.toContain("t1999");
  });

  it("leave alone what has other names than theirs", async () => {
    await project.ok("update");
    for (const name of ["notes", "tree/README", "tree/t.orig", "gone/mine"]) project.write(`${times}/${name}`, "mine");
    await project.ok("build");
    for (const name of ["notes", "tree/README", "tree/t.orig", "gone/mine"])
      expect(readFileSync(project.file(`${times}/${name}`), "utf8")).toBe("mine");
  });

  it("stay where another server's rules are wanted instead, until somebody removes them", async () => {
    await project.ok("update");
    const before = names();
    project.write("asof.yaml", configuration().replace("[apache]", "[nginx]"));
    expect((await project.ok("build")).err).toContain("rules/apache is not written any more");
    expect(names()).toEqual(before);
  });

  describe("of earlier versions, asof.txt,", () => {
    const former = "rules/apache/asof.txt";

    it("go away by a run after the one that had Apache reloaded", async () => {
      project.write("asof.yaml", configuration(`reload: ["true"]`));
      project.write(former, "times");
      await project.ok("update");
      expect(existsSync(project.file(former))).toBe(true);
      await project.ok("update");
      expect(existsSync(project.file(former))).toBe(false);
    });

    it("stay while the reload fails", async () => {
      project.write("asof.yaml", configuration(`reload: ["false"]`));
      project.write(former, "times");
      for (let run = 0; run < 3; run++) expect((await project.run("update")).exit).toBe(5);
      expect(existsSync(project.file(former))).toBe(true);
    });

    it("stay where nobody says when Apache was reloaded, and every build says so", async () => {
      project.write(former, "times");
      for (let run = 0; run < 2; run++) {
        expect((await project.ok("build")).err).toContain(
          "rules/apache/asof.txt is not written any more: reload Apache",
        );
      }
      expect(existsSync(project.file(former))).toBe(true);
    });
  });
});
