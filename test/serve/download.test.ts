import { open, utimes } from "node:fs/promises";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { first, modified, openPreview } from "./preview-fixture.ts";
import type { PreviewFixture } from "./preview-fixture.ts";
import type { RawResponse } from "../servers/raw-request.ts";

const immutable = "public, max-age=31536000, immutable";
const text = "0123456789abcdefghij";
const target = `/checkpoints/myfile/${first}/big.iso`;
const earlier = new Date(modified.getTime() - 1000).toUTCString();
const exactly = modified.toUTCString();
const later = new Date(modified.getTime() + 1000).toUTCString();

describe("downloads", () => {
  let preview: PreviewFixture;
  let etag: string;
  beforeAll(async () => {
    preview = await openPreview();
    await preview.write(`checkpoints/myfile/${first}/big.iso`, text);
    await preview.write(`checkpoints/myfile/${first}/zero`, "");
    etag = (await preview.get(target)).headers.get("etag") ?? "";
  });
  afterAll(() => preview.close());
  const ask = (headers: Record<string, string>, method = "GET"): Promise<RawResponse> =>
    preview.get(target, { method, headers });

  it("come whole, with what a client needs to go on later", async () => {
    const response = await ask({});
    expect([response.status, response.body.toString()]).toEqual([200, text]);
    expect(response.headers.get("accept-ranges")).toBe("bytes");
    expect(response.headers.get("last-modified")).toBe(exactly);
    expect(etag).toMatch(/^"[0-9a-f]+-14"$/);
  });

  it.each([
    ["bytes=0-4", 206, "01234", "bytes 0-4/20"],
    ["bytes=5-", 206, text.slice(5), "bytes 5-19/20"],
    ["bytes=-3", 206, "hij", "bytes 17-19/20"],
    ["bytes=-300", 206, text, "bytes 0-19/20"],
    ["bytes=19-19", 206, "j", "bytes 19-19/20"],
    ["bytes=10-99999999999999999999", 206, text.slice(10), "bytes 10-19/20"],
    ["BYTES=0-0", 206, "0", "bytes 0-0/20"],
    ["bytes=20-", 416, "416 Range Not Satisfiable\n", "bytes */20"],
    ["bytes=99999999999999999999-", 416, "416 Range Not Satisfiable\n", "bytes */20"],
    ["bytes=-0", 416, "416 Range Not Satisfiable\n", "bytes */20"],
    ["bytes=4-2", 200, text, undefined],
    ["bytes=0-1,4-5", 200, text, undefined],
    ["bytes=a-b", 200, text, undefined],
    ["bytes=-", 200, text, undefined],
    ["lines=0-1", 200, text, undefined],
    ["", 200, text, undefined],
  ])("answer the range %s", async (range, status, body, contentRange) => {
    const response = await ask({ Range: range });
    expect([response.status, response.body.toString()]).toEqual([status, body]);
    expect(response.headers.get("content-range")).toBe(contentRange);
    expect(response.headers.get("content-length")).toBe(String(body.length));
    expect(response.headers.get("cache-control")).toBe(status === 416 ? "no-store" : immutable);
  });

  it("give a range only of the file that the client has begun with", async () => {
    const range = { Range: "bytes=5-" };
    for (const held of [etag, exactly]) expect((await ask({ ...range, "If-Range": held })).status).toBe(206);
    for (const other of ['"other"', `W/${etag}`, earlier, later, "nonsense"]) {
      const response = await ask({ ...range, "If-Range": other });
      expect([other, response.status, response.body.length]).toEqual([other, 200, 20]);
    }
  });

  it("are spared a client that has the file", async () => {
    const cases: readonly [Record<string, string>, number][] = [
      [{ "If-None-Match": etag }, 304],
      [{ "If-None-Match": `W/${etag}` }, 304],
      [{ "If-None-Match": `"x", ${etag}` }, 304],
      [{ "If-None-Match": "*" }, 304],
      [{ "If-None-Match": '"x"' }, 200],
      [{ "If-Modified-Since": exactly }, 304],
      [{ "If-Modified-Since": later }, 304],
      [{ "If-Modified-Since": earlier }, 200],
      [{ "If-Modified-Since": "1" }, 200],
      [{ "If-Modified-Since": "Xyz, 99 Foo 2024 99:99:99 GMT" }, 200],
      // An ETag decides alone.
      [{ "If-None-Match": '"x"', "If-Modified-Since": later }, 200],
      [{ "If-None-Match": etag, Range: "bytes=0-1" }, 304],
    ];
    for (const [headers, status] of cases) {
      const response = await ask(headers);
      expect([headers, response.status]).toEqual([headers, status]);
      expect(response.headers.get("etag")).toBe(etag);
      expect(response.headers.get("cache-control")).toBe(immutable);
      expect(response.body.length).toBe(status === 304 ? 0 : 20);
    }
  });

  it("are refused to a client that holds another file", async () => {
    const cases: readonly [Record<string, string>, number][] = [
      [{ "If-Match": etag }, 200],
      [{ "If-Match": etag, Range: "bytes=5-" }, 206],
      [{ "If-Match": '"x"', Range: "bytes=5-" }, 412],
      [{ "If-Match": `W/${etag}` }, 412],
      [{ "If-Unmodified-Since": exactly }, 200],
      [{ "If-Unmodified-Since": earlier }, 412],
    ];
    for (const [headers, status] of cases) {
      const response = await ask(headers);
      expect([headers, response.status]).toEqual([headers, status]);
      expect(response.headers.get("cache-control")).toBe(status === 412 ? "no-store" : immutable);
    }
  });

  it("of HEAD have the headers of GET and no body", async () => {
    for (const asked of [
      target,
      `/checkpoints/myfile/${first}/`,
      "/nothing",
      `/checkpoints/myfile/${first}`,
      "/checkpoints/myfile/20240215T000000Z/",
    ]) {
      const [get, head] = [await preview.get(asked), await preview.get(asked, { method: "HEAD" })];
      const headers = (response: RawResponse): unknown => [...response.headers].filter(([name]) => name !== "date");
      expect([head.status, headers(head), head.body.length]).toEqual([get.status, headers(get), 0]);
    }
    expect((await ask({ Range: "bytes=0-1" }, "HEAD")).status).toBe(200);
    expect((await ask({ "If-None-Match": etag }, "HEAD")).status).toBe(304);
  });

  it("of an empty file are empty, whatever range is asked for", async () => {
    for (const headers of [{}, { Range: "bytes=0-" }, { Range: "bytes=-5" }]) {
      const response = await preview.get(`/checkpoints/myfile/${first}/zero`, { headers });
      expect([response.status, response.headers.get("content-length"), response.body.length]).toEqual([200, "0", 0]);
    }
  });

  it("are told apart by their mtime when the size is the same", async () => {
    const file = path.join(preview.site.publicDir, target);
    const before = (await ask({ "If-None-Match": etag })).status;
    await utimes(file, modified, new Date(modified.getTime() + 5));
    expect([before, (await ask({ "If-None-Match": etag })).status]).toEqual([304, 200]);
    await utimes(file, modified, modified);
  });

  it("of 50 MB come in the parts that were asked for", async () => {
    const size = 50_000_000;
    const name = `checkpoints/myfile/${first}/sparse.iso`;
    await preview.write(name, "");
    const file = await open(path.join(preview.site.publicDir, name), "r+");
    await file.write("end", size - 3);
    await file.close();
    for (const [range, contentRange, length, end] of [
      ["bytes=-3", "bytes 49999997-49999999/50000000", 3, "end"],
      ["bytes=20000000-49999999", "bytes 20000000-49999999/50000000", 30_000_000, "end"],
      ["bytes=0-65536", "bytes 0-65536/50000000", 65_537, "\0\0\0"],
    ] as const) {
      const { status, headers, body } = await preview.get(`/${name}`, { headers: { Range: range } });
      expect([status, headers.get("content-range"), body.length]).toEqual([206, contentRange, length]);
      expect(body.subarray(-3).toString()).toBe(end);
    }
    const whole = await preview.get(`/${name}`);
    expect([whole.status, whole.body.length, whole.body.subarray(-3).toString()]).toEqual([200, size, "end"]);
  });

  it.each([
    ["x.deb", "application/vnd.debian.binary-package"],
    ["repomd.xml", "text/xml"],
    ["Packages.gz", "application/gzip"],
    ["primary.xml.zst", "application/zstd"],
    ["x.tar.bz2", "application/x-bzip2"],
    ["x.whl", "application/octet-stream"],
    ["x.dsc", "text/plain; charset=utf-8"],
    ["archive.key", "application/octet-stream"],
    ["x.unheardof", "application/octet-stream"],
    ["x.constructor", "application/octet-stream"],
    ["Release", "application/octet-stream"],
    ["PULP_MANIFEST", "application/octet-stream"],
    [".html", "application/octet-stream"],
    ["x.", "application/octet-stream"],
    ["page.html", "text/html"],
    ["index.html", "text/html; charset=utf-8"],
    ["picture.svg", "image/svg+xml"],
    ["data.JSON", "application/json"],
  ])("of %s are %s", async (name, type) => {
    await preview.write(`checkpoints/myfile/${first}/types/${name}`, "x");
    const response = await preview.get(`/checkpoints/myfile/${first}/types/${name}`);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, type]);
    expect(response.headers.has("content-encoding")).toBe(false);
  });
});
