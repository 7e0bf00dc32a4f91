import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { resolveRequest, splitTarget } from "../../src/model/resolve-request.ts";
import type { Answer } from "../../src/model/resolve-request.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { rawTargetCases } from "../contract/raw-target-cases.ts";
import { time, timeline } from "./a-timeline.ts";

const base = "/checkpoints/myfile/";
const history = timeline(["-20230101T000000Z", "20240101T000000Z", "-20240601T000000Z", "20250318T140338Z"], {
  horizon: "20250401T000000Z",
});
const now = time("20250501T000000Z");
const missing = { kind: "missing", caching: "no-store" };

function ask(below: string, of = history): Answer {
  return resolveRequest({ base, timeline: of }, `${base}${below}`, now);
}

function redirect(status: number, below: string, caching: string): unknown {
  return { kind: "redirect", status, location: `${base}${below}`, caching };
}

describe("rows of the time contract", () => {
  it.each([
    "20250230T000000Z",
    "20250318T240000Z/x",
    "20250318T140338Zfoo/x",
    "20250318T140338Z.txt",
    "99999999T999999Z",
  ])("1: %s is no real second: 404", (below) => expect(ask(below)).toEqual(missing));

  it("2: a kept checkpoint is served, without its slash after one redirect", () => {
    expect(ask("20250318T140338Z/a%20b?x")).toEqual({
      kind: "checkpoint",
      checkpoint: "20250318T140338Z",
      path: "a b",
    });
    expect(ask("20250318T140338Z/")).toEqual({ kind: "checkpoint", checkpoint: "20250318T140338Z", path: "" });
    expect(ask("20250318T140338Z?x")).toEqual(redirect(301, "20250318T140338Z/?x", "no-cache"));
  });

  it("3: nothing was before the first checkpoint", () => {
    expect(ask("20221231T235959Z/")).toEqual(missing);
    expect(ask("00000101T000000Z/")).toEqual(missing);
    expect(ask("20250101T000000Z/", timeline([]))).toEqual(missing);
  });

  it("4: a tombstone says what is near", () => {
    const gone = {
      kind: "gone",
      from: "20240601T000000Z",
      older: "20240101T000000Z",
      newer: "20250318T140338Z",
      caching: "no-cache",
    };
    expect(ask("20240601T000000Z/")).toEqual(gone);
    expect(ask("20250318T140337Z/x")).toEqual(gone);
    expect(ask("20230101T000000Z")).toEqual({
      ...gone,
      from: "20230101T000000Z",
      older: undefined,
      newer: "20240101T000000Z",
    });
  });

  it("4: a withdrawn newest checkpoint is gone for all later seconds, whatever the clock says", () => {
    const withdrawn = timeline(["20240101T000000Z", "-20240601T000000Z"]);
    for (const at of ["20240602T000000Z", "99991231T235959Z"]) {
      expect(ask(`${at}/`, withdrawn)).toMatchObject({ kind: "gone", older: "20240101T000000Z", newer: undefined });
    }
  });

  it("5: up to the horizon the redirect is for ever, or revisable where that was not promised", () => {
    for (const at of ["20250318T140339Z", "20250401T000000Z"]) {
      expect(ask(`${at}/x?y`)).toEqual(redirect(301, "20250318T140338Z/x?y", "immutable"));
      expect(ask(`${at}/x?y`, { ...history, settled: false })).toEqual(
        redirect(301, "20250318T140338Z/x?y", "no-cache"),
      );
    }
    expect(ask("20240531T235959Z/")).toEqual(redirect(301, "20240101T000000Z/", "immutable"));
  });

  it("5 comes before 7: a horizon later than the clock is still settled", () => {
    const ahead = timeline(["20240101T000000Z"], { horizon: "20300101T000000Z" });
    expect(ask("20291231T000000Z/", ahead)).toEqual(redirect(301, "20240101T000000Z/", "immutable"));
  });

  it("6: between horizon and now the answer may change", () => {
    for (const at of ["20250401T000001Z", "20250501T000000Z"]) {
      expect(ask(`${at}/x`)).toEqual(redirect(302, "20250318T140338Z/x", "no-store"));
    }
  });

  it("7: the future is missing", () => {
    expect(ask("20250501T000001Z/x")).toEqual(missing);
    expect(ask("99991231T235959Z/x")).toEqual(missing);
  });

  it("sends latest to the newest kept checkpoint", () => {
    expect(ask("latest")).toEqual(redirect(302, "20250318T140338Z/", "no-store"));
    expect(ask("latest/a%2Fb?c")).toEqual(redirect(302, "20250318T140338Z/a%2Fb?c", "no-store"));
    expect(ask("latest/", timeline(["-20240101T000000Z"]))).toEqual(missing);
    expect(ask("latest", timeline([]))).toEqual(missing);
  });
});

describe("paths around the times", () => {
  it("are the list and the files beside it", () => {
    expect(ask("")).toEqual({ kind: "beside", path: "" });
    expect(ask("checkpoints%2Ejson?x")).toEqual({ kind: "beside", path: "checkpoints.json" });
    expect(ask("_asof/20250318T140338Z/SHA256SUMS")).toEqual({
      kind: "beside",
      path: "_asof/20250318T140338Z/SHA256SUMS",
    });
    expect(ask("latest-news")).toEqual({ kind: "beside", path: "latest-news" });
    expect(ask("20250318T140338")).toEqual({ kind: "beside", path: "20250318T140338" });
  });

  it("are none of ours elsewhere", () => {
    for (const target of [
      "/",
      "/checkpoints/",
      "/checkpoints/myfile2/",
      "/checkpoints/myfil",
      `/x/..${base.slice(0, -1)}`,
    ]) {
      expect(resolveRequest({ base, timeline: history }, target, now)).toEqual({ kind: "elsewhere" });
    }
  });

  it("get the slash that the base path lacks", () => {
    const target = "/checkpoints/myfile?x=%2F";
    expect(resolveRequest({ base, timeline: history }, target, now)).toEqual(redirect(301, "?x=%2F", "no-cache"));
  });
});

describe("raw targets", () => {
  const cases = rawTargetCases({ base, kept: "20250318T140338Z", between: "20250320T000000Z" });

  it.each(cases)("stay as they are in a Location: $name", ({ target, path = target }) => {
    const answer = resolveRequest({ base, timeline: history }, path, now);
    if (answer.kind !== "redirect") return;
    expect(answer.location.startsWith(base)).toBe(true);
    expect(answer.location).not.toMatch(/[\r\n]/);
    const rest = path.slice(path.indexOf(base) + base.length).replace(/^(?:\d{8}T\d{6}Z|latest)/, "");
    expect(answer.location.endsWith(rest)).toBe(true);
  });

  it("are refused where a control character or a space stands, in the query, too", () => {
    for (const below of ["20250320T000000Z/x?a b", "20250320T000000Z/x?\n", "20250320T000000Z/\t", "%"]) {
      expect(ask(below)).toEqual({ kind: "bad-request" });
    }
  });

  it("name a time only if the server means the same one", () => {
    for (const below of [
      "20250320T000000Z/../20240101T000000Z/x",
      "20250320T000000Z/%2e%2e/latest",
      "./20250320T000000Z/",
      "%32%30250320T000000Z/",
      "latest/../20240101T000000Z/",
      "%6Catest",
    ]) {
      expect(ask(below)).toEqual(missing);
    }
    expect(ask("20250320T000000Z/..")).toEqual({ kind: "beside", path: "" });
  });
});

describe("answers for every second", () => {
  it("lead to a kept checkpoint that answers for itself, never later than the one asked for", () => {
    const seconds = fc.integer({ min: 1_600_000_000, max: 1_600_000_400 });
    const points = fc.uniqueArray(fc.tuple(seconds, fc.boolean()), { selector: ([at]) => at, maxLength: 30 });
    fc.assert(
      fc.property(points, seconds, seconds, (made, asked, clock) => {
        const of = timeline(
          made
            .toSorted(([a], [b]) => a - b)
            .filter(([, gone], index, all) => !gone || all[index - 1]?.[1] !== true)
            .map(([at, gone]) => `${gone ? "-" : ""}${timestampFromSeconds(at)}`),
        );
        const at = timestampFromSeconds(asked);
        const answer = resolveRequest({ base, timeline: of }, `${base}${at}/x`, timestampFromSeconds(clock));
        if (answer.kind !== "redirect") return;
        const target = answer.location.slice(base.length, base.length + 16);
        expect(target < at).toBe(true);
        expect(resolveRequest({ base, timeline: of }, answer.location, timestampFromSeconds(clock)).kind).toBe(
          "checkpoint",
        );
        expect(answer.caching !== "immutable" || at <= (of.horizon ?? "")).toBe(true);
      }),
    );
  });
});

describe("pieces of a target", () => {
  it("are split at the first question mark", () => {
    expect(splitTarget("/a?b?c")).toEqual({ path: "/a", query: "?b?c" });
    expect(splitTarget("/a?")).toEqual({ path: "/a", query: "?" });
    expect(splitTarget("/a")).toEqual({ path: "/a", query: "" });
  });
});
