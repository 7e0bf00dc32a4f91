import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { availableServersAndMounts } from "./members.ts";
import { comparableHead, complaintsOf } from "./server.ts";
import { immutable, startServerSite, summary } from "./server-site.ts";
import type { ServerSite } from "./server-site.ts";

describe.each(availableServersAndMounts())(
  "rows of the time contract on $server, public/ mounted at $mount",
  ({ member, mount }) => {
    let site: ServerSite;
    const get: ServerSite["get"] = (target, headers) => site.get(target, headers);

    beforeAll(async () => {
      site = await startServerSite(member, mount);
    });

    afterAll(() => site.stop());

    it("knows no time that is not a real second", async () => {
      for (const at of ["20250230T000000Z", "20250318T240000Z", "20250318T140360Z", "20251318T000000Z"]) {
        expect(summary(await get(`checkpoints/myfile/${at}/f`))).toEqual([404, undefined, "no-store"]);
      }
    });

    it("serves kept checkpoints, the newest and older ones", async () => {
      for (const [target, body] of [
        ["20250318T140338Z/f", "0123456789"],
        ["20240101T000000Z/f", "older"],
        ["20240101T000000Z/a%2Bb%20%2541%3F%23.deb", "odd"],
        ["20240101T000000Z/./sub/../sub//g?x", "older"],
      ] as const) {
        const response = await get(`checkpoints/myfile/${target}`);
        expect(summary(response), target).toEqual([200, undefined, immutable]);
        expect(response.body.toString(), target).toBe(body);
      }
      for (const target of ["20240101T000000Z/", "20240101T000000Z/?q", "20240101T000000Z/index.html"]) {
        const response = await get(`checkpoints/myfile/${target}`);
        expect(summary(response), target).toEqual([200, undefined, "no-cache"]);
        expect(response.body.toString(), target).toBe("an older listing");
      }
    });

    it("has nothing before the first checkpoint", async () => {
      expect(summary(await get("checkpoints/myfile/20221231T235959Z/"))).toEqual([404, undefined, "no-store"]);
    });

    it("answers 410 with the page about the interval, for tombstones that are still on disk, too", async () => {
      for (const at of ["20240601T000000Z", "20240601T000001Z", "20250318T140337Z"]) {
        const response = await get(`checkpoints/myfile/${at}/f?q`);
        expect(summary(response)).toEqual([410, undefined, "no-cache"]);
        expect(response.headers.get("content-type")).toBe(member.traits.html);
        expect(response.body.toString()).toBe("a page about it");
      }
    });

    it("answers 410 with a line of text where that page is missing", async () => {
      const bare = member.traits.addsSlashFirst === true ? "20230101T000000Z/" : "20230101T000000Z";
      for (const target of ["20230101T000000Z/f", bare, "20230708T000000Z?q"]) {
        const response = await get(`checkpoints/myfile/${target}`);
        expect(summary(response)).toEqual([410, undefined, "no-cache"]);
        expect(response.headers.get("content-type")).toBe(member.traits.plainText);
        expect(response.body.toString()).toBe("This checkpoint was removed.\n");
      }
      expect((await get("checkpoints/myfile/_asof/gone/20230101T000000Z")).status).toBe(404);
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
      for (const at of ["20240101T000001Z", "20250318T140337Z"]) {
        const to = `${mount}checkpoints/unsettled/20240101T000000Z/f`;
        expect(summary(await get(`checkpoints/unsettled/${at}/f`))).toEqual([301, to, "no-cache"]);
      }
    });

    it("redirects to the newest after the horizon, until now, which is UTC", async () => {
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
        const head = await site.server.request(`${mount}checkpoints/myfile/${target}`, { method: "HEAD" });
        expect(comparableHead(member, head)).toBe(comparableHead(member, answer));
      }
    });

    it("leaves no warning in the log", async () => {
      expect(await complaintsOf(member, site.server)).toEqual([]);
    });
  },
);
