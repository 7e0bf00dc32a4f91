import { linkSync, mkdirSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { resolveRequest } from "../../src/model/resolve-request.ts";
import type { Answer } from "../../src/model/resolve-request.ts";
import type { Timeline } from "../../src/model/timeline.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { comparable, expectedResponse } from "./expect-answer.ts";
import { availableServers } from "./members.ts";
import { differentialEffort, manyHistories, targetsToAsk } from "./histories.ts";
import { secondsAround } from "./random-history.ts";
import { rawRequests } from "./raw-request.ts";
import type { RawResponse } from "./raw-request.ts";
import { timeline } from "../model/a-timeline.ts";
import { makeRulesFolder, repository, rulesInput } from "./rules-folder.ts";
import type { RulesFolder } from "./rules-folder.ts";
import { complaintsOf, seenTarget } from "./server.ts";
import type { RunningServer } from "./server.ts";

const { seed, effort, random } = differentialEffort();
const histories = manyHistories(random);

describe.each(availableServers())("$server compared with the reference", (member) => {
  const names = Object.keys(histories).filter((name) => historyOf(name).points.length <= member.traits.carries);
  const targetsOf = new Map<string, readonly string[]>();
  let folder: RulesFolder;
  let server: RunningServer;

  beforeAll(async () => {
    folder = await makeRulesFolder();
    await folder.place({ "seed/f": "content" });
    for (const name of names) {
      const many = { boundaries: 300 * effort, anywhere: 1_000 * effort, now: nowInSeconds() };
      const targets = targetsToAsk(random, historyOf(name), baseOf(name), many);
      targetsOf.set(name, targets);
      putOnDisk(name, targets);
    }
    const sorted = names.toSorted();
    const input = rulesInput(folder.publicDir, timeline([]), {
      repositories: sorted.map((name) => repository(name, historyOf(name))),
      distributions: sorted.map((name) => ({ name, basePath: `c/${name}`, repository: name, checkpoint: true })),
    });
    await folder.writeRules(input, member.server);
    server = await member.start({ ...folder, env: { TZ: member.traits.timeZone } });
  });

  afterAll(async () => {
    await server.stop();
    await folder.remove();
  });

  it.each(names)(`answers as the reference does: %s (seed ${seed})`, async (name) => {
    const soon = secondsAround(nowInSeconds()).map((at) => `${baseOf(name)}${at}/f`);
    const targets = [...(targetsOf.get(name) ?? []), ...soon];
    for (let start = 0; start < targets.length; start += 2_000) {
      expect(await differences(name, targets.slice(start, start + 2_000))).toEqual([]);
    }
    expect(await complaintsOf(member, server)).toEqual([]);
  });

  async function differences(name: string, targets: readonly string[]): Promise<readonly string[]> {
    const distribution = { base: baseOf(name), timeline: historyOf(name) };
    const ask = (target: string, now: number): Answer | undefined => {
      const seen = seenTarget(member, target);
      return seen === undefined ? undefined : resolveRequest(distribution, seen, timestampFromSeconds(now));
    };
    const before = nowInSeconds();
    const responses = await rawRequests(
      server.port,
      targets.map((target) => ({ target, method: "HEAD" })),
    );
    const after = nowInSeconds();
    expect(responses).toHaveLength(targets.length);
    return targets
      .flatMap((target, index) => {
        const response = responses[index];
        // While we ask, seconds pass: a time in between may have been later than now or not.
        const allowed = [ask(target, before - 1), ask(target, after + 1)];
        return response !== undefined && allowed.some((answer) => agrees(response, answer))
          ? []
          : [
              `${target}: ${response?.status} ${response?.headers.get("location")} ${response?.headers.get("cache-control")} instead of ${JSON.stringify(allowed)}`,
            ];
      })
      .slice(0, 5);
  }

  /** Only the checkpoints that are asked for: 100,000 directories would take longer than all questions. */
  function putOnDisk(name: string, targets: readonly string[]): void {
    const { points } = historyOf(name);
    const kept = new Set<string>(points.flatMap((point) => (point.kind === "checkpoint" ? [point.at] : [])));
    const base = baseOf(name);
    for (const at of new Set(targets.map((target) => target.slice(base.length, base.length + 16)))) {
      if (!kept.has(at)) continue;
      const directory = path.join(folder.publicDir, base, at);
      mkdirSync(directory, { recursive: true });
      for (const file of ["f", "index.html"]) {
        linkSync(path.join(folder.publicDir, "seed/f"), path.join(directory, file));
      }
    }
  }
});

/** Without an answer of the reference, because the server refuses the target by itself, any refusal does that no cache may keep. */
function agrees(response: RawResponse, answer: Answer | undefined): boolean {
  if (answer === undefined) {
    return response.status >= 400 && !/immutable|no-cache/.test(response.headers.get("cache-control") ?? "");
  }
  const isOnDisk = answer.kind === "checkpoint" && ["", "f", "index.html"].includes(answer.path);
  const expected = expectedResponse(answer, isOnDisk);
  const actual = comparable(response, expected);
  return (
    actual.status === expected.status &&
    actual.location === expected.location &&
    actual.cacheControl === expected.cacheControl
  );
}

function historyOf(name: string): Timeline {
  return histories[name] ?? timeline([]);
}

function baseOf(name: string): string {
  return `/c/${name}/`;
}

function nowInSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
