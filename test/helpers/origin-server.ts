import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What the origin does with one request. */
export type Reply =
  | { readonly kind: "bytes"; readonly body: string | Uint8Array; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: "status"; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: "redirect"; readonly to: string; readonly status?: number }
  /** Announces all of `body`, sends the first `after` bytes, closes the connection. */
  | { readonly kind: "truncate"; readonly body: string; readonly after: number }
  /** Announces no length, sends the first `after` bytes, ends the connection as if that were all. */
  | { readonly kind: "short"; readonly body: string; readonly after: number }
  /** Sends the first `after` bytes, then nothing, and keeps the connection. */
  | { readonly kind: "stall"; readonly body: string; readonly after: number }
  /** Accepts the request and never answers. */
  | { readonly kind: "silence" }
  /** One byte each 20 ms. */
  | { readonly kind: "drip"; readonly body: string; readonly status?: number }
  /** Chunks without end. */
  | { readonly kind: "endless" };

export interface OriginRequest {
  readonly method: string;
  /** The request target, byte for byte as it came. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
}

/** A real HTTP server on loopback that misbehaves when told to. */
export interface OriginServer {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  readonly host: string;
  readonly requests: readonly OriginRequest[];
  /** The n-th request for `target` gets the n-th reply, later ones the last. A target without replies gets 404. */
  readonly answer: (target: string, ...replies: readonly [Reply, ...Reply[]]) => void;
  /** Serves files below `directory` (raw, with slashes at both ends) and a PULP_MANIFEST that lists them. */
  readonly publish: (directory: string, files: Readonly<Record<string, string>>) => void;
  readonly targets: () => readonly string[];
  /** Requests for one target. */
  readonly count: (target: string) => number;
  /** Bytes of endless bodies that the client let through. */
  readonly endlessBytes: () => number;
  readonly close: () => Promise<void>;
}

export async function startOrigin(): Promise<OriginServer> {
  const replies = new Map<string, Reply[]>();
  const requests: OriginRequest[] = [];
  const closing = new AbortController();
  let endlessBytes = 0;

  const server = createServer((request, response) => {
    const target = request.url ?? "";
    requests.push({ method: request.method ?? "", target, headers: request.headers });
    const queue = replies.get(target) ?? [];
    const reply = queue.length > 1 ? queue.shift() : queue[0];
    response.on("error", () => undefined);
    void send(response, reply ?? { kind: "status", status: 404 });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${portOf(server.address())}`;

  async function send(response: ServerResponse, reply: Reply): Promise<void> {
    switch (reply.kind) {
      case "bytes":
        response.writeHead(200, { "content-length": Buffer.byteLength(reply.body), ...reply.headers });
        response.end(reply.body);
        return;
      case "status":
        response.writeHead(reply.status, { ...reply.headers });
        response.end(`status ${reply.status}\n`);
        return;
      case "redirect":
        response.writeHead(reply.status ?? 302, { location: reply.to });
        response.end();
        return;
      case "truncate":
        response.writeHead(200, { "content-length": Buffer.byteLength(reply.body) });
        response.write(reply.body.slice(0, reply.after), () => response.destroy());
        return;
      case "short":
        response.socket?.end(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${reply.body.slice(0, reply.after)}`);
        return;
      case "stall":
        response.writeHead(200, { "content-length": Buffer.byteLength(reply.body) });
        response.write(reply.body.slice(0, reply.after));
        return;
      case "silence":
        return;
      case "drip":
        response.writeHead(reply.status ?? 200, { "content-length": Buffer.byteLength(reply.body) });
        for (const byte of reply.body) {
          if (response.destroyed || closing.signal.aborted) return;
          response.write(byte);
          await sleep(20);
        }
        response.end();
        return;
      case "endless": {
        const chunk = Buffer.alloc(65_536, "x");
        response.writeHead(200, {});
        while (!response.destroyed && !closing.signal.aborted) {
          await new Promise<void>((resolve) => {
            response.write(chunk, () => resolve());
          });
          endlessBytes += chunk.length;
        }
      }
    }
  }

  return {
    url: `http://${host}`,
    host,
    requests,
    answer: (target, ...list) => void replies.set(target, [...list]),
    publish(directory, files) {
      replies.set(`${directory}PULP_MANIFEST`, [{ kind: "bytes", body: manifestOf(files) }]);
      for (const [path, body] of Object.entries(files)) {
        const encoded = path.split("/").map(encodeURIComponent).join("/");
        replies.set(directory + encoded, [{ kind: "bytes", body }]);
      }
    },
    targets: () => requests.map(({ target }) => target),
    count: (target) => requests.filter((request) => request.target === target).length,
    endlessBytes: () => endlessBytes,
    async close() {
      closing.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The manifest of some files, in the order given. */
export function manifestOf(files: Readonly<Record<string, string>>): string {
  return Object.entries(files)
    .map(([path, body]) => `${path},${sha256Of(body)},${Buffer.byteLength(body)}\n`)
    .join("");
}

export function sha256Of(body: string): string {
  return createHash("sha256").update(body).digest("hex");
}

/** The port of a listening server's `address()`. */
export function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("not listening on a port");
  return address.port;
}
