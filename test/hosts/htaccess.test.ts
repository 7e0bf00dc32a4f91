import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { htaccessServer, startHtaccess } from "../servers/htaccess.ts";
import type { RawResponse } from "../servers/raw-request.ts";
import { startServerSite, summary } from "../servers/server-site.ts";
import type { ServerSite } from "../servers/server-site.ts";

/** All that the suites of servers ask of such a site: what they say of `/` and `/mirror/` with `AllowOverride FileInfo`, they say of every place. */
const targets = [
  "",
  "site.json",
  "nothing",
  "checkpoints",
  "checkpoints/",
  "checkpoints/myfile?x=%2F",
  "checkpoints/myfile/",
  "checkpoints/myfile/checkpoints.json",
  "checkpoints/myfile/feed.atom",
  "checkpoints/myfile/timemap",
  "checkpoints/myfile/nothing",
  "checkpoints/myfile/_asof/20250318T140338Z/SHA256SUMS",
  "checkpoints/myfile/latest",
  "checkpoints/myfile/latest/a%2Bb?c",
  "checkpoints/myfile/20250318T140338Z?q",
  "checkpoints/myfile/20250318T140338Z/",
  "checkpoints/myfile/20250318T140338Z/f",
  "checkpoints/myfile/20250318T140338Z/index.html",
  "checkpoints/myfile/20250318T140338Z/own.json",
  "checkpoints/myfile/20250318T140338Z/timemap",
  "checkpoints/myfile/20250318T140338Z/none",
  "checkpoints/myfile/20250318T140338Z/empty?x=1%202",
  "checkpoints/myfile/20250318T140338Z/empty/",
  "checkpoints/myfile/20250318T140338Z/./pool/../pool",
  "checkpoints/myfile/20250318T140338Z/pool/",
  "checkpoints/myfile/20250318T140338Z/pool/a%2Bb%20%2541.deb",
  "checkpoints/myfile/20240101T000000Z?q",
  "checkpoints/myfile/20240101T000000Z/?q",
  "checkpoints/myfile/20240101T000000Z/f",
  "checkpoints/myfile/20240101T000000Z/s%75b?q",
  "checkpoints/myfile/20240101T000000Z/./sub/../sub//g?x",
  "checkpoints/myfile/20240101T000000Z/a%2Bb%20%2541%3F%23.deb",
  "checkpoints/myfile/20240101T000000Z/none",
  "checkpoints/myfile/20240201T000000Z/f?x=%20,y",
  "checkpoints/myfile/20240102T000000Z/own.json?q",
  "checkpoints/myfile/20250319T000000Z?q=%20",
  "checkpoints/myfile/20250319T000000Z/f",
  "checkpoints/myfile/20250401T000001Z/f",
  "checkpoints/myfile/99990101T000000Z/f",
  "checkpoints/myfile/20221231T235959Z/",
  "checkpoints/myfile/20250230T000000Z/f",
  "checkpoints/myfile/20230101T000000Z?q",
  "checkpoints/myfile/20230101T000000Z/f",
  "checkpoints/myfile/20230708T000000Z?q",
  "checkpoints/myfile/20240601T000000Z/f?q",
  "checkpoints/myfile/20250318T140337Z/f",
  "checkpoints/unsettled/20240101T000001Z/f",
  "checkpoints/unsettled/20250318T140337Z/f",
  "checkpoints/withdrawn/latest",
  "checkpoints/withdrawn/20250318T140338Z/",
  "checkpoints/withdrawn/99991231T235959Z/",
  "again?x=%2F",
  "again/20250319T000000Z/f",
  "again/20250318T140338Z/f",
  "plain?x",
  "plain/",
  "plain/sub?x=%2F",
  "plain/sub/",
  "plain/sub/f.txt",
  "plain/nothing",
  "_asof/",
  "_asof/assets/style.css",
  "_asof/assets/none.css",
  "_asof/d/ab/cdef/index.html",
  "_asof/p/plain/1/sub/f.txt",
];

const places = [
  { mount: "/mirror/", allowOverride: "All" },
  { mount: "/a%20b/~c.d/", allowOverride: "FileInfo" },
];

describe.skipIf(!htaccessServer.isAvailable()).each(places)(
  "a host that takes .htaccess files, public/ at $mount, AllowOverride $allowOverride",
  ({ mount, allowOverride }) => {
    let root: ServerSite;
    let site: ServerSite;

    beforeAll(async () => {
      root = await startServerSite(htaccessServer, "/");
      const start: typeof startHtaccess = (options) => startHtaccess({ ...options, allowOverride });
      site = await startServerSite({ ...htaccessServer, start }, mount);
    });

    afterAll(async () => {
      await site.stop();
      await root.stop();
    });

    it.each(targets)("answers as it does at its root with AllowOverride FileInfo: %s", async (target) => {
      for (const headers of [{}, { Range: "bytes=1-2" }, { "Service-Worker": "script" }]) {
        const [here, there] = [await site.get(target, headers), await root.get(target, headers)];
        expect(told(here, mount)).toEqual(told(there, "/"));
      }
      const [head, post] = ["HEAD", "POST"].map((method) => async (one: ServerSite, base: string) => {
        return told(await one.server.request(`${base}${target}`, { method }), base);
      });
      expect(await head?.(site, mount)).toEqual(await head?.(root, "/"));
      expect(await post?.(site, mount)).toEqual(await post?.(root, "/"));
    });

    it("knows a file that did not change", async () => {
      for (const at of ["20250318T140338Z", "20240101T000000Z"]) {
        for (const name of ["", "f"]) {
          const etag = (await site.get(`checkpoints/myfile/${at}/${name}`)).headers.get("etag") ?? "";
          const again = await site.get(`checkpoints/myfile/${at}/${name}`, { "If-None-Match": etag });
          expect(again.status, `${at}/${name}`).toBe(304);
        }
      }
    });
  },
);

/** What a response says, as if public/ were mounted at the root; when the file was written is left out. */
function told({ status, headers, body }: RawResponse, mount: string): object {
  const written = new Set(["date", "etag", "last-modified"]);
  const kept = [...headers].map(([name, value]): [string, string] => [
    name,
    written.has(name)
      ? "some"
      : name === "location" && value.startsWith(mount)
        ? `/${value.slice(mount.length)}`
        : value,
  ]);
  return { status, headers: Object.fromEntries(kept), body: body.toString() };
}

describe.skipIf(!htaccessServer.isAvailable()).each(["/", "/mirror/"])(
  ".htaccess files as any client sees them, public/ mounted at %s",
  (mount) => {
    let site: ServerSite;

    beforeAll(async () => {
      site = await startServerSite(htaccessServer, mount);
    });

    afterAll(() => site.stop());

    it.each(["", "_asof/", "_asof/answers/", "checkpoints/myfile/", "checkpoints/myfile/_asof/times/"])(
      "are hidden: %s.htaccess",
      async (folder) => {
        expect((await site.get(`${folder}.htaccess`)).status).toBeOneOf([403, 404]);
      },
    );

    it.each([
      "_asof/answers/moved.txt",
      "checkpoints/myfile/_asof/times/",
      "checkpoints/myfile/_asof/times/20/24/01/01/00/00/",
    ])("send nobody to what they need: %s", async (target) => {
      expect(summary(await site.get(target))).toEqual([404, undefined, "no-store"]);
    });

    it("give a directory its slash even where it is gone but for an hour: the server would do so first", async () => {
      const to = `${mount}checkpoints/myfile/20230101T000000Z/?q`;
      expect(summary(await site.get("checkpoints/myfile/20230101T000000Z?q"))).toEqual([301, to, "no-cache"]);
    });

    it("refuse other methods beside checkpoints, too", async () => {
      for (const target of ["", "plain/sub/f.txt", "_asof/assets/style.css"]) {
        const response = await site.server.request(`${mount}${target}`, { method: "POST" });
        expect([response.status, response.headers.get("allow")], target).toEqual([405, "GET, HEAD"]);
      }
    });

    it("tell with HEAD, too, how long the page about a checkpoint that is gone is", async () => {
      for (const at of ["20240601T000000Z", "20230101T000000Z"]) {
        const target = `checkpoints/myfile/${at}/`;
        const { headers } = await site.server.request(`${mount}${target}`, { method: "HEAD" });
        expect(headers.get("content-length")).toBe(String((await site.get(target)).body.length));
      }
    });
  },
);
