import { existsSync, readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { manifestOf, sha256Of } from "../helpers/origin-server.ts";
import { aMirror, after, said } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";

describe("mode: additive", () => {
  it("keeps files that left the manifest, and takes the new bytes of those that changed", async () => {
    const mirror = aMirror();
    mirror.offer({ a: "one", b: "two" });
    await mirror.ok("update");
    mirror.at(60);
    mirror.offer({ b: "two, changed", c: "three" });
    expect((await mirror.ok("update")).out).toContain("(3 files, 20 bytes, +1 -0 ~1)");
    expect(mirror.page("plain/PULP_MANIFEST")).toBe(manifestOf({ a: "one", b: "two, changed", c: "three" }));
    mirror.at(120);
    mirror.offer({ c: "three" });
    expect((await mirror.ok("update")).out).toContain("nothing new (3 files, 20 bytes)");
  });

  it("refuses a file below a file, which mirror would have dropped", async () => {
    const mirror = aMirror();
    mirror.offer({ a: "one" });
    await mirror.ok("update");
    const before = mirror.everything();
    mirror.offer({ "a/b": "two" });
    const run = await mirror.run("update");
    expect(said(run)).toMatch(/^exit 4\n.*\n.*a is a file, and a\/b lies below it\nhint: mode: mirror/);
    expect(mirror.everything()).toEqual(before);
  });
});

describe("mode: mirror", () => {
  const mirrored = { remote: { mode: "mirror" } };

  it("drops files that left the manifest", async () => {
    const mirror = aMirror(mirrored);
    mirror.offer({ a: "one", "s/b": "two" });
    await mirror.ok("update");
    mirror.at(60);
    mirror.offer({ a: "one" });
    expect((await mirror.ok("update")).out).toContain("(1 file, 3 bytes, +0 -1 ~0)");
    expect(existsSync(mirror.file(`public/snapshots/repo/${after(0)}/s/b`))).toBe(true);
    expect(existsSync(mirror.file(`public/snapshots/repo/${after(60)}/s`))).toBe(false);
  });

  it("publishes the upstream manifest byte for byte", async () => {
    const mirror = aMirror(mirrored);
    const manifest = `# made by hand\r\n\r\n z , ${sha256Of("zz").toUpperCase()} ,2\r\na,${sha256Of("aa")},0\r\n`;
    mirror.offer({ z: "zz", a: "aa" }, manifest);
    await mirror.ok("update");
    expect(mirror.page(`snapshots/repo/${after(0)}/PULP_MANIFEST`)).toBe(manifest);
    mirror.at(60);
    expect((await mirror.ok("update")).out).toContain("nothing to do");
  });

  it("makes another comment another checkpoint of the same version", async () => {
    const mirror = aMirror(mirrored);
    mirror.offer({ a: "aa" }, `# first\n${manifestOf({ a: "aa" })}`);
    await mirror.ok("update");
    mirror.at(60);
    mirror.offer({ a: "aa" }, `# other\n${manifestOf({ a: "aa" })}`);
    expect((await mirror.ok("update")).out).toBe(`repo: checkpoint ${after(60)} (1 file, 2 bytes, +0 -0 ~0)\n`);
    expect(mirror.page(`snapshots/repo/${after(0)}/PULP_MANIFEST`)).toContain("first");
    expect(mirror.page(`snapshots/repo/${after(60)}/PULP_MANIFEST`)).toContain("other");
    expect(mirror.page("plain/PULP_MANIFEST")).toContain("other");
    expect(mirror.events().filter(({ type }) => type === "version")).toHaveLength(1);
    expect(mirror.events().filter(({ type }) => type === "publication")).toMatchObject([
      { version: 1 },
      { version: 1 },
    ]);
  });

  it("given up for additive makes one more checkpoint at most", async () => {
    const mirror = aMirror(mirrored);
    mirror.offer({ a: "aa" }, `# first\n${manifestOf({ a: "aa" })}`);
    await mirror.ok("update");
    mirror.configure({});
    mirror.at(60);
    await mirror.ok("update");
    mirror.at(120);
    expect((await mirror.ok("update")).out).toContain("nothing to do");
  });
});

describe("the date of a file", () => {
  it("is when it came into the repository: kept while it is the same, new when it went and came back", async () => {
    const mirror = aMirror({ remote: { mode: "mirror" } });
    mirror.offer({ a: "one", b: "two", "s/c": "three" });
    await mirror.ok("update");
    mirror.at(60);
    mirror.offer({ a: "one", b: "changed" });
    await mirror.ok("update");
    mirror.at(120);
    mirror.offer({ a: "one", b: "changed", "s/c": "three" });
    await mirror.ok("update");
    const last = `snapshots/repo/${after(120)}/`;
    expect(dateIn(mirror, last, "a")).toBe("2025-03-18T14:03:38Z");
    expect(dateIn(mirror, last, "b")).toBe("2025-03-18T14:04:38Z");
    expect(dateIn(mirror, `${last}s/`, "c")).toBe("2025-03-18T14:05:38Z");
    expect(dateIn(mirror, last, "s/")).toBe("2025-03-18T14:05:38Z");
    expect(dateIn(mirror, `snapshots/repo/${after(0)}/s/`, "c")).toBe("2025-03-18T14:03:38Z");
  });
});

describe("a manifest that does not say a size", () => {
  it("is enough for content that the pool has, under any path", async () => {
    const mirror = aMirror();
    mirror.offer({ a: "same bytes", b: "short" });
    await mirror.ok("update");
    mirror.at(60);
    const unsized = (name: string) => `${name},${sha256Of("same bytes")},0\n`;
    mirror.offer({ a: "same bytes" }, unsized("a") + unsized("b") + unsized("c"));
    expect((await mirror.ok("update")).out).toContain("(3 files, 30 bytes, +1 -0 ~1)");
    expect(mirror.page("plain/PULP_MANIFEST")).toBe(manifestOf({ a: "same bytes", b: "same bytes", c: "same bytes" }));
  });
});

describe("the generated manifest", () => {
  it("is sorted, lists every file and not itself", async () => {
    const mirror = aMirror();
    const files = { "B.iso": "1", "a b,c.iso": "2", "z/é.iso": "3", "a.iso": "4", "z.iso": "" };
    mirror.offer(files);
    await mirror.ok("update");
    const names = mirror
      .page(`snapshots/repo/${after(0)}/PULP_MANIFEST`)
      .split("\n")
      .map((line) => line.replace(/,[^,]*,[^,]*$/, ""));
    expect(names).toEqual(["B.iso", "a b,c.iso", "a.iso", "z.iso", "z/é.iso", ""]);
    expect(mirror.page(`snapshots/repo/${after(0)}/index.html`)).toContain("PULP_MANIFEST");
  });

  it("can have another name, and manifest: null writes none", async () => {
    const mirror = aMirror({ repository: { manifest: "LIST" } });
    mirror.offer({ a: "one" });
    await mirror.ok("update");
    expect(mirror.page(`snapshots/repo/${after(0)}/LIST`)).toBe(manifestOf({ a: "one" }));
    mirror.configure({ repository: { manifest: null } });
    mirror.at(60);
    await mirror.ok("publish", "repo", "--checkpoint");
    expect(existsSync(mirror.file(`public/snapshots/repo/${after(60)}/LIST`))).toBe(false);
    expect(mirror.page(`snapshots/repo/${after(60)}/index.html`)).not.toContain("LIST");
  });

  it("leaves out names that the format cannot write, and says so", async () => {
    const mirror = aMirror({ remote: { type: "directory", path: "tree", url: undefined } });
    mirror.setClock(Date.now() / 1000);
    mirror.write("tree/#1.iso", "one");
    mirror.write("tree/2.iso", "two");
    const run = await mirror.ok("update");
    expect(run.err).toContain('PULP_MANIFEST cannot list "#1.iso": its name begins with #');
    expect(mirror.page("plain/PULP_MANIFEST")).toBe(manifestOf({ "2.iso": "two" }));
  });
});

describe("a repository's own files", () => {
  it("win over what asof would write under their names", async () => {
    const mirror = aMirror({ remote: { type: "directory", path: "tree", url: undefined } });
    mirror.setClock(Date.now() / 1000);
    mirror.write("tree/PULP_MANIFEST", "mine");
    mirror.write("tree/index.html", "my front page");
    mirror.write("tree/simple/index.html", "my index");
    mirror.write("tree/other/file", "x");
    await mirror.ok("update");
    const [time] = mirror.checkpoints();
    for (const root of ["plain", `snapshots/repo/${time}`]) {
      expect(mirror.page(`${root}/PULP_MANIFEST`)).toBe("mine");
      expect(mirror.page(`${root}/index.html`)).toBe("my front page");
      expect(mirror.page(`${root}/simple/index.html`)).toBe("my index");
      expect(mirror.page(`${root}/other/index.html`)).toContain("file");
    }
    const beside = mirror.page(`snapshots/repo/_asof/${time}/index.html`);
    expect(beside).toContain("simple/");
    expect(mirror.events().find(({ type }) => type === "publication")).toMatchObject({ manifest: null });
  });

  it("give way again when they go", async () => {
    const mirror = aMirror({ remote: { type: "directory", path: "tree", url: undefined } });
    mirror.setClock(Date.now() / 1000);
    mirror.write("tree/index.html", "my front page");
    mirror.write("tree/PULP_MANIFEST", "mine");
    mirror.write("tree/file", "x");
    await mirror.ok("update");
    mirror.configure({ remote: { type: "directory", path: "tree", exclude: ["*.html", "PULP*"], url: undefined } });
    await mirror.ok("update");
    expect(mirror.page("plain/index.html")).toContain("file");
    expect(mirror.page("plain/PULP_MANIFEST")).toBe(manifestOf({ file: "x" }));
  });
});

/** The date that the listing of a folder gives to one of its rows. */
function dateIn(mirror: Mirror, folder: string, name: string): string | undefined {
  const page = readFileSync(mirror.file(`public/${folder}index.html`), "utf8");
  const row = page.split("\n").find((line) => line.includes(`<bdi>${name}</bdi>`));
  return /datetime="([^"]*)"/.exec(row ?? "")?.[1];
}
