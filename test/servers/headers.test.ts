import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { availableServers } from "./members.ts";
import { immutable, startServerSite, summary } from "./server-site.ts";
import type { ServerSite } from "./server-site.ts";

const policy =
  "sandbox allow-scripts allow-downloads allow-forms; default-src 'none'; img-src 'self' data:; style-src 'self'; connect-src 'self'; script-src 'sha256-abc='";

const everyServerAndMount = availableServers().flatMap((member) =>
  ["/", "/mirror/"].map((mount) => ({ server: member.server, member, mount })),
);

describe.each(everyServerAndMount)("headers on $server, public/ mounted at $mount", ({ member, mount }) => {
  const partial = member.traits.isUploaded === true ? 200 : 206;
  let site: ServerSite;
  const get: ServerSite["get"] = (target, headers) => site.get(target, headers);

  beforeAll(async () => {
    site = await startServerSite(member, mount);
  });

  afterAll(() => site.stop());

  it("lets files of a checkpoint be kept for ever, whole, in part or unchanged", async () => {
    const target = "checkpoints/myfile/20250318T140338Z/f";
    const part = await get(target, { Range: "bytes=2-4" });
    expect(summary(part)).toEqual([partial, undefined, immutable]);
    expect(part.body.toString()).toBe(partial === 206 ? "234" : "0123456789");
    const etag = (await get(target)).headers.get("etag") ?? "";
    expect(summary(await get(target, { "If-None-Match": etag }))).toEqual([304, undefined, immutable]);
    expect(summary(await get("checkpoints/myfile/20250318T140338Z/none"))).toEqual([404, undefined, "no-store"]);
  });

  it.each([
    "checkpoints/myfile/20250318T140338Z/",
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
    [200, "checkpoints/myfile/"],
    [200, "plain/"],
    [partial, "checkpoints/myfile/20250318T140338Z/f?partial"],
    [301, "checkpoints/myfile/20250319T000000Z/"],
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
    for (const target of ["20250318T140338Z/f", "20250318T140338Z/", "20250319T000000Z/", "20240601T000000Z/"]) {
      expect((await get(`checkpoints/myfile/${target}`)).headers.get("x-robots-tag")).toBe("noindex, nofollow");
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
    expect((await get("checkpoints/myfile/")).headers.has("access-control-allow-origin")).toBe(false);
  });

  it("refuses service workers", async () => {
    for (const target of [
      "plain/sub/f.txt",
      "checkpoints/myfile/20250318T140338Z/f",
      "checkpoints/myfile/feed.atom",
      "checkpoints/myfile/latest",
    ]) {
      expect((await get(target, { "Service-Worker": "script" })).status, target).toBe(403);
    }
  });
});
