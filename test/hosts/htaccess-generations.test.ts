import { rm } from "node:fs/promises";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { resolveRequest } from "../../src/model/resolve-request.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { timeline } from "../model/a-timeline.ts";
import { comparable, expectedResponse } from "../servers/expect-answer.ts";
import { htaccessServer } from "../servers/htaccess.ts";
import { randomGenerations, seededRandom, timesToAsk } from "../servers/random-history.ts";
import { rawRequests } from "../servers/raw-request.ts";
import { makeRulesFolder, renderHost, rulesInput, writeInto } from "../servers/rules-folder.ts";
import type { RulesFolder } from "../servers/rules-folder.ts";
import type { RunningServer } from "../servers/server.ts";
import { immutable, summary } from "../servers/server-site.ts";

/** `ASOF_DIFFERENTIAL=full` mixes more. */
const rounds = process.env["ASOF_DIFFERENTIAL"] === "full" ? 40 : 4;
const base = "/checkpoints/myfile/";

describe.skipIf(!htaccessServer.isAvailable())(
  ".htaccess files of which some are those of an earlier run, and some were left from long ago",
  () => {
    let folder: RulesFolder;
    let server: RunningServer;

    beforeEach(async () => {
      folder = await makeRulesFolder();
      server = await htaccessServer.start(folder);
    });

    afterEach(async () => {
      await server.stop();
      await folder.remove();
    });

    it("promise nothing that a list says whose run left answers open", async () => {
      const [before, after] = [
        timeline(["20240101T000000Z", "20250318T140338Z"], { settled: false }),
        timeline(["20240101T000000Z", "20240601T000000Z", "20250318T140338Z"]),
      ].map((history) => renderHost(rulesInput(folder.publicDir, history), "htaccess").public);
      const lists = before?.filter(({ path: name }) => name.includes("/_asof/times/")) ?? [];
      await writeInto(folder.publicDir, [...(after ?? []), ...lists]);
      const ask = async () => summary(await server.request(`${base}20240701T000000Z/f`));
      expect(await ask()).toEqual([301, `${base}20240101T000000Z/f`, "no-cache"]);
      await writeInto(folder.publicDir, after ?? []);
      expect(await ask()).toEqual([301, `${base}20240601T000000Z/f`, immutable]);
    });

    const day = 86_400;
    it.each([300, day / 8, day, 20 * day])(
      "say nothing for ever that was never so, whichever are there (a checkpoint every %i seconds)",
      async (packing) => {
        const random = seededRandom(packing);
        for (let round = 0; round < rounds; round++) {
          const [ancient, ...generations] = randomGenerations(random, packing);
          const [left, before, after] = [ancient, ...generations].map(
            (history) =>
              new Map(
                renderHost(rulesInput(folder.publicDir, history), "htaccess").public.map(({ path: name, content }) => [
                  name,
                  content,
                ]),
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
          await writeInto(folder.publicDir, files);
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
