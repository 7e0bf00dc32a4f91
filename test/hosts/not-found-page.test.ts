import { writeFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { after, day, openMirror } from "../operations/mirror.ts";
import type { Mirror, MirrorSettings } from "../operations/mirror.ts";
import { isChromiumInstalled, openBrowser } from "./chromium.ts";
import type { Browser, Visit } from "./chromium.ts";
import { netlifyHeaders } from "./netlify-headers.ts";
import { startStaticHost } from "./static-host.ts";
import type { StaticHost } from "./static-host.ts";

const isInstalled = isChromiumInstalled();

it.runIf(process.env["CI"] !== undefined)("runs where chromium is installed", () => {
  expect(isInstalled).toBe(true);
});

describe.skipIf(!isInstalled)("404.html in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  describe.each([
    { title: "on a host at /", mount: "/", withHeaders: false },
    { title: "on a host below a path", mount: "/mirror/", withHeaders: false },
    { title: "under the headers of Netlify, which put every page into a sandbox", mount: "/", withHeaders: true },
  ])("$title", ({ mount, withHeaders }) => {
    let mirror: Mirror;
    let host: StaticHost;
    const base = `${mount}snapshots/repo/`;
    const [pruned, first, second, third] = daysOfCheckpoints.map(onDay);

    beforeAll(async () => {
      mirror = await aSite(mount);
      host = await startStaticHost({
        publicDir: mirror.file("public"),
        mount,
        ...(withHeaders ? { headersOf: netlifyHeaders(mirror.page("_headers")) } : {}),
      });
    });
    afterAll(async () => {
      await host.stop();
      mirror.remove();
    });
    const visit = (target: string): Promise<Visit> => browser.visit(host.origin + target);
    const url = (time: string | undefined, rest: string): string => `${host.origin}${base}${time}${rest}`;

    it("goes from a time between two checkpoints to the older one, and keeps path, query and fragment", async () => {
      const seen = await visit(`${base}${onDay(-599)}/dir/b%20c.txt?x=//evil.example/&y=%2F#part`);
      expect(seen.url).toBe(url(first, "/dir/b%20c.txt?x=//evil.example/&y=%2F#part"));
      expect(seen.text).toBe("content -600");
    });

    it.each(["", "/"])("goes from a bare time with %j behind it to the root of the checkpoint", async (end) => {
      const seen = await visit(`${base}${onDay(-299.5)}${end}`);
      expect(seen.url).toBe(url(second, "/"));
      expect(seen.links.map(([text]) => text)).toContain("dir/");
    });

    it("goes from a time after the last checkpoint to that one, and from latest as well", async () => {
      for (const time of [onDay(-298), onDay(-295), onDay(-200), "latest"]) {
        expect((await visit(`${base}${time}/dir/`)).url).toBe(url(third, "/dir/"));
      }
    });

    it("finds the checkpoint in the year before, with one list more to read", async () => {
      const before = host.asked.length;
      expect((await visit(`${base}20240105T000000Z/dir/`)).url).toBe(url(first, "/dir/"));
      const lists = host.asked.slice(before).filter((one) => one.endsWith(".json"));
      expect(lists).toEqual([`${base}checkpoints.json`, `${base}checkpoints/2023.json`]);
    });

    it("says of a pruned time that it is gone, and names the neighbours", async () => {
      for (const time of [pruned, onDay(-601)]) {
        const seen = await visit(`${base}${time}/dir/`);
        expect(seen.title).toBe("Gone");
        expect(seen.text).toContain("The checkpoint that answers this time was removed.");
        expect(seen.text).not.toContain("Nearest older");
        expect(seen.links).toContainEqual([first, url(first, "/")]);
      }
    });

    it.each([
      ["a time before the first checkpoint", "20200101T000000Z/a", "There was no checkpoint yet at this time."],
      ["a time in the future", "99980101T000000Z/a", "This time is in the future."],
      ["a time that is none", "20250230T000000Z/a", "This address names no time."],
      ["a time with something behind it", "20250318T140338Zx/a", "This address names no time."],
      ["a file that a checkpoint does not have", `${first}/nothing`, "There is no such file in this checkpoint."],
      ["a file beside the checkpoints", "nothing", "There is no file at this address."],
    ])("says of %s what it is", async (_, target, text) => {
      const seen = await visit(base + target);
      expect(seen.text).toContain(text);
      expect(seen.url).toBe(host.origin + base + target);
    });

    it("shows what there is to choose from where scripts do not run", async () => {
      const seen = await browser.visit(`${host.origin}${base}${onDay(-599)}/`, { scripts: false });
      expect(seen.text).toContain("Without scripts, choose a checkpoint from its list.");
      expect(seen.links).toContainEqual([`All checkpoints in ${base}`, `${host.origin}${base}`]);
    });

    it.each([
      ["a host in front of the path", `//evil.example${base}20230801T000000Z/`],
      ["an encoded host in front of the path", `/%2F%2Fevil.example${base}20230801T000000Z/`],
      ["an encoded slash in the base", `${base.slice(0, -1)}%2F20230801T000000Z/`],
      ["a way up", `${base}20230801T000000Z/..%2f..%2f..%2f..%2fevil`],
      ["another time in the end", `${base}20230801T000000Z/..%2f20230802T000000Z/`],
    ])("does not move for %s", async (_, target) => {
      const seen = await visit(target);
      expect(seen.url).toBe(host.origin + target);
      expect(seen.hit).toBe(false);
    });

    it.each([
      ["a host behind the time", "//evil.example/", "//evil.example/"],
      ["an encoded host behind the time", "/%2F%2Fevil.example", "/%2F%2Fevil.example"],
      ["a backslash", String.raw`/\evil.example`, "//evil.example"],
      ["markup", '/"><script>window.hit=1</script>', "/%22%3E%3Cscript%3Ewindow.hit=1%3C/script%3E"],
      ["a script as an address", "/javascript:window.hit=1", "/javascript:window.hit=1"],
      ["markup in the query", "/?<script>window.hit=1</script>", "/?%3Cscript%3Ewindow.hit=1%3C/script%3E"],
    ])("stays on the site for %s", async (_, rest, kept) => {
      const seen = await visit(`${base}20230801T000000Z${rest}`);
      expect(seen.url).toBe(url(first, kept));
      expect(seen.hit).toBe(false);
    });

    it("goes nowhere when the list cannot be read, or names what is no time", async () => {
      const list = mirror.file("public/snapshots/repo/checkpoints.json");
      const good = mirror.page("snapshots/repo/checkpoints.json");
      const target = `${base}latest/`;
      const whenListIs = async (text: string): Promise<Visit> => {
        writeFileSync(list, text);
        try {
          return await visit(target);
        } finally {
          writeFileSync(list, good);
        }
      };
      const { newest: _, ...rest } = Object(JSON.parse(good));
      for (const text of ["", "{", "{}", JSON.stringify({ ...rest, newest: "/evil.example/" })]) {
        const seen = await whenListIs(text);
        expect(seen.text).toContain("The list of checkpoints cannot be read.");
        expect(seen.url).toBe(host.origin + target);
      }
    });
  });
});

/** Before the beginning of mirrors in tests, so that the browser's clock is later than all of it. The first one gets pruned. */
const daysOfCheckpoints = [-900, -600, -300, -299];

function onDay(days: number): string {
  return after(days * day);
}

/** A run on day -295 found nothing new. */
async function aSite(mount: string): Promise<Mirror> {
  const settings = (checkpoints: number): MirrorSettings => ({
    top: {
      layout: "copies",
      hosts: ["netlify"],
      servers: ["nginx"],
      grace: 0,
      site: { url: `https://mirror.example.org${mount}` },
    },
    repository: { retain: { checkpoints } },
  });
  const mirror = openMirror(settings(4));
  for (const days of daysOfCheckpoints) {
    mirror.at(days * day);
    mirror.offer({ "dir/b c.txt": `content ${days}` });
    await mirror.ok("update");
  }
  mirror.configure(settings(3));
  mirror.at(-295 * day);
  await mirror.ok("update");
  return mirror;
}
