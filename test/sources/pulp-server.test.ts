import { describe, expect, it } from "vitest";

import { Failure } from "../../src/failure.ts";
import type { PulpRemote } from "../../src/model/remote.ts";
import { openPulpServer } from "../../src/sources/pulp-server.ts";
import type { PulpServer } from "../../src/sources/pulp-server.ts";
import { aPulp } from "../helpers/pulp-stand-in.ts";
import type { PulpStandIn } from "../helpers/pulp-stand-in.ts";

const signal = new AbortController().signal;
const waits: number[] = [];

describe("the list of publications", () => {
  it("is read to its end, a page after the other", async () => {
    const pulp = await aPulp();
    many(pulp, 250);
    const { checkpoints } = await serverOf(pulp).look(signal);
    expect(checkpoints.length).toBe(250);
    expect(checkpoints.map(({ second }) => second)).toEqual(checkpoints.map(({ second }) => second).toSorted());
    expect(pulp.targets.filter((target) => target.includes("publications/")).length).toBe(3);
  });

  it("is read again when a publication went while it was read", async () => {
    const pulp = await aPulp();
    many(pulp, 250);
    const [first] = pulp.world.publications;
    if (first === undefined) throw new Error("there are none");
    pulp.fault("publications/", "none", { first: () => pulp.remove(first) }, "none");
    const { checkpoints } = await serverOf(pulp).look(signal);
    expect(checkpoints.length).toBe(249);
  });

  it("is given up when something goes each time", async () => {
    const pulp = await aPulp();
    many(pulp, 250);
    const remove = { first: () => void pulp.world.publications.shift() };
    pulp.fault("publications/", "none", remove, "none", remove, "none", remove);
    await expect(serverOf(pulp).look(signal)).rejects.toMatchObject({ code: "SOURCE_MOVED" });
  });

  it("that goes round in circles is refused", async () => {
    const pulp = await aPulp();
    const result = { pulp_href: "/p/1/", pulp_created: "2025-01-30T20:30:00Z", checkpoint: true };
    pulp.fault("publications/", { status: 200, body: JSON.stringify({ next: "/again", results: [result] }) });
    await expect(serverOf(pulp).look(signal)).rejects.toMatchObject({ code: "SOURCE_BAD_DATA" });
    expect(pulp.targets.filter((target) => target.includes("publications/")).length).toBeLessThan(5);
  });

  it("never leads to another server, wherever its next page is said to be", async () => {
    const [pulp, other] = [await aPulp(), await aPulp()];
    many(pulp, 120);
    pulp.fault("publications/", {
      rewrite: (body) => body.replaceAll(new URL(pulp.url).host, new URL(other.url).host),
    });
    const { checkpoints } = await serverOf(pulp).look(signal);
    expect(checkpoints.length).toBe(120);
    expect(other.targets).toEqual([]);
  });

  it.each<readonly [string, string]>([
    ["a page of HTML", "<html></html>"],
    ["a publication without a time", '{"results":[{"pulp_href":"/1/"}],"next":null}'],
    ["a time without a zone", '{"results":[{"pulp_href":"/1/","pulp_created":"2025-01-30T20:30:00"}],"next":null}'],
    ["a day that is none", '{"results":[{"pulp_href":"/1/","pulp_created":"2025-02-30T20:30:00Z"}],"next":null}'],
  ])("that is %s is refused", async (_, body) => {
    const pulp = await aPulp();
    pulp.fault("publications/", { status: 200, body });
    await expect(serverOf(pulp).look(signal)).rejects.toMatchObject({ code: "SOURCE_BAD_DATA" });
  });

  it("has what is a checkpoint, whatever the server makes of the question", async () => {
    const pulp = await aPulp();
    pulp.publish("2025-01-30T20:30:00Z", {}, { checkpoint: false });
    pulp.publish("2025-01-30T20:40:00Z", {});
    pulp.fault("publications/", { forward: (target) => target.replace("checkpoint=true", "") });
    expect((await serverOf(pulp).look(signal)).checkpoints.map(({ second }) => second)).toEqual(["20250130T204000Z"]);
  });
});

describe("the distribution", () => {
  it("is found by its URL, with and without a host in base_url", async () => {
    const pulp = await aPulp();
    many(pulp, 1);
    expect((await serverOf(pulp).look(signal)).checkpoints.length).toBe(1);
    pulp.world.baseUrl = "https://elsewhere.example/pulp/content/checkpoint/myfile/";
    expect((await serverOf(pulp).look(signal)).checkpoints.length).toBe(1);
  });

  it("is found by its name where another server stands before Pulp, and not by a guess", async () => {
    const pulp = await aPulp();
    many(pulp, 1);
    pulp.world.baseUrl = "/inside/checkpoint/myfile/";
    const failure = await failureOf(serverOf(pulp).look(signal));
    expect(failure).toMatchObject({ code: "SOURCE_REFUSED", hint: expect.stringContaining("distribution: NAME") });
    expect((await serverOf(pulp, { distribution: "snapshots" }).look(signal)).checkpoints.length).toBe(1);
  });

  it("has to be one for checkpoints", async () => {
    const pulp = await aPulp();
    pulp.fault("distributions/file/file/", {
      rewrite: (body) => body.replace('"checkpoint":true', '"checkpoint":false'),
    });
    const failure = await failureOf(serverOf(pulp).look(signal));
    expect(failure.message).toContain("no checkpoint distribution");
  });

  it("of a repository that is deleted has no checkpoints", async () => {
    const pulp = await aPulp();
    pulp.fault("distributions/", { rewrite: (body) => body.replace(/"repository":"[^"]*"/, '"repository":null') });
    expect((await serverOf(pulp).look(signal)).checkpoints).toEqual([]);
  });
});

describe("a listing", () => {
  it("that breaks off is asked for again, whether or not its length was announced", async () => {
    const pulp = await aPulp();
    many(pulp, 3);
    pulp.fault("checkpoint/myfile/", { breakAfter: 300 }, { endAfter: 300 }, "none");
    const { checkpoints } = await serverOf(pulp, { api: undefined }).look(signal);
    expect(checkpoints.length).toBe(3);
  });

  it("is asked for again after 500 and 429, as patiently as the server wants", async () => {
    const pulp = await aPulp();
    many(pulp, 1);
    waits.length = 0;
    pulp.fault("checkpoint/myfile/", { status: 500 }, { status: 429, headers: { "retry-after": "7" } }, "none");
    await serverOf(pulp, { api: undefined }).look(signal);
    expect(waits).toEqual([1000, 7000]);
  });

  it.each<readonly [string, string]>([
    ["another page", "<!doctype html><h1>Welcome</h1>"],
    [
      "a listing of another server",
      '<html><h1>Index of /</h1><pre><a href="a">a</a>      12\n</pre><hr></body></html>',
    ],
  ])("that is %s is refused", async (_, body) => {
    const pulp = await aPulp();
    pulp.fault("checkpoint/myfile/", { status: 200, body });
    await expect(serverOf(pulp, { api: undefined }).look(signal)).rejects.toMatchObject({ code: "SOURCE_BAD_DATA" });
  });

  it("longer than any may be is not read to its end", async () => {
    const pulp = await aPulp();
    pulp.fault("checkpoint/myfile/", { status: 200, body: "x".repeat(3_000_000) });
    const failure = await failureOf(serverOf(pulp, { api: undefined }).look(signal));
    expect(failure.message).toContain("larger than");
  });

  it("is not taken from where a redirect leads", async () => {
    const [pulp, other] = [await aPulp(), await aPulp()];
    pulp.fault("checkpoint/myfile/", { status: 301, headers: { location: `${other.url}20250130T203000Z/` } });
    const failure = await failureOf(serverOf(pulp, { api: undefined }).look(signal));
    expect(failure.message).toContain("another second");
    expect(other.targets).toEqual([]);
  });
});

function many(pulp: PulpStandIn, count: number): void {
  for (let index = 0; index < count; index++) {
    pulp.publish(new Date(Date.UTC(2025, 0, 1) + index * 60_000).toISOString(), { a: "a" });
  }
}

function serverOf(pulp: PulpStandIn, others: Partial<PulpRemote> = {}): PulpServer {
  const none = undefined;
  return openPulpServer(
    {
      type: "pulp",
      url: pulp.url,
      api: pulp.api,
      distribution: none,
      user: none,
      passwordFile: none,
      headersFile: none,
      caFile: none,
      certificateFile: none,
      keyFile: none,
      followRetention: false,
      ...others,
    },
    { concurrency: 4, retries: 2, timeoutSeconds: 5, maxManifestBytes: 1_000_000 },
    {
      manifestName: "PULP_MANIFEST",
      pool: { has: () => false, read: () => none },
      environment: {},
      timing: {
        async wait(milliseconds) {
          waits.push(milliseconds);
        },
        random: () => 1,
      },
    },
  );
}

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Failure) return error;
  throw new Error(`expected a Failure, got ${String(error)}`);
}
