import { createServer, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openHttp } from "../../src/sources/http.ts";
import type { HttpOptions } from "../../src/sources/http.ts";
import { portOf, startOrigin } from "../helpers/origin-server.ts";
import type { OriginServer } from "../helpers/origin-server.ts";

interface Proxy {
  readonly host: string;
  readonly lines: string[];
  readonly authorizations: (string | undefined)[];
  /** From now on every request gets 407. */
  readonly refuse: () => void;
  readonly close: () => Promise<void>;
}

let origin: OriginServer;
let proxy: Proxy;

beforeEach(async () => {
  origin = await startOrigin();
  proxy = await startProxy(origin);
});
afterEach(async () => {
  await proxy.close();
  await origin.close();
});

describe("a proxy named in the environment", () => {
  it("gets plain http as proxy requests, for names that only it can resolve", async () => {
    origin.answer("/a%23b?q=1", { kind: "bytes", body: "hello" });
    expect(await text("http://mirror.test/a%23b?q=1", { http_proxy: `http://${proxy.host}` })).toBe("hello");
    expect(proxy.lines).toEqual(["GET http://mirror.test/a%23b?q=1"]);
    expect(origin.targets()).toEqual(["/a%23b?q=1"]);
  });

  it("may be spelled without scheme, in upper case, with user and password", async () => {
    origin.answer("/a", { kind: "bytes", body: "hello" });
    expect(await text("http://mirror.test/a", { HTTP_PROXY: `us%40er:pass@${proxy.host}` })).toBe("hello");
    expect(proxy.authorizations).toEqual([`Basic ${Buffer.from("us@er:pass").toString("base64")}`]);
    expect(origin.requests[0]?.headers["proxy-authorization"]).toBeUndefined();
  });

  it("gets https as a tunnel", async () => {
    await expect(text("https://mirror.test/a", { https_proxy: `http://${proxy.host}` })).rejects.toMatchObject({
      code: "SOURCE_UNREACHABLE",
    });
    expect(proxy.lines).toEqual(["CONNECT mirror.test:443"]);
  });

  it("is not asked for hosts in no_proxy", async () => {
    origin.answer("/a", { kind: "bytes", body: "hello" });
    const environment = { http_proxy: `http://${proxy.host}`, no_proxy: "other.test,127.0.0.1" };
    expect(await text(`${origin.url}/a`, environment)).toBe("hello");
    expect(proxy.lines).toEqual([]);
  });

  it.each(["http://mirror.test/a", "https://mirror.test/a"])("that wants a password for %s says so", async (url) => {
    proxy.refuse();
    await expect(text(url, { http_proxy: proxy.host })).rejects.toMatchObject({
      code: "SOURCE_REFUSED",
      message: "the proxy wants a user and password",
    });
  });

  it("that is no URL is a fault of the configuration", async () => {
    await expect(text(`${origin.url}/a`, { http_proxy: "http://" })).rejects.toMatchObject({ code: "CONFIG" });
  });
});

describe("a source behind a proxy", () => {
  it("cannot lead us to an address of this machine", async () => {
    const canary = origin.url.replace("http://", "");
    const environment = { http_proxy: `http://${proxy.host}`, no_proxy: "127.0.0.1,canary.test" };
    origin.answer("/to-address", { kind: "redirect", to: `http://${canary}/canary` });
    origin.answer("/to-name", { kind: "redirect", to: `http://${canary.replace("127.0.0.1", "canary.test")}/canary` });
    origin.answer("/to-localhost", { kind: "redirect", to: "http://localhost/canary" });
    for (const path of ["/to-address", "/to-name", "/to-localhost"]) {
      await expect(text(`http://mirror.test${path}`, environment, resolveToLoopback)).rejects.toMatchObject({
        code: "SOURCE_REFUSED",
        transient: false,
        message: expect.stringContaining("loopback"),
      });
    }
    expect(origin.count("/canary")).toBe(0);
  });
});

const resolveToLoopback: HttpOptions["resolve"] = (_hostname, callback) =>
  callback(null, [{ address: "127.0.0.1", family: 4 }]);

async function text(
  url: string,
  environment: Readonly<Record<string, string>>,
  resolve?: HttpOptions["resolve"],
): Promise<string> {
  const http = openHttp(new URL(url), { timeoutSeconds: 5, environment, resolve });
  const content = await http.get(new URL(url), { signal: new AbortController().signal });
  const chunks: Uint8Array[] = [];
  for await (const chunk of content.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** A forward proxy for which every host is `origin`. */
async function startProxy(upstream: OriginServer): Promise<Proxy> {
  const lines: string[] = [];
  const authorizations: (string | undefined)[] = [];
  let status = 200;
  const server = createServer((request, response) => {
    if (status !== 200) {
      response.writeHead(status).end();
      return;
    }
    lines.push(`${request.method} ${request.url}`);
    authorizations.push(request.headers["proxy-authorization"]);
    const target = /^http:\/\/[^/]*(?<target>.*)$/.exec(request.url ?? "")?.groups?.["target"] ?? "/";
    const { "proxy-authorization": _, ...headers } = request.headers;
    httpRequest(upstream.url, { path: target, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    }).end();
  });
  server.on("connect", (request, client) => {
    if (status !== 200) {
      client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      return;
    }
    lines.push(`CONNECT ${request.url}`);
    const [hostname = "", port = ""] = upstream.host.split(":");
    const socket = connect(Number(port), hostname, () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(client).pipe(socket);
    });
    socket.on("error", () => client.destroy());
    client.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${portOf(server.address())}`,
    lines,
    authorizations,
    refuse: () => void (status = 407),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
