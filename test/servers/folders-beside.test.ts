import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { availableServersAndMounts } from "./members.ts";
import { serveNewFiles } from "./server.ts";
import { startServerSite, summary } from "./server-site.ts";
import type { ServerSite } from "./server-site.ts";

describe.each(availableServersAndMounts())(
  "folders beside the checkpoints on $server, public/ mounted at $mount",
  ({ member, mount }) => {
    let site: ServerSite;

    beforeAll(async () => {
      site = await startServerSite(member, mount);
      const base = path.join(site.publicDir, "checkpoints/myfile");
      for (const [folder, page] of [
        ["kit", "the files of the kit"],
        ["_asof/20240101T000000Z", "asof's own page"],
        ["_asof/20240101T000000Z/changes", "what changed"],
        ["_asof/compare", "the page that compares"],
      ] as const) {
        await mkdir(path.join(base, folder), { recursive: true });
        await writeFile(path.join(base, folder, "index.html"), page);
      }
      await writeFile(path.join(base, "_asof/20240101T000000Z/changes.json"), "{}");
      await writeFile(path.join(base, "_asof/20240101T000000Z/changes/2.html"), "more of it");
      await mkdir(path.join(base, "checkpoints"));
      await writeFile(path.join(base, "checkpoints/2025.json"), "{}");
      await serveNewFiles(member, site.server);
    });

    afterAll(() => site.stop());

    it.each([
      "_asof/",
      "_asof/?q",
      "_asof/gone/",
      "_asof/timemap/",
      "_asof/20250318T140338Z/",
      "checkpoints/",
      "none/",
    ])("are not there without a page: %s", async (folder) => {
      expect(summary(await site.get(`checkpoints/myfile/${folder}`))).toEqual([404, undefined, "no-store"]);
    });

    it.each([
      ["kit/", "the files of the kit"],
      ["_asof/20240101T000000Z/", "asof's own page"],
      ["_asof/20240101T000000Z/changes/", "what changed"],
      ["_asof/20240101T000000Z/changes/2.html", "more of it"],
      ["_asof/compare/?from=20240101T000000Z&to=latest", "the page that compares"],
      ["", "list"],
    ])("show the page that they have: %s", async (folder, page) => {
      const response = await site.get(`checkpoints/myfile/${folder}`);
      expect(summary(response)).toEqual([200, undefined, "no-cache"]);
      expect(response.body.toString()).toBe(page);
      expect(response.headers.get("content-security-policy")).toContain("sandbox");
    });

    it("give the list of changes to pages without an origin, and never for long: it changes when a checkpoint goes", async () => {
      const response = await site.get("checkpoints/myfile/_asof/20240101T000000Z/changes.json");
      expect(summary(response)).toEqual([200, undefined, "no-cache"]);
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
    });

    it("answer GET and HEAD, and no service worker", async () => {
      for (const folder of ["_asof/", "kit/"]) {
        const target = `${mount}checkpoints/myfile/${folder}`;
        expect((await site.server.request(target, { method: "POST" })).status, folder).toBe(405);
        const worker = await site.server.request(target, { headers: { "Service-Worker": "script" } });
        expect(worker.status, folder).toBeOneOf([403, 404]);
      }
      expect((await site.server.request(`${mount}checkpoints/myfile/_asof/`, { method: "HEAD" })).status).toBe(404);
    });
  },
);
