import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { hostNames } from "../../src/model/server-name.ts";
import { aMirror, after, day } from "../operations/mirror.ts";
import type { Mirror } from "../operations/mirror.ts";

const base = { layout: "copies", servers: ["nginx"] };
const hosts = ["github-pages", "netlify", "object-store"];

describe("files for hosts", () => {
  it("are written by update, and by a second run not again", async () => {
    const mirror = await published(hosts);
    expect(topNames(mirror)).toEqual(
      expect.arrayContaining([".nojekyll", "404.html", "_headers", "_redirects", "index.html", "site.json"]),
    );
    expect(hostRules(mirror)).toEqual([
      "github-pages",
      "github-pages/README.txt",
      "netlify",
      "netlify/README.txt",
      "object-store",
      "object-store/README.txt",
      "object-store/upload.sh",
      "object-store/website.json",
    ]);
    const before = mirror.everything();
    const again = await mirror.ok("update");
    expect(again.out).toContain("nothing to do; wrote status.json");
    expect(mirror.everything()).toEqual(before);
  });

  it("say which checkpoint is the newest, and change with it where they do and nowhere else", async () => {
    const mirror = await published(hosts);
    const before = { page: mirror.page("404.html"), upload: rulesText(mirror, "object-store/upload.sh") };
    mirror.at(day);
    mirror.offer({ a: "two" });
    await mirror.ok("update");
    const newest = `/snapshots/repo/${after(day)}/`;
    expect(mirror.page("_redirects").split("\n").slice(1)).toEqual([
      `/snapshots/repo/latest ${newest} 302`,
      `/snapshots/repo/latest/* ${newest}:splat 302`,
      "",
    ]);
    expect(JSON.parse(rulesText(mirror, "object-store/website.json"))).toMatchObject({
      ErrorDocument: { Key: "404.html" },
      RoutingRules: [
        {
          Condition: { KeyPrefixEquals: "snapshots/repo/latest/" },
          Redirect: { ReplaceKeyPrefixWith: newest.slice(1), HttpRedirectCode: "302" },
        },
      ],
    });
    expect(mirror.page("404.html")).toBe(before.page);
    expect(rulesText(mirror, "object-store/upload.sh")).toBe(before.upload);
  });

  it("are the same whenever they are written anew", async () => {
    const mirror = await published(hosts);
    const before = mirror.everything();
    for (const lost of ["public/404.html", "public/_headers", "public/.nojekyll", "rules/hosts"]) {
      rmSync(mirror.file(lost), { recursive: true });
    }
    await mirror.ok("build");
    expect(mirror.everything()).toEqual(before);
  });

  it("go when their host leaves the configuration, and others stay", async () => {
    const mirror = await published(hosts);
    const page = mirror.page("404.html");
    mirror.configure({ top: { ...base, hosts: ["github-pages"] } });
    const dry = await mirror.ok("build", "--dry-run");
    for (const name of ["public/_headers", "public/_redirects", "rules/hosts/netlify/README.txt"]) {
      expect(dry.out).toContain(`remove ${name}\n`);
    }
    await mirror.ok("update");
    expect(topNames(mirror)).not.toEqual(expect.arrayContaining(["_headers"]));
    expect(topNames(mirror)).not.toEqual(expect.arrayContaining(["_redirects"]));
    expect(mirror.page("404.html")).toBe(page);
    expect(hostRules(mirror)).toEqual(["github-pages", "github-pages/README.txt"]);

    mirror.configure({ top: base });
    await mirror.ok("update");
    expect(topNames(mirror).filter((name) => /^[._4]/.test(name))).toEqual(["_asof"]);
    expect(existsSync(mirror.file("rules/hosts"))).toBe(false);
    expect((await mirror.ok("update")).out).toContain("nothing to do");
  });

  it("stay when they are somebody else's by then", async () => {
    const mirror = await published(hosts);
    mirror.write("public/_headers", "my own");
    mirror.write("rules/hosts/netlify/notes.txt", "my own");
    mirror.configure({ top: base });
    await mirror.ok("update");
    expect(mirror.page("_headers")).toBe("my own");
    expect(topNames(mirror)).not.toContain("_redirects");
    expect(hostRules(mirror)).toEqual(["netlify", "netlify/notes.txt"]);
  });

  it("go also when the run that wrote them did not come to its end", async () => {
    const mirror = await published(hosts);
    // What was remembered of the build is lost, as if it had ended right before.
    rmSync(mirror.file("state/cache/built.json"));
    await mirror.ok("update");
    mirror.configure({ top: base });
    await mirror.ok("update");
    expect(topNames(mirror).filter((name) => /^[._4]/.test(name))).toEqual(["_asof"]);
  });

  it("of every host there is go together, and leave nothing behind", async () => {
    const mirror = await published(hostNames);
    const plain = await published([]);
    mirror.configure({ top: base });
    const run = await mirror.ok("build");
    expect(run.out).toContain("remove public/.htaccess");
    expect(Object.keys(mirror.site())).toEqual(Object.keys(plain.site()));
    expect(Object.keys(mirror.everything().rules)).toEqual(Object.keys(plain.everything().rules));
  });

  it("leave a repository's own files of such names alone, in checkpoints and in plain distributions", async () => {
    const own = {
      "404.html": "mine",
      _headers: "/*\n  X: mine\n",
      _redirects: "/* /evil",
      ".nojekyll": "mine",
      CNAME: "mine",
    };
    const mirror = await published([]);
    mirror.at(60);
    mirror.offer({ ...own, "sub/_headers": "mine" });
    mirror.configure({ top: { ...base, hosts: [...hosts, "gitlab-pages"] } });
    await mirror.ok("update");
    mirror.configure({ top: base });
    await mirror.ok("update");
    for (const folder of ["plain", `snapshots/repo/${after(60)}`]) {
      for (const [name, content] of Object.entries(own)) expect(mirror.page(`${folder}/${name}`)).toBe(content);
      expect(mirror.page(`${folder}/sub/_headers`)).toBe("mine");
    }
  });

  it("know where the site is mounted", async () => {
    const mirror = await published(["netlify", "object-store", "gitlab-pages"], "https://example.org/mirror/");
    expect(mirror.page("_redirects")).toContain(
      `/mirror/snapshots/repo/latest /mirror/snapshots/repo/${after(0)}/ 302`,
    );
    expect(mirror.page("404.html")).toContain('const bases = ["/mirror/snapshots/repo/"];');
    expect(mirror.page("_headers").split("\n")[1]).toBe("/mirror/*");
    expect(rulesText(mirror, "object-store/website.json")).toContain('"Key": "mirror/404.html"');
    expect(rulesText(mirror, "gitlab-pages/README.txt")).toContain("its path is /mirror/ here");
  });

  it("have the stylesheet of the theme, where it has one", async () => {
    const mirror = await published(["github-pages"]);
    expect(mirror.page("404.html")).toContain('<link rel="stylesheet" href="/_asof/assets/style.css">');
    mirror.configure({ top: { ...base, hosts: ["github-pages"], theme: "classic" } });
    await mirror.ok("build");
    expect(mirror.page("404.html")).not.toContain("stylesheet");
  });
});

async function published(wanted: readonly string[], url?: string): Promise<Mirror> {
  const mirror = aMirror({ top: { ...base, hosts: wanted, ...(url === undefined ? {} : { site: { url } }) } });
  mirror.offer({ a: "one", "dir/b": "one" });
  await mirror.ok("update");
  return mirror;
}

function topNames(mirror: Mirror): readonly string[] {
  return readdirSync(mirror.file("public")).toSorted();
}

function hostRules(mirror: Mirror): readonly string[] {
  return readdirSync(mirror.file("rules/hosts"), { recursive: true, encoding: "utf8" }).toSorted();
}

function rulesText(mirror: Mirror, name: string): string {
  return readFileSync(mirror.file(`rules/hosts/${name}`), "utf8");
}

describe("files of a host that is new", () => {
  it("are in public/ before any content is, and so before a reload", async () => {
    const mirror = aMirror();
    const list = mirror.file("list.txt");
    const reload = ["sh", "-c", `ls -a ${mirror.file("public")} > ${list}; exit 1`];
    mirror.configure({ top: { ...base, hosts: ["htaccess", "netlify"], reload } });
    mirror.offer({ "x.php": "<?php evil();" });
    const { exit } = await mirror.run("update");
    expect(exit).toBe(5);
    expect(readFileSync(list, "utf8").split("\n")).toEqual(expect.arrayContaining([".htaccess", "_headers"]));
  });
});

describe("a host that cannot have an address of the configuration", () => {
  it("is refused before anything is written", async () => {
    const mirror = aMirror({ top: { ...base, hosts: ["netlify"] } });
    mirror.offer({ a: "one" });
    await mirror.ok("update");
    // No file of Apache's rules can have such a name, so that this base path is not for that host.
    mirror.configure({
      top: { ...base, hosts: ["htaccess", "netlify"] },
      distributions: { odd: { repository: "repo", base_path: "a/.htaccess", checkpoint: true } },
    });
    const before = mirror.everything();
    const { exit, err } = await mirror.run("build");
    expect(exit).toBe(2);
    expect(err).toContain("a/.htaccess has a segment that Apache takes for a file of rules");
    expect(mirror.everything()).toEqual(before);
  });
});
