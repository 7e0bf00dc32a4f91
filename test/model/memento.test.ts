import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  httpDateOf,
  isTimeMap,
  mementoLink,
  mementoPaths,
  mementoPathsOf,
  originalLink,
  parseHttpDate,
  resolveTimeGate,
} from "../../src/model/memento.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { time, timeline } from "./a-timeline.ts";

const paths = mementoPaths("/mirror/", "checkpoints/myfile", ["plain/b", "plain/a"]);

describe("the addresses of Memento", () => {
  it("are below the mount", () => {
    expect(paths).toEqual({
      base: "/mirror/checkpoints/myfile/",
      gate: "/mirror/_asof/timegate/checkpoints/myfile/",
      map: "/mirror/checkpoints/myfile/timemap",
      original: "/mirror/plain/a/",
    });
  });

  it("have the newest checkpoint for the original where there is no plain distribution", () => {
    expect(mementoPaths("/", "c", []).original).toBe("/c/latest/");
  });

  it("are known for every distribution whose repository has checkpoints", () => {
    const found = mementoPathsOf("/", [
      { basePath: "z", repository: "one", checkpoint: true },
      { basePath: "c", repository: "one", checkpoint: true },
      { basePath: "p", repository: "one", checkpoint: false },
      { basePath: "q", repository: "two", checkpoint: false },
      { basePath: "t", repository: "three", checkpoint: true },
    ]);
    expect([...found].map(([basePath, { gate, original }]) => [basePath, gate, original])).toEqual([
      ["z", "/_asof/timegate/z/", "/p/"],
      ["c", "/_asof/timegate/c/", "/p/"],
      ["p", "/_asof/timegate/c/", "/p/"],
      ["t", "/_asof/timegate/t/", "/t/latest/"],
    ]);
  });

  it.each([
    ["timemap", true],
    ["_asof/timemap/2025", true],
    ["timemap/", false],
    ["timemap\n", false],
    ["_asof/timemap/", false],
    ["_asof/timemap/2025x", false],
    ["20250318T140338Z/timemap", false],
  ])("tell a TimeMap from other files: %j", (below, expected) => {
    expect(isTimeMap(below)).toBe(expected);
  });
});

describe("Link", () => {
  it("names the original, the TimeGate and the TimeMap, with the raw path behind the first two", () => {
    expect(mementoLink(paths, "a%2Fb//c;d")).toBe(
      '</mirror/plain/a/a%2Fb//c;d>; rel="original", </mirror/_asof/timegate/checkpoints/myfile/a%2Fb//c;d>; rel="timegate", </mirror/checkpoints/myfile/timemap>; rel="timemap"; type="application/link-format"',
    );
  });

  it("has no original on the original itself", () => {
    expect(originalLink(paths, "x")).toBe(
      '</mirror/_asof/timegate/checkpoints/myfile/x>; rel="timegate", </mirror/checkpoints/myfile/timemap>; rel="timemap"; type="application/link-format"',
    );
  });

  it.each(["<", ">", '"'])("is not there for a path that would write links of its own: %s", (sign) => {
    expect(mementoLink(paths, `a${sign}b`)).toBeUndefined();
    expect(originalLink(paths, `a${sign}b`)).toBeUndefined();
  });
});

describe("dates of HTTP", () => {
  it("are the words of RFC 1123", () => {
    expect(httpDateOf(time("20250318T140338Z"))).toBe("Tue, 18 Mar 2025 14:03:38 GMT");
    expect(httpDateOf(time("20000229T000000Z"))).toBe("Tue, 29 Feb 2000 00:00:00 GMT");
  });

  it("come back as the second that they were made of, for every second there is", () => {
    const first = Date.UTC(1000, 0, 1) / 1000;
    const last = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000;
    fc.assert(
      fc.property(fc.integer({ min: first, max: last }), (seconds) => {
        const at = timestampFromSeconds(seconds);
        expect(parseHttpDate(httpDateOf(at))).toBe(at);
      }),
    );
  });

  it("are no others", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        expect(parseHttpDate(text)).toBeUndefined();
      }),
    );
    expect(parseHttpDate("Tue, 18 Mar 2025 14:03:38 GMT\n")).toBeUndefined();
  });
});

describe("resolveTimeGate", () => {
  const history = timeline(["-20230101T000000Z", "20240101T000000Z", "-20240601T000000Z", "20250318T140338Z"], {
    horizon: "20250401T000000Z",
  });
  const ask = (target: string, at?: string, asked = history): ReturnType<typeof resolveTimeGate> =>
    resolveTimeGate({ base: paths.base, timeline: asked }, paths.gate, target, at);

  it("is elsewhere for every path that is not below it", () => {
    for (const target of ["/", "/mirror/_asof/timegate/checkpoints/myfile2/", `${paths.gate}../x`, paths.base]) {
      expect(ask(target).kind).toBe("elsewhere");
    }
  });

  it("is missing where the raw path does not say what the path means, and while nothing is kept", () => {
    expect(ask(`/x/..${paths.gate}f`)).toEqual({ kind: "missing" });
    expect(ask(`${paths.gate}f`, undefined, timeline([]))).toEqual({ kind: "missing" });
    expect(ask(`${paths.gate}f`, "Sat, 31 Dec 2022 23:59:59 GMT", timeline(["-20240101T000000Z"]))).toEqual({
      kind: "missing",
    });
  });

  it("tells a bad date, which has a path, from a bad target, which has none", () => {
    expect(ask(`${paths.gate}f?q`, "yesterday")).toEqual({ kind: "bad-request", rawPath: "f" });
    expect(ask(`${paths.gate}%zz`, "yesterday")).toEqual({ kind: "bad-request" });
  });

  it("agrees with a search from the newest to the oldest, before the first and after the last as well", () => {
    const seconds = fc.integer({ min: Date.UTC(2022, 0, 1) / 1000, max: Date.UTC(2027, 0, 1) / 1000 });
    fc.assert(
      fc.property(seconds, (second) => {
        const at = timestampFromSeconds(second);
        const expected =
          history.points.findLast((point) => point.at <= at) ?? history.points.find((point) => point.kind !== "gone");
        expect(ask(`${paths.gate}f`, httpDateOf(at))).toEqual({
          kind: "redirect",
          location: `${paths.base}${expected?.at}/f`,
          rawPath: "f",
        });
      }),
    );
  });
});
