import { lchown, mkdir, symlink, utimes, writeFile } from "node:fs/promises";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { timeline } from "../model/a-timeline.ts";
import type { RawResponse } from "../servers/raw-request.ts";
import { makeRulesFolder, repository, rulesInput } from "../servers/rules-folder.ts";
import type { RulesFolder } from "../servers/rules-folder.ts";
import { immutable, summary } from "../servers/server-site.ts";
import { apacheAvailable, htaccessFiles, startHtaccess, writeHtaccess } from "./htaccess-server.ts";
import type { HtaccessServer } from "./htaccess-server.ts";

const myfile = timeline(["-20230101T000000Z", "20240101T000000Z", "-20240601T000000Z", "20250318T140338Z"], {
  horizon: "20250401T000000Z",
});
const unsettled = timeline(["20240101T000000Z", "20250318T140338Z"], { settled: false });
const withdrawn = timeline(["20240101T000000Z", "-20250318T140338Z"]);

const files: Readonly<Record<string, string>> = {
  "index.html": "front page",
  "site.json": "{}",
  "checkpoints/index.html": "directories",
  "checkpoints/myfile/index.html": "list",
  "checkpoints/myfile/checkpoints.json": "{}",
  "checkpoints/myfile/timemap": "links",
  "checkpoints/myfile/feed.atom": "<feed/>",
  "checkpoints/myfile/_asof/gone/20240601T000000Z.html": "a page about it",
  "checkpoints/myfile/_asof/20250318T140338Z/SHA256SUMS": "sums",
  "checkpoints/myfile/20230101T000000Z/f": "still there for an hour",
  "checkpoints/myfile/20240101T000000Z/index.html": "an older listing",
  "checkpoints/myfile/20240101T000000Z/f": "older",
  "checkpoints/myfile/20240101T000000Z/a+b %41?#.deb": "odd",
  "checkpoints/myfile/20240101T000000Z/timemap": "mirrored",
  "checkpoints/myfile/20240101T000000Z/sub/g": "older",
  "checkpoints/myfile/20240601T000000Z/index.html": "still there for an hour",
  "checkpoints/myfile/20250318T140338Z/index.html": "listing",
  "checkpoints/myfile/20250318T140338Z/f": "0123456789",
  "checkpoints/myfile/20250318T140338Z/own.json": "{}",
  "checkpoints/myfile/20250318T140338Z/empty/": "",
  "checkpoints/withdrawn/_asof/gone/20250318T140338Z.html": "withdrawn",
  "_asof/assets/style.css": "a{}",
  "_asof/d/ab/cdef/index.html": "shared listing",
  "_asof/d/ab/cdef/a+b %41.deb": "package",
  "_asof/p/plain/1/index.html": "plain listing",
  "_asof/p/plain/1/sub/f.txt": "text",
};

const policy =
  "sandbox allow-scripts allow-downloads allow-forms; default-src 'none'; img-src 'self' data:; style-src 'self'; connect-src 'self'; script-src 'sha256-abc='";

const places = [
  { mount: "/", allowOverride: "FileInfo" },
  { mount: "/mirror/", allowOverride: "FileInfo" },
  { mount: "/mirror/", allowOverride: "All" },
  { mount: "/a%20b/~c.d/", allowOverride: "FileInfo" },
];

describe.skipIf(!apacheAvailable()).each(places)(
  "a host that takes .htaccess files, public/ at $mount, AllowOverride $allowOverride",
  ({ mount, allowOverride }) => {
    let folder: RulesFolder;
    let server: HtaccessServer;
    const get = (target: string, headers: Readonly<Record<string, string>> = {}): Promise<RawResponse> =>
      server.request(`${mount}${target}`, { headers });

    beforeAll(async () => {
      folder = await makeRulesFolder();
      await folder.place(files);
      await symlink(
        "../../../_asof/d/ab/cdef",
        path.join(folder.publicDir, "checkpoints/myfile/20250318T140338Z/pool"),
      );
      await symlink("_asof/p/plain/1", path.join(folder.publicDir, "plain"));
      const checkpoint = true;
      const input = rulesInput(folder.publicDir, myfile, {
        mount,
        scriptHash: "abc=",
        repositories: [
          repository("myfile", myfile),
          repository("unsettled", unsettled),
          repository("withdrawn", withdrawn),
        ],
        distributions: [
          { name: "myfile", basePath: "checkpoints/myfile", repository: "myfile", checkpoint },
          { name: "again", basePath: "again", repository: "myfile", checkpoint },
          { name: "unsettled", basePath: "checkpoints/unsettled", repository: "unsettled", checkpoint },
          { name: "withdrawn", basePath: "checkpoints/withdrawn", repository: "withdrawn", checkpoint },
          { name: "plain", basePath: "plain", repository: "myfile", checkpoint: false },
        ],
      });
      await writeHtaccess(folder.publicDir, htaccessFiles(input));
      server = await startHtaccess({ ...folder, mount, allowOverride });
    });

    afterAll(async () => {
      await server.stop();
      await folder.remove();
    });

    it("knows no time that is not a real second", async () => {
      for (const at of ["20250230T000000Z", "20250318T240000Z", "20250318T140360Z", "20251318T000000Z"]) {
        expect(summary(await get(`checkpoints/myfile/${at}/f`))).toEqual([404, undefined, "no-store"]);
      }
      expect(summary(await get("checkpoints/myfile/20221231T235959Z/"))).toEqual([404, undefined, "no-store"]);
    });

    it("serves kept checkpoints, the newest and those that the lists know", async () => {
      for (const [target, body] of [
        ["20250318T140338Z/f", "0123456789"],
        ["20240101T000000Z/f", "older"],
        ["20240101T000000Z/a%2Bb%20%2541%3F%23.deb", "odd"],
        ["20240101T000000Z/./sub/../sub//g?x", "older"],
      ] as const) {
        const response = await get(`checkpoints/myfile/${target}`);
        expect(summary(response), target).toEqual([200, undefined, immutable]);
        expect(response.body.toString()).toBe(body);
      }
      for (const target of ["20240101T000000Z/", "20240101T000000Z/?q", "20240101T000000Z/index.html"]) {
        const response = await get(`checkpoints/myfile/${target}`);
        expect(summary(response), target).toEqual([200, undefined, "no-cache"]);
        expect(response.body.toString()).toBe("an older listing");
      }
    });

    it("answers 410 with the page about the interval, for tombstones that are still on disk, too", async () => {
      for (const at of ["20240601T000000Z", "20240601T000001Z", "20250318T140337Z"]) {
        const response = await get(`checkpoints/myfile/${at}/f?q`);
        expect(summary(response)).toEqual([410, undefined, "no-cache"]);
        expect(response.headers.get("content-type")).toBe("text/html");
        expect(response.body.toString()).toBe("a page about it");
      }
    });

    it("answers 410 with a line of text where that page is missing", async () => {
      for (const target of ["20230101T000000Z/f", "20230101T000000Z/", "20230708T000000Z?q"]) {
        const response = await get(`checkpoints/myfile/${target}`);
        expect(summary(response)).toEqual([410, undefined, "no-cache"]);
        expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
        expect(response.body.toString()).toBe("This checkpoint was removed.\n");
      }
    });

    it("gives a directory its slash even where it is gone but for an hour: the server would do so first", async () => {
      const to = `${mount}checkpoints/myfile/20230101T000000Z/?q`;
      expect(summary(await get("checkpoints/myfile/20230101T000000Z?q"))).toEqual([301, to, "no-cache"]);
    });

    it("answers 410 after a checkpoint that was withdrawn, whatever the clock says", async () => {
      for (const at of ["20250318T140338Z", "20250318T140339Z", "20250601T000000Z", "99991231T235959Z"]) {
        const response = await get(`checkpoints/withdrawn/${at}/`);
        expect(summary(response)).toEqual([410, undefined, "no-cache"]);
        expect(response.body.toString()).toBe("withdrawn");
      }
      const latest = `${mount}checkpoints/withdrawn/20240101T000000Z/`;
      expect(summary(await get("checkpoints/withdrawn/latest"))).toEqual([302, latest, "no-store"]);
    });

    it("redirects for ever up to the horizon, and for the moment where answers may be revised", async () => {
      for (const at of ["20250318T140339Z", "20250401T000000Z"]) {
        const to = `${mount}checkpoints/myfile/20250318T140338Z/f`;
        expect(summary(await get(`checkpoints/myfile/${at}/f`))).toEqual([301, to, immutable]);
      }
      const older = `${mount}checkpoints/myfile/20240101T000000Z/f?x=%20,y`;
      expect(summary(await get("checkpoints/myfile/20240201T000000Z/f?x=%20,y"))).toEqual([301, older, immutable]);
      for (const [at, to] of [
        ["20250318T140337Z", "20240101T000000Z"],
        ["20240101T000001Z", "20240101T000000Z"],
      ]) {
        const location = `${mount}checkpoints/unsettled/${to}/f`;
        expect(summary(await get(`checkpoints/unsettled/${at}/f`))).toEqual([301, location, "no-cache"]);
      }
    });

    it("redirects to the newest after the horizon, until now", async () => {
      const now = Math.floor(Date.now() / 1000);
      const to = `${mount}checkpoints/myfile/20250318T140338Z/f`;
      for (const at of ["20250401T000001Z", timestampFromSeconds(now - 2), timestampFromSeconds(now - 3 * 3600)]) {
        expect(summary(await get(`checkpoints/myfile/${at}/f`))).toEqual([302, to, "no-store"]);
      }
      for (const later of [30, 3600, 9 * 3600, 40 * 86_400, 400 * 86_400]) {
        const at = timestampFromSeconds(now + later);
        expect(summary(await get(`checkpoints/myfile/${at}/f`))).toEqual([404, undefined, "no-store"]);
      }
    });

    it("redirects from latest", async () => {
      const to = `${mount}checkpoints/myfile/20250318T140338Z`;
      expect(summary(await get("checkpoints/myfile/latest"))).toEqual([302, `${to}/`, "no-store"]);
      expect(summary(await get("checkpoints/myfile/latest/a%2Bb?c"))).toEqual([302, `${to}/a%2Bb?c`, "no-store"]);
    });

    it("goes from a second without slash to the checkpoint's root in one hop", async () => {
      const to = `${mount}checkpoints/myfile/20250318T140338Z/?q=%20`;
      expect(summary(await get("checkpoints/myfile/20250319T000000Z?q=%20"))).toEqual([301, to, immutable]);
    });

    it("serves several distributions of one repository", async () => {
      const to = `${mount}again/20250318T140338Z/f`;
      expect(summary(await get("again/20250319T000000Z/f"))).toEqual([301, to, immutable]);
      expect((await get("again/20250318T140338Z/f")).status).toBe(404);
    });

    it("answers HEAD like GET", async () => {
      for (const target of [
        "20250318T140338Z/f",
        "20240101T000000Z/f",
        "20250319T000000Z/x",
        "20240601T000000Z/",
        "20230101T000000Z/",
        "20000101T000000Z/",
        "",
      ]) {
        const answer = await get(`checkpoints/myfile/${target}`);
        const head = await server.request(`${mount}checkpoints/myfile/${target}`, { method: "HEAD" });
        // Of its own 404 page Apache tells a HEAD no length.
        const varying = answer.status === 404 ? /^(?:Date|Content-Length):.*\r\n/gm : /^Date:.*\r\n/gm;
        expect(head.head.replace(varying, ""), target).toBe(answer.head.replace(varying, ""));
      }
    });

    it.each([
      ["checkpoints/myfile", "checkpoints/myfile/"],
      ["checkpoints/myfile?x=%2F", "checkpoints/myfile/?x=%2F"],
      ["checkpoints/myfile/20250318T140338Z", "checkpoints/myfile/20250318T140338Z/"],
      ["checkpoints/myfile/20240101T000000Z?q", "checkpoints/myfile/20240101T000000Z/?q"],
      ["checkpoints/myfile/20240101T000000Z/s%75b?q", "checkpoints/myfile/20240101T000000Z/s%75b/?q"],
      ["checkpoints/myfile/20250318T140338Z/empty?x=1%202", "checkpoints/myfile/20250318T140338Z/empty/?x=1%202"],
      ["checkpoints/myfile/20250318T140338Z/./pool/../pool", "checkpoints/myfile/20250318T140338Z/./pool/../pool/"],
      ["again?x=%2F", "again/?x=%2F"],
      ["checkpoints", "checkpoints/"],
      ["plain?x", "plain/?x"],
      ["plain/sub?x=%2F", "plain/sub/?x=%2F"],
    ])("gives a directory its slash: %s", async (from, to) => {
      expect(summary(await get(from))).toEqual([301, `${mount}${to}`, "no-cache"]);
    });

    it("shows a directory's index.html, and nothing where it has none", async () => {
      for (const target of [
        "",
        "checkpoints/",
        "checkpoints/myfile/",
        "checkpoints/myfile/20250318T140338Z/",
        "plain/",
      ]) {
        expect((await get(target)).status, target).toBe(200);
      }
      for (const target of ["checkpoints/myfile/20250318T140338Z/empty/", "plain/sub/"]) {
        expect((await get(target)).status, target).toBeOneOf([403, 404]);
      }
    });

    it("leads nowhere in circles where a directory is called index.html", async () => {
      const odd = path.join(folder.publicDir, "checkpoints/myfile/20250318T140338Z/odd/index.html");
      await mkdir(odd, { recursive: true });
      await writeFile(path.join(odd, "index.html"), "listing of index.html");
      const second = await get("checkpoints/myfile/20250318T140338Z/odd/index.html/");
      expect([second.status, second.body.toString()]).toEqual([200, "listing of index.html"]);
      const first = await get("checkpoints/myfile/20250318T140338Z/odd/");
      expect(first.headers.get("location")).toBe(`${mount}checkpoints/myfile/20250318T140338Z/odd/index.html/`);
    });

    it("follows links into the shared directories, which have no address of their own", async () => {
      const response = await get("checkpoints/myfile/20250318T140338Z/pool/a%2Bb%20%2541.deb");
      expect(summary(response)).toEqual([200, undefined, immutable]);
      expect(response.body.toString()).toBe("package");
      expect((await get("checkpoints/myfile/20250318T140338Z/pool/")).body.toString()).toBe("shared listing");
      for (const target of [
        "_asof/d/ab/cdef/",
        "_asof/d/ab/cdef/index.html",
        "_asof/p/plain/1/sub/f.txt",
        "_asof/",
        "_asof/answers/moved.txt",
        "checkpoints/myfile/_asof/times/",
        "checkpoints/myfile/_asof/times/20/24/01/01/00/00/",
      ]) {
        expect(summary(await get(target)), target).toEqual([404, undefined, "no-store"]);
      }
    });

    it("hides its own files", async () => {
      for (const folderOfRules of [
        "",
        "_asof/",
        "_asof/answers/",
        "checkpoints/myfile/",
        "checkpoints/myfile/_asof/times/",
      ]) {
        expect((await get(`${folderOfRules}.htaccess`)).status, folderOfRules).toBeOneOf([403, 404]);
      }
    });

    it.skipIf(process.getuid?.() !== 0)(
      "follows no link that somebody else made, where the host has it so",
      async () => {
        const link = path.join(folder.publicDir, "checkpoints/myfile/20250318T140338Z/planted");
        await symlink("/etc", link);
        await lchown(link, 65_534, 65_534);
        for (const target of ["planted/hostname", "planted", "planted/"]) {
          expect((await get(`checkpoints/myfile/20250318T140338Z/${target}`)).status, target).toBeOneOf([403, 404]);
        }
      },
    );

    it("lets files of a checkpoint be kept for ever, whole, in part or unchanged", async () => {
      for (const at of ["20250318T140338Z", "20240101T000000Z"]) {
        await utimes(path.join(folder.publicDir, `checkpoints/myfile/${at}/f`), 1_700_000_000, 1_700_000_000);
        const target = `checkpoints/myfile/${at}/f`;
        expect(summary(await get(target, { Range: "bytes=2-4" }))).toEqual([206, undefined, immutable]);
        const etag = (await get(target)).headers.get("etag") ?? "";
        expect(summary(await get(target, { "If-None-Match": etag }))).toEqual([304, undefined, immutable]);
        expect(summary(await get(`checkpoints/myfile/${at}/none`))).toEqual([404, undefined, "no-store"]);
      }
    });

    it.each([
      "checkpoints/myfile/20250318T140338Z/",
      "checkpoints/myfile/20240101T000000Z/",
      "checkpoints/myfile/20250318T140338Z/index.html",
      "checkpoints/myfile/20250318T140338Z/pool/",
      "checkpoints/myfile/",
      "checkpoints/myfile/checkpoints.json",
      "checkpoints/myfile/feed.atom",
      "checkpoints/myfile/_asof/20250318T140338Z/SHA256SUMS",
      "checkpoints/",
      "plain/",
      "plain/sub/f.txt",
      "site.json",
    ])("asks again for what may change, by ETag: %s", async (target) => {
      const response = await get(target);
      expect(summary(response)).toEqual([200, undefined, "no-cache"]);
      const etag = response.headers.get("etag") ?? "";
      expect(etag).not.toBe("");
      expect(summary(await get(target, { "If-None-Match": etag }))).toEqual([304, undefined, "no-cache"]);
    });

    it("keeps assets for an hour", async () => {
      expect(summary(await get("_asof/assets/style.css"))).toEqual([200, undefined, "public, max-age=3600"]);
      expect(summary(await get("_asof/assets/none.css"))).toEqual([404, undefined, "no-store"]);
    });

    it.each([
      [200, "checkpoints/myfile/20250318T140338Z/f"],
      [200, "checkpoints/myfile/20240101T000000Z/f"],
      [200, "checkpoints/myfile/"],
      [200, "plain/"],
      [206, "checkpoints/myfile/20250318T140338Z/f"],
      [301, "checkpoints/myfile/20250319T000000Z/"],
      [301, "checkpoints/myfile/20240102T000000Z/"],
      [301, "checkpoints/myfile/20250318T140338Z"],
      [301, "checkpoints/myfile"],
      [302, "checkpoints/myfile/latest"],
      [404, "checkpoints/myfile/20000101T000000Z/"],
      [404, "checkpoints/myfile/nothing"],
      [404, "plain/nothing"],
      [410, "checkpoints/myfile/20240601T000000Z/"],
      [410, "checkpoints/myfile/20230101T000000Z/"],
    ])("carries the content policy on %i: %s", async (status, target) => {
      const response = await get(target, status === 206 ? { Range: "bytes=0-0" } : {});
      expect(response.status).toBe(status);
      expect(response.headers.get("content-security-policy")).toBe(policy);
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    });

    it("keeps checkpoints out of search engines, and lists in", async () => {
      for (const target of [
        "20250318T140338Z/f",
        "20240101T000000Z/f",
        "20240101T000000Z/",
        "20250319T000000Z/",
        "20240102T000000Z/",
        "20240601T000000Z/",
        "20200101T000000Z/",
      ]) {
        const response = await get(`checkpoints/myfile/${target}`);
        expect(response.headers.get("x-robots-tag"), target).toBe("noindex, nofollow");
      }
      for (const target of ["checkpoints/myfile/", "plain/"]) {
        expect((await get(target)).headers.has("x-robots-tag")).toBe(false);
      }
    });

    it("lets pages of any origin read JSON, and nothing else", async () => {
      for (const target of [
        "site.json",
        "checkpoints/myfile/checkpoints.json",
        "checkpoints/myfile/20250318T140338Z/own.json",
        "checkpoints/myfile/20250319T000000Z/own.json",
        "checkpoints/myfile/20240102T000000Z/own.json?q",
        "checkpoints/myfile/latest/own.json",
      ]) {
        expect((await get(target)).headers.get("access-control-allow-origin"), target).toBe("*");
      }
      for (const target of ["checkpoints/myfile/", "checkpoints/myfile/20250319T000000Z/x?.json"]) {
        expect((await get(target)).headers.has("access-control-allow-origin"), target).toBe(false);
      }
    });

    it("refuses service workers", async () => {
      for (const target of [
        "plain/sub/f.txt",
        "checkpoints/myfile/20250318T140338Z/f",
        "checkpoints/myfile/20240101T000000Z/f",
        "checkpoints/myfile/feed.atom",
        "checkpoints/myfile/latest",
        "_asof/assets/style.css",
      ]) {
        expect((await get(target, { "Service-Worker": "script" })).status, target).toBe(403);
      }
    });

    it("refuses other methods in plain distributions, too", async () => {
      for (const target of ["", "plain/sub/f.txt", "_asof/assets/style.css"]) {
        const response = await server.request(`${mount}${target}`, { method: "POST" });
        expect([response.status, response.headers.get("allow")], target).toEqual([405, "GET, HEAD"]);
      }
    });

    it("tells a time map from a mirrored file of that name", async () => {
      expect((await get("checkpoints/myfile/timemap")).headers.get("content-type")).toBe("application/link-format");
      expect((await get("checkpoints/myfile/20240101T000000Z/timemap")).headers.get("content-type")).toBe(
        "application/octet-stream",
      );
    });

    it("leaves no complaint in the log but of what is not there", async () => {
      const lines = (await server.errorLog()).split("\n");
      const known =
        /\[(?:core|mpm_event):notice\]|Symbolic link not allowed|client denied by server|Attempt to serve directory/;
      expect(lines.filter((line) => line !== "" && !known.test(line))).toEqual([]);
    });
  },
);
