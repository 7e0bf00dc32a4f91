import { linkSync, mkdirSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { resolveRequest } from "../../src/model/resolve-request.ts";
import type { Answer } from "../../src/model/resolve-request.ts";
import type { Timeline } from "../../src/model/timeline.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { comparable, expectedResponse } from "./expect-answer.ts";
import { availableServers } from "./members.ts";
import { differentialEffort, manyHistories } from "./histories.ts";
import { timesToAsk } from "./random-history.ts";
import { rawRequests } from "./raw-request.ts";
import type { RawResponse } from "./raw-request.ts";
import { timeline } from "../model/a-timeline.ts";
import { makeRulesFolder, repository, rulesInput } from "./rules-folder.ts";
import type { RulesFolder } from "./rules-folder.ts";
import { seenTarget, serveNewFiles } from "./server.ts";
import type { RunningServer } from "./server.ts";

const { seed, effort, random } = differentialEffort();
const histories = manyHistories(random);

const rests = ["", "/", "?q=/../%2F", "/index.html", "/f", "/f?a=1%202&b=?", "/missing/%2E%2e/x%2Fy", "/dists/x"];

describe.each(availableServers())("$server compared with the reference", (member) => {
  const names = Object.keys(histories).filter((name) => pointsOf(name) <= member.traits.carries);
  let folder: RulesFolder;
  let server: RunningServer;

  beforeAll(async () => {
    folder = await makeRulesFolder();
    await folder.place({ "seed/f": "content" });
    await folder.writeRules(
      rulesInput(
        folder.publicDir,
        { points: [], horizon: undefined, settled: true },
        {
          repositories: names.toSorted().map((name) => repository(name, histories[name] ?? timeline([]))),
          distributions: names
            .toSorted()
            .map((name) => ({ name, basePath: `c/${name}`, repository: name, checkpoint: true })),
        },
      ),
      member.server,
    );
    server = await member.start({ ...folder, env: { TZ: member.traits.timeZone } });
  });

  afterAll(async () => {
    await server.stop();
    await folder.remove();
  });

  it.each(names)(`answers as the reference does: %s (seed ${seed})`, async (name) => {
    const history = histories[name] ?? timeline([]);
    const base = `/c/${name}/`;
    const now = Math.floor(Date.now() / 1000);
    const times = timesToAsk(random, history, { boundaries: 300 * effort, anywhere: 1_000 * effort, now });
    const targets = times.map((at, index) => `${base}${at}${rests[index % rests.length] ?? ""}`);
    for (let start = 0; start < targets.length; start += 2_000) {
      expect(await differences(history, base, targets.slice(start, start + 2_000))).toEqual([]);
    }
    expect(await server.errorLog()).not.toMatch(/uninitialized|\[(?:alert|crit|emerg)\]/);
  });

  async function differences(history: Timeline, base: string, targets: readonly string[]): Promise<readonly string[]> {
    const kept = new Set<string>(history.points.flatMap((point) => (point.kind === "checkpoint" ? [point.at] : [])));
    const ask = (target: string, now: number): Answer =>
      resolveRequest({ base, timeline: history }, seenTarget(member, target) ?? "", timestampFromSeconds(now));
    const before = Math.floor(Date.now() / 1000);
    for (const at of targets.map((target) => target.slice(base.length, base.length + 16))) {
      if (kept.has(at)) putOnDisk(base, at);
    }
    await serveNewFiles(member, server);
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
        const allowed = [ask(target, before - 1), ask(target, after + 1)];
        return response !== undefined && allowed.some((answer) => agrees(response, answer))
          ? []
          : [
              `${target}: ${response?.status} ${response?.headers.get("location")} instead of ${JSON.stringify(allowed)}`,
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

function agrees(response: RawResponse, answer: Answer): boolean {
  const isOnDisk = answer.kind === "checkpoint" && ["", "f", "index.html"].includes(answer.path);
  const expected = expectedResponse(answer, isOnDisk);
  const actual = comparable(response, expected);
  return (
    actual.status === expected.status &&
    actual.location === expected.location &&
    actual.cacheControl === expected.cacheControl
  );
}

function pointsOf(name: string): number {
  return histories[name]?.points.length ?? 0;
}
