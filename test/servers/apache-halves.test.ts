import { readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { resolveRequest } from "../../src/model/resolve-request.ts";
import type { Timeline } from "../../src/model/timeline.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { timeline } from "../model/a-timeline.ts";
import { apacheServer, startApache } from "./apache.ts";
import { rawRequests } from "./raw-request.ts";
import { makeRulesFolder, repository, rulesInput } from "./rules-folder.ts";
import type { RulesFolder } from "./rules-folder.ts";
import type { RunningServer } from "./server.ts";

const immutable = "public, max-age=31536000, immutable";
const base = "/checkpoints/myfile/";
const old = timeline(["20240101T000000Z", "20250318T140338Z"], { horizon: "20250401T000000Z" });
const young = timeline(["20240101T000000Z", "20250318T140338Z", "20250501T000000Z"]);

describe.skipIf(!apacheServer.isAvailable())("Apache rules that change while Apache runs", () => {
  let folder: RulesFolder;
  let apache: RunningServer;
  let map: string;

  beforeEach(async () => {
    folder = await makeRulesFolder();
    map = path.join(folder.rulesDir, "apache/asof.txt");
    for (const at of ["20240101T000000Z", "20250318T140338Z", "20250501T000000Z", "20250601T000000Z"]) {
      await folder.place({ [`checkpoints/myfile/${at}/f`]: at, [`checkpoints/another/${at}/f`]: at });
    }
  });

  afterEach(async () => {
    await apache.stop();
    await folder.remove();
  });

  async function start(history: Timeline): Promise<void> {
    await folder.writeRules(rulesInput(folder.publicDir, history), "apache");
    apache = await startApache(folder);
  }

  async function answer(target: string, from = base): Promise<string> {
    const { status, headers } = await apache.request(`${from}${target}`);
    const location = headers.get("location")?.replace(from, " ") ?? "";
    return `${status}${location}, ${headers.get("cache-control")}`;
  }

  it("know a new checkpoint by the next request, and ask nobody to reload", async () => {
    await start(old);
    expect(await answer("20250425T000000Z/f")).toBe("302 20250318T140338Z/f, no-store");
    expect(await answer("20250501T000000Z/f")).toBe(`200, ${immutable}`);
    expect(await answer("latest")).toBe("302 20250318T140338Z/, no-store");

    await folder.writeRulesFile(rulesInput(folder.publicDir, young), "apache/asof.txt");
    expect(await answer("20250425T000000Z/f")).toBe(`301 20250318T140338Z/f, ${immutable}`);
    expect(await answer("20250501T000001Z/f")).toBe("302 20250501T000000Z/f, no-store");
    expect(await answer("latest")).toBe("302 20250501T000000Z/, no-store");
    expect(await answer("20250601T000000Z/f")).toBe(`200, ${immutable}`);
  });

  it("go back with the times, should somebody put old ones into their place", async () => {
    await start(young);
    const { mtime } = await stat(map);
    expect(await answer("latest")).toBe("302 20250501T000000Z/, no-store");
    await folder.writeRulesFile(rulesInput(folder.publicDir, old), "apache/asof.txt");
    await utimes(map, mtime, new Date(mtime.getTime() - 86_400_000));
    expect(await answer("latest")).toBe("302 20250318T140338Z/, no-store");
  });

  it.each(["asof.txt", "asof.conf"] as const)("are right with a %s of another generation", async (only) => {
    await start(old);
    await folder.writeRulesFile(rulesInput(folder.publicDir, young), `apache/${only}`);
    await apache.reload();

    const known = only === "asof.txt";
    expect(await answer("20250501T000000Z/f")).toBe(`200, ${immutable}`);
    expect(await answer("20250501T000001Z/f")).toBe(
      `302 ${known ? "20250501T000000Z" : "20250318T140338Z"}/f, no-store`,
    );
    expect(await answer("20250401T000000Z/f")).toBe(`301 20250318T140338Z/f, ${immutable}`);
    expect(await answer("20250401T000001Z/f")).toBe(
      known ? `301 20250318T140338Z/f, ${immutable}` : "302 20250318T140338Z/f, no-store",
    );
  });

  it.each(["asof.txt", "asof.conf"] as const)("promise nothing that the new %s takes back", async (only) => {
    await start(old);
    await folder.writeRulesFile(rulesInput(folder.publicDir, { ...old, settled: false }), `apache/${only}`);
    await apache.reload();

    const caching = only === "asof.txt" ? "no-cache" : immutable;
    expect(await answer("20250320T000000Z/f")).toBe(`301 20250318T140338Z/f, ${caching}`);
  });

  it.each(["asof.txt", "asof.conf"] as const)(
    "are right when only the new %s knows another repository and distribution",
    async (only) => {
      await start(old);
      const more = rulesInput(folder.publicDir, old, {
        repositories: [repository("another", young), repository("myfile", old)],
        distributions: [
          { name: "another", basePath: "checkpoints/another", repository: "another", checkpoint: true },
          { name: "myfile-snapshot", basePath: "checkpoints/myfile", repository: "myfile", checkpoint: true },
        ],
      });
      await folder.writeRulesFile(more, `apache/${only}`);
      await apache.reload();

      expect(await answer("20250320T000000Z/f")).toBe(`301 20250318T140338Z/f, ${immutable}`);
      expect(await answer("20250402T000000Z/f")).toBe("302 20250318T140338Z/f, no-store");
      for (const target of ["20250402T000000Z/f", "latest/f", "20240101T000000Z/g"]) {
        expect((await answer(target, "/checkpoints/another/")).slice(0, 4), target).toBe("404,");
      }
      const { status, headers } = await apache.request("/_asof/timegate/checkpoints/another/f");
      expect([status, headers.get("location")]).toEqual([404, undefined]);
    },
  );

  it.each<readonly [string, (text: string) => string]>([
    ["empty", () => ""],
    ["without a line for the repository", (text) => text.replace(/^myfile [^]*$/m, "")],
    ["without its lists", (text) => text.replace(/^myfile:.*$/gm, "")],
    ["cut in the middle of a list", (text) => text.slice(0, text.indexOf("=", text.indexOf("myfile: ")) - 5)],
    ["cut in the middle of the first line", (text) => text.slice(0, text.indexOf("myfile ") + 20)],
  ])("redirect nobody to a wrong place with an asof.txt that is %s", async (_, breaking) => {
    await start(young);
    const whole = rulesInput(folder.publicDir, young);
    await rewrite(breaking);
    for (const target of ["20240601T000000Z/f", "20250425T000000Z/f", "20230101T000000Z/f", "latest/f"]) {
      const said = await answer(target);
      expect(["404, no-store", rightAnswer(target)], target).toContain(said);
    }
    expect((await answer("20240601T000000Z/f")).slice(0, 3)).toBe("404");

    await folder.writeRulesFile(whole, "apache/asof.txt");
    expect(await answer("20240601T000000Z/f")).toBe(`301 20240101T000000Z/f, ${immutable}`);
  });

  it("answer 404 while there is no asof.txt, and come back with it", async () => {
    await start(young);
    await rm(map);
    for (const target of ["20240601T000000Z/f", "20250425T000000Z/f", "20250501T000000Z/f", "latest"]) {
      expect(await answer(target)).toBe("404, no-store");
    }
    expect(await apache.errorLog()).toContain("asof.txt");
    await folder.writeRulesFile(rulesInput(folder.publicDir, young), "apache/asof.txt");
    expect(await answer("latest")).toBe("302 20250501T000000Z/, no-store");
  });

  it("give every request the old answer or the new one while the times are replaced, or 503 that nobody keeps", async () => {
    // As many in an hour as make lists of hours and minutes, all but some of which the other generation has pruned.
    const dense = Array.from({ length: 3_000 }, (_, index) =>
      timestampFromSeconds(Date.UTC(2025, 2, 18, 10) / 1000 + index * 7),
    );
    const thinned = dense.map((at, index) => (index % 1_000 === 999 ? at : `-${at}`));
    const [before, after] = [
      timeline(dense),
      timeline(thinned.filter((at, index) => !at.startsWith("-") || !thinned[index - 1]?.startsWith("-"))),
    ];
    await start(before);
    const targets = ["T101533Z", "T113000Z", "T120001Z", "T134959Z", "T154955Z"].map(
      (time) => `${base}20250318${time}/f`,
    );
    const allowed = new Set(
      targets.flatMap((target) => [before, after].map((history) => `${target}: ${expected(history, target)}`)),
    );
    expect(allowed.size).toBeGreaterThan(targets.length);
    // The look-ups of one request are not one transaction.
    for (const target of targets) allowed.add(`${target}: 503 undefined no-store`);

    const until = Date.now() + 3_000;
    const seen = new Set<string>();
    const ask = async (): Promise<void> => {
      while (Date.now() < until) {
        const requests = Array.from({ length: 10 }, () => targets).flat();
        const responses = await rawRequests(
          apache.port,
          requests.map((target) => ({ target })),
        );
        for (const [index, { status, headers }] of responses.entries()) {
          seen.add(`${requests[index]}: ${status} ${headers.get("location")} ${headers.get("cache-control")}`);
        }
      }
    };
    const write = async (): Promise<void> => {
      const inputs = [after, before].map((history) => rulesInput(folder.publicDir, history));
      for (let turn = 0; Date.now() < until; turn++) {
        const input = inputs[turn % 2];
        if (input !== undefined) await folder.writeRulesFile(input, "apache/asof.txt");
        await sleep(5);
      }
    };
    await Promise.all([ask(), ask(), write()]);

    expect([...seen].filter((one) => !allowed.has(one))).toEqual([]);
    expect(seen.size).toBeGreaterThan(targets.length);
  });

  it("tell the next request on a connection that stays open what is new", async () => {
    await start(old);
    const requests = Array.from({ length: 400 }, () => ({ target: `${base}latest` }));
    const [responses] = await Promise.all([
      rawRequests(apache.port, requests),
      folder.writeRulesFile(rulesInput(folder.publicDir, young), "apache/asof.txt"),
    ]);
    const places = responses.map(({ headers }) => headers.get("location"));
    const turned = places.indexOf(`${base}20250501T000000Z/`);
    expect(places).toHaveLength(400);
    for (const [index, place] of places.entries()) {
      const isNew = turned >= 0 && index >= turned;
      expect(place).toBe(`${base}${isNew ? "20250501T000000Z" : "20250318T140338Z"}/`);
    }
    expect(await answer("latest")).toBe("302 20250501T000000Z/, no-store");
  });

  async function rewrite(change: (text: string) => string): Promise<void> {
    const content = await readFile(map, "utf8");
    const broken = change(content);
    expect(broken).not.toBe(content);
    await writeFile(`${map}.new`, broken);
    await rename(`${map}.new`, map);
  }

  function rightAnswer(target: string): string {
    return expected(young, `${base}${target}`)
      .replace(base, "")
      .replace(/ (?=public|no-)/, ", ");
  }
});

/** Status, Location and Cache-Control of a redirect, of a 410, of a 404. */
function expected(history: Timeline, target: string): string {
  const answer = resolveRequest({ base, timeline: history }, target, timestampFromSeconds(Date.now() / 1000));
  if (answer.kind === "redirect") {
    return `${answer.status} ${answer.location} ${answer.caching === "immutable" ? immutable : answer.caching}`;
  }
  return answer.kind === "gone" ? "410 undefined no-cache" : "404 undefined no-store";
}
