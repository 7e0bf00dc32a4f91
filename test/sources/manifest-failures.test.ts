import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Failure } from "../../src/failure.ts";
import type { ContentSink } from "../../src/sources/source.ts";
import { failureOf, noAbort, openManifestWorld, thousandBytes as body } from "../helpers/manifest-source.ts";
import type { ManifestWorld } from "../helpers/manifest-source.ts";
import { manifestOf, sha256Of } from "../helpers/origin-server.ts";
import type { OriginServer, Reply } from "../helpers/origin-server.ts";
import type { TempSink } from "../helpers/temp-sink.ts";

let world: ManifestWorld;
let origin: OriginServer;
let sink: TempSink;

beforeEach(async () => {
  world = await openManifestWorld();
  ({ origin, sink } = world);
});
afterEach(() => world.close());

const good: Reply = { kind: "bytes", body };

describe("a file that fails", () => {
  const wrong: Reply = { kind: "bytes", body: body.replace("5", "6") };
  const busy: Reply = { kind: "status", status: 429, headers: { "retry-after": "7" } };

  it.each<readonly [string, Reply]>([
    ["breaks off", { kind: "truncate", body, after: 731 }],
    ["is shorter than listed", { kind: "short", body, after: 731 }],
    ["is shorter than listed and says so", { kind: "bytes", body: "short" }],
    ["is longer than listed", { kind: "bytes", body: `${body}x` }],
    ["has other content", wrong],
    ["gets 429", busy],
    ["gets 500", { kind: "status", status: 500 }],
    ["gets 503", { kind: "status", status: 503 }],
  ])("because it %s is asked for once more, and is good then", async (_, reply) => {
    await world.syncOne([reply, good]);
    expect(origin.count("/r/a")).toBe(2);
    expect(origin.count("/r/PULP_MANIFEST")).toBe(1);
    expect(await sink.stored()).toEqual([sha256Of(body)]);
  });

  it("may say until when to wait, by its own clock", async () => {
    const headers = { date: "Tue, 18 Mar 2025 14:03:38 GMT", "retry-after": "Tue, 18 Mar 2025 14:03:50 GMT" };
    const nonsense = { "retry-after": "soon" };
    await world.syncOne([
      { kind: "status", status: 503, headers },
      { kind: "status", status: 503, headers: nonsense },
      good,
    ]);
    expect(world.waits).toEqual([12_000, 2000]);
  });

  it("counts only bytes that stay as progress", async () => {
    origin.publish("/r/", { a: body });
    origin.answer("/r/a", wrong, good);
    const source = world.openSource(`${origin.url}/r/PULP_MANIFEST`);
    const { entries } = await source.list(noAbort());
    const bytes: number[] = [];
    await source.fetch(entries, sink, { signal: noAbort(), onProgress: ({ bytesDone }) => void bytes.push(bytesDone) });
    expect(bytes).toContain(0);
    expect(bytes.at(-1)).toBe(1000);
  });

  it("in three ways takes four requests, as in Pulp", async () => {
    await world.syncOne([{ kind: "truncate", body, after: 1 }, wrong, busy, good]);
    expect(origin.count("/r/a")).toBe(4);
    expect(world.waits).toEqual([1000, 2000, 7000]);
    expect(origin.requests.map(({ headers }) => headers["cache-control"])).toEqual([
      "no-cache",
      undefined,
      "no-cache",
      "no-cache",
      "no-cache",
    ]);
  });

  it.each<readonly [string, Reply, string, string]>([
    ["breaks off", { kind: "truncate", body, after: 731 }, "SOURCE_UNREACHABLE", "expected 1000 bytes, got "],
    ["is short", { kind: "short", body, after: 731 }, "SOURCE_BAD_DATA", "expected 1000 bytes, got 731"],
    [
      "announces another size",
      { kind: "bytes", body: "short" },
      "SOURCE_BAD_DATA",
      "expected 1000 bytes, the source announces 5",
    ],
    ["has other content", wrong, "SOURCE_BAD_DATA", "expected SHA-256"],
    ["has no end", { kind: "endless" }, "SOURCE_BAD_DATA", "expected 1000 bytes, got more"],
    ["always gets 503", { kind: "status", status: 503 }, "SOURCE_REFUSED", "the server answered 503"],
  ])("every time because it %s fails the sync after four tries", async (_, reply, code, reason) => {
    const failure = await failureOf(world.syncOne([reply]));
    expect(failure).toMatchObject({ code, message: expect.stringContaining(`${origin.url}/r/a: ${reason}`) });
    expect(failure.message).toContain("(4 tries)");
    expect(failure.cause).toBeInstanceOf(Error);
    expect(origin.count("/r/a")).toBe(4);
    expect(origin.endlessBytes()).toBeLessThan(64 << 20);
    expect(await sink.stored()).toEqual([]);
  });

  it.each([400, 401, 403, 404, 410, 416, 204, 206, 304])("with status %i fails at once", async (status) => {
    expect(await failureOf(world.syncOne([{ kind: "status", status }]))).toMatchObject({
      code: "SOURCE_REFUSED",
      message: `${origin.url}/r/a: the server answered ${status}`,
    });
    expect(origin.count("/r/a")).toBe(1);
    expect(world.waits).toEqual([]);
  });

  it("because it is compressed on the way fails at once and says so", async () => {
    const reply: Reply = { kind: "bytes", body: "zzz", headers: { "content-encoding": "gzip" } };
    expect(await failureOf(world.syncOne([reply]))).toMatchObject({
      code: "SOURCE_BAD_DATA",
      message: expect.stringContaining('Content-Encoding "gzip"'),
    });
    expect(origin.count("/r/a")).toBe(1);
  });

  it.each<readonly [string, Reply, string]>([
    ["does not answer", { kind: "silence" }, "no answer within the time limit"],
    [
      "stops in the middle",
      { kind: "stall", body, after: 700 },
      "expected 1000 bytes, got 700: no byte within the time limit",
    ],
    ["drips", { kind: "drip", body }, "less than 500 bytes a second"],
  ])("because the server %s is given up after the time limit, and asked for again", async (_, reply, reason) => {
    await world.syncOne([reply, good], { timeoutSeconds: 0.7 });
    expect(origin.count("/r/a")).toBe(2);
    const failure = await failureOf(world.syncOne([reply], { timeoutSeconds: 0.7, retries: 0 }));
    expect(failure).toMatchObject({ code: "SOURCE_UNREACHABLE", message: `${origin.url}/r/a: ${reason}` });
  });

  it.each([404, 302])("with status %i is not waited for when the rest of the answer drips", async (status) => {
    const reply: Reply = { kind: "drip", status, body: "x".repeat(10_000) };
    const failure = await failureOf(world.syncOne([reply], { timeoutSeconds: 0.4 }));
    expect(failure.code).toBe("SOURCE_REFUSED");
    expect(origin.count("/r/a")).toBe(1);
  });

  it("aborts the other transfers", async () => {
    origin.publish("/", { a: "a", b: body, c: body.slice(1) });
    origin.answer("/a", { kind: "status", status: 404 });
    origin.answer("/b", { kind: "stall", body, after: 1 });
    origin.answer("/c", { kind: "silence" });
    const failure = await failureOf(
      world.sync(world.openSource(`${origin.url}/PULP_MANIFEST`, { timeoutSeconds: 1000 })),
    );
    expect(failure.message).toBe(`${origin.url}/a: the server answered 404`);
    expect(await sink.stored()).toEqual([]);
  });

  it("because of our own disk is not the source's fault and not tried again", async () => {
    origin.publish("/", { a: "a" });
    const full = new Failure("LOCAL_IO", "disk full");
    const failing: ContentSink = { ...sink, put: () => Promise.reject(full) };
    await expect(world.sync(world.openSource(`${origin.url}/PULP_MANIFEST`), failing)).rejects.toBe(full);
    expect(origin.targets()).toEqual(["/PULP_MANIFEST", "/a"]);
  });
});

describe("a source that changes during a sync", () => {
  it.each<readonly [string, Reply]>([
    ["has other content", { kind: "bytes", body: "new" }],
    ["is gone", { kind: "status", status: 404 }],
  ])("is told from a bad one when a file %s", async (_, reply) => {
    origin.publish("/r/", { a: body });
    origin.answer("/r/a", reply);
    const source = world.openSource(`${origin.url}/r/PULP_MANIFEST`, { retries: 0 });
    const { entries } = await source.list(noAbort());
    const fetch = (): Promise<unknown> => source.fetch(entries, sink, { signal: noAbort() });
    expect((await failureOf(fetch())).code).not.toBe("SOURCE_MOVED");
    expect(origin.count("/r/PULP_MANIFEST")).toBe(2);

    origin.answer("/r/PULP_MANIFEST", { kind: "bytes", body: manifestOf({ a: "new" }) });
    expect(await failureOf(fetch())).toMatchObject({
      code: "SOURCE_MOVED",
      message: expect.stringContaining(`${origin.url}/r/PULP_MANIFEST changed while its files were being fetched`),
      cause: expect.any(Failure),
    });
    expect(origin.count("/r/PULP_MANIFEST")).toBe(3);
  });

  it("keeps its first failure when the manifest cannot be read again", async () => {
    origin.publish("/r/", { a: body });
    const source = world.openSource(`${origin.url}/r/PULP_MANIFEST`, { retries: 0 });
    const { entries } = await source.list(noAbort());
    origin.answer("/r/a", { kind: "status", status: 403 });
    origin.answer("/r/PULP_MANIFEST", { kind: "status", status: 403 });
    expect((await failureOf(source.fetch(entries, sink, { signal: noAbort() }))).message).toContain("/r/a");
  });
});

describe("an abort", () => {
  it.each<readonly [string, Reply]>([
    ["before the answer", { kind: "silence" }],
    ["in the middle of a file", { kind: "stall", body, after: 500 }],
  ])("%s ends everything with the signal's reason, leaving nothing", async (_, reply) => {
    origin.publish("/", { a: body, b: "b" });
    origin.answer("/a", reply);
    const source = world.openSource(`${origin.url}/PULP_MANIFEST`, { timeoutSeconds: 1000 });
    const { entries } = await source.list(noAbort());
    const stop = new AbortController();
    const reason = new Error("interrupted");
    const fetching = source.fetch(entries, sink, {
      signal: stop.signal,
      onProgress: ({ filesDone }) => void (filesDone === 1 && stop.abort(reason)),
    });
    await expect(fetching).rejects.toBe(reason);
    expect(await sink.stored()).not.toContain(sha256Of(body));
    expect((await sink.stored()).filter((name) => name.startsWith("unfinished"))).toEqual([]);
  });

  it("before the start asks for nothing", async () => {
    const source = world.openSource(`${origin.url}/PULP_MANIFEST`);
    const reason = new Error("interrupted");
    await expect(source.list(AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(origin.requests).toEqual([]);
  });
});
