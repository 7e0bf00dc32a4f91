import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { httpDateOf, mementoLink, mementoPaths, originalLink, resolveTimeGate } from "../../src/model/memento.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { time, timeline } from "../model/a-timeline.ts";
import { availableServersAndMounts } from "./members.ts";
import { seededRandom } from "./random-history.ts";
import type { RawResponse } from "./raw-request.ts";
import { makeRulesFolder, rulesInput } from "./rules-folder.ts";
import type { RulesFolder } from "./rules-folder.ts";
import { comparableHead, seenTarget } from "./server.ts";
import type { RunningServer } from "./server.ts";
import { immutable, myfile, startServerSite, summary } from "./server-site.ts";
import type { ServerSite } from "./server-site.ts";

const mementoMounts = availableServersAndMounts().filter(({ member }) => member.traits.hasNoMemento !== true);

describe.each(mementoMounts)("Memento on $server, public/ mounted at $mount", ({ member, mount }) => {
  const paths = mementoPaths(mount, "checkpoints/myfile", ["plain"]);
  let site: ServerSite;
  const get: ServerSite["get"] = (target, headers) => site.get(target, headers);
  const parsed = (base: string, rawPath: string): string =>
    (seenTarget(member, base + rawPath) ?? "").slice(base.length);
  const ask = (below: string, at?: string, gate = "checkpoints/myfile"): Promise<RawResponse> =>
    get(`_asof/timegate/${gate}${below}`, at === undefined ? {} : { "Accept-Datetime": at });

  beforeAll(async () => {
    site = await startServerSite(member, mount);
  });

  afterAll(() => site.stop());

  describe("its TimeGate", () => {
    it.each([
      ["no header", undefined, "20250318T140338Z"],
      ["the very second of a checkpoint", "Mon, 01 Jan 2024 00:00:00 GMT", "20240101T000000Z"],
      ["a second between two", "Sat, 18 May 2024 23:59:59 GMT", "20240101T000000Z"],
      ["the last second before a tombstone", "Fri, 31 May 2024 23:59:59 GMT", "20240101T000000Z"],
      ["a second of a tombstone", "Sat, 01 Jun 2024 00:00:00 GMT", "20240601T000000Z"],
      ["a second after a tombstone", "Tue, 18 Mar 2025 14:03:37 GMT", "20240601T000000Z"],
      ["a settled second after the newest", "Tue, 18 Mar 2025 14:03:39 GMT", "20250318T140338Z"],
      ["a second after the horizon", "Tue, 01 Apr 2025 00:00:01 GMT", "20250318T140338Z"],
      ["a far future", "Fri, 31 Dec 9999 23:59:59 GMT", "20250318T140338Z"],
      ["a second before all checkpoints", "Sat, 31 Dec 2022 23:59:59 GMT", "20240101T000000Z"],
      ["a day of the week that the date is not", "Sun, 18 May 2024 23:59:59 GMT", "20240101T000000Z"],
      ["a leap day", "Thu, 29 Feb 2024 12:00:00 GMT", "20240101T000000Z"],
    ])("goes to the checkpoint for %s", async (_, at, checkpoint) => {
      const response = await ask("/pool/f", at);
      const to = `${paths.base}${checkpoint}/pool/f`;
      expect(summary(response)).toEqual([302, to, "no-store"]);
      expect(response.headers.get("vary")).toBe("accept-datetime");
      expect(response.headers.get("link")).toBe(mementoLink(paths, "pool/f"));
      expect(response.headers.has("memento-datetime")).toBe(false);
    });

    it("leads from a second of a tombstone to its own address, which tells that it is gone", async () => {
      const { headers } = await ask("/f", "Sat, 01 Jun 2024 00:00:00 GMT");
      expect((await site.server.request(headers.get("location") ?? "")).status).toBe(410);
    });

    it("has the newest that is kept, and after a withdrawn one that one's address", async () => {
      const base = `${mount}checkpoints/withdrawn/`;
      const newest = await ask("/", undefined, "checkpoints/withdrawn");
      expect(newest.headers.get("location")).toBe(`${base}20240101T000000Z/`);
      const later = await ask("/", "Fri, 31 Dec 9999 23:59:59 GMT", "checkpoints/withdrawn");
      expect(later.headers.get("location")).toBe(`${base}20250318T140338Z/`);
    });

    it.each([
      "2025-03-18T14:03:38Z",
      "20250318T140338Z",
      "tue, 18 mar 2025 14:03:38 gmt",
      "Tue, 18 Mar 2025 14:03:38 gmt",
      "Tue, 18 MAR 2025 14:03:38 GMT",
      "Tuesday, 18-Mar-25 14:03:38 GMT",
      "Tue Mar 18 14:03:38 2025",
      "Tue, 18 Mar 2025 14:03:38 +0000",
      "Tue, 18 Mar 2025 14:03:38 UTC",
      "Tue, 18 Mar 2025 14:03:38",
      "Tue, 8 Mar 2025 14:03:38 GMT",
      "Tue,  18 Mar 2025 14:03:38 GMT",
      "Xyz, 18 Mar 2025 14:03:38 GMT",
      "Tue, 18 Mrz 2025 14:03:38 GMT",
      "Tue, 18 rMa 2025 14:03:38 GMT",
      "Mon, 00 Jan 2024 00:00:00 GMT",
      "Mon, 31 Feb 2025 00:00:00 GMT",
      "Sat, 29 Feb 2025 00:00:00 GMT",
      "Mon, 29 Feb 2100 00:00:00 GMT",
      "Thu, 31 Apr 2025 00:00:00 GMT",
      "Tue, 18 Mar 2025 24:00:00 GMT",
      "Tue, 18 Mar 2025 14:60:38 GMT",
      "Tue, 18 Mar 2025 14:03:60 GMT",
      "Tue, 18 Mar 2025 14:03:38 GMT, Tue, 18 Mar 2025 14:03:38 GMT",
      "Tue, 18 Mar 2025 14:03:38 GMT 03Mar",
      "x Tue, 18 Mar 2025 14:03:38 GMT",
      "latest",
      "*",
    ])("refuses %s, which is no date of RFC 1123", async (at) => {
      const response = await ask("/f", at);
      expect(summary(response)).toEqual([400, undefined, "no-store"]);
      expect(response.headers.get("vary")).toBe("accept-datetime");
      expect(response.headers.get("link")).toBe(mementoLink(paths, "f"));
    });

    it.each([
      ["", ""],
      ["/", ""],
      ["?q=%20", ""],
      ["/a%2Fb//c/../%41;x?y=%0d%0a&z=?", "a%2Fb//c/../%41;x"],
      ["//evil.example/", "/evil.example/"],
      ["/%2F%2Fevil.example", "%2F%2Fevil.example"],
      ["/20240101T000000Z/f", "20240101T000000Z/f"],
      ["/latest", "latest"],
    ])("repeats what stands behind it byte for byte: %s", async (below, rawPath) => {
      const response = await ask(below, "Mon, 01 Jan 2024 00:00:00 GMT");
      const query = below.includes("?") ? below.slice(below.indexOf("?")) : "";
      const location = seenTarget(member, `${paths.base}20240101T000000Z/${rawPath}${query}`);
      const link = location === undefined ? undefined : mementoLink(paths, parsed(paths.gate, rawPath));
      expect(response.headers.get("location")).toBe(location);
      expect(response.headers.get("link")).toBe(link);
    });

    it("answers HEAD like GET, and nothing else", async () => {
      const target = `${mount}_asof/timegate/checkpoints/myfile/f`;
      for (const at of ["", "Mon, 01 Jan 2024 00:00:00 GMT", "never"]) {
        const headers = { "Accept-Datetime": at };
        const answer = await site.server.request(target, { headers });
        const head = await site.server.request(target, { headers, method: "HEAD" });
        expect(comparableHead(member, head)).toBe(comparableHead(member, answer));
        const post = await site.server.request(target, { headers, method: "POST" });
        expect(post.status).toBe(405);
        expect(post.headers.get("allow")).toBe("GET, HEAD");
      }
    });

    it("is there for checkpoint distributions alone", async () => {
      for (const target of ["_asof/timegate/plain/f", "_asof/timegate/nothing/", "_asof/timegate/", "_asof/timegate"]) {
        expect(summary(await get(target)), target).toEqual([404, undefined, "no-store"]);
      }
      expect((await get("_asof/timegate/checkpoints/myfile2/f")).status).toBe(404);
    });

    it.each([
      "/x/../_asof/timegate/checkpoints/myfile/f",
      "_asof/timegate/checkpoints/myfile/../myfile/f",
      "_asof/timegate/checkpoints/myfile/../myfile2/f",
      "_asof/timegate/checkpoints/myfile/../../../plain/sub/f.txt",
      "_asof/timegate/checkpoints/myfile/..",
      "_asof/timegate/checkpoints/myfile/../..//evil.example/",
      "_asof/timegate/checkpoints/myfile/%2e%2e/myfile/f",
      "_asof/timegate/checkpoints/myfile/../../../../../../etc/passwd",
      "_asof/timegate/checkpoints%2Fmyfile/f",
      "_asof/timegate/%63heckpoints/myfile/f",
      "_asof//timegate/checkpoints/myfile/f",
      "_asof/timegate/checkpoints/myfile#f",
      "_asof/timegate/checkpoints/myfile%0a/f",
      "_asof/timegate/checkpoints/myfile%00/f",
      "_asof/timegate/checkpoints/myfile/%zz",
      "_asof/timegate/checkpoints/myfile/a%0d%0aSet-Cookie:%20injected=1",
      "_asof/timegate/checkpoints/myfile/\\\\evil.example",
      '_asof/timegate/checkpoints/myfile/a>;rel="original",<b',
      "_asof/timegate/checkpoints/myfile/\u00c3\u00a9",
      "_asof/timegate/checkpoints/myfile?http://evil.example/",
    ])("answers the raw target %s as the reference does, and leads to no other site", async (below) => {
      const target = below.startsWith("/") ? `${mount}${below.slice(1)}` : `${mount}${below}`;
      const response = await site.server.request(target, { headers: { "Accept-Datetime": "" } });
      expect(response.headers.has("set-cookie")).toBe(false);
      expect(response.headers.get("location") ?? mount).toSatisfy((to: string) => /^\/(?![/\\])/.test(to));
      const taken = seenTarget(member, target);
      if (taken === undefined && response.status >= 400) return;
      const answer = resolveTimeGate({ base: paths.base, timeline: myfile }, paths.gate, taken ?? "", undefined);
      if (answer.kind === "elsewhere" || (response.status === 400 && answer.kind !== "bad-request")) return;
      const status = { "bad-request": 400, missing: 404, redirect: 302 }[answer.kind];
      const location = answer.kind === "redirect" ? answer.location : undefined;
      expect([response.status, response.headers.get("location")]).toEqual([status, location]);
      if (answer.kind !== "redirect") return;
      expect(response.headers.get("vary")).toBe("accept-datetime");
      expect(response.headers.get("link")).toBe(mementoLink(paths, answer.rawPath));
    });
  });

  describe("below a kept checkpoint", () => {
    const checkpoint = "checkpoints/myfile/20250318T140338Z";

    it.each(["f", "own.json", "", "index.html", "pool/", "pool/a%2Bb%20%2541.deb", "./pool/..//f", "f?q=1"])(
      "tells the time and where other states are: %s",
      async (below) => {
        const response = await get(`${checkpoint}/${below}`);
        expect(response.status).toBe(200);
        expect(response.headers.get("memento-datetime")).toBe("Tue, 18 Mar 2025 14:03:38 GMT");
        expect(response.headers.get("link")).toBe(mementoLink(paths, parsed(paths.base, below.replace(/\?.*/, ""))));
      },
    );

    it("tells it with a part of a file, and with a file that is unchanged", async () => {
      const etag = (await get(`${checkpoint}/f`)).headers.get("etag") ?? "";
      for (const [status, headers] of [
        [member.traits.isUploaded === true ? 200 : 206, { Range: "bytes=2-4" }],
        [304, { "If-None-Match": etag }],
      ] as const) {
        const response = await get(`${checkpoint}/f`, headers);
        expect(summary(response)).toEqual([status, undefined, immutable]);
        expect(response.headers.get("memento-datetime")).toBe("Tue, 18 Mar 2025 14:03:38 GMT");
        expect(response.headers.get("link")).toBe(mementoLink(paths, "f"));
      }
    });
  });

  it.each([
    ["checkpoints/myfile/20250319T000000Z/pool/%41?q", 301, "pool/%41"],
    ["checkpoints/myfile/20250319T000000Z", 301, ""],
    ["checkpoints/myfile/20240102T000000Z//x", 301, "/x"],
    ["checkpoints/myfile/20250401T000001Z/f?q", 302, "f"],
    ["checkpoints/myfile/latest/f", 302, "f"],
    ["checkpoints/myfile/latest", 302, ""],
  ])("is told by redirects between times, which are no state of anything: %s", async (target, status, rawPath) => {
    const response = await get(target);
    expect(response.status).toBe(status);
    expect(response.headers.get("link")).toBe(mementoLink(paths, rawPath));
    expect(response.headers.has("memento-datetime")).toBe(false);
  });

  it("names the distribution that was asked for, and its latest where there is no plain one", async () => {
    const again = mementoPaths(mount, "again", ["plain"]);
    const unsettled = mementoPaths(mount, "checkpoints/unsettled", []);
    expect(unsettled.original).toBe(`${mount}checkpoints/unsettled/latest/`);
    expect((await get("again/20250319T000000Z/f")).headers.get("link")).toBe(mementoLink(again, "f"));
    expect((await ask("/f", undefined, "again")).headers.get("link")).toBe(mementoLink(again, "f"));
    const response = await get("checkpoints/unsettled/20250318T140337Z/f");
    expect(response.headers.get("link")).toBe(mementoLink(unsettled, "f"));
  });

  it.each([
    [404, "checkpoints/myfile/20250318T140338Z/nothing"],
    [404, "checkpoints/myfile/20221231T235959Z/f"],
    [404, "checkpoints/myfile/20250230T000000Z/f"],
    [404, "checkpoints/myfile/99990101T000000Z/f"],
    [404, "checkpoints/myfile/nothing"],
    [410, "checkpoints/myfile/20240601T000000Z/f"],
    [410, "checkpoints/myfile/20230101T000000Z/f"],
    [member.traits.emptyDirectory, "checkpoints/myfile/20250318T140338Z/empty/"],
    [200, "checkpoints/myfile/"],
    [200, "checkpoints/myfile/checkpoints.json"],
    [200, "checkpoints/myfile/timemap"],
    [200, "checkpoints/"],
    [200, "_asof/assets/style.css"],
  ])("is not told with %i of %s", async (status, target) => {
    const response = await get(target);
    expect(response.status).toBe(status);
    expect(response.headers.has("link")).toBe(false);
    expect(response.headers.has("memento-datetime")).toBe(false);
  });

  it("is not told where a request was refused", async () => {
    for (const target of ["checkpoints/myfile/20250318T140338Z/f", "checkpoints/myfile/20250319T000000Z/f"]) {
      const worker = await get(target, { "Service-Worker": "script" });
      expect(worker.status).toBe(403);
      expect(worker.headers.has("link")).toBe(false);
      expect(worker.headers.has("memento-datetime")).toBe(false);
    }
  });

  it.each([
    ["plain/", 200, ""],
    ["plain/sub/f.txt?q", 200, "sub/f.txt"],
    ["plain/sub/%66.txt", 200, "sub/%66.txt"],
    ["plain/sub", member.traits.isUploaded === true ? 404 : 301, "sub"],
    ["plain/nothing%20here", 404, "nothing%20here"],
  ])("is where a plain distribution's past is, whatever became of the request: %s", async (target, status, rawPath) => {
    const past = mementoPaths(mount, "again", ["plain"]);
    const response = await get(target);
    expect(response.status).toBe(status);
    expect(response.headers.get("link")).toBe(originalLink(past, rawPath));
    expect(response.headers.has("memento-datetime")).toBe(false);
    const etag = response.headers.get("etag");
    if (etag === undefined) return;
    const unchanged = await get(target, { "If-None-Match": etag });
    expect([unchanged.status, unchanged.headers.get("link")]).toEqual([304, originalLink(past, rawPath)]);
  });

  it.each(["<", ">", '"', 'a>;rel="x",<b'])("has no links of a path with %s in it", async (path) => {
    for (const target of [
      `checkpoints/myfile/20250319T000000Z/${path}`,
      `checkpoints/myfile/latest/${path}`,
      `_asof/timegate/checkpoints/myfile/${path}`,
      `plain/${path}`,
    ]) {
      const response = await get(target);
      expect(response.status, target).toBeOneOf([301, 302, 400, 404]);
      // Where URLs are parsed first, such signs come encoded.
      expect(response.headers.has("link"), target).toBe(!/[<>"]/.test(seenTarget(member, target) ?? ""));
    }
  });

  it("makes nothing but the TimeGate vary", async () => {
    for (const target of [
      "checkpoints/myfile/",
      "checkpoints/myfile/20250318T140338Z/f",
      "checkpoints/myfile/20250318T140338Z/",
      "checkpoints/myfile/20250319T000000Z/f",
      "checkpoints/myfile/20240601T000000Z/f",
      "checkpoints/myfile/latest",
      "checkpoints/myfile/timemap",
      "plain/",
      "plain/sub/f.txt",
    ]) {
      const response = await get(target, { "Accept-Datetime": "Mon, 01 Jan 2024 00:00:00 GMT" });
      expect(response.headers.has("vary"), target).toBe(false);
    }
  });
});

describe.each(availableServersAndMounts().filter(({ member }) => member.traits.hasNoMemento === true))(
  "$server, public/ mounted at $mount, which has no Memento",
  ({ member, mount }) => {
    let site: ServerSite;

    beforeAll(async () => {
      site = await startServerSite(member, mount);
    });

    afterAll(() => site.stop());

    it("has no TimeGate", async () => {
      for (const target of [
        "_asof/timegate/checkpoints/myfile/f",
        "_asof/timegate/checkpoints/myfile",
        "_asof/timegate/",
      ]) {
        expect(summary(await site.get(target)), target).toEqual([404, undefined, "no-store"]);
      }
    });

    it("promises none either", async () => {
      for (const target of [
        "checkpoints/myfile/20250318T140338Z/f",
        "checkpoints/myfile/20250319T000000Z/f",
        "checkpoints/myfile/20240601T000000Z/f",
        "checkpoints/myfile/latest",
        "plain/",
      ]) {
        const { headers } = await site.get(target, { "Accept-Datetime": "Mon, 01 Jan 2024 00:00:00 GMT" });
        for (const name of ["link", "memento-datetime", "vary"])
          expect(headers.has(name), `${target} ${name}`).toBe(false);
      }
    });
  },
);

describe.each(mementoMounts.filter(({ mount }) => mount === "/"))("Memento-Datetime on $server", ({ member }) => {
  const random = seededRandom(7089);
  const from = Date.UTC(1970, 0, 1) / 1000;
  const until = Date.UTC(2400, 0, 1) / 1000;
  const edges = [
    ...["1999", "2000", "2004", "2023", "2024", "2025", "2038", "2099", "2100", "2101", "2400"].flatMap((year) => [
      `${year}0101T000000Z`,
      `${year}0228T235959Z`,
      `${year}0301T000000Z`,
      `${year}1231T235959Z`,
    ]),
    ...["1972", "2000", "2004", "2024", "2096", "2104", "2400"].map((year) => `${year}0229T120000Z`),
    ...["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"].map(
      (month) => `2023${month}15T010203Z`,
    ),
  ];
  const drawn = Array.from({ length: 300 }, () => timestampFromSeconds(from + Math.floor(random() * (until - from))));
  const all = [...new Set<string>([...edges, ...drawn])].toSorted();
  let folder: RulesFolder;
  let server: RunningServer;

  beforeAll(async () => {
    folder = await makeRulesFolder();
    await folder.place(Object.fromEntries(all.map((at) => [`checkpoints/myfile/${at}/f`, at])));
    await folder.writeRules(rulesInput(folder.publicDir, timeline(all)), member.server);
    server = await member.start({ ...folder, env: { TZ: member.traits.timeZone } });
  });

  afterAll(async () => {
    await server.stop();
    await folder.remove();
  });

  it("is the second of the checkpoint in the words of HTTP, in every year", async () => {
    for (const at of all) {
      const response = await server.request(`/checkpoints/myfile/${at}/f`);
      expect([response.status, response.headers.get("memento-datetime")], at).toEqual([200, httpDateOf(time(at))]);
    }
  });
});
