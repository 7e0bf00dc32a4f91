import { rm } from "node:fs/promises";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { resolveRequest } from "../../src/model/resolve-request.ts";
import type { Timeline, TimelinePoint } from "../../src/model/timeline.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { timeline } from "../model/a-timeline.ts";
import { comparable, expectedResponse } from "../servers/expect-answer.ts";
import { randomHistory, seededRandom, timesToAsk } from "../servers/random-history.ts";
import type { Random } from "../servers/random-history.ts";
import { rawRequests } from "../servers/raw-request.ts";
import { makeRulesFolder, rulesInput } from "../servers/rules-folder.ts";
import type { RulesFolder } from "../servers/rules-folder.ts";
import { immutable, summary } from "../servers/server-site.ts";
import { apacheAvailable, htaccessFiles, startHtaccess, writeHtaccess } from "./htaccess-server.ts";
import type { HtaccessServer } from "./htaccess-server.ts";

/** `ASOF_DIFFERENTIAL=full` mixes more. */
const rounds = process.env["ASOF_DIFFERENTIAL"] === "full" ? 40 : 4;
const base = "/checkpoints/myfile/";
const old = timeline(["20240101T000000Z", "20250318T140338Z"], { horizon: "20250401T000000Z" });
const young = timeline(["20240101T000000Z", "20250318T140338Z", "20250501T000000Z"]);

describe.skipIf(!apacheAvailable())(".htaccess files that are older than the tree around them", () => {
  let folder: RulesFolder;
  let server: HtaccessServer;

  beforeEach(async () => {
    folder = await makeRulesFolder();
    for (const at of ["20240101T000000Z", "20250318T140338Z", "20250501T000000Z", "20250601T000000Z"]) {
      await folder.place({
        [`checkpoints/myfile/${at}/f`]: at,
        [`checkpoints/myfile/${at}/index.html`]: `listing of ${at}`,
        [`checkpoints/myfile/${at}/sub/g`]: at,
      });
    }
    server = await startHtaccess(folder);
  });

  afterEach(async () => {
    await server.stop();
    await folder.remove();
  });

  const write = (history: Timeline): Promise<void> =>
    writeHtaccess(folder.publicDir, htaccessFiles(rulesInput(folder.publicDir, history)));

  async function answer(target: string): Promise<string> {
    const [status, location = "", caching] = summary(await server.request(`${base}${target}`));
    return `${status}${location.replace(base, " ")}, ${caching}`;
  }

  it("serve checkpoints that they do not know yet by their exact names, and nothing else differently", async () => {
    await write(old);

    expect(await answer("20250501T000000Z/f")).toBe(`200, ${immutable}`);
    expect(await answer("20250601T000000Z/")).toBe("200, no-cache");
    expect(await answer("20250601T000000Z?q")).toBe("301 20250601T000000Z/?q, no-cache");
    expect(await answer("20250601T000000Z/sub?q")).toBe("301 20250601T000000Z/sub/?q, no-cache");
    expect(await answer("20250601T000000Z/none")).toBe("404, no-store");

    expect(await answer("20250501T000001Z/f")).toBe("302 20250318T140338Z/f, no-store");
    expect(await answer("20250601T000001Z/f")).toBe("302 20250318T140338Z/f, no-store");
    expect(await answer("latest")).toBe("302 20250318T140338Z/, no-store");
    expect(await answer("20250320T000000Z/f")).toBe(`301 20250318T140338Z/f, ${immutable}`);
  });

  it("serve the first checkpoint before they know of any", async () => {
    await write(timeline([]));

    expect(await answer("20240101T000000Z/f")).toBe(`200, ${immutable}`);
    expect(await answer("20240101T000001Z/f")).toBe("404, no-store");
    expect(await answer("latest")).toBe("404, no-store");
  });

  it("serve a checkpoint that follows a withdrawn one", async () => {
    await write(timeline(["20240101T000000Z", "-20250318T140338Z"]));

    expect(await answer("20250318T140338Z/f")).toBe("410, no-cache");
    expect(await answer("20250501T000000Z/f")).toBe(`200, ${immutable}`);
    expect(await answer("20250501T000001Z/f")).toBe("410, no-cache");
  });

  it("serve no directory that lies before their horizon and is none of theirs", async () => {
    await folder.place({
      "checkpoints/myfile/20250319T000000Z/f": "stale",
      "checkpoints/myfile/20240319T000000Z/f": "stale",
      "checkpoints/myfile/20230101T000000Z/f": "stale",
    });
    await write(old);

    expect(await answer("20250319T000000Z/f")).toBe(`301 20250318T140338Z/f, ${immutable}`);
    expect(await answer("20240319T000000Z/f")).toBe(`301 20240101T000000Z/f, ${immutable}`);
    expect(await answer("20230101T000000Z/f")).toBe("404, no-store");
  });

  it("count from the next request on, without a reload", async () => {
    await write(old);
    expect(await answer("20250425T000000Z/f")).toBe("302 20250318T140338Z/f, no-store");
    await write(young);

    expect(await answer("20250425T000000Z/f")).toBe(`301 20250318T140338Z/f, ${immutable}`);
    expect(await answer("20250501T000000Z/f")).toBe(`200, ${immutable}`);
    expect(await answer("20250501T000001Z/f")).toBe("302 20250501T000000Z/f, no-store");
    expect(await answer("latest")).toBe("302 20250501T000000Z/, no-store");
  });
});

/**
 * Three generations of one repository: more checkpoints at the end each time, fewer of the old ones, some found before the first. `packing` decides how dense they are, and with it which lists are
 * cut into others, and which are put together again.
 */
function generationsOf(random: Random, packing: number): readonly [Timeline, Timeline, Timeline] {
  const { points } = randomHistory(random, { checkpoints: 1_500, stepSeconds: packing });
  const worth = points.map(() => random());
  const pruned = random() < 0.3 ? 1 : random() / 2;
  const first = Math.floor(random() * 50);
  const ends = [600, 900, 1_200].map((end) => end + Math.floor(random() * 300));
  return [
    thinned(first, ends[0] ?? 0, 1),
    thinned(first, ends[1] ?? 0, pruned),
    thinned(random() < 0.5 ? first : 0, ends[2] ?? 0, pruned * random()),
  ];

  /** Points from `start` to `end` of which that share is kept, and the last one. */
  function thinned(start: number, end: number, share: number): Timeline {
    const kept: TimelinePoint[] = [];
    for (let index = start; index < end; index++) {
      const at = points[index]?.at;
      const isGone = index < end - 1 && (worth[index] ?? 0) > share;
      if (at !== undefined && !(isGone && kept.at(-1)?.kind === "gone")) {
        kept.push({ at, kind: isGone ? "gone" : "checkpoint" });
      }
    }
    return { points: kept, horizon: kept.at(-1)?.at, settled: true };
  }
}

describe.skipIf(!apacheAvailable())(
  ".htaccess files of which some are those of an earlier run, and some were left from long ago",
  () => {
    let folder: RulesFolder;
    let server: HtaccessServer;

    beforeEach(async () => {
      folder = await makeRulesFolder();
      server = await startHtaccess(folder);
    });

    afterEach(async () => {
      await server.stop();
      await folder.remove();
    });

    const day = 86_400;
    it.each([300, day / 8, day, 20 * day])(
      "say nothing for ever that was never so, whichever are there (a checkpoint every %i seconds)",
      async (packing) => {
        const random = seededRandom(packing);
        for (let round = 0; round < rounds; round++) {
          const [ancient, ...generations] = generationsOf(random, packing);
          const [left, before, after] = [ancient, ...generations].map(
            (history) =>
              new Map(
                htaccessFiles(rulesInput(folder.publicDir, history)).map(({ path: name, content }) => [name, content]),
              ),
          );
          await rm(folder.publicDir, { recursive: true, force: true });
          const files = [...new Set([before, after, left].flatMap((run) => [...(run?.keys() ?? [])]))].flatMap(
            (name) => {
              const isOfTwo = before?.has(name) === true || after?.has(name) === true;
              const content = (!isOfTwo ? left : random() < 0.5 ? before : after)?.get(name);
              return content === undefined ? [] : [{ path: name, content }];
            },
          );
          await writeHtaccess(folder.publicDir, files);
          const now = Math.floor(Date.now() / 1000);
          const times = generations.flatMap((history) =>
            timesToAsk(random, history, { boundaries: 30, anywhere: 30, now }),
          );
          const targets = times.map((at) => `${base}${at}/x`);
          const responses = await rawRequests(
            server.port,
            targets.map((target) => ({ target })),
          );
          expect(responses).toHaveLength(targets.length);
          const lies = targets.filter((target, index) => {
            const response = responses[index];
            if (response === undefined || !response.headers.get("cache-control")?.includes("immutable")) return false;
            return !generations.some((history) => {
              const expected = expectedResponse(
                resolveRequest({ base, timeline: history }, target, timestampFromSeconds(now)),
                false,
              );
              return JSON.stringify(comparable(response, expected)) === JSON.stringify(expected);
            });
          });
          expect(lies, `round ${round}`).toEqual([]);
          expect(responses.filter(({ status }) => ![301, 302, 404, 410].includes(status))).toEqual([]);
        }
      },
      15_000 * rounds,
    );
  },
);
