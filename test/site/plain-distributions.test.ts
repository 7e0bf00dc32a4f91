import { existsSync, lstatSync, readdirSync, rmSync, statSync } from "node:fs";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { aMirror, day } from "../operations/mirror.ts";
import type { Mirror, MirrorSettings } from "../operations/mirror.ts";

const layouts = ["shared", "hardlinks", "copies"] as const;

describe.each(layouts)("a plain distribution in layout %s", (layout) => {
  const settings = (more: MirrorSettings = {}): MirrorSettings => ({
    ...more,
    top: { layout, ...more.top },
    remote: { mode: "mirror" },
    repository: { manifest: null },
  });

  it("serves the newest publication, and dropped paths unlisted for their grace time", async () => {
    const mirror = aMirror(settings());
    mirror.offer({ keep: "one", old: "two", "dir/old": "three", "dir/sub/old": "four" });
    await mirror.ok("update");
    mirror.at(60);
    mirror.offer({ keep: "one", fresh: "five" });
    await mirror.ok("update");
    expect(listed(mirror, "")).toEqual(["fresh", "keep"]);
    for (const [name, content] of [
      ["old", "two"],
      ["dir/old", "three"],
      ["dir/sub/old", "four"],
      ["fresh", "five"],
    ] as const) {
      expect(mirror.page(`plain/${name}`)).toBe(content);
    }
    expect(existsSync(mirror.file("public/plain/dir/index.html"))).toBe(false);
    expectAgain(mirror, await rebuilt(mirror));

    mirror.at(60 + 3 * day - 1);
    await mirror.ok("update");
    expect(existsSync(mirror.file("public/plain/dir/sub/old"))).toBe(true);
    mirror.at(60 + 3 * day);
    await mirror.ok("update");
    expect(namesBelow(mirror)).toEqual(["fresh", "index.html", "keep"]);
    expectAgain(mirror, await rebuilt(mirror));
  });

  it("gives new bytes a later modification time, also within one second and in the next publications", async () => {
    const mirror = aMirror(settings({ top: { grace_plain: 0 } }));
    const seconds = (name: string) => Math.floor(statSync(mirror.file(`public/plain/${name}`)).mtimeMs / 1000);
    mirror.offer({ "dir/a": "aaaa", other: "1" });
    await mirror.ok("update");
    const seen = [seconds("dir/a")];
    // Its bytes come in the same second, and the ones before come back: the same size each time.
    for (const [round, content] of ["bbbb", "aaaa", "bbbb"].entries()) {
      mirror.offer({ "dir/a": content, other: "1" });
      await mirror.ok("sync");
      if (round > 0) mirror.at(round * 10);
      await mirror.ok("publish", "repo");
      expect(mirror.page("plain/dir/a")).toBe(content);
      seen.push(seconds("dir/a"));
    }
    expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b));
    mirror.at(60);
    mirror.offer({ "dir/a": "bbbb", other: "22" });
    await mirror.ok("update");
    expect(seconds("dir/a")).toBe(seen.at(-1));
    const before = await rebuilt(mirror);
    expectAgain(mirror, before);
    expect(seconds("dir/a")).toBe(seen.at(-1));
  });

  it("survives a file becoming a directory and the other way round", async () => {
    const mirror = aMirror(settings());
    const states: readonly Readonly<Record<string, string>>[] = [
      {
        swap: "a file",
        "dir/x": "in a directory",
        "dir/deep/y": "deeper",
        "index.html": "mine",
        "sub/index.html": "mine",
      },
      { "swap/inside": "below", dir: "a file now", "sub/z": "z" },
      { swap: "a file", "dir/x": "in a directory", "sub/index.html": "mine again" },
    ];
    for (const [round, files] of states.entries()) {
      mirror.at(round * 60);
      mirror.offer(files);
      await mirror.ok("update");
      for (const [name, content] of Object.entries(files)) expect(mirror.page(`plain/${name}`)).toBe(content);
      expect(await rebuilt(mirror)).toEqual(whole(mirror));
    }
    expect(mirror.page("plain/index.html")).toContain("dir/");
    mirror.at(4 * day);
    await mirror.ok("update");
    expect(namesBelow(mirror)).toEqual(
      ["dir", "dir/index.html", "dir/x", "index.html", "sub", "sub/index.html", "swap"].toSorted(),
    );
  });

  it("shows a new theme on every page", async () => {
    const only = { plain: { repository: "repo", base_path: "some/where/plain" } };
    const mirror = aMirror(settings({ distributions: only }));
    mirror.offer({ "dir/sub/a": "one", "dir/gone": "two" });
    await mirror.ok("update");
    mirror.at(60);
    mirror.offer({ "dir/sub/a": "one", b: "2" });
    await mirror.ok("update");
    mirror.configure(settings({ distributions: only, top: { layout, theme: "classic" } }));
    await mirror.ok("build");
    for (const folder of ["", "dir/", "dir/sub/"]) {
      const page = mirror.page(`some/where/plain/${folder}index.html`);
      expect(page, folder).not.toContain("stylesheet");
      expect(page, folder).toContain('<a href="');
    }
    expect((await mirror.ok("build")).out).toBe("nothing to do\n");
  });

  it("is no checkpoint: a plain publication appears nowhere else", async () => {
    const mirror = aMirror(settings());
    mirror.offer({ a: "one" });
    await mirror.ok("sync");
    const run = await mirror.ok("publish", "repo");
    expect(run.out).toBe("repo: publication 1 of version 1\n");
    expect(mirror.page("plain/a")).toBe("one");
    expect(mirror.page("plain/index.html")).not.toContain("Checkpoint");
    expect(mirror.checkpoints()).toEqual([]);
    expect(mirror.json("snapshots/repo/checkpoints.json")).toMatchObject({ newest: null, checkpoints: [] });
  });
});

describe("a plain distribution that gets another name or place", () => {
  const served = (name: string, base: string) => ({
    distributions: { [name]: { repository: "repo", base_path: base } },
  });

  it("keeps its modification times under another name", async () => {
    const mirror = aMirror(served("one", "plain"));
    mirror.offer({ a: "aaaa" });
    await mirror.ok("update");
    mirror.offer({ a: "bbbb" });
    await mirror.ok("sync");
    await mirror.ok("publish", "repo");
    const { mtimeMs } = statSync(mirror.file("public/plain/a"));
    mirror.configure(served("two", "plain"));
    mirror.at(3600);
    await mirror.ok("build");
    expect(statSync(mirror.file("public/plain/a")).mtimeMs).toBe(mtimeMs);
  });

  it("leaves the old place as it was, whatever the new one does, until that is removed by name", async () => {
    const mirror = aMirror(served("it", "old"));
    mirror.offer({ "dir/a": "first" });
    await mirror.ok("update");
    mirror.configure(served("it", "new"));
    for (const [round, content] of ["second", "third"].entries()) {
      mirror.at((round + 1) * 60);
      mirror.offer({ "dir/a": content });
      const run = await mirror.ok("update");
      expect(run.err).toContain("old left the configuration and is still on disk");
      expect(mirror.page("old/dir/a")).toBe("first");
      expect(mirror.page("new/dir/a")).toBe(content);
    }
    expect((await mirror.ok("remove", "it")).out).toBe("removed old\n");
    expect(lstatSync(mirror.file("public/old"), { throwIfNoEntry: false })).toBeUndefined();
    expect(mirror.page("new/dir/a")).toBe("third");
    expect(readdirSync(mirror.file("public/_asof/p"))).toEqual(["new"]);
    expect((await mirror.run("remove", "it")).exit).toBe(2);
  });
});

/** The site as it was, and as it is after everything but the state was lost and built again. */
async function rebuilt(mirror: Mirror): Promise<ReturnType<typeof whole>> {
  const before = whole(mirror);
  for (const name of ["public", "rules"]) rmSync(mirror.file(name), { recursive: true });
  await mirror.ok("build");
  return before;
}

function expectAgain(mirror: Mirror, before: ReturnType<typeof whole>): void {
  expect(whole(mirror)).toEqual(before);
}

/** The site, and the modification time of each of the plain distribution's files that are not pages. */
function whole(mirror: Mirror): { readonly site: object; readonly seconds: object } {
  const names = namesBelow(mirror).filter((name) => !name.endsWith("index.html"));
  const plain = mirror.file("public/plain");
  const seconds = names
    .filter((name) => statSync(path.join(plain, name)).isFile())
    .map((name) => [name, Math.floor(statSync(path.join(plain, name)).mtimeMs / 1000)]);
  return { site: mirror.site(), seconds: Object.fromEntries(seconds) };
}

/** Everything below the plain distribution, links followed. */
function namesBelow(mirror: Mirror, folder = ""): readonly string[] {
  return readdirSync(path.join(mirror.file("public/plain"), folder))
    .flatMap((name) => {
      const inside = path.join(folder, name);
      const isFolder = statSync(path.join(mirror.file("public/plain"), inside)).isDirectory();
      return isFolder ? [inside, ...namesBelow(mirror, inside)] : [inside];
    })
    .toSorted();
}

/** The names in a listing. */
function listed(mirror: Mirror, folder: string): readonly string[] {
  return [...mirror.page(`plain/${folder}index.html`).matchAll(/<td><a [^>]*><bdi>([^<]*)<\/bdi>/g)].map(
    ([, name = ""]) => name,
  );
}
