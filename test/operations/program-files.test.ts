import { existsSync, rmSync, statSync, writeFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { writeLongHistory } from "../helpers/long-history.ts";
import { aMirror, after, beginning, plainAndCheckpoints } from "./mirror.ts";
import type { Mirror, MirrorSettings } from "./mirror.ts";
import { readXml, textOf } from "./read-xml.ts";
import type { XmlElement } from "./read-xml.ts";

const url = "https://mirror.example.org/m/";
const site: MirrorSettings = { top: { site: { title: 'Ours & "theirs" <3 \uFFFE', url } } };

describe("checkpoints.txt", () => {
  it("has a line for each kept checkpoint, oldest first, and none where there is none", async () => {
    const mirror = aMirror();
    mirror.offer({ a: "a" });
    await mirror.ok("build");
    expect(mirror.page("snapshots/repo/checkpoints.txt")).toBe("");
    await threeMore(mirror);
    mirror.configure({ repository: { retain: { last: 2 } } });
    await mirror.ok("prune");
    await mirror.ok("build");
    expect(mirror.page("snapshots/repo/checkpoints.txt")).toBe(`${after(60)}\n${after(120)}\n`);
  });
});

describe("renovate.json", () => {
  it("has each kept checkpoint as a release of Renovate's custom datasource", async () => {
    const mirror = aMirror(site);
    await threeMore(mirror);
    expect(mirror.json("snapshots/repo/renovate.json")).toEqual({
      releases: [
        { version: "20250318T140338Z", releaseTimestamp: "2025-03-18T14:03:38Z", digest: rootOf(mirror, 1) },
        { version: "20250318T140438Z", releaseTimestamp: "2025-03-18T14:04:38Z", digest: rootOf(mirror, 2) },
        { version: "20250318T140538Z", releaseTimestamp: "2025-03-18T14:05:38Z", digest: rootOf(mirror, 3) },
      ],
      homepage: `${url}snapshots/repo/`,
    });
  });
});

describe("feed.atom", () => {
  it("is made where the site knows its address, and goes when it does not any more", async () => {
    const mirror = aMirror();
    await threeMore(mirror);
    const feeds = ["public/feed.atom", "public/snapshots/repo/feed.atom"].map((name) => mirror.file(name));
    expect(feeds.map((file) => existsSync(file))).toEqual([false, false]);
    mirror.configure(site);
    await mirror.ok("build");
    expect(feeds.map((file) => existsSync(file))).toEqual([true, true]);
    mirror.configure({});
    await mirror.ok("build");
    expect(feeds.map((file) => existsSync(file))).toEqual([false, false]);
  });

  it("leaves a file of that name alone that somebody else wrote", async () => {
    const mirror = aMirror();
    await threeMore(mirror);
    mirror.write("public/feed.atom", "<feed/>");
    await mirror.ok("build");
    expect(mirror.page("feed.atom")).toBe("<feed/>");
  });

  it("is Atom: absolute and lasting ids, the newest first, with counts, labels and a title of any characters", async () => {
    const mirror = aMirror(site);
    await threeMore(mirror);
    await mirror.ok("label", "repo", after(60), "good");
    await mirror.ok("build");
    const feed = readXml(mirror.page("snapshots/repo/feed.atom"));
    expect(feed.name).toBe("feed");
    expect(feed.attributes["xmlns"]).toBe("http://www.w3.org/2005/Atom");
    expect(textOf(feed, "id")).toBe(`${url}snapshots/repo/feed.atom`);
    expect(textOf(feed, "title")).toBe('snapshots – Ours & "theirs" <3 \uFFFD');
    expect(textOf(feed, "updated")).toBe("2025-03-18T14:05:38Z");
    expect(links(feed)).toEqual({ self: `${url}snapshots/repo/feed.atom`, alternate: `${url}snapshots/repo/` });
    const entries = entriesOf(feed);
    expect(entries.map((entry) => textOf(entry, "id"))).toEqual(
      [120, 60, 0].map((seconds) => `${url}snapshots/repo/${after(seconds)}/`),
    );
    const [, labelled] = entries;
    if (labelled === undefined) throw new Error("no second entry");
    expect(textOf(labelled, "title")).toBe("snapshots 2025-03-18 14:04:38 UTC: 0 added, 0 removed, 1 changed");
    expect(textOf(labelled, "summary")).toBe("1 file, 9 Bytes: 0 added, 0 removed, 1 changed. Label: good.");
    expect(textOf(labelled, "updated")).toBe("2025-03-18T14:04:38Z");
    expect(links(labelled)).toEqual({ alternate: `${url}snapshots/repo/${after(60)}/` });
  });

  it("has what RFC 4287 wants in every feed and entry, also before the first checkpoint", async () => {
    const mirror = aMirror(site);
    mirror.offer({ a: "a" });
    await mirror.ok("build");
    expectAtom(mirror, "feed.atom", 0);
    expectAtom(mirror, "snapshots/repo/feed.atom", 0);
    await threeMore(mirror);
    expectAtom(mirror, "feed.atom", 3);
    expectAtom(mirror, "snapshots/repo/feed.atom", 3);
  });

  it("of all distributions has the newest of each, an entry with one text wherever it stands", async () => {
    const again = { repository: "repo", base_path: "again", checkpoint: true };
    const mirror = aMirror({ ...site, distributions: { ...plainAndCheckpoints, again } });
    await threeMore(mirror);
    const all = entriesOf(readXml(mirror.page("feed.atom")));
    expect(all.map((entry) => textOf(entry, "id"))).toEqual(
      [120, 60, 0].flatMap((seconds) => [`${url}again/${after(seconds)}/`, `${url}snapshots/repo/${after(seconds)}/`]),
    );
    const own = entriesOf(readXml(mirror.page("again/feed.atom")));
    expect(all.filter((entry) => textOf(entry, "id").includes("/again/"))).toEqual(own);
  });

  it("tells of nothing that was withdrawn, and of the newest fifty at most", async () => {
    const mirror = aMirror(site);
    await writeLongHistory(mirror.file("state"), {
      repository: "repo",
      checkpoints: 53,
      newest: beginning + 52 * 60,
      stepSeconds: 60,
      content: new Map([["a", "a"]]),
    });
    mirror.at(53 * 60);
    await mirror.ok("withdraw", "repo", after(52 * 60), "--reason", "broken");
    const ids = entriesOf(readXml(mirror.page("snapshots/repo/feed.atom"))).map((entry) => textOf(entry, "id"));
    expect(ids).toHaveLength(50);
    expect(ids[0]).toContain(after(51 * 60));
    expect(ids[49]).toContain(after(2 * 60));
  });
});

describe("files for programs", () => {
  const names = [
    "feed.atom",
    "snapshots/repo/feed.atom",
    "snapshots/repo/checkpoints.txt",
    "snapshots/repo/renovate.json",
  ];

  it("are checked and mended like every list", async () => {
    const files = [...names, "_asof/assets/schemas/site.json"];
    const mirror = aMirror(site);
    await threeMore(mirror);
    const whole = files.map((name) => mirror.page(name));
    for (const name of files) writeFileSync(mirror.file(`public/${name}`), "damaged");
    const damaged = await mirror.run("verify");
    expect(damaged.exit).toBe(3);
    for (const name of files) rmSync(mirror.file(`public/${name}`));
    const missing = await mirror.run("verify");
    for (const name of files) {
      expect(damaged.out).toContain(`public/${name}`);
      expect(missing.out).toContain(`public/${name}`);
    }
    await mirror.ok("verify", "--repair");
    expect(files.map((name) => mirror.page(name))).toEqual(whole);
    expect((await mirror.ok("verify")).err).toBe("");
  });

  it("are not written again when another repository gets a checkpoint, but for the feed of all", async () => {
    const files = { other: "1" };
    const mirror = aMirror({
      ...site,
      repositories: { other: { remote: { type: "directory", path: "other" } } },
      distributions: { ...plainAndCheckpoints, other: { repository: "other", base_path: "other", checkpoint: true } },
    });
    mirror.write("other/file", files.other);
    await threeMore(mirror);
    const before = names.map((name) => statSync(mirror.file(`public/${name}`)).ino);
    mirror.at(180);
    mirror.write("other/file", "2");
    await mirror.ok("update");
    const same = names.map((name, index) => statSync(mirror.file(`public/${name}`)).ino === before[index]);
    expect(same).toEqual([false, true, true, true]);
  });

  it("are told of by a dry run, and go with the distribution", async () => {
    const mirror = aMirror(site);
    await threeMore(mirror);
    const nothing = await mirror.ok("build", "--dry-run");
    rmSync(mirror.file("public/snapshots/repo/renovate.json"));
    expect((await mirror.ok("build", "--dry-run")).out).not.toBe(nothing.out);
    expect(existsSync(mirror.file("public/snapshots/repo/renovate.json"))).toBe(false);
    mirror.configure({ ...site, distributions: { plain: plainAndCheckpoints.plain } });
    await mirror.ok("build");
    expect(existsSync(mirror.file("public/snapshots/repo/feed.atom"))).toBe(true);
    expect(entriesOf(readXml(mirror.page("feed.atom")))).toEqual([]);
    await mirror.ok("remove", "snapshots");
    expect(existsSync(mirror.file("public/snapshots"))).toBe(false);
  });
});

/** Checkpoints of a file that changes, a minute apart, from the beginning on. */
async function threeMore(mirror: Mirror): Promise<void> {
  for (const index of [0, 1, 2]) {
    mirror.at(index * 60);
    mirror.offer({ a: `content ${index}`.slice(0, 9) });
    await mirror.ok("update");
  }
}

function rootOf(mirror: Mirror, version: number): unknown {
  return mirror.events().find((event) => event.type === "version" && event["version"] === version)?.["root"];
}

function entriesOf(feed: XmlElement): readonly XmlElement[] {
  return feed.children.filter(({ name }) => name === "entry");
}

function links(element: XmlElement): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    element.children
      .filter(({ name }) => name === "link")
      .map(({ attributes }) => [attributes["rel"] ?? "", attributes["href"]]),
  );
}

/** RFC 4287, sections 4.1.1 and 4.1.2, as far as they bind what asof writes. */
function expectAtom(mirror: Mirror, name: string, entries: number): void {
  const feed = readXml(mirror.page(name));
  expect(entriesOf(feed)).toHaveLength(entries);
  for (const element of [feed, ...entriesOf(feed)]) {
    for (const one of ["id", "title", "updated"]) {
      expect(element.children.filter((child) => child.name === one)).toHaveLength(1);
    }
    expect(new URL(textOf(element, "id")).href).toBe(textOf(element, "id"));
    expect(textOf(element, "updated")).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Date.parse(textOf(element, "updated"))).toBeLessThanOrEqual((beginning + 120) * 1000);
    expect(Object.values(links(element)).every((href) => href?.startsWith(url))).toBe(true);
  }
  const author = feed.children.find((child) => child.name === "author");
  expect(author === undefined ? "" : textOf(author, "name")).not.toBe("");
  const ids = entriesOf(feed).map((entry) => textOf(entry, "id"));
  expect(new Set(ids).size).toBe(ids.length);
}
