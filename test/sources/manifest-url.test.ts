import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Failure } from "../../src/failure.ts";
import type { ContentSink, FetchProgress } from "../../src/sources/source.ts";
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

describe("listing", () => {
  it("gives the manifest's entries sorted by path, and the server's clock", async () => {
    origin.answer("/r/M", {
      kind: "bytes",
      body: `b,${"b".repeat(64)},2\n# c\na/x,${"A".repeat(64)},0\na-x,${"c".repeat(64)},3\n`,
      headers: { date: "Tue, 18 Mar 2025 14:03:38 GMT", age: "60" },
    });
    const listing = await world.openSource(`${origin.url}/r/M`).list(noAbort());
    expect(listing.entries).toEqual([
      { path: "a-x", digest: "c".repeat(64), sizeBytes: 3 },
      { path: "a/x", digest: "a".repeat(64), sizeBytes: undefined },
      { path: "b", digest: "b".repeat(64), sizeBytes: 2 },
    ]);
    expect(listing.manifest).toBeUndefined();
    expect(listing.serverSeconds).toBe(Date.UTC(2025, 2, 18, 14, 4, 38) / 1000);
    expect(origin.requests[0]?.headers).toMatchObject({ "accept-encoding": "identity", "cache-control": "no-cache" });
  });

  it("keeps the manifest byte for byte in mirror mode", async () => {
    const text = `\uFEFF# ü\r\n\r\nb,${"b".repeat(64)},2`;
    origin.answer("/M", { kind: "bytes", body: text });
    const { manifest } = await world.openSource(`${origin.url}/M`, { mode: "mirror" }).list(noAbort());
    expect(Buffer.from(manifest ?? []).toString()).toBe(text);
  });

  it("tries again when the manifest breaks off", async () => {
    const text = manifestOf({ a: "x" });
    origin.answer(
      "/M",
      { kind: "truncate", body: text, after: 10 },
      { kind: "status", status: 503 },
      { kind: "bytes", body: text },
    );
    expect((await world.openSource(`${origin.url}/M`).list(noAbort())).entries.length).toBe(1);
    expect(origin.count("/M")).toBe(3);
    expect(world.waits).toEqual([1000, 2000]);
  });

  it("refuses the whole manifest for its bad lines, and shows them all", async () => {
    origin.answer("/M", { kind: "bytes", body: `${manifestOf({ a: "x" })}../b,1,2\n\u001b[2J\n` });
    const failure = await failureOf(world.openSource(`${origin.url}/M`).list(noAbort()));
    expect(failure).toMatchObject({
      code: "SOURCE_BAD_DATA",
      message: `${origin.url}/M: 2 lines cannot be taken, so the manifest was refused`,
      hint: "A line is path,sha256,size. Check that the URL is that of the manifest.",
      details: ['line 2: the path has a segment "..": ../b,1,2', "line 3: has fewer than two commas: \\u{1b}[2J"],
    });
    expect(origin.count("/M")).toBe(1);
  });

  it("shows fifty of very many bad lines", async () => {
    origin.answer("/M", { kind: "bytes", body: "x\n".repeat(3000) });
    const { details, message } = await failureOf(world.openSource(`${origin.url}/M`).list(noAbort()));
    expect(message).toContain("3000 lines");
    expect(details.length).toBe(51);
    expect(details.at(-1)).toBe("and 2950 more");
  });

  it.each<readonly [string, Reply, Partial<Failure>]>([
    [
      "a web page",
      { kind: "bytes", body: "<!doctype html>\n" },
      { code: "SOURCE_BAD_DATA", hint: "This is a web page. Check that the URL is that of the manifest." },
    ],
    ["text that is not UTF-8", { kind: "bytes", body: Buffer.from([0x61, 0xff]) }, { code: "SOURCE_BAD_DATA" }],
    ["a 404", { kind: "status", status: 404 }, { code: "SOURCE_REFUSED" }],
    ["another kind of success", { kind: "status", status: 206 }, { code: "SOURCE_REFUSED" }],
    [
      "a compressed manifest",
      { kind: "bytes", body: "x", headers: { "content-encoding": "gzip" } },
      { code: "SOURCE_BAD_DATA" },
    ],
    ["a manifest that lists itself", { kind: "bytes", body: manifestOf({ M: "" }) }, { code: "SOURCE_BAD_DATA" }],
    [
      "an announced size over the limit",
      { kind: "bytes", body: "#".repeat((1 << 20) + 1) },
      { code: "SOURCE_BAD_DATA" },
    ],
    ["an endless manifest", { kind: "endless" }, { code: "SOURCE_BAD_DATA" }],
  ])("refuses %s at the first try", async (_, reply, expected) => {
    origin.answer("/M", reply);
    expect(await failureOf(world.openSource(`${origin.url}/M`).list(noAbort()))).toMatchObject(expected);
    expect(origin.count("/M")).toBe(1);
    expect(origin.endlessBytes()).toBeLessThan(32 << 20);
  });

  it("fails when nobody listens", async () => {
    await origin.close();
    const failure = await failureOf(world.openSource(`${origin.url}/M`, { retries: 1 }).list(noAbort()));
    expect(failure).toMatchObject({ code: "SOURCE_UNREACHABLE", message: expect.stringContaining("ECONNREFUSED") });
    expect(world.waits.length).toBe(1);
  });

  it.each(["PULP_MANIFEST", "ftp://x/M", "http://x/dir/", "file://host/M"])("is not possible from %s", (url) => {
    expect(() => world.openSource(url)).toThrow(Failure);
  });
});

describe("fetching", () => {
  it("asks for each name by its exact encoded path, with the query of the manifest's URL", async () => {
    const names = [
      "#x",
      "a b",
      "100%",
      "%2e%2e",
      "%2F",
      "what?",
      "a+b",
      "a&b=c",
      "a;b",
      "x:y",
      "http:x",
      "ü/日本/😀",
      "dir/sub/file",
      "...",
      "~user",
      "'q\"(1)*!",
      "@[{|}]^`<>",
    ];
    const files = Object.fromEntries(names.filter((name) => !name.startsWith("#")).map((name) => [name, name]));
    const expected = Object.keys(files).map(
      (name) => `/d%20ir/${name.split("/").map(encodeURIComponent).join("/")}?to=ken&x=%2F`,
    );
    origin.answer("/d%20ir/M?to=ken&x=%2F", { kind: "bytes", body: manifestOf(files) });
    for (const [index, name] of Object.keys(files).entries()) {
      origin.answer(expected[index] ?? "", { kind: "bytes", body: name });
    }
    await world.sync(world.openSource(`${origin.url}/d ir/M?to=ken&x=%2F#fragment`));
    expect(origin.targets().slice(1).toSorted()).toEqual(expected.toSorted());
    expect((await sink.stored()).length).toBe(expected.length);
  });

  it("downloads equal content once, and tells every path of it", async () => {
    origin.publish("/", { a: body, "d/b": body, c: "other" });
    const source = world.openSource(`${origin.url}/PULP_MANIFEST`);
    const { entries } = await source.list(noAbort());
    const progress: FetchProgress[] = [];
    const stored = await source.fetch(entries, sink, { signal: noAbort(), onProgress: (step) => progress.push(step) });
    expect(Object.fromEntries(stored)).toEqual({
      a: { digest: sha256Of(body), sizeBytes: 1000 },
      "d/b": { digest: sha256Of(body), sizeBytes: 1000 },
      c: { digest: sha256Of("other"), sizeBytes: 5 },
    });
    expect(sink.puts()).toBe(2);
    expect(progress.at(-1)).toEqual({ filesDone: 3, filesTotal: 3, bytesDone: 1005 });
  });

  it("finds a source by its name", async () => {
    origin.publish("/", { a: "a" });
    await world.sync(world.openSource(`${origin.url.replace("127.0.0.1", "localhost")}/PULP_MANIFEST`));
    expect(origin.targets()).toEqual(["/PULP_MANIFEST", "/a"]);
  });

  it("takes only what is wanted, and nothing when nothing is", async () => {
    origin.publish("/", { a: "a", b: "b" });
    const source = world.openSource(`${origin.url}/PULP_MANIFEST`);
    const { entries } = await source.list(noAbort());
    await source.fetch(entries.slice(1), sink, { signal: noAbort() });
    expect(await source.fetch([], sink, { signal: noAbort() })).toEqual(new Map());
    expect(origin.targets()).toEqual(["/PULP_MANIFEST", "/b"]);
  });

  it("has at most so many transfers under way", async () => {
    origin.publish("/", Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`f${index}`, `${index}`])));
    let open = 0;
    let most = 0;
    const counting: ContentSink = {
      ...sink,
      async put(content, expected) {
        most = Math.max(most, (open += 1));
        const stored = await sink.put(content, expected);
        open -= 1;
        return stored;
      },
    };
    await world.sync(world.openSource(`${origin.url}/PULP_MANIFEST`, { concurrency: 3 }), counting);
    expect(most).toBeLessThanOrEqual(3);
    expect((await sink.stored()).length).toBe(30);
  });

  it("keeps many transfers under way without a warning of the process", async () => {
    const warnings: unknown[] = [];
    const remember = (warning: unknown): void => void warnings.push(warning);
    process.on("warning", remember);
    origin.publish("/", Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`f${index}`, `${index}`])));
    await world.sync(world.openSource(`${origin.url}/PULP_MANIFEST`, { concurrency: 50 }));
    process.off("warning", remember);
    expect(warnings).toEqual([]);
  });

  it("takes a size of 0 as unchecked, as long as the server announces one", async () => {
    origin.answer("/M", { kind: "bytes", body: `a,${sha256Of(body)},0\nempty,${sha256Of("")},0\n` });
    origin.answer("/empty", { kind: "bytes", body: "" });
    origin.answer("/a", good);
    await world.sync(world.openSource(`${origin.url}/M`));
    origin.answer("/a", { kind: "endless" });
    expect(await failureOf(world.sync(world.openSource(`${origin.url}/M`)))).toMatchObject({
      code: "SOURCE_BAD_DATA",
      message: `${origin.url}/a: neither the manifest nor the server says how long it is`,
    });
  });

  it("takes a stored .gz that the server labels with an encoding: the digest is that of the bytes sent", async () => {
    await world.syncOne([{ kind: "bytes", body, headers: { "content-encoding": "x-gzip" } }]);
    expect(await sink.stored()).toEqual([sha256Of(body)]);
  });
});
