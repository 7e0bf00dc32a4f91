import { gunzipSync } from "node:zlib";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { Failure } from "../../src/failure.ts";
import { resolveRequest } from "../../src/model/resolve-request.ts";
import type { Answer } from "../../src/model/resolve-request.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { mostPoints } from "../../src/redirects/hosts/cloudflare.ts";
import { rawTargetCases } from "../contract/raw-target-cases.ts";
import { timeline } from "../model/a-timeline.ts";
import { cloudflareServer } from "../servers/cloudflare.ts";
import { randomHistory, seededRandom } from "../servers/random-history.ts";
import { makeRulesFolder, renderHost, rulesInput } from "../servers/rules-folder.ts";
import type { RulesFolder } from "../servers/rules-folder.ts";
import { seenTarget } from "../servers/server.ts";
import type { RunningServer } from "../servers/server.ts";

/**
 * Raw targets that Cloudflare changes before a Worker is asked, so that the answer is another than a web server's. Nothing that the Worker does can bring back what was there; every other
 * target of the suite is answered as by a web server.
 */
const changedTargets: Readonly<Record<string, string>> = {
  "a raw hash": "what follows it is cut off",
  "a raw hash before the query": "what follows it is cut off",
  "a raw hash behind the query": "what follows it is cut off",
  "raw UTF-8": "is encoded",
  "raw bytes that are not UTF-8": "each becomes the encoded replacement character",
  "a quote and a tag": "are encoded",
  "signs that configuration languages expand": "braces are encoded",
  "a backslash": "becomes a slash",
  "a pair of backslashes and a host": "become slashes, below the time as they were",
  "a raw tab": "ends the target, as a space does",
  "a raw escape character": "is encoded",
  "a raw delete character": "is encoded",
  "a raw control character in the query": "is encoded",
  "a dot segment below the time": "is resolved",
  "a dot segment before the time": "is resolved, and the time found",
  "two dots within the time": "are resolved",
  "two dots at the end": "are resolved",
  "one dot at the end": "is resolved",
  "two dots that leave the time": "are resolved: the checkpoint that they lead to is served",
  "two dots that leave the time and come back": "are resolved",
  "two dots from another base into this one": "are resolved, and the time found",
  "encoded dots that leave the time": "are resolved: the checkpoint that they lead to is served",
  "more dots than there are directories": "end at the root, where nothing is found",
  "a hash behind the time": "what follows it is cut off",
  "superscript digits": "become the encoded replacement character, which is no time either",
  "a checkpoint left by two dots": "are resolved, and the other time found",
  "latest left by two dots": "are resolved, and the time found",
};

describe("raw targets that a Worker never sees", () => {
  const history = timeline(["20240101T000000Z", "20250318T140338Z", "20250901T000000Z"]);
  const base = "/checkpoints/myfile/";
  const ask = (target: string): Answer =>
    resolveRequest({ base, timeline: history }, target, timestampFromSeconds(Date.now() / 1000));

  it("are those of the table and no others", () => {
    const changed = rawTargetCases({ base, kept: "20250318T140338Z", between: "20250401T120000Z" }).filter(
      ({ target, path }) => {
        const seen = path === undefined ? seenTarget(cloudflareServer, target) : target;
        return seen !== undefined && JSON.stringify(ask(seen)) !== JSON.stringify(ask(target));
      },
    );
    expect(changed.map(({ name }) => name)).toEqual(Object.keys(changedTargets));
  });
});

describe("the Worker", () => {
  let folder: RulesFolder;
  let server: RunningServer;
  const text = "text ".repeat(1_000);

  beforeAll(async () => {
    folder = await makeRulesFolder();
    await folder.place({
      "checkpoints/myfile/20250318T140338Z/changelog.txt": text,
      "checkpoints/myfile/20250318T140338Z/Packages.gz": text,
      "notes.html": "a page beside the site",
      "notes/index.html": "a directory of the same name",
    });
    await folder.writeRules(rulesInput(folder.publicDir, timeline(["20250318T140338Z"])), "cloudflare");
    server = await cloudflareServer.start(folder);
  });

  afterAll(async () => {
    await server.stop();
    await folder.remove();
  });

  it("lets Cloudflare compress text for clients that ask for it, and no file that is compressed already", async () => {
    const headers = { "Accept-Encoding": "gzip" };
    const asked = await fetch(new URL("checkpoints/myfile/20250318T140338Z/changelog.txt", server.url), { headers });
    expect(asked.headers.get("content-encoding")).toBe("gzip");
    expect(await asked.text()).toBe(text);
    const target = "/checkpoints/myfile/20250318T140338Z/Packages.gz";
    const packed = await server.request(target, { headers });
    expect(packed.headers.has("content-encoding")).toBe(false);
    expect(packed.body.toString()).toBe(text);
    expect(() => gunzipSync(packed.body)).toThrow("incorrect header");
  });

  it("keeps Cloudflare from taking .html off and from choosing between a page and a directory", async () => {
    expect((await server.request("/notes.html")).body.toString()).toBe("a page beside the site");
    expect((await server.request("/notes")).headers.get("location")).toBe("/notes/");
    expect((await server.request("/notes/")).body.toString()).toBe("a directory of the same name");
    expect((await server.request("/notes/index")).status).toBe(404);
  });

  it("never sends to another site, however many slashes come first", async () => {
    for (const target of ["//notes", "///notes", "//checkpoints/myfile", "//evil.example/%2e%2e/notes"]) {
      const { status, headers } = await server.request(target);
      expect([status, headers.get("location")], target).toEqual([404, undefined]);
    }
  });
});

describe("the files for Cloudflare", () => {
  it("are the same for the same input, and hold each time once, however many distributions serve it", () => {
    const history = randomHistory(seededRandom(7), { checkpoints: 1_000, stepSeconds: 86_400 });
    const distributions = ["a", "b", "c"].map((name) => ({
      name,
      basePath: name,
      repository: "myfile",
      checkpoint: true,
    }));
    const input = rulesInput("/srv/public", history, { distributions });
    const [first, second] = [renderHost(input, "cloudflare"), renderHost(input, "cloudflare")];
    expect(first).toEqual(second);
    expect(first.public).toEqual([]);
    const worker = first.rules.find(({ path }) => path.endsWith("worker.js"))?.content ?? "";
    expect(worker).toContain(`// asof-log myfile 7 ${"3f".repeat(32)}\n`);
    expect(worker.length).toBeLessThan(22_000 + 16 * history.points.length);
    expect(worker.split(history.points[500]?.at ?? "").length).toBe(2);
  });

  it("configure Wrangler for the Worker and public/", () => {
    const { rules } = renderHost(rulesInput("/srv/a b/public", timeline([])), "cloudflare");
    const text = rules.find(({ path }) => path.endsWith("wrangler.jsonc"))?.content ?? "";
    const configuration: unknown = JSON.parse(text.replace(/^\s*\/\/.*$/gm, ""));
    expect(configuration).toMatchObject({
      main: "worker.js",
      assets: {
        directory: "/srv/a b/public",
        binding: "ASSETS",
        run_worker_first: true,
        html_handling: "none",
        not_found_handling: "none",
      },
    });
  });

  it("are refused for more checkpoints than a Worker can hold", () => {
    const points = Array.from({ length: mostPoints + 1 }, (_, index) => ({
      at: timestampFromSeconds(index * 60),
      kind: "checkpoint" as const,
    }));
    const history = { points, horizon: points.at(-1)?.at, settled: true };
    expect(() => renderHost(rulesInput("/srv/public", history), "cloudflare")).toThrow(Failure);
  });
});
