import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { availableServersAndMounts } from "./members.ts";
import { complaintsOf } from "./server.ts";
import { immutable, startServerSite, summary } from "./server-site.ts";
import type { ServerSite } from "./server-site.ts";

const policy =
  "sandbox allow-scripts allow-downloads allow-forms; default-src 'none'; img-src 'self' data:; style-src 'self'; connect-src 'self'; script-src 'sha256-abc='";

describe.each(availableServersAndMounts())("headers on $server, public/ mounted at $mount", ({ member, mount }) => {
  const partial = member.traits.isUploaded === true ? 200 : 206;
  let site: ServerSite;
  const get: ServerSite["get"] = (target, headers) => site.get(target, headers);

  beforeAll(async () => {
    site = await startServerSite(member, mount);
  });

  afterAll(() => site.stop());

  it("lets files of a checkpoint be kept for ever, whole, in part or unchanged", async () => {
    for (const [at, whole, middle] of [
      ["20250318T140338Z", "0123456789", "234"],
      ["20240101T000000Z", "older", "der"],
    ] as const) {
      const target = `checkpoints/myfile/${at}/f`;
      const part = await get(target, { Range: "bytes=2-4" });
      expect(summary(part)).toEqual([partial, undefined, immutable]);
      expect(part.body.toString()).toBe(partial === 206 ? middle : whole);
      const etag = (await get(target)).headers.get("etag") ?? "";
      expect(summary(await get(target, { "If-None-Match": etag }))).toEqual([304, undefined, immutable]);
      expect(summary(await get(`checkpoints/myfile/${at}/none`))).toEqual([404, undefined, "no-store"]);
    }
  });

  it.skipIf(member.traits.isUploaded)(
    "says a range that a file does not have once, and lets nobody keep that answer",
    async () => {
      for (const range of ["bytes=10-", "bytes=99-100", "bytes=100000000000-"]) {
        const response = await get("checkpoints/myfile/20250318T140338Z/f", { Range: range });
        expect(response.status, range).toBe(416);
        const length = member.traits.hidesLengthOn416 === true ? undefined : "bytes */10";
        expect(response.headers.get("content-range"), range).toBe(length);
        expect(response.headers.get("cache-control") ?? "", range).not.toContain("immutable");
        expect(response.headers.has("memento-datetime"), range).toBe(false);
        const names = response.head
          .split("\r\n")
          .slice(1)
          .map((line) => line.slice(0, line.indexOf(":")).toLowerCase());
        expect(names, range).toEqual([...new Set(names)]);
      }
    },
  );

  it.each([
    "checkpoints/myfile/20250318T140338Z/",
    "checkpoints/myfile/20240101T000000Z/",
    "checkpoints/myfile/20250318T140338Z/index.html",
    "checkpoints/myfile/20250318T140338Z/pool/",
    "checkpoints/myfile/",
    "checkpoints/myfile/checkpoints.json",
    "checkpoints/myfile/checkpoints.txt",
    "checkpoints/myfile/feed.atom",
    "checkpoints/myfile/renovate.json",
    "checkpoints/myfile/_asof/20250318T140338Z/SHA256SUMS",
    "checkpoints/myfile/_asof/20250318T140338Z/checkpoint.txt",
    "checkpoints/myfile/_asof/20250318T140338Z/checkpoint.txt.asc",
    "checkpoints/myfile/_asof/log/000000.jsonl",
    "checkpoints/myfile/_asof/tree/ab/abcd",
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

  it.each<readonly [target: string, type: string, caching: string]>([
    ["checkpoints/myfile/checkpoints.txt", "text/plain; charset=utf-8", "no-cache"],
    ["checkpoints/myfile/feed.atom", "application/atom+xml", "no-cache"],
    ["checkpoints/myfile/renovate.json", "application/json", "no-cache"],
    ["_asof/assets/schemas/site.json", "application/json", "public, max-age=3600"],
    // At a mount of / it is the server's own business, as the front page is.
    ...(mount === "/" ? [] : [["feed.atom", "application/atom+xml", "no-cache"] as const]),
  ])("sends what is for programs as what it is: %s", async (target, type, caching) => {
    const response = await get(target);
    expect(summary(response)).toEqual([200, undefined, caching]);
    expect(response.headers.get("content-type")).toBe(type);
    expect(response.headers.get("etag")).toBeDefined();
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
    [partial, "checkpoints/myfile/20250318T140338Z/f?partial"],
    [301, "checkpoints/myfile/20250319T000000Z/"],
    [301, "checkpoints/myfile/20240102T000000Z/"],
    [301, "checkpoints/myfile/20250318T140338Z"],
    [301, "checkpoints/myfile"],
    [302, "checkpoints/myfile/latest"],
    [member.traits.emptyDirectory, "checkpoints/myfile/20250318T140338Z/empty/"],
    [404, "checkpoints/myfile/20000101T000000Z/"],
    [404, "checkpoints/myfile/nothing"],
    [404, "plain/nothing"],
    [410, "checkpoints/myfile/20240601T000000Z/"],
    [410, "checkpoints/myfile/20230101T000000Z/"],
  ])("carries the content policy on %i: %s", async (status, target) => {
    const response = await get(target, target.endsWith("?partial") ? { Range: "bytes=0-0" } : {});
    expect(response.status).toBe(status);
    expect(response.headers.get("content-security-policy")).toBe(policy);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("keeps checkpoints out of search engines, and lists in", async () => {
    for (const target of [
      "20250318T140338Z/f",
      "20250318T140338Z/",
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
    ]) {
      expect((await get(target)).headers.get("access-control-allow-origin"), target).toBe("*");
    }
    for (const target of ["20250319T000000Z/own.json", "20240102T000000Z/own.json?q", "latest/own.json"]) {
      const { status, headers } = await get(`checkpoints/myfile/${target}`);
      const hides = member.traits.hidesRedirectsFromScripts === true;
      expect([status > 300, headers.get("access-control-allow-origin")], target).toEqual([
        true,
        hides ? undefined : "*",
      ]);
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

  it.each(["checkpoints/myfile/timemap", "checkpoints/myfile/_asof/timemap/2025"])("has a TimeMap: %s", async (map) => {
    const response = await get(map);
    expect(summary(response)).toEqual([200, undefined, "no-cache"]);
    expect(response.headers.get("content-type")).toBe("application/link-format");
    expect(response.headers.get("etag")).toBeDefined();
  });

  it("takes no file of a checkpoint for a TimeMap", async () => {
    for (const at of ["20250318T140338Z", "20240101T000000Z"]) {
      const { headers } = await get(`checkpoints/myfile/${at}/timemap`);
      expect(headers.get("content-type"), at).toBe("application/octet-stream");
    }
  });

  it("leaves no warning in the log", async () => {
    expect(await complaintsOf(member, site.server)).toEqual([]);
  });
});
