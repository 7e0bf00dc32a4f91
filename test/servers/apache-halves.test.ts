import { mkdir, readFile, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { resolveRequest } from "../../src/model/resolve-request.ts";
import type { Timeline } from "../../src/model/timeline.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { timesFolder } from "../../src/redirects/apache/time-files.ts";
import type { RulesFile, RulesInput } from "../../src/redirects/rules.ts";
import { timeline } from "../model/a-timeline.ts";
import { apacheServer, startApache } from "./apache.ts";
import { rawRequests } from "./raw-request.ts";
import { makeRulesFolder, renderRules, repository, rulesInput, writeInto } from "./rules-folder.ts";
import type { RulesFolder } from "./rules-folder.ts";
import type { RunningServer } from "./server.ts";

const immutable = "public, max-age=31536000, immutable";
const base = "/checkpoints/myfile/";
const old = timeline(["20240101T000000Z", "20250318T140338Z"], { horizon: "20250401T000000Z" });
const young = timeline(["20240101T000000Z", "20250318T140338Z", "20250501T000000Z"]);

describe.skipIf(!apacheServer.isAvailable())("Apache rules that change while Apache runs", () => {
  let folder: RulesFolder;
  let apache: RunningServer;

  beforeEach(async () => {
    folder = await makeRulesFolder();
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

    await replaceTimes(rulesInput(folder.publicDir, young));
    expect(await answer("20250425T000000Z/f")).toBe(`301 20250318T140338Z/f, ${immutable}`);
    expect(await answer("20250501T000001Z/f")).toBe("302 20250501T000000Z/f, no-store");
    expect(await answer("latest")).toBe("302 20250501T000000Z/, no-store");
    expect(await answer("20250601T000000Z/f")).toBe(`200, ${immutable}`);
  });

  it("go back with the times, should somebody put old ones into their place", async () => {
    await start(young);
    const newest = timesFile("t");
    const { mtime } = await stat(newest);
    expect(await answer("latest")).toBe("302 20250501T000000Z/, no-store");
    await replaceTimes(rulesInput(folder.publicDir, old));
    await utimes(newest, mtime, new Date(mtime.getTime() - 86_400_000));
    expect(await answer("latest")).toBe("302 20250318T140338Z/, no-store");
    expect(await answer("20250425T000000Z/f")).toBe("302 20250318T140338Z/f, no-store");
  });

  it.each(["times", "asof.conf"] as const)("are right with %s of another generation", async (only) => {
    await start(old);
    await replaceHalf(only, rulesInput(folder.publicDir, young));

    const known = only === "times";
    expect(await answer("20250501T000000Z/f")).toBe(`200, ${immutable}`);
    expect(await answer("20250501T000001Z/f")).toBe(
      `302 ${known ? "20250501T000000Z" : "20250318T140338Z"}/f, no-store`,
    );
    expect(await answer("20250401T000000Z/f")).toBe(`301 20250318T140338Z/f, ${immutable}`);
    expect(await answer("20250401T000001Z/f")).toBe(
      known ? `301 20250318T140338Z/f, ${immutable}` : "302 20250318T140338Z/f, no-store",
    );
  });

  it.each(["times", "asof.conf"] as const)("promise nothing that new %s take back", async (only) => {
    await start(old);
    await replaceHalf(only, rulesInput(folder.publicDir, { ...old, settled: false }));

    const caching = only === "times" ? "no-cache" : immutable;
    expect(await answer("20250320T000000Z/f")).toBe(`301 20250318T140338Z/f, ${caching}`);
  });

  it.each(["times", "asof.conf"] as const)(
    "are right when only new %s know another repository and distribution",
    async (only) => {
      await start(old);
      const more = rulesInput(folder.publicDir, old, {
        repositories: [repository("another", young), repository("myfile", old)],
        distributions: [
          { name: "another", basePath: "checkpoints/another", repository: "another", checkpoint: true },
          { name: "myfile-snapshot", basePath: "checkpoints/myfile", repository: "myfile", checkpoint: true },
        ],
      });
      await replaceHalf(only, more);

      expect(await answer("20250320T000000Z/f")).toBe(`301 20250318T140338Z/f, ${immutable}`);
      expect(await answer("20250402T000000Z/f")).toBe("302 20250318T140338Z/f, no-store");
      // Rules that know a distribution and find no times of it say that they cannot tell.
      const status = only === "times" ? 404 : 503;
      const targets = ["20250402T000000Z/f", "latest/f", ...(only === "times" ? [] : ["20240101T000000Z/g"])];
      for (const target of targets) {
        expect((await answer(target, "/checkpoints/another/")).slice(0, 4), target).toBe(`${status},`);
      }
      const { status: got, headers } = await apache.request("/_asof/timegate/checkpoints/another/f");
      expect([got, headers.get("location")]).toEqual([status, undefined]);
    },
  );

  const damages: readonly (readonly [string, ((text: string) => string) | undefined])[] = [
    ["missing", undefined],
    ["empty", () => ""],
    ["cut in the middle of its first line", (text) => text.slice(0, 7)],
    ["cut in the middle of a line", (text) => text.slice(0, text.lastIndexOf("=") - 3)],
    ["cut before its last sign", (text) => text.slice(0, -1)],
    ["without its last line", (text) => text.replace(/[^\n]*\n$/, "")],
  ];
  it.each(
    ["t", "t2025", "t2025031", "t20250318", "t20250318T10"].flatMap((name) =>
      damages.map(([damage, breaking]) => ({ name, damage, breaking })),
    ),
  )("send nobody to a wrong place with a file $name that is $damage", async ({ name, breaking }) => {
    const burst = Array.from({ length: 300 }, (_, index) =>
      timestampFromSeconds(Date.UTC(2025, 2, 18, 10) / 1000 + index * 20),
    );
    const history = timeline(["20240101T000000Z", ...burst, "20250501T000000Z"]);
    const targets = [
      "20230101T000000Z",
      "20240601T000000Z",
      "20250101T000000Z",
      "20250304T000000Z",
      "20250318T093000Z",
      "20250318T101507Z",
      "20250318T103000Z",
      "20250318T113000Z",
      "20250331T235959Z",
      "20250401T000000Z",
      "20250425T000000Z",
      "20250601T000001Z",
      "20251231T000000Z",
      "20260101T000000Z",
      "20250318T105959Z",
      "20250318T235959Z",
      "20250319T120000Z",
    ].map((at) => `${base}${at}/f`);
    const input = rulesInput(folder.publicDir, history);
    await start(history);
    const file = timesFile(name);
    const content = await readFile(file, "utf8");
    if (breaking === undefined) await rm(file);
    else await replace(file, breaking(content));

    let refused = 0;
    for (const target of targets) {
      const { status, headers } = await apache.request(target);
      const said = `${status} ${headers.get("location")} ${headers.get("cache-control")}`;
      if (status === 503) refused++;
      expect(["503 undefined no-store", expected(history, target)], target).toContain(said);
    }
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(targets.length);

    await replaceTimes(input);
    for (const target of targets) {
      const { status, headers } = await apache.request(target);
      const said = `${status} ${headers.get("location")} ${headers.get("cache-control")}`;
      expect(said, target).toBe(expected(history, target));
    }
  });

  it("leave nothing in the log, whatever time is asked for", async () => {
    await start(old);
    for (const at of [
      "00000101T000000Z",
      "20230101T000000Z",
      "20240601T000000Z",
      "20250301T000000Z",
      "20250318T140339Z",
    ]) {
      expect((await apache.request(`${base}${at}/%41`)).status, at).not.toBe(503);
      expect((await apache.request(`${base}${at}/f`)).status, at).not.toBe(503);
    }
    for (const at of [
      "20250401T000001Z",
      "20250601T000000Z",
      "20991231T235959Z",
      "99991231T235959Z",
      "20251301T000000Z",
    ]) {
      expect((await apache.request(`${base}${at}/f`)).status, at).not.toBe(503);
    }
    expect(await apache.errorLog()).not.toMatch(/\[(?:\w+:)?(?:error|warn)\]/);
  });

  it("say that they cannot tell while there are no times, and come back with them", async () => {
    await start(young);
    await rm(path.join(folder.rulesDir, timesFolder), { recursive: true });
    for (const target of ["20240601T000000Z/f", "20250425T000000Z/f", "20250501T000000Z/f", "latest"]) {
      expect(await answer(target)).toBe("503, no-store");
    }
    await replaceTimes(rulesInput(folder.publicDir, young));
    expect(await answer("latest")).toBe("302 20250501T000000Z/, no-store");
  });

  it.each([
    ["in order", (files: readonly RulesFile[]) => files],
    ["in reverse", (files: readonly RulesFile[]) => files.toReversed()],
    ["in any order", (files: readonly RulesFile[]) => files.toSorted(() => Math.random() - 0.5)],
  ])(
    "give every request the old answer or the new one while files are replaced %s, or 503 that nobody keeps",
    async (_name, order) => {
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
      const targets = [
        "20250318T101533Z",
        "20250318T113000Z",
        "20250318T120001Z",
        "20250318T134959Z",
        "20250318T154955Z",
        "20250319T000000Z",
        "20250405T000000Z",
        "20250602T000000Z",
        "20260201T000000Z",
      ].map((at) => `${base}${at}/f`);
      const allowed = new Set(
        targets.flatMap((target) => [before, after].map((history) => `${target}: ${expected(history, target)}`)),
      );
      expect(allowed.size).toBeGreaterThan(targets.length);
      // A file that belongs to another one may not be there yet, or no more.
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
          // In the order in which they are to be replaced, and in any other, as a copy of rules/ may be.
          if (input !== undefined) await replaceTimes(input, order);
          await sleep(5);
        }
      };
      await Promise.all([ask(), ask(), write()]);

      expect([...seen].filter((one) => !allowed.has(one))).toEqual([]);
      expect(seen.size).toBeGreaterThan(targets.length);
    },
  );

  it("tell the next request on a connection that stays open what is new", async () => {
    await start(old);
    const requests = Array.from({ length: 400 }, () => ({ target: `${base}latest` }));
    const [responses] = await Promise.all([
      rawRequests(apache.port, requests),
      replaceTimes(rulesInput(folder.publicDir, young)),
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

  function timesFile(name: string): string {
    return path.join(folder.rulesDir, timesFolder, "myfile", name);
  }

  async function replace(file: string, content: string): Promise<void> {
    await writeFile(`${file}.new`, content);
    await rename(`${file}.new`, file);
  }

  /** One of the two kinds of rules: what Apache reads while it answers, or what it reads at a reload. */
  async function replaceHalf(only: "times" | "asof.conf", input: RulesInput): Promise<void> {
    if (only === "times") await replaceTimes(input);
    else await folder.writeRulesFile(input, "apache/asof.conf");
    await apache.reload();
  }

  /** As asof does: file by file, and at last what is no longer wanted goes away. */
  async function replaceTimes(
    input: RulesInput,
    order: (files: readonly RulesFile[]) => readonly RulesFile[] = (files) => files,
  ): Promise<void> {
    const files = renderRules(input, "apache").filter((file) => file.path.startsWith(timesFolder));
    await writeInto(folder.rulesDir, order(files));
    const wanted = new Set(files.map((file) => path.join(folder.rulesDir, file.path)));
    const times = path.join(folder.rulesDir, timesFolder);
    await mkdir(times, { recursive: true });
    for (const entry of await readdir(times, { recursive: true, withFileTypes: true })) {
      const file = path.join(entry.parentPath, entry.name);
      if (entry.isFile() && !wanted.has(file)) await rm(file);
    }
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
