import {
  existsSync,
  lstatSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
} from "node:fs";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { parseTree } from "../../src/model/tree.ts";
import { aMirror, after, plainAndCheckpoints } from "../operations/mirror.ts";
import type { Mirror } from "../operations/mirror.ts";
import { inodesOf, treeOf } from "../operations/tree-of.ts";

const onlyCheckpoints = { distributions: { snapshots: plainAndCheckpoints.snapshots } };

describe("the shared layout", () => {
  it("keeps one copy of a directory that did not change, reached by short relative links", async () => {
    const mirror = aMirror();
    mirror.offer({ "same/deep/a": "one", "other/b": "two", c: "three" });
    await mirror.ok("update");
    mirror.at(60);
    mirror.offer({ "same/deep/a": "one", "other/b": "changed", c: "three" });
    await mirror.ok("update");
    const [first, second] = [after(0), after(60)].map((at) => mirror.file(`public/snapshots/repo/${at}`));
    if (first === undefined || second === undefined) throw new Error("two checkpoints");
    expect(statSync(`${second}/same`).ino).toBe(statSync(`${first}/same`).ino);
    expect(statSync(`${second}/other`).ino).not.toBe(statSync(`${first}/other`).ino);
    expect(lstatSync(`${second}/same`).ino).toBe(lstatSync(`${first}/same`).ino);
    expect(readFileSync(`${first}/other/b`, "utf8")).toBe("two");
    expect(readFileSync(`${second}/other/b`, "utf8")).toBe("changed");
    for (const { file, target } of symlinksIn(mirror.file("public"))) {
      expect(path.isAbsolute(target)).toBe(false);
      expect(target.length).toBeLessThan(60);
      expect(realpathSync(file)).toContain(mirror.file("public/_asof/"));
    }
    expectSharedWhole(mirror);
  });

  it("costs what changed: one file in one of fifty directories is one directory, its page and one link", async () => {
    const mirror = aMirror(onlyCheckpoints);
    const files = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`d${index}/file`, `content ${index}`]));
    mirror.offer(files);
    await mirror.ok("update");
    const before = inodesOf(mirror.file("public"));
    mirror.at(60);
    mirror.offer({ ...files, "d7/file": "changed" });
    await mirror.ok("update");
    const root = mirror.file(`public/snapshots/repo/${after(60)}`);
    const fresh = [...inodesOf(root)].filter((inode) => !before.has(inode));
    // Listing, manifest, and the link to the changed directory.
    expect(fresh).toHaveLength(3);
    const shared = [...inodesOf(mirror.file("public/_asof/d"))].filter((inode) => !before.has(inode));
    // The directory, its listing, the file, and perhaps the folder of its two hex digits.
    expect([3, 4]).toContain(shared.length);
  });

  it("shares links and directories between checkpoints that are made together", async () => {
    const mirror = aMirror(onlyCheckpoints);
    for (const day of [1, 2, 3, 4]) {
      mirror.write(`shelf/2024-01-0${day}/same/file`, "the same");
      mirror.write(`shelf/2024-01-0${day}/other/file`, `of day ${day}`);
    }
    mirror.setClock(Date.now() / 1000);
    await mirror.ok("import", "repo", "shelf");
    const roots = mirror.checkpoints().map((at) => mirror.file(`public/snapshots/repo/${at}`));
    expect(roots).toHaveLength(4);
    expect(new Set(roots.map((root) => lstatSync(`${root}/same`).ino)).size).toBe(1);
    expect(new Set(roots.map((root) => lstatSync(`${root}/other`).ino)).size).toBe(4);
    expectSharedWhole(mirror);
  });

  it("gives content that came back its old bytes and a new date", async () => {
    const mirror = aMirror(onlyCheckpoints);
    for (const [round, content] of ["first", "other", "first"].entries()) {
      mirror.at(round * 60);
      mirror.offer({ "dir/file": content });
      await mirror.ok("update");
    }
    const [first, , third] = mirror.checkpoints().map((at) => mirror.file(`public/snapshots/repo/${at}/dir`));
    expect(statSync(`${third}/file`).ino).toBe(statSync(`${first}/file`).ino);
    expect(statSync(`${third}`).ino).not.toBe(statSync(`${first}`).ino);
    expect(readFileSync(`${third}/index.html`, "utf8")).toContain("2025-03-18T14:05:38Z");
  });

  it("serves one repository under base paths of different depth from the same directories", async () => {
    const mirror = aMirror(onlyCheckpoints);
    mirror.offer({ "dir/sub/file": "one" });
    await mirror.ok("update");
    mirror.at(60);
    mirror.offer({ "dir/sub/file": "one", new: "two" });
    await mirror.ok("update");
    const before = inodesOf(mirror.file("public/_asof/d"));
    mirror.configure({
      distributions: {
        ...onlyCheckpoints.distributions,
        flat: { repository: "repo", base_path: "flat", checkpoint: true },
        deep: { repository: "repo", base_path: "a/b/c/d", checkpoint: true },
      },
    });
    expect((await mirror.ok("build")).out).toContain(`checkpoint a/b/c/d/${after(0)}/`);
    for (const base of ["flat", "a/b/c/d", "snapshots/repo"]) {
      for (const at of [after(0), after(60)]) {
        expect(mirror.page(`${base}/${at}/dir/sub/file`)).toBe("one");
        expect(statSync(mirror.file(`public/${base}/${at}/dir`)).ino).toBe(
          statSync(mirror.file(`public/flat/${after(0)}/dir`)).ino,
        );
      }
    }
    expect(inodesOf(mirror.file("public/_asof/d"))).toEqual(before);
    expectSharedWhole(mirror);
  });

  it("reaches files deeper than the links that Linux follows, and keeps their pages right", async () => {
    const mirror = aMirror(onlyCheckpoints);
    const deep = Array.from({ length: 50 }, (_, index) => `n${index}`).join("/");
    mirror.offer({ [`${deep}/file`]: "deep", top: "one" });
    await mirror.ok("update");
    mirror.at(60);
    mirror.offer({ [`${deep}/file`]: "deep", top: "two" });
    await mirror.ok("update");
    mirror.configure({
      distributions: {
        ...onlyCheckpoints.distributions,
        again: { repository: "repo", base_path: "again", checkpoint: true },
      },
    });
    const inodes = inodesOf(mirror.file("public/_asof/d"));
    await mirror.ok("build");
    expect(inodesOf(mirror.file("public/_asof/d"))).toEqual(inodes);
    for (const base of ["snapshots/repo", "again"]) {
      expect(mirror.page(`${base}/${after(60)}/${deep}/file`)).toBe("deep");
      expect(mirror.page(`${base}/${after(0)}/${deep}/index.html`)).toContain(`Index of ${deep}`);
    }
    expectSharedWhole(mirror);
    mirror.configure({ ...onlyCheckpoints, top: { theme: "classic" } });
    await mirror.ok("build");
    expect(mirror.page(`snapshots/repo/${after(0)}/${deep}/index.html`)).not.toContain("stylesheet");
    expectSharedWhole(mirror);
  });

  it("gives empty files copies of their own", async () => {
    const mirror = aMirror(onlyCheckpoints);
    mirror.offer({ "a/__init__.py": "", "b/__init__.py": "" });
    await mirror.ok("update");
    for (const name of ["a", "b"]) {
      const stat = statSync(mirror.file(`public/snapshots/repo/${after(0)}/${name}/__init__.py`));
      expect({ size: stat.size, links: stat.nlink, mode: stat.mode & 0o777 }).toEqual({
        size: 0,
        links: 1,
        mode: 0o444,
      });
    }
  });

  it("makes again what was lost, the same", async () => {
    const mirror = aMirror();
    mirror.offer({ "same/deep/a": "one", "other/b": "two" });
    await mirror.ok("update");
    mirror.at(60);
    mirror.offer({ "same/deep/a": "one", "other/b": "changed" });
    await mirror.ok("update");
    const whole = treeOf(mirror.file("public"), ["status.json"]);
    for (const lost of ["public", "rules", `public/snapshots/repo/${after(0)}`, "public/plain", "public/index.html"]) {
      rmSync(mirror.file(lost), { recursive: true });
      await mirror.ok("build");
      expect(treeOf(mirror.file("public"), ["status.json"]), lost).toEqual(whole);
      expect(existsSync(mirror.file("rules/nginx/http.conf"))).toBe(true);
      expect((await mirror.ok("build")).out).toBe("nothing to do\n");
    }
  });
});

function symlinksIn(root: string): readonly { readonly file: string; readonly target: string }[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isSymbolicLink())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file) => ({ file, target: readlinkSync(file) }));
}

/** Every shared directory holds exactly what its record says, and its page. */
function expectSharedWhole(mirror: Mirror): void {
  const records = new Map(
    readdirSync(mirror.file("state/trees"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => [entry.name.slice(0, 32), path.join(entry.parentPath, entry.name)]),
  );
  const root = mirror.file("public/_asof/d");
  for (const prefix of readdirSync(root)) {
    for (const name of readdirSync(path.join(root, prefix))) {
      const record = parseTree(readFileSync(records.get(prefix + name) ?? "no record", "utf8"));
      const names = new Set(["index.html", ...(record?.nodes ?? []).map((node) => node.name)]);
      expect(new Set(readdirSync(path.join(root, prefix, name)))).toEqual(names);
    }
  }
}
