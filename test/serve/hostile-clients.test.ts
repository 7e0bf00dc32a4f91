import { once } from "node:events";
import { readdirSync, readlinkSync } from "node:fs";
import { connect } from "node:net";
import type { Socket } from "node:net";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { rawRequest, rawRequests } from "../servers/raw-request.ts";
import { seededRandom } from "../servers/random-history.ts";
import { canary, first, openPreview } from "./preview-fixture.ts";
import type { PreviewFixture } from "./preview-fixture.ts";

/** `ASOF_HOSTILE=full` sends 10,000. */
const nonsense = process.env["ASOF_HOSTILE"] === "full" ? 10_000 : 2_000;

describe("a preview server with hostile clients", () => {
  let preview: PreviewFixture;
  beforeAll(async () => {
    preview = await openPreview();
    await preview.write(`checkpoints/myfile/${first}/large.iso`, Buffer.alloc(8 * 1024 * 1024, "x"));
  });
  afterAll(() => preview.close());
  const large = `/checkpoints/myfile/${first}/large.iso`;

  it("answers while 200 connections say nothing", async () => {
    const idle = Array.from({ length: 200 }, () => connect(preview.server.port, "127.0.0.1"));
    await Promise.all(idle.map((socket) => once(socket, "connect")));
    for (const socket of idle.slice(100)) socket.write("GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
    expect((await preview.get("/")).status).toBe(200);
    for (const socket of idle) socket.destroy();
  });

  it("keeps no file open for 200 downloads that were broken off", async () => {
    for (let round = 0; round < 10; round++) {
      const sockets = await Promise.all(Array.from({ length: 20 }, (_, index) => beginDownload(index % 3)));
      for (const socket of sockets) socket.destroy();
    }
    await expectNoOpenFile();
    expect((await preview.get(large)).body.length).toBe(8 * 1024 * 1024);
  });

  /** Some leave after the first bytes, some at once, some in mid-request. */
  async function beginDownload(kind: number): Promise<Socket> {
    const socket = connect(preview.server.port, "127.0.0.1");
    socket.on("error", () => socket.destroy());
    socket.write(`GET ${large} HTTP/1.1\r\nHost: localhost\r\n${kind === 2 ? "Range: bytes=5-\r\n" : ""}\r\n`);
    if (kind === 0) await once(socket, "data");
    else await once(socket, "connect");
    return socket;
  }

  it("keeps no file open for answers without a body", async () => {
    const requests = [
      { method: "HEAD" },
      { headers: { "If-None-Match": "*" } },
      { headers: { "If-Match": '"x"' } },
      { headers: { Range: "bytes=99999999-" } },
      { method: "POST" },
    ];
    for (const request of requests) {
      for (const target of [large, `/checkpoints/myfile/${first}/`, `/checkpoints/myfile/${first}/dists`]) {
        await preview.get(target, request);
      }
    }
    await preview.get("/checkpoints/myfile/20240215T000000Z/");
    await expectNoOpenFile();
  });

  it("keeps no file open for downloads that were asked for at once, down one connection that was broken off", async () => {
    for (const answered of [0, 1]) {
      const socket = connect(preview.server.port, "127.0.0.1");
      const small = `/checkpoints/myfile/${first}/a.deb`;
      const targets = [...Array.from({ length: answered }, () => small), ...Array.from({ length: 20 }, () => large)];
      socket.write(targets.map((target) => `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`).join(""));
      await once(socket, "data");
      socket.destroy();
    }
    await expectNoOpenFile();
  });

  it("answers requests that were sent at once in their order", async () => {
    const targets = ["/", large, "/nothing", `/checkpoints/myfile/${first}/a.deb`, `/checkpoints/myfile/${first}`];
    const asked = Array.from({ length: 10 }, () => targets).flat();
    const answers = await rawRequests(
      preview.server.port,
      asked.map((target) => ({ target, method: target === large ? "HEAD" : "GET" })),
    );
    expect(answers.map(({ status }) => status)).toEqual(
      Array.from({ length: 10 }, () => [200, 200, 404, 200, 301]).flat(),
    );
  });

  it("cuts off a client that does not come to the end of its headers", async () => {
    const impatient = await openPreview({ headersTimeoutMs: 300 });
    try {
      const socket = connect(impatient.server.port, "127.0.0.1");
      socket.write("GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
      const slowly = setInterval(() => socket.write("x"), 50);
      socket.on("error", () => socket.destroy());
      const chunks: Buffer[] = [];
      socket.on("data", (chunk: Buffer) => chunks.push(chunk));
      await once(socket, "close");
      clearInterval(slowly);
      expect(Buffer.concat(chunks).toString()).toMatch(/^(?:HTTP\/1\.1 408 Request Timeout\r\n|$)/);
    } finally {
      await impatient.close();
    }
  });

  /** Of the fixture; handles close a moment after their connection. */
  async function expectNoOpenFile(): Promise<void> {
    await expect.poll(() => openFiles().filter((file) => file.startsWith(preview.home))).toEqual([]);
  }

  it("refuses headers without end", async () => {
    const response = await preview.get("/", { headers: { "X-Long": "x".repeat(40_000) } });
    expect(response.status).toBe(431);
    expect((await preview.get(`/${"a/".repeat(7_000)}`)).status).toBe(404);
  });

  it(`survives ${nonsense} requests of nonsense and shows none of what lies outside`, async () => {
    const random = seededRandom(20250318);
    const parts = [
      "..",
      "%2e%2e",
      "%2f",
      "/",
      "//",
      "\\",
      ".",
      "%00",
      "%",
      "%zz",
      "?",
      "#",
      "a.deb",
      "dists",
      "stable",
      "",
      "",
      "escape",
      "secret",
      "outside",
      "pipe",
      "loop",
      "_asof",
      "d",
      "latest",
      "%c3%a9",
      "%ff",
      "%0d%0aX: y",
      "\u0001",
      " ",
      "\u00e9",
      "index.html",
      "x".repeat(500),
      first,
      "20240215T000000Z",
    ];
    const methods = ["GET", "GET", "GET", "GET", "HEAD", "POST", "GET ", "\u0000", "CONNECT", "PRI"];
    const headers = [
      "Range: bytes=5-1",
      "Range: bytes=--",
      "If-Range: \u00ff",
      "Host: [",
      "Content-Length: 5",
      "Content-Length: -1",
      "Transfer-Encoding: chunked",
      "Expect: 100-continue",
      "Expect: x",
      "Service-Worker: script",
      "Upgrade: h2c",
      "Connection: upgrade",
      "If-None-Match: W/",
      "If-Modified-Since: now",
      ": x",
      "Range",
    ];
    const pick = (from: readonly string[]): string => from[Math.floor(random() * from.length)] ?? "";
    const statuses = new Set<string>();
    for (let round = 0; round < nonsense / 20; round++) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => {
          const target = `${pick(["/", `/checkpoints/myfile/${first}/`, "/checkpoints/myfile/", ""])}${Array.from({ length: 1 + Math.floor(random() * random() * 6) }, () => pick(parts)).join(pick(["", "/"]))}`;
          const lines = Array.from({ length: Math.floor(random() * 3) }, () => `${pick(headers)}\r\n`).join("");
          return answerTo(
            `${pick(methods)} ${target} HTTP/1.1\r\nHost: localhost\r\n${lines}Connection: close\r\n\r\n`,
          );
        }),
      );
      for (const answer of answers) {
        statuses.add(answer.slice(9, 12));
        expect(answer).not.toContain(canary);
        expect(answer).not.toMatch(/^HTTP\/1.1 5/);
        expect(answer).not.toMatch(/\r\nX: y|\r\nLocation: (?:\/[/\\]|[^/])/);
      }
    }
    expect([...statuses]).toEqual(expect.arrayContaining(["200", "301", "302", "400", "403", "404", "405", "410"]));
    expect((await rawRequest(preview.server.port, { target: "/" })).status).toBe(200);
  }, 300_000);

  /** Whatever comes back until the connection ends; nobody waits for a body that was promised and is not sent. */
  async function answerTo(request: string): Promise<string> {
    const socket = connect(preview.server.port, "127.0.0.1");
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", () => socket.destroy());
    socket.write(Buffer.from(request, "latin1"));
    await new Promise((resolve) => socket.once("close", resolve));
    return Buffer.concat(chunks).toString("latin1");
  }
});

function openFiles(): readonly string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      // The descriptor of this very listing is closed by now.
      return [];
    }
  });
}
