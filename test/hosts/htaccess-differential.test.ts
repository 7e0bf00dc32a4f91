import { linkSync, mkdirSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { resolveRequest } from "../../src/model/resolve-request.ts";
import type { Timeline } from "../../src/model/timeline.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { timeline } from "../model/a-timeline.ts";
import { comparable, expectedResponse } from "../servers/expect-answer.ts";
import { differentialEffort, manyHistories } from "../servers/histories.ts";
import { timesToAsk } from "../servers/random-history.ts";
import { rawRequests } from "../servers/raw-request.ts";
import { makeRulesFolder, repository, rulesInput } from "../servers/rules-folder.ts";
import type { RulesFolder } from "../servers/rules-folder.ts";
import { apacheAvailable, htaccessFiles, startHtaccess, writeHtaccess } from "./htaccess-server.ts";
import type { HtaccessServer } from "./htaccess-server.ts";

const { seed, effort, random } = differentialEffort();
const histories = manyHistories(random);

const rests = ["", "/", "?q=/../%", "/index.html", "/f", "/f?a=1%202&b=?", "/missing/%2E%2e/x%2By", "/dists/x"];

describe.skipIf(!apacheAvailable())(".htaccess files compared with the reference", () => {
  let folder: RulesFolder;
  let server: HtaccessServer;

  beforeAll(async () => {
    folder = await makeRulesFolder();
    await folder.place({ "seed/f": "content" });
    const names = Object.keys(histories).toSorted();
    const input = rulesInput(folder.publicDir, timeline([]), {
      repositories: names.map((name) => repository(name, histories[name] ?? timeline([]))),
      distributions: names.map((name) => ({ name, basePath: `c/${name}`, repository: name, checkpoint: true })),
    });
    await writeHtaccess(folder.publicDir, htaccessFiles(input));
    server = await startHtaccess(folder);
  });

  afterAll(async () => {
    await server.stop();
    await folder.remove();
  });

  it.each(Object.keys(histories))(
    `answer as the reference does: %s (seed ${seed})`,
    async (name) => {
      const history = histories[name] ?? timeline([]);
      const base = `/c/${name}/`;
      const now = Math.floor(Date.now() / 1000);
      const times = timesToAsk(random, history, { boundaries: 300 * effort, anywhere: 1_000 * effort, now });
      const targets = times.map((at, index) => `${base}${at}${rests[index % rests.length] ?? ""}`);
      for (let start = 0; start < targets.length; start += 2_000) {
        expect(await differences(history, base, targets.slice(start, start + 2_000))).toEqual([]);
      }
      expect(await server.errorLog()).not.toMatch(/\[[a-z_]+:(?:warn|error|crit|alert|emerg)\]/);
    },
    60_000 * effort,
  );

  async function differences(history: Timeline, base: string, targets: readonly string[]): Promise<readonly string[]> {
    const kept = new Set<string>(history.points.flatMap((point) => (point.kind === "checkpoint" ? [point.at] : [])));
    const before = Math.floor(Date.now() / 1000);
    for (const at of targets.map((target) => target.slice(base.length, base.length + 16))) {
      if (kept.has(at)) putOnDisk(base, at);
    }
    const responses = await rawRequests(
      server.port,
      targets.map((target) => ({ target, method: "HEAD" })),
    );
    const after = Math.floor(Date.now() / 1000);
    expect(responses).toHaveLength(targets.length);
    return targets
      .flatMap((target, index) => {
        const response = responses[index];
        // While we ask, seconds pass: a time in between may have been later than now or not.
        const allowed = [before - 1, after + 1].map((now) => {
          const answer = resolveRequest({ base, timeline: history }, target, timestampFromSeconds(now));
          return expectedResponse(
            answer,
            answer.kind === "checkpoint" && ["", "f", "index.html"].includes(answer.path),
          );
        });
        const agrees = allowed.some(
          (expected) =>
            response !== undefined && JSON.stringify(comparable(response, expected)) === JSON.stringify(expected),
        );
        return agrees
          ? []
          : [
              `${target}: ${response?.head.split("\r\n", 1)[0]} ${response?.headers.get("location")} ${response?.headers.get("cache-control")} instead of ${JSON.stringify(allowed)}`,
            ];
      })
      .slice(0, 5);
  }

  /** Only the checkpoints that are asked for: 100,000 directories would take longer than all questions. */
  function putOnDisk(base: string, at: string): void {
    const directory = path.join(folder.publicDir, base, at);
    if (mkdirSync(directory, { recursive: true }) === undefined) return;
    for (const file of ["f", "index.html"]) linkSync(path.join(folder.publicDir, "seed/f"), path.join(directory, file));
  }
});
