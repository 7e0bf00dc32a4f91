import { existsSync, readdirSync, rmSync, statSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { aMirror, after, plainAndCheckpoints } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";
import { hrefsOf, readHtml } from "../pages/read-html.ts";

const site = { url: "https://mirror.example.org/" };
const base = "snapshots/repo";
const rpm = { "repodata/repomd.xml": "<repomd/>", "hello.rpm": "one" };

/** The files for clients; the page that lists them is there with them, and not without. */
function kitFiles(mirror: Mirror): readonly string[] {
  const folder = mirror.file(`public/${base}/kit`);
  const names = existsSync(folder) ? readdirSync(folder).toSorted() : [];
  const files = names.filter((name) => name !== "index.html");
  const listed = hrefsOf(readHtml(files.length === names.length ? "" : mirror.page(`${base}/kit/index.html`)));
  expect(listed.filter((href) => href !== "../").toSorted()).toEqual(files.map((name) => `./${name}`));
  return files;
}

function pin(at: string): string {
  return `${base}/_asof/${at}/mirrorlist`;
}

describe("the client kit of a checkpoint distribution", () => {
  test("is on its page and beside it, for the newest checkpoint", async () => {
    const mirror = aMirror({ top: { site } });
    mirror.offer(rpm);
    await mirror.ok("update");
    expect(kitFiles(mirror)).toEqual(["Dockerfile", "dnf.repo", "fetch.sh", "zypper.repo"]);
    expect(mirror.page(`${base}/kit/dnf.repo`)).toContain(`baseurl=${site.url}${base}/${after(0)}/\n`);
    expect(mirror.page(`${base}/index.html`)).toContain(`baseurl=${site.url}${base}/${after(0)}/\n`);
    mirror.at(60);
    mirror.offer({ ...rpm, "hello.rpm": "two" });
    await mirror.ok("update");
    expect(mirror.page(`${base}/kit/dnf.repo`)).toContain(`baseurl=${site.url}${base}/${after(60)}/\n`);
    expect(mirror.page(`${base}/kit/fetch.sh`)).toContain("get PULP_MANIFEST ");
  });

  test("is not made without the site's address, nor before the first checkpoint", async () => {
    const mirror = aMirror();
    mirror.offer(rpm);
    await mirror.ok("update");
    expect(kitFiles(mirror)).toEqual([]);
    expect(existsSync(mirror.file(`public/${pin(after(0))}`))).toBe(false);
    expect(mirror.page(`${base}/index.html`)).not.toContain("Use it");

    const empty = aMirror({ top: { site } });
    empty.offer({});
    await empty.ok("build");
    expect(kitFiles(empty)).toEqual([]);
  });

  test("loses the lines that the content does not fit any more", async () => {
    const mirror = aMirror({ top: { site }, remote: { mode: "mirror" } });
    mirror.offer(rpm);
    await mirror.ok("update");
    mirror.at(60);
    mirror.offer({ "simple/demo/index.html": "<a>", "notes.txt": "a" });
    await mirror.ok("update");
    expect(kitFiles(mirror)).toEqual(["Dockerfile", "fetch.sh", "pip.conf"]);
    expect(mirror.page(pin(after(0)))).toBe(`${site.url}${base}/${after(0)}/\n`);
    expect(existsSync(mirror.file(`public/${pin(after(60))}`))).toBe(false);
  });

  test("goes as a whole when the address is taken away", async () => {
    const mirror = aMirror({ top: { site } });
    mirror.offer(rpm);
    await mirror.ok("update");
    mirror.configure({});
    await mirror.ok("build");
    expect(kitFiles(mirror)).toEqual([]);
    expect(existsSync(mirror.file(`public/${pin(after(0))}`))).toBe(false);
    expect(mirror.page(`${base}/index.html`)).not.toContain("Use it");
  });

  test("tells apt of a host's past in the one way that is right for all archives of the site", async () => {
    const archive = { "dists/stable/Release": "Origin: Example\n", "dists/stable/main/binary-all/Packages": "" };
    const other = { remote: { type: "directory", path: "other" } };
    const distributions = {
      ...plainAndCheckpoints,
      other: { repository: "other", base_path: "other" },
    };
    const mirror = aMirror({
      top: { site },
      repositories: { other },
      distributions: {
        ...distributions,
        otherAt: { repository: "other", base_path: "snapshots/other", checkpoint: true },
      },
    });
    mirror.offer(archive);
    mirror.write("other/readme.txt", "no archive");
    await mirror.ok("update");
    const line = 'Acquire::Snapshots::URI::Host::mirror.example.org "https://mirror.example.org/';
    // The one archive: `plain`, with its past at `snapshots/repo`.
    expect(mirror.page(`${base}/kit/apt-snapshots.conf`)).toContain(`${line}snapshots/repo/@SNAPSHOTID@/";\n`);
    expect(mirror.page(`${base}/kit/apt-live.sources`)).toContain("URIs: https://mirror.example.org/plain/\n");

    mirror.at(60);
    for (const [name, text] of Object.entries(archive)) mirror.write(`other/${name}`, text);
    await mirror.ok("update");
    expect(kitFiles(mirror)).toEqual(["Dockerfile", "apt.sources", "fetch.sh"]);
  });

  test("reads of a Release file how long it holds", async () => {
    const mirror = aMirror({ top: { site } });
    mirror.offer({
      "dists/sid/InRelease": `-----BEGIN PGP SIGNED MESSAGE-----\n\nOrigin: Debian\nValid-Until: x\nSHA256:\n${" 00 1 x\n".repeat(5000)}`,
      "dists/sid/main/binary-all/Packages": "",
    });
    await mirror.ok("update");
    expect(mirror.page(`${base}/kit/apt.sources`)).toContain("Check-Valid-Until: no\n");
    // apt has its own idea of where Debian's past is.
    expect(kitFiles(mirror)).not.toContain("apt-live.sources");
  });

  test("changes nothing in a run that finds nothing new", async () => {
    const mirror = aMirror({ top: { site } });
    mirror.offer(rpm);
    await mirror.ok("update");
    const before = mirror.everything();
    const inode = statSync(mirror.file(`public/${pin(after(0))}`)).ino;
    mirror.at(3600);
    await mirror.ok("update");
    expect(mirror.everything()).toEqual(before);
    expect(statSync(mirror.file(`public/${pin(after(0))}`)).ino).toBe(inode);
  });
});

describe("what a tree was recognized as", () => {
  const onlyCheckpoints = { distributions: { snapshots: plainAndCheckpoints.snapshots } };
  const kinds = "state/cache/kinds.json";

  /** A mirror with a kit, and the record of its newest checkpoint's root. */
  async function served(): Promise<{ readonly mirror: Mirror; readonly root: string }> {
    const mirror = aMirror({ top: { site }, ...onlyCheckpoints });
    mirror.offer(rpm);
    await mirror.ok("update");
    const root = String(mirror.events().findLast(({ type }) => type === "version")?.["root"]);
    return { mirror, root: mirror.file(`state/trees/${root.slice(0, 2)}/${root}`) };
  }

  test("is remembered: a run with nothing new does not read the record of the tree", async () => {
    const { mirror, root } = await served();
    rmSync(root);
    expect((await mirror.ok("build")).out).toBe("nothing to do\n");
    rmSync(mirror.file(kinds));
    // Lists that are made of the same are not made again, and do not ask.
    rmSync(mirror.file("state/cache/made.json"));
    expect((await mirror.run("build")).err).toContain("is missing or damaged");
  });

  test.each([
    ["lost", ""],
    ["damaged", '{"version":1,"kinds":[["'],
    ["written by another way of recognizing", '{"version":0,"kinds":[]}'],
  ])("is found out again and remembered when it was %s", async (_, text) => {
    const { mirror, root } = await served();
    const before = mirror.site();
    if (text === "") rmSync(mirror.file(kinds));
    else mirror.write(kinds, text);
    await mirror.ok("build");
    expect(mirror.site()).toEqual(before);
    rmSync(root);
    expect((await mirror.ok("build")).out).toBe("nothing to do\n");
  });

  test("is not written down by a dry run", async () => {
    const { mirror } = await served();
    rmSync(mirror.file(kinds));
    await mirror.ok("build", "--dry-run");
    expect(existsSync(mirror.file(kinds))).toBe(false);
  });
});

describe("the file that pins dnf to a checkpoint", () => {
  test.each(["shared", "hardlinks", "copies"] as const)(
    "is made with it in the layout %s, and goes with it",
    async (layout) => {
      const mirror = aMirror({
        top: { site, layout, grace: "0s" },
        repository: { retain: { checkpoints: 1 } },
      });
      // The repository's own index.html: our page of it is in the same folder.
      mirror.offer({ ...rpm, "index.html": "its own" });
      await mirror.ok("update");
      expect(mirror.page(pin(after(0)))).toBe(`${site.url}${base}/${after(0)}/\n`);
      expect(readdirSync(mirror.file(`public/${base}/_asof/${after(0)}`)).toSorted()).toEqual([
        "SHA256SUMS",
        "changes",
        "changes.json",
        "checkpoint.txt",
        "index.html",
        "mirrorlist",
      ]);
      mirror.at(60);
      mirror.offer({ ...rpm, "hello.rpm": "two", "index.html": "its own" });
      await mirror.ok("update");
      expect(mirror.page(pin(after(60)))).toBe(`${site.url}${base}/${after(60)}/\n`);
      mirror.at(120);
      await mirror.ok("update");
      expect(existsSync(mirror.file(`public/${base}/_asof/${after(0)}`))).toBe(false);
    },
  );

  test("is made for every checkpoint when the address is given later, and again when it changes", async () => {
    const mirror = aMirror();
    mirror.offer(rpm);
    await mirror.ok("update");
    mirror.at(60);
    mirror.offer({ ...rpm, "hello.rpm": "two" });
    await mirror.ok("update");
    mirror.configure({ top: { site } });
    await mirror.ok("build");
    expect([after(0), after(60)].map((at) => mirror.page(pin(at)))).toEqual([
      `${site.url}${base}/${after(0)}/\n`,
      `${site.url}${base}/${after(60)}/\n`,
    ]);
    mirror.configure({ top: { site: { url: "http://other.example.org/" } } });
    await mirror.ok("build");
    expect(mirror.page(pin(after(0)))).toBe(`http://other.example.org/${base}/${after(0)}/\n`);
  });

  test("is there again after the site was lost", async () => {
    const mirror = aMirror({ top: { site } });
    mirror.offer({ "a/x86_64/repodata/repomd.xml": "", "a/aarch64/repodata/repomd.xml": "", "index.html": "" });
    await mirror.ok("update");
    const before = mirror.site();
    expect(mirror.page(`${pin(after(0))}/a/x86_64`)).toBe(`${site.url}${base}/${after(0)}/a/x86_64/\n`);
    rmSync(mirror.file("public"), { recursive: true });
    await mirror.ok("build");
    expect(mirror.site()).toEqual(before);
  });
});
