import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { rawTargetCases } from "../contract/raw-target-cases.ts";
import { resolveRequest } from "../../src/model/resolve-request.ts";
import { comparable, expectedResponse } from "../servers/expect-answer.ts";
import {
  canary,
  encodedName,
  first,
  history,
  listing,
  now,
  oddNames,
  openPreview,
  removed,
} from "./preview-fixture.ts";
import type { PreviewFixture } from "./preview-fixture.ts";

const immutable = "public, max-age=31536000, immutable";

describe.each([
  { layout: "shared", mount: "/" },
  { layout: "copies", mount: "/mirror/" },
] as const)("the preview of a site of layout $layout at $mount", ({ layout, mount }) => {
  const base = `${mount}checkpoints/myfile/`;
  const exact = `${base}${first}`;
  let preview: PreviewFixture;
  beforeAll(async () => {
    preview = await openPreview({ layout, mount });
  });
  afterAll(() => preview.close());

  it.each([
    ["a file of a checkpoint", `${exact}/a.deb`, 200, immutable],
    ["a file below two shared directories", `${exact}/dists/stable/Release`, 200, immutable],
    ["a checkpoint's listing", `${exact}/`, 200, "no-cache"],
    ["a shared directory's listing", `${exact}/dists/stable/`, 200, "no-cache"],
    ["an index.html by name", `${exact}/dists/index.html`, 200, "no-cache"],
    ["the list of checkpoints", base, 200, "no-cache"],
    ["JSON beside the checkpoints", `${base}checkpoints.json`, 200, "no-cache"],
    ["what is about one checkpoint", `${base}_asof/${first}/SHA256SUMS`, 200, "no-cache"],
    ["a plain distribution", `${mount}myfile/`, 200, "no-cache"],
    ["a file of a plain distribution", `${mount}myfile/a.deb`, 200, "no-cache"],
    ["the front page", mount, 200, "no-cache"],
    ["an asset", `${mount}_asof/assets/style.css`, 200, "no-cache"],
    ["a file with a slash behind it", `${exact}/a.deb/`, 404, "no-store"],
    ["a path below a file", `${exact}/a.deb/x`, 404, "no-store"],
    ["a file that is not there", `${exact}/nothing`, 404, "no-store"],
    ["a directory without a listing", `${exact}/empty/`, 404, "no-store"],
    ["a name longer than any file's", `${exact}/${"n".repeat(300)}`, 404, "no-store"],
    ["a name that is not UTF-8", `${exact}/%FF`, 404, "no-store"],
    ["a symlink out of public/", `${exact}/escape-file`, 404, "no-store"],
    ["a directory out of public/ without slash", `${exact}/escape`, 404, "no-store"],
    ["a directory out of public/", `${exact}/escape/`, 404, "no-store"],
    ["a file in a directory out of public/", `${exact}/escape/secret`, 404, "no-store"],
    ["a file that is missing in a directory out of public/", `${exact}/escape/nothing`, 404, "no-store"],
    ["a symlink to itself", `${exact}/loop`, 404, "no-store"],
    ["a symlink to nothing", `${exact}/dangling`, 404, "no-store"],
    ["a named pipe", `${exact}/pipe`, 404, "no-store"],
    ["the place of shared directories", `${mount}_asof/d/ab/0123456789abcdef0123456789abcd/`, 404, "no-store"],
    ["the place of publications", `${mount}_asof/p/myfile/1/a.deb`, 404, "no-store"],
    ["that place in other letters", `${mount}%5fasof//d/../p/myfile/1/a.deb`, 404, "no-store"],
    ["what lies above public/", `${mount}..%2foutside/secret`, mount === "/" ? 400 : 404, "no-store"],
  ])("answers for %s", async (_what, target, status, caching) => {
    const response = await preview.get(target);
    expect([response.status, response.headers.get("cache-control")]).toEqual([status, caching]);
    expect(response.body.toString()).not.toContain(canary);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("content-security-policy")).toMatch(/^sandbox allow-scripts .*script-src 'none'$/);
    expect(response.headers.has("content-encoding")).toBe(false);
    expect(response.headers.has("content-disposition")).toBe(false);
    expect(response.headers.has("etag")).toBe(status === 200);
  });

  it.each([
    [`${exact}/dists`, `${exact}/dists/`],
    [`${exact}/dists/stable?x=%2F&y`, `${exact}/dists/stable/?x=%2F&y`],
    [`${exact}/d%69sts?`, `${exact}/d%69sts/?`],
    [`${exact}/x/../dists`, `${exact}/x/../dists/`],
    [exact, `${exact}/`],
    [base.slice(0, -1), base],
    [`${mount}myfile`, `${mount}myfile/`],
    [`${mount}checkpoints`, `${mount}checkpoints/`],
  ])("sends %s to the same raw target with its slash", async (target, location) => {
    const response = await preview.get(target);
    expect([response.status, response.headers.get("location")]).toEqual([301, location]);
    expect(response.headers.get("cache-control")).toBe("no-cache");
  });

  it.each(["//evil.example/../checkpoints", "/\\evil.example/../checkpoints", "//evil.example/%2e%2e/checkpoints"])(
    "makes no other host of %s",
    async (evil) => {
      const response = await preview.get(evil.replace("/checkpoints", `${mount}checkpoints`));
      expect([response.status, response.headers.get("location")]).toEqual([301, `${mount}checkpoints/`]);
    },
  );

  it.each(oddNames)("serves the name %s", async (name) => {
    const response = await preview.get(`${exact}/${encodedName(name)}`);
    expect([response.status, response.body.toString()]).toEqual([200, `content of ${name}`]);
  });

  it("has Node refuse raw bytes above ASCII, which no browser sends", async () => {
    expect((await preview.get(`${exact}/${Buffer.from("caf\u00e9.txt").toString("latin1")}`)).status).toBe(400);
  });

  it("answers 410 with the page of the first tombstone of the run", async () => {
    for (const at of [removed, "20240215T000000Z"]) {
      const response = await preview.get(`${base}${at}/a.deb`);
      expect([response.status, response.body.toString()]).toEqual([410, listing]);
      expect(response.headers.get("cache-control")).toBe("no-cache");
      expect(response.headers.get("content-type")).toBe("text/html");
    }
    const conditional = await preview.get(`${base}${removed}/`, {
      headers: { "If-None-Match": "*", Range: "bytes=0-1" },
    });
    expect(conditional.status).toBe(410);
  });

  it("lets pages of any origin read JSON, and nothing else", async () => {
    const origins = async (target: string): Promise<string | undefined> =>
      (await preview.get(target)).headers.get("access-control-allow-origin");
    expect(await origins(`${base}checkpoints.json`)).toBe("*");
    expect(await origins(`${mount}site.json`)).toBe("*");
    expect(await origins(`${exact}/a.deb`)).toBeUndefined();
    expect(await origins(base)).toBeUndefined();
    // A page that fetches is shown no answer, not even a redirect, that does not carry it.
    expect(await origins(`${base}latest/checkpoints.json`)).toBe("*");
    expect(await origins(`${exact}/nothing.json`)).toBe("*");
    expect(await origins(`${exact}/nothing`)).toBeUndefined();
  });

  const cases = rawTargetCases({ base, kept: first, between: "20240110T120000Z" }).filter(
    ({ headers }) => headers?.["Host"] === undefined,
  );
  it.each(cases)("answers $name as the reference does", async ({ target, path: meant, ...request }) => {
    const response = await preview.get(target, request);
    expect(response.headers.has("set-cookie")).toBe(false);
    expect(response.headers.get("location") ?? base).toSatisfy((location: string) => location.startsWith(base));
    const answer = resolveRequest({ base, timeline: history }, meant ?? target, now);
    if (response.status === 400 && answer.kind !== "bad-request") return;
    const expected = expectedResponse(answer, answer.kind === "checkpoint" && ["", "a.deb"].includes(answer.path));
    expect(comparable(response, expected)).toEqual(expected);
  });

  it.each(["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND", "TRACE"])("refuses %s with 405", async (method) => {
    for (const target of [mount, `${exact}/a.deb`, exact, `${base}latest`, "/nothing"]) {
      const response = await preview.get(target, { method });
      expect([response.status, response.headers.get("allow")], target).toEqual([405, "GET, HEAD"]);
      expect(response.headers.has("location")).toBe(false);
    }
  });

  it("keeps search engines out of the checkpoints, and lets them see the list", async () => {
    const robots = async (target: string): Promise<string | undefined> =>
      (await preview.get(target)).headers.get("x-robots-tag");
    for (const target of [`${exact}/`, `${exact}/nothing`, `${base}20240110T120000Z/`, `${base}${removed}/`]) {
      expect(await robots(target), target).toBe("noindex, nofollow");
    }
    for (const target of [mount, base, `${base}latest/`, `${mount}myfile/`]) {
      expect(await robots(target), target).toBeUndefined();
    }
  });

  it("refuses to become a service worker", async () => {
    const response = await preview.get(`${exact}/a.deb`, { headers: { "Service-Worker": "script" } });
    expect(response.status).toBe(403);
  });

  it("knows no live reload unless it is on", async () => {
    expect((await preview.get("/_asof/reload.js")).status).toBe(404);
    expect((await preview.get("/_asof/reload")).status).toBe(404);
  });
});
