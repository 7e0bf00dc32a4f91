import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { openDirectoryMaker } from "../../src/site/directory-maker.ts";
import type { NewDirectory } from "../../src/site/new-directory.ts";

describe("many directories", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(path.join(os.tmpdir(), "asof-maker-"));
    mkdirSync(path.join(dir, "made"));
    for (const [name, content] of Object.entries({ full: "content", empty: "" }))
      writeFileSync(path.join(dir, name), content, { mode: 0o444 });
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("stand as they were asked for when all are finished: hard links, copies of empty files, symlinks, pages", async () => {
    const maker = openDirectoryMaker();
    for (let index = 0; index < 2000; index++) maker.make(aDirectory(index));
    await maker.finish();
    const { ino } = statSync(path.join(dir, "full"));
    const modes = new Set<number>();
    for (let index = 0; index < 2000; index++) {
      const made = path.join(dir, "made", String(index));
      modes.add(statSync(made).mode & 0o777).add(statSync(`${made}/index.html`).mode & 0o777);
      expect(statSync(`${made}/full`).ino).toBe(ino);
      expect(readlinkSync(`${made}/link`)).toBe(`../${index}`);
      expect(readFileSync(`${made}/index.html`, "utf8")).toBe(`page ${index} ü`);
    }
    for (let index = 0; index < 2000; index += 7)
      expect(statSync(path.join(dir, "made", `${index}/empty`))).toMatchObject({ size: 0, nlink: 1 });
    expect(modes).toEqual(new Set([0o755, 0o644]));
  });

  it.each([3, 1990])("tell what kept one of them from being made, the one at %i as well", async (missing) => {
    const maker = openDirectoryMaker();
    const making = async (): Promise<void> => {
      for (let index = 0; index < 2000; index++) {
        const object = path.join(dir, index === missing ? "missing" : "full");
        maker.make({ ...aDirectory(index), files: [{ name: "full", object, sizeBytes: 7 }] });
      }
      await maker.finish();
    };
    await expect(making()).rejects.toMatchObject({ code: "DAMAGE" });
    await maker.close();
  });

  it("leave no thread when what makes them gives up", async () => {
    const threads = (): number => readdirSync("/proc/self/task").length;
    const begun = openDirectoryMaker();
    for (let index = 0; index < 700; index++) begun.make(aDirectory(index));
    const during = threads();
    await begun.close();
    expect(threads()).toBeLessThan(during);
    await expect(begun.close()).resolves.toBeUndefined();
  });

  function aDirectory(index: number): NewDirectory {
    const full = { name: "full", object: path.join(dir, "full"), sizeBytes: 7 };
    const empty = { name: "empty", object: path.join(dir, "empty"), sizeBytes: 0 };
    return {
      dir: path.join(dir, "made", String(index)),
      files: index % 7 === 0 ? [full, empty] : [full],
      symlinks: [{ name: "link", target: `../${index}` }],
      page: { name: "index.html", text: `page ${index} ü` },
    };
  }
});
