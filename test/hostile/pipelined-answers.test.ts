import { describe, expect, it } from "vitest";

import { openManifestUrl } from "../../src/sources/manifest-url.ts";
import { noAbort } from "../helpers/manifest-source.ts";
import { manifestOf, sha256Of } from "../helpers/origin-server.ts";
import { startPlainServer } from "../helpers/plain-server.ts";
import type { PlainRequest } from "../helpers/plain-server.ts";
import { openTempSink } from "../helpers/temp-sink.ts";
import { seededRandom } from "../servers/random-history.ts";

const files = Object.fromEntries(
  Array.from({ length: 150 }, (_, index) => [`d/${index}`, `content of ${index} `.repeat(1 + (index % 13) * 20)]),
);
const digests = Object.values(files).map(sha256Of).toSorted();

function bodyOf(target: string): string {
  return target === "/r/PULP_MANIFEST" ? manifestOf(files) : (files[target.slice("/r/".length)] ?? "");
}

function good(target: string, ...headers: readonly string[]): string {
  const body = bodyOf(target);
  return ["HTTP/1.1 200 OK", `Content-Length: ${body.length}`, ...headers, "", body].join("\r\n");
}

/** Answers as no server should give them: a text to send, or undefined where the socket was dealt with. */
const evil: readonly ((target: string, request: PlainRequest) => string | undefined)[] = [
  (target) => `${good(target)}EXTRA`,
  (target) => good(target) + good("/r/d/1"),
  (target) => `HTTP/1.1 100 Continue\r\n\r\n${good(target)}`,
  (target) => `HTTP/1.1 103 Early\r\n\r\n${good(target)}`,
  (target) => good(target).replace("HTTP/1.1", "HTTP/1.0"),
  () => good("/r/d/3"),
  (target) => good(target, `Content-Length: ${bodyOf(target).length + 1}`),
  (target) => {
    const body = bodyOf(target);
    return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: ${body.length}\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  },
  (target) => good(target, "X: one", " and its fold"),
  (target) => good(target).replaceAll("\r\n", "\n"),
  (target) => withLength(target, 7),
  (target) => withLength(target, -7),
  (target) => good(target, `X: ${"a".repeat(20_000)}`),
  () => "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
  (target) => good(target).replace("content", "cOntent"),
  (target) => `HTTP/1.1 301 Moved\r\nLocation: ${target}?x\r\nContent-Length: 0\r\n\r\n`,
  (target, { socket }) => void socket.end(good(target).slice(0, -5)),
  (target, { socket }) => void socket.end(good(target, "Connection: close")),
  (target, { socket }) => {
    socket.write(good(target).slice(0, -3));
    socket.resetAndDestroy();
    return undefined;
  },
  (_, { socket }) => void socket.resetAndDestroy(),
  // It never answers.
  () => undefined,
];

function withLength(target: string, more: number): string {
  const { length } = bodyOf(target);
  return good(target).replace(`Content-Length: ${length}`, `Content-Length: ${length + more}`);
}

describe("a server that answers some of many requests as no server should", () => {
  it.each(Array.from({ length: 12 }, (_, index) => index + 1))(
    "gets no wrong byte in and stops nothing (seed %i)",
    async (seed) => {
      const random = seededRandom(seed);
      const rate = seed % 2 === 0 ? 0.02 : 0.15;
      const sink = await openTempSink();
      const server = await startPlainServer((request) => {
        const target = request.target.replace("?x", "");
        // In the end every file comes.
        if (target === "/r/PULP_MANIFEST" || request.earlier >= 2 || random() > rate) return good(target);
        return evil[Math.floor(random() * evil.length)]?.(target, request);
      });
      try {
        const source = openManifestUrl(
          { type: "file", url: `${server.url}/r/PULP_MANIFEST`, mode: "additive" },
          { concurrency: 4, retries: 12, timeoutSeconds: 0.4, maxManifestBytes: 1 << 20 },
          { environment: {}, timing: { random: () => 1, wait: async () => {} } },
        );
        const { entries } = await source.list(noAbort());
        const stored = await source.fetch(entries, sink, { signal: noAbort() });
        expect(await sink.stored()).toEqual(digests);
        expect(stored.size).toBe(entries.length);
        for (const { path, digest, sizeBytes } of entries) expect(stored.get(path)).toEqual({ digest, sizeBytes });
      } finally {
        await server.close();
        await sink.remove();
      }
    },
    60_000,
  );
});
