import { describe, expect, it } from "vitest";

import { httpDateOf, mementoLink, mementoPaths, originalLink, resolveTimeGate } from "../../src/model/memento.ts";
import { resolveRequest, splitTarget } from "../../src/model/resolve-request.ts";
import type { Timeline } from "../../src/model/timeline.ts";
import { isTimestamp, secondsOf, timestampFromSeconds } from "../../src/model/timestamp.ts";
import type { RulesInput } from "../../src/redirects/rules.ts";
import { rawTargetCases } from "../contract/raw-target-cases.ts";
import { time, timeline } from "../model/a-timeline.ts";
import { expectedResponse } from "../servers/expect-answer.ts";
import { edgeHistories, targetsToAsk } from "../servers/histories.ts";
import { randomGenerations, randomHistory, seededRandom, timesToAsk } from "../servers/random-history.ts";
import type { Random } from "../servers/random-history.ts";
import { renderHost, repository, rulesInput } from "../servers/rules-folder.ts";
import { immutable } from "../servers/server-site.ts";
import { njsAvailable, runFunction } from "./cloudfront-runtime.ts";
import type { FunctionOutcome, FunctionRequest } from "./cloudfront-runtime.ts";

const random = seededRandom(20250318);
const day = 86_400;

const few: Readonly<Record<string, Timeline>> = {
  ...edgeHistories,
  "ten-unsettled": randomHistory(random, {
    checkpoints: 10,
    stepSeconds: day,
    settled: false,
    horizonSeconds: 30 * day,
  }),
  "hundred-gone": randomHistory(random, { checkpoints: 100, stepSeconds: day, gone: 0.2, goneAtEnd: true }),
};
const many: Readonly<Record<string, Timeline>> = {
  ...few,
  thousand: randomHistory(random, { checkpoints: 1_000, stepSeconds: day, gone: 0.1, horizonSeconds: day }),
  "ten-thousand": randomHistory(random, { checkpoints: 10_000, stepSeconds: day / 4, gone: 0.01, goneAtEnd: true }),
  "hundred-thousand": randomHistory(random, { checkpoints: 100_000, stepSeconds: day / 20, settled: false }),
};

describe.skipIf(!njsAvailable())("CloudFront Functions", () => {
  describe.each([
    { times: "in the function", histories: few },
    { times: "in a key value store", histories: many },
  ])("with times $times", ({ histories }) => {
    const files = renderedFiles(inputOf(histories));

    it.each(Object.keys(histories))("answer as the reference does: %s", (name) => {
      const history = histories[name] ?? timeline([]);
      const base = `/c/${name}/`;
      const now = Math.floor(Date.now() / 1000);
      const targets = targetsToAsk(random, history, base, { boundaries: 150, anywhere: 500, now });
      const outcomes = runFunction(files.request, targets.map(requestOf), files.keyValues);
      const after = Math.floor(Date.now() / 1000);
      expect(outcomes).toHaveLength(targets.length);
      // While we ask, seconds pass: a time in between may have been later than now or not.
      const wrong = targets.filter(
        (target, index) =>
          ![now - 1, after + 1].some((second) => agrees(outcomes[index], history, base, target, second)),
      );
      expect(wrong.slice(0, 5)).toEqual([]);
      expect(Math.max(...outcomes.map(({ reads }) => reads))).toBeLessThanOrEqual(6);
    });

    it.each(Object.keys(histories))("have a TimeGate that answers as the reference does: %s", (name) => {
      const history = histories[name] ?? timeline([]);
      const paths = mementoPaths("/", `c/${name}`, []);
      const asked = timesToAsk(random, history, { boundaries: 50, anywhere: 50, now: 1_700_000_000 }).filter(
        isTimestamp,
      );
      const dates = [
        ...asked.map(httpDateOf),
        "never",
        "Tue, 30 Feb 2025 00:00:00 GMT",
        "Tue, 18 Mrz 2025 14:03:38 GMT",
      ];
      const target = `${paths.gate}a%2Fb//c?d=%20`;
      const outcomes = runFunction(
        files.request,
        dates.map((date) => ({ ...requestOf(target), headers: { "accept-datetime": date } })),
        files.keyValues,
      );
      const answers = dates.map((date) =>
        resolveTimeGate({ base: paths.base, timeline: history }, paths.gate, target, date),
      );
      expect(outcomes.map(({ status, headers }) => [status, headers.get("location"), headers.get("vary")])).toEqual(
        answers.map((answer) => [
          { elsewhere: 404, "bad-request": 400, missing: 404, redirect: 302 }[answer.kind],
          answer.kind === "redirect" ? answer.location : undefined,
          "accept-datetime",
        ]),
      );
    });
  });

  const input = rulesInput("/srv/public", timeline(["20240101T000000Z", "20250318T140338Z", "20250901T000000Z"]), {
    mount: "/mirror/",
    scriptHash: "abc=",
    distributions: [
      { name: "myfile-snapshot", basePath: "checkpoints/myfile", repository: "myfile", checkpoint: true },
      { name: "plain", basePath: "plain", repository: "myfile", checkpoint: false },
    ],
  });
  const files = renderedFiles(input);
  const base = "/mirror/checkpoints/myfile/";
  const paths = mementoPaths("/mirror/", "checkpoints/myfile", ["plain"]);
  const request = (one: FunctionRequest): FunctionOutcome => first(runFunction(files.request, [one]));
  const response = (uri: string, responseStatus: number): FunctionOutcome =>
    first(runFunction(files.response, [{ uri, responseStatus }]));

  it.each(
    rawTargetCases({ base, kept: "20250318T140338Z", between: "20250401T120000Z" }).filter(
      (one) => one.path === undefined && one.method === undefined,
    ),
  )("answer $name as the reference does", ({ target }) => {
    const outcome = request(requestOf(target));
    const history = input.repositories[0]?.timeline ?? timeline([]);
    expect(agrees(outcome, history, base, target, Date.now() / 1000)).toBe(true);
    expect(outcome.headers.get("location") ?? base).toSatisfy((to: string) => to.startsWith(base));
    expect([...outcome.headers.values()].join()).not.toMatch(/[\r\n]/);
  });

  it("refuse other methods and service workers", () => {
    const refused = request({ method: "POST", uri: `${base}latest` });
    expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    expect(request({ uri: `${base}latest`, headers: { "service-worker": "script" } }).status).toBe(403);
    expect(request({ method: "HEAD", uri: `${base}latest` }).status).toBe(302);
  });

  it.each([
    ["checkpoints/myfile/20250318T140338Z/", "checkpoints/myfile/20250318T140338Z/index.html"],
    [
      "checkpoints/myfile/20250318T140338Z/pool//libstdc++6.deb",
      "checkpoints/myfile/20250318T140338Z/pool/libstdc%2B%2B6.deb",
    ],
    ["checkpoints/myfile/", "checkpoints/myfile/index.html"],
    ["checkpoints/", "checkpoints/index.html"],
    ["plain/sub/f", "plain/sub/f"],
    ["_asof/assets/style.css", "_asof/assets/style.css"],
    ["", "index.html"],
  ])("ask S3 for the object that a path means: /mirror/%s", (path, object) => {
    expect(request({ uri: `/mirror/${path}` })).toMatchObject({ status: undefined, uri: `/mirror/${object}` });
  });

  it.each([
    ["checkpoints/myfile", 301],
    ["checkpoints/myfile/20250318T140338Z", 301],
    ["checkpoints", 301],
    ["plain", 301],
    ["_asof/d/ab/cd/", 404],
    ["_asof/timegate/plain/", 404],
    ["_asof", 404],
  ])("answer /mirror/%s by themselves", (path, status) => {
    const outcome = request({ uri: `/mirror/${path}`, query: "q" });
    expect([outcome.status, outcome.headers.get("location")]).toEqual([
      status,
      status === 301 ? `/mirror/${path}/?q` : undefined,
    ]);
    expect(outcome.headers.get("cache-control")).toBe(status === 301 ? "no-cache" : "no-store");
    expect(outcome.headers.get("content-security-policy")).toContain("script-src 'sha256-abc='");
    expect(outcome.headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("name the page about a checkpoint that is gone, which they cannot fetch", () => {
    const gone = renderedFiles(rulesInput("/srv/public", timeline(["-20240601T000000Z", "20250318T140338Z"])));
    const outcome = first(runFunction(gone.request, [{ uri: "/checkpoints/myfile/20240701T000000Z/f" }]));
    expect(outcome).toMatchObject({
      status: 410,
      body: "This checkpoint was removed: /checkpoints/myfile/_asof/gone/20240601T000000Z.html\n",
    });
    expect(outcome.headers.get("cache-control")).toBe("no-cache");
  });

  it("link redirects between times to other states, and write no links that a request chose", () => {
    const link = (path: string): string | undefined => request({ uri: `${base}${path}` }).headers.get("link");
    expect(link("20250401T000000Z/a%2Fb")).toBe(mementoLink(paths, "a%2Fb"));
    expect(link("latest")).toBe(mementoLink(paths, ""));
    expect(link('20250401T000000Z/a>;rel="x",<b')).toBeUndefined();
    expect(link("20230101T000000Z/f")).toBeUndefined();
  });

  it.each([
    ["checkpoints/myfile/20250318T140338Z/pool/f", 200, immutable],
    ["checkpoints/myfile/20250318T140338Z/pool/f", 304, immutable],
    ["checkpoints/myfile/20250318T140338Z/index.html", 200, "no-cache"],
    ["checkpoints/myfile/20250318T140338Z/pool/", 200, "no-cache"],
    ["checkpoints/myfile/20250318T140338Z/f", 302, "no-store"],
    ["checkpoints/myfile/index.html", 200, "no-cache"],
    ["checkpoints/myfile/checkpoints.json", 200, "no-cache"],
    ["plain/f", 200, "no-cache"],
    ["_asof/assets/style.css", 200, "public, max-age=3600"],
  ])("give what comes from S3 its headers: /mirror/%s with %i", (path, status, caching) => {
    const { headers } = response(`/mirror/${path}`, status);
    const isBelowTime = path.includes("20250318T140338Z");
    const isMemento = isBelowTime && status !== 302;
    const below = path.split("/").slice(3).join("/");
    expect(Object.fromEntries(headers)).toEqual({
      "cache-control": caching,
      "content-security-policy": expect.stringContaining("sandbox"),
      "x-content-type-options": "nosniff",
      ...(path.endsWith(".json") ? { "access-control-allow-origin": "*" } : {}),
      ...(isBelowTime ? { "x-robots-tag": "noindex, nofollow" } : {}),
      ...(isMemento
        ? { "memento-datetime": httpDateOf(time("20250318T140338Z")), link: mementoLink(paths, below) }
        : {}),
      ...(path === "plain/f" ? { link: originalLink(paths, "f") } : {}),
    });
  });

  it("send a TimeMap as one", () => {
    for (const path of ["timemap", "_asof/timemap/2025"]) {
      expect(response(`${base}${path}`, 200).headers.get("content-type")).toBe("application/link-format");
    }
    expect(response(`${base}20250318T140338Z/timemap`, 200).headers.has("content-type")).toBe(false);
  });
});

describe.skipIf(!njsAvailable())("a key value store of which some pairs are those of an earlier run", () => {
  const base = "/c/myfile/";
  const storeFunction = filesOf(timeline([])).request;

  it.each([300, day / 8, day, 8 * day])(
    "says nothing that no run said, unless no cache keeps it, whichever pairs are there (a checkpoint every %i seconds)",
    (packing) => {
      const chance = seededRandom(packing);
      for (let round = 0; round < 6; round++) {
        const generations = randomGenerations(chance, packing);
        const runs = generations.map(pairsOf);
        const keys = [...new Set(runs.flatMap((pairs) => [...pairs.keys()]))];
        const isAbsent = round % 2 === 0 ? 0 : 0.1;
        const mixture = keys.flatMap((key): [string, string][] => {
          const values = runs.flatMap((pairs) => pairs.get(key) ?? []);
          const value = values[Math.floor(chance() * values.length)];
          return value === undefined || chance() < isAbsent ? [] : [[key, value]];
        });
        const { targets, outcomes, now } = ask(generations, new Map(mixture), chance);
        const lies = targets.filter((target, index) => {
          if (outcomes[index]?.headers.get("cache-control") === "no-store") return false;
          return !generations.some((history) => agrees(outcomes[index], history, base, target, now));
        });
        expect(lies.slice(0, 5), `round ${round}`).toEqual([]);
        expect(Math.max(...outcomes.map(({ reads }) => reads))).toBeLessThanOrEqual(6);
      }
    },
    60_000,
  );

  it.each([300, day / 8, day, 8 * day])(
    "answers as the last run does when all its pairs are there, whatever keys earlier ones left (a checkpoint every %i seconds)",
    (packing) => {
      const chance = seededRandom(packing + 1);
      const generations = randomGenerations(chance, packing);
      const [ancient, earlier, last] = generations.map(pairsOf);
      const { targets, outcomes, now } = ask(
        generations,
        new Map([...(ancient ?? []), ...(earlier ?? []), ...(last ?? [])]),
        chance,
      );
      const after = Math.floor(Date.now() / 1000);
      const history = generations[2];
      const wrong = targets.filter(
        (target, index) =>
          ![now - 1, after + 1].some((second) => agrees(outcomes[index], history, base, target, second)),
      );
      expect(wrong.slice(0, 5)).toEqual([]);
    },
    60_000,
  );

  it("does not promise an old answer for ever where only what is known of the repository has arrived", () => {
    const points = randomHistory(seededRandom(1), { checkpoints: 1_200, stepSeconds: day / 8 }).points;
    const [before, after] = [1_100, 1_200].map((end) => {
      const kept = points.slice(0, end);
      return { points: kept, horizon: kept.at(-1)?.at, settled: true };
    });
    const pairs = pairsOf(before ?? timeline([]));
    for (const [key, value] of pairsOf(after ?? timeline([]))) if (key.split("/").length === 2) pairs.set(key, value);
    const newest = points[1_099]?.at ?? "";
    const between = timestampFromSeconds(secondsOf(points[1_101]?.at ?? time(newest)) + 1);
    const outcomes = runFunction(
      storeFunction,
      [`${base}${between}/f`, `${base}${newest}/f`].map(requestOf),
      valuesOf(pairs),
    );
    expect(
      outcomes.map(({ status, headers }) => [status, headers.get("location"), headers.get("cache-control")]),
    ).toEqual([
      [302, `${base}${newest}/f`, "no-store"],
      [undefined, undefined, undefined],
    ]);
  });

  /** With a repository beside it that is too long for a function. */
  function filesOf(history: Timeline): ReturnType<typeof renderedFiles> {
    return renderedFiles(inputOf({ myfile: history, long: many["thousand"] ?? history }));
  }

  function pairsOf(history: Timeline): Map<string, string> {
    const { data }: { data: readonly { key: string; value: string }[] } = JSON.parse(filesOf(history).keyValues ?? "");
    return new Map(data.map(({ key, value }) => [key, value]));
  }

  function valuesOf(pairs: ReadonlyMap<string, string>): string {
    return JSON.stringify({ data: [...pairs].map(([key, value]) => ({ key, value })) });
  }

  function ask(
    generations: readonly Timeline[],
    pairs: ReadonlyMap<string, string>,
    chance: Random,
  ): { targets: readonly string[]; outcomes: readonly FunctionOutcome[]; now: number } {
    const now = Math.floor(Date.now() / 1000);
    const times = generations.flatMap((history) => timesToAsk(chance, history, { boundaries: 30, anywhere: 60, now }));
    const targets = [...new Set(times)].map((at) => `${base}${at}/x`);
    const outcomes = runFunction(storeFunction, targets.map(requestOf), valuesOf(pairs));
    expect(outcomes).toHaveLength(targets.length);
    return { targets, outcomes, now };
  }
});

describe("the files for CloudFront", () => {
  it("are functions of 10 KB at most, whatever the number of checkpoints", () => {
    for (const checkpoints of [0, 100, 800, 900, 2_000, 20_000]) {
      const history = randomHistory(random, { checkpoints, stepSeconds: day / 3 });
      const { request, response, keyValues } = renderedFiles(rulesInput("/srv/public", history));
      expect(Buffer.byteLength(request)).toBeLessThanOrEqual(10_240);
      expect(Buffer.byteLength(response)).toBeLessThanOrEqual(10_240);
      expect(keyValues === undefined).toBe(checkpoints <= 800);
    }
  });

  it("hold pairs of 1 KB at most in a store", () => {
    const { keyValues = "" } = renderedFiles(inputOf(many));
    const { data }: { data: readonly { key: string; value: string }[] } = JSON.parse(keyValues);
    expect(new Set(data.map(({ key }) => key)).size).toBe(data.length);
    for (const { key, value } of data) expect(key.length + value.length).toBeLessThanOrEqual(1_024);
  });

  it("are refused when a function or the store would be too large", () => {
    const distributions = Array.from({ length: 200 }, (_, index) => ({
      name: `d${index}`,
      basePath: `checkpoints/d${String(index).padStart(2, "0")}`,
      repository: "myfile",
      checkpoint: true,
    }));
    expect(() => renderedFiles(rulesInput("/srv/public", timeline([]), { distributions }))).toThrow(
      /function of \d+ bytes/,
    );
    const history = randomHistory(random, { checkpoints: 600_000, stepSeconds: 900 });
    expect(() => renderedFiles(rulesInput("/srv/public", history))).toThrow(/key value store of \d+ bytes/);
  });

  it("use no more of the language than the runtime 2.0 documents", () => {
    for (const histories of [few, many]) {
      const { request, response } = renderedFiles(inputOf(histories));
      for (const code of [request, response]) {
        const bare = code.replace(/^\/\/.*$/gm, "").replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""');
        expect(bare).not.toMatch(/\?\?|\?\.[^\d]|\.\.\.[\w[]|`|\b(?:of|class|yield|static|super|new\.target)\b|\(\?</);
        const methods = new Set([...bare.matchAll(/\.(\w+)\(/g)].map((match) => match[1]));
        expect([...methods].filter((method) => !documentedMethods.has(method ?? ""))).toEqual([]);
      }
    }
  });
});

/** Those of "JavaScript runtime 2.0 features for CloudFront Functions" that the functions use: of ES 5.1, `startsWith` and `endsWith` of ES 6, and CloudFront's own. */
const documentedMethods = new Set(
  (
    "charCodeAt concat exec filter floor forEach fromCharCode getTime indexOf join keys map max parse pop push replace slice split test toISOString toUTCString " +
    "startsWith endsWith " +
    "exists get kvs rawQueryString"
  ).split(" "),
);

function inputOf(histories: Readonly<Record<string, Timeline>>): RulesInput {
  const names = Object.keys(histories).toSorted();
  return rulesInput("/srv/public", timeline([]), {
    repositories: names.map((name) => repository(name, histories[name] ?? timeline([]))),
    distributions: names.map((name) => ({ name, basePath: `c/${name}`, repository: name, checkpoint: true })),
  });
}

function renderedFiles(input: RulesInput): { request: string; response: string; keyValues: string | undefined } {
  const { rules } = renderHost(input, "cloudfront");
  const content = (name: string): string | undefined =>
    rules.find(({ path }) => path === `hosts/cloudfront/${name}`)?.content;
  return {
    request: content("viewer-request.js") ?? "",
    response: content("viewer-response.js") ?? "",
    keyValues: content("key-values.json"),
  };
}

function requestOf(target: string): FunctionRequest {
  const { path, query } = splitTarget(target);
  return { uri: path, query: query === "" ? undefined : query.slice(1) };
}

function agrees(
  outcome: FunctionOutcome | undefined,
  history: Timeline,
  base: string,
  target: string,
  now: number,
): boolean {
  if (outcome === undefined) return false;
  const answer = resolveRequest({ base, timeline: history }, target, timestampFromSeconds(now));
  // Whether S3 has the object is not for the function to know.
  if (answer.kind === "checkpoint" || answer.kind === "beside") return outcome.status === undefined;
  if (answer.kind === "elsewhere") return outcome.status !== 302;
  const expected = expectedResponse(answer, false);
  return (
    outcome.status === expected.status &&
    outcome.headers.get("location") === expected.location &&
    (expected.cacheControl === undefined || outcome.headers.get("cache-control") === expected.cacheControl)
  );
}

function first(outcomes: readonly FunctionOutcome[]): FunctionOutcome {
  const [outcome] = outcomes;
  if (outcome === undefined) throw new Error("the function was not run");
  return outcome;
}
