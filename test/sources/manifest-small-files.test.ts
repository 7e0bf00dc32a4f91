import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { Failure } from "../../src/failure.ts";
import { openManifestUrl } from "../../src/sources/manifest-url.ts";
import type { ContentSink } from "../../src/sources/source.ts";
import { failureOf, noAbort } from "../helpers/manifest-source.ts";
import { manifestOf, sha256Of } from "../helpers/origin-server.ts";
import { startPlainServer } from "../helpers/plain-server.ts";
import type { PlainRequest, PlainServer } from "../helpers/plain-server.ts";
import { openTempSink } from "../helpers/temp-sink.ts";
import type { TempSink } from "../helpers/temp-sink.ts";

const files = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`d/${index}`, `content of ${index}`]));
const odd = "/r/d/120";
const digests = Object.values(files).map(sha256Of).toSorted();

let sink: TempSink;
let server: PlainServer | undefined;
beforeEach(async () => {
  sink = await openTempSink();
});
afterEach(async () => {
  await server?.close();
  await sink.remove();
});

describe("many small files over http", () => {
  it("are asked for ahead on few connections, when the first answer on each was plain", async () => {
    const { connections, mostAtFirst, mostAtOnce, heads } = await serve(right);
    await sync();
    expect(await sink.stored()).toEqual(digests);
    expect(connections()).toBeLessThanOrEqual(5);
    expect(mostAtFirst()).toBe(1);
    expect(mostAtOnce()).toBeGreaterThan(1);
    expect(mostAtOnce()).toBeLessThanOrEqual(10);
    expect(heads.length).toBe(201);
  });

  it("come on a connection each where the user allows no more than one", async () => {
    const { connections } = await serve(right);
    await sync({ concurrency: 1 });
    expect(await sink.stored()).toEqual(digests);
    expect(connections()).toBeLessThanOrEqual(2);
  });

  it.each<readonly [string, (request: PlainRequest) => string | undefined]>([
    [
      "says so",
      (request) => (request.number % 40 === 0 ? last(request, right(request, ["Connection: close"])) : right(request)),
    ],
    ["does not", (request) => (request.number % 40 === 0 ? last(request, right(request)) : right(request))],
  ])("go on over another connection when the server closes one after many answers and %s", async (_, answer) => {
    const { connections, heads } = await serve(answer);
    await sync();
    expect(await sink.stored()).toEqual(digests);
    expect(connections()).toBeGreaterThan(5);
    expect(heads.length).toBeLessThan(201 + 200);
  });

  it("each get a connection of their own from a server that closes it after one answer", async () => {
    const { heads } = await serve((request) => last(request, right(request, ["Connection: close"])));
    await sync();
    expect(await sink.stored()).toEqual(digests);
    expect(heads.length).toBeLessThan(201 + 40);
  });

  it("are asked for with the user and password of the source", async () => {
    const { url, heads } = await serve(right);
    await sync({ url: url.replace("://", "://user:secret@") });
    const authorization = `authorization: Basic ${Buffer.from("user:secret").toString("base64")}`;
    expect(heads.filter((head) => !head.includes(authorization))).toEqual([]);
    expect(heads.filter((head) => /^host: 127\.0\.0\.1:\d+$/m.test(head.replaceAll("\r", ""))).length).toBe(201);
  });

  it("are asked for at a proxy one by one", async () => {
    const { url, heads, mostAtOnce } = await serve((request) =>
      right({ ...request, target: request.target.replace(/^http:\/\/[^/]*/, "") }),
    );
    await sync({ url: "http://mirror.example", environment: { http_proxy: url } });
    expect(await sink.stored()).toEqual(digests);
    expect(heads.every((head) => head.startsWith("GET http://mirror.example/"))).toBe(true);
    expect(mostAtOnce()).toBe(1);
  });

  it("stop with the signal's reason, and no connection stays that they had", async () => {
    const reason = new Error("enough");
    const stop = new AbortController();
    await serve((request) => {
      if (request.target === odd) stop.abort(reason);
      return right(request);
    });
    await expect(sync({ signal: stop.signal })).rejects.toBe(reason);
    expect((await sink.stored()).length).toBeLessThan(200);
    await expect.poll(() => server?.openConnections()).toBeLessThanOrEqual(1);
  });

  it("end with the error of our own disk, and nothing more is asked for", async () => {
    const { heads } = await serve(right);
    const full = new Failure("LOCAL_IO", "disk full");
    let puts = 0;
    const failing: ContentSink = {
      ...sink,
      put: (content, expected) => ((puts += 1) > 50 ? Promise.reject(full) : sink.put(content, expected)),
    };
    await expect(sync({ into: failing })).rejects.toBe(full);
    expect(heads.length).toBeLessThan(150);
  });
});

describe("an odd answer among many small files", () => {
  const oddAnswers: Readonly<Record<string, (request: PlainRequest) => string | undefined>> = {
    "has a status of its own": () => "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
    "comes after another one": (request) => `HTTP/1.1 103 Early Hints\r\n\r\n${right(request)}`,
    "is HTTP/1.0": (request) => last(request, right(request).replace("HTTP/1.1", "HTTP/1.0")),
    "is no HTTP": (request) => last(request, "SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    "is in chunks": (request) =>
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ne\r\n${bodyOf(request)}\r\n0\r\n\r\n`,
    "is in chunks and has a length": (request) =>
      `HTTP/1.1 200 OK\r\nContent-Length: 14\r\nTransfer-Encoding: chunked\r\n\r\n${bodyOf(request)}`,
    "has two lengths": (request) => last(request, right(request, ["Content-Length: 14"])),
    "has no length": (request) => last(request, `HTTP/1.1 200 OK\r\n\r\n${bodyOf(request)}`),
    "is longer than listed": () => "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\nfifteen letters",
    "is shorter than listed": () => "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nthr",
    "has other bytes": (request) => right(request).replace("content", "CONTENT"),
    "is that to another request": (request) => right({ ...request, target: "/r/d/121" }),
    "brings more than it announced": (request) => `${right(request)}and more`,
    "breaks off": (request) => last(request, right(request).slice(0, -3)),
    "breaks off in its head": (request) => last(request, right(request).slice(0, 20)),
    "stops in its body": (request) => right(request).slice(0, -3),
    "says nothing": () => undefined,
    "is reset": ({ socket }) => void socket.resetAndDestroy(),
    "has a header that goes on": (request) => right(request, ["X: a", " b"]),
    "has a header without end": (request) => right(request, [`X: ${"x".repeat(20_000)}`]),
    "is said to be compressed": (request) => right(request, ["Content-Encoding: gzip"]),
    "says its connection is another protocol's": (request) => last(request, right(request, ["Connection: upgrade"])),
  };

  it.each(Object.keys(oddAnswers))("that %s costs one more request, in the ordinary way", async (name) => {
    const { count } = await serve((request) =>
      request.target === odd && request.earlier === 0 ? oddAnswers[name]?.(request) : right(request),
    );
    await sync({ timeoutSeconds: 0.5 });
    expect(await sink.stored()).toEqual(digests);
    expect(count(odd)).toBeLessThanOrEqual(2);
  });

  it.each<readonly [string, string, string]>([
    ["HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "SOURCE_REFUSED", "the server answered 404"],
    [
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nshort",
      "SOURCE_BAD_DATA",
      "expected 14 bytes, the source announces 5 (2 tries)",
    ],
    [
      "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: ftp://x/\r\n\r\n",
      "SOURCE_REFUSED",
      "is redirected to a ftp: address",
    ],
  ])("that comes each time fails as it does for a single file: %j", async (bytes, code, reason) => {
    const { url } = await serve((request) => (request.target === odd ? bytes : right(request)));
    const failure = await failureOf(sync({ retries: 1 }));
    expect(failure).toMatchObject({ code, message: `${url}${odd}: ${reason}` });
  });

  it("is followed where it is a redirect, though every answer is one", async () => {
    const { url } = await serve((request) => {
      if (!request.target.startsWith("/r/d/"))
        return right({ ...request, target: request.target.replace("/x/", "/r/") });
      const location = `Location: ${url}${request.target.replace("/r/", "/x/")}`;
      return `HTTP/1.1 302 Found\r\nContent-Length: 0\r\n${location}\r\n\r\n`;
    });
    await sync();
    expect(await sink.stored()).toEqual(digests);
  });

  it("in a dripping answer is given up below the least pace", async () => {
    const { count } = await serve((request) => {
      if (request.target !== odd || request.earlier > 0) return right(request);
      const drip = setInterval(() => request.socket.write("x"), 20);
      request.socket.once("close", () => clearInterval(drip));
      return "HTTP/1.1 200 OK\r\nX: ";
    });
    await sync({ timeoutSeconds: 0.5 });
    expect(await sink.stored()).toEqual(digests);
    expect(count(odd)).toBe(2);
  });
});

async function serve(answer: (request: PlainRequest) => string | undefined): Promise<PlainServer> {
  server = await startPlainServer((request) => answer(request));
  return server;
}

async function sync({
  url = server?.url ?? "",
  concurrency = 4,
  retries = 3,
  timeoutSeconds = 20,
  environment = {},
  signal = noAbort(),
  into = sink,
}: {
  url?: string;
  concurrency?: number;
  retries?: number;
  timeoutSeconds?: number;
  environment?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
  into?: ContentSink;
} = {}): Promise<void> {
  const source = openManifestUrl(
    { type: "file", url: `${url}/r/PULP_MANIFEST`, mode: "additive" },
    { concurrency, retries, timeoutSeconds, maxManifestBytes: 1 << 20 },
    { environment, timing: { random: () => 1, wait: async () => {} } },
  );
  const { entries } = await source.list(signal);
  const stored = await source.fetch(entries, into, { signal });
  expect(stored.size).toBe(200);
}

function right(request: Pick<PlainRequest, "target">, headers: readonly string[] = []): string {
  const body = bodyOf(request);
  return [`HTTP/1.1 200 OK`, `Content-Length: ${body.length}`, ...headers, "", body].join("\r\n");
}

function bodyOf({ target }: Pick<PlainRequest, "target">): string {
  return target === "/r/PULP_MANIFEST" ? manifestOf(files) : (files[target.slice("/r/".length)] ?? "");
}

/** What is the last thing on its connection. */
function last({ socket }: Pick<PlainRequest, "socket">, text: string): undefined {
  socket.end(Buffer.from(text, "latin1"));
}
