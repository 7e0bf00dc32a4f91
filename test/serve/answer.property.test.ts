import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { resolveRequest } from "../../src/model/resolve-request.ts";
import type { Timeline } from "../../src/model/timeline.ts";
import { secondsOf, timestampFromSeconds } from "../../src/model/timestamp.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";
import { answerRequest } from "../../src/serve/answer.ts";
import { contentPolicy } from "../../src/model/content-policy.ts";
import { nginxEmitter } from "../../src/redirects/nginx/nginx.ts";
import type { PreviewSite } from "../../src/serve/preview-site.ts";
import { startPreview } from "../../src/serve/preview-server.ts";
import type { PreviewServer } from "../../src/serve/preview-server.ts";
import { comparable, expectedResponse } from "../servers/expect-answer.ts";
import { rawRequest } from "../servers/raw-request.ts";

const base = "/c/any/";

/** Seconds within a few minutes, so that what is asked for is often at, or right beside, what there is. */
const second = fc.integer({ min: secondsOf(time("20240229T235700Z")), max: secondsOf(time("20240301T000300Z")) });

const history: fc.Arbitrary<Timeline> = fc
  .record({
    seconds: fc.uniqueArray(second, { maxLength: 12 }),
    gone: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
    beyond: fc.integer({ min: 0, max: 100 }),
    settled: fc.boolean(),
  })
  .map(({ seconds, gone, beyond, settled }) => {
    const sorted = seconds.toSorted((a, b) => a - b);
    const kinds = sorted.map((_, index) => (gone[index] === true ? "gone" : "checkpoint"));
    const newest = sorted.at(-1);
    return {
      points: sorted.map((at, index) => ({ at: timestampFromSeconds(at), kind: kinds[index] ?? "checkpoint" })),
      horizon: newest === undefined ? undefined : timestampFromSeconds(newest + beyond),
      settled,
    };
  });

const name = fc.oneof(
  { weight: 8, arbitrary: second.map(timestampFromSeconds) },
  fc.constantFrom(
    "latest",
    "20240230T000000Z",
    "20240301T000060Z",
    "20240301t000000Z",
    "%320240301T000000Z",
    "checkpoints.json",
    "",
    "..",
  ),
);

const visible = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 12,
});
const rest = fc.oneof(
  fc.constantFrom(
    "",
    "/",
    "/f",
    "/f/",
    "?q",
    "/..",
    "/../",
    "/%2e%2e/x",
    "//evil.example",
    "/%0d%0ax:y",
    "/%00",
    "/%",
    "#f",
    "/a?b?c",
    "/index.html",
  ),
  visible.map((text) => `/${text}`),
  visible,
);

const target = fc
  .tuple(fc.constantFrom(base, base, base, base, "/c/any", "//c/any/", "/c/./any/", "/c/other/"), name, rest)
  .map((parts) => parts.join(""));

describe("the preview server and the reference", () => {
  let timeline: Timeline;
  let now: number;
  let server: PreviewServer;
  beforeAll(async () => {
    server = await startPreview({
      site: () => siteOf(timeline),
      host: "127.0.0.1",
      port: 0,
      strictPort: true,
      now: () => now,
      liveReload: false,
      allowedHosts: ["mirror.example"],
      onError: (error) => {
        throw error;
      },
    });
  });
  afterAll(() => server.close());

  it("agree about status, Location and Cache-Control of any request", async () => {
    await fc.assert(
      fc.asyncProperty(
        history,
        second,
        fc.array(target, { minLength: 1, maxLength: 8 }),
        async (made, clock, targets) => {
          [timeline, now] = [made, clock];
          for (const asked of targets) {
            const expected = expectedResponse(
              resolveRequest({ base, timeline }, asked, timestampFromSeconds(now)),
              false,
            );
            const response = await rawRequest(server.port, { target: asked });
            expect([asked, comparable(response, expected)]).toEqual([asked, expected]);
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it("agree about which files belong to a checkpoint", () => {
    fc.assert(
      fc.property(history, second, target, (made, clock, asked) => {
        const at = timestampFromSeconds(clock);
        const { response } = answerRequest(siteOf(made), asked, at);
        const reference = resolveRequest({ base, timeline: made }, asked, at);
        if (reference.kind !== "checkpoint" || response.kind === "refused") return;
        expect(response).toMatchObject({ kind: "file", file: `c/any/${reference.checkpoint}/${reference.path}` });
      }),
    );
  });
});

function siteOf(timeline: Timeline): PreviewSite {
  return {
    publicDir: "/nonexistent",
    mount: "/",
    distributions: [{ base, checkpoint: true, timeline }],
    isContent: () => false,
  };
}

describe("the content policy", () => {
  it.each([undefined, "aGFzaA=="])("is that of the generated rules, with the script hash %s", (scriptHash) => {
    const emitter = nginxEmitter({ render: (_name, view) => JSON.stringify(view) });
    const rules = emitter.render({
      siteName: "main",
      mount: "/",
      publicDir: "/srv/public",
      rulesDir: "/srv/rules",
      layout: "shared",
      scriptHash,
      repositories: [],
      distributions: [],
    });
    expect(rules[0]?.content).toContain(JSON.stringify(contentPolicy(scriptHash)));
  });
});

function time(text: string): Timestamp {
  return timestampFromSeconds(Date.parse(text.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z")) / 1000);
}
