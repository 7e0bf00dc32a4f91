import { createServer } from "node:net";
import type { Socket } from "node:net";

import { portOf } from "../helpers/origin-server.ts";

/** Sends whatever it likes down a connection on which one request came. The socket may be closed by the client at any moment. */
export type Misbehaviour = (socket: Socket) => void;

/** A server below HTTP: it parses no more of a request than its first line, so that its answers may be as wrong as can be. */
export interface RawUpstream {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  /** Raw heads of the requests that came. */
  readonly requests: readonly string[];
  /** What requests for a raw target get. Others get 404. */
  answer(target: string, misbehaviour: Misbehaviour): void;
  /** Requests for a raw target. */
  count(target: string): number;
  /** Bytes that clients let through. */
  sentBytes(): number;
  close(): Promise<void>;
}

export async function startRawUpstream(): Promise<RawUpstream> {
  const answers = new Map<string, Misbehaviour>();
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let sentBytes = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    let head = "";
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      sentBytes += socket.bytesWritten;
      sockets.delete(socket);
    });
    socket.on("data", (chunk) => {
      head += chunk.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      requests.push(head);
      const target = targetOf(head);
      head = "";
      (answers.get(target) ?? whole("404 Not Found", "nothing here"))(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = portOf(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    answer: (target, misbehaviour) => void answers.set(target, misbehaviour),
    count: (target) => requests.filter((head) => targetOf(head) === target).length,
    sentBytes: () => sentBytes + [...sockets].reduce((sum, socket) => sum + socket.bytesWritten, 0),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function targetOf(head: string): string {
  return head.split(" ", 2)[1] ?? "";
}

/** A well-formed answer that closes its connection. */
export function whole(status: string, body: string | Uint8Array, headers: readonly string[] = []): Misbehaviour {
  return (socket) => {
    const lines = [`HTTP/1.1 ${status}`, `Content-Length: ${Buffer.byteLength(body)}`, "Connection: close", ...headers];
    socket.write(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
    socket.end(body);
  };
}

/** Bytes as they are, and then the end of the connection. */
export function bytes(...parts: readonly (string | Uint8Array)[]): Misbehaviour {
  return (socket) => {
    for (const part of parts) socket.write(typeof part === "string" ? Buffer.from(part, "latin1") : part);
    socket.end();
  };
}

/** Bytes as they are, and then silence. */
export function stalling(text: string): Misbehaviour {
  return (socket) => void socket.write(text, "latin1");
}

/** `first`, then `again` without end, a piece each `everyMs`, or as fast as the client takes them. */
export function endless(first: string, again: string | Uint8Array, everyMs?: number): Misbehaviour {
  return (socket) => {
    socket.write(first, "latin1");
    const piece = Buffer.from(again);
    if (everyMs !== undefined) {
      const timer = setInterval(() => socket.write(piece), everyMs);
      socket.once("close", () => clearInterval(timer));
      return;
    }
    const more = (): void => {
      while (!socket.destroyed && socket.write(piece));
    };
    socket.on("drain", more);
    more();
  };
}

export function redirect(location: string, status = "302 Found"): Misbehaviour {
  return whole(status, "", [`Location: ${location}`]);
}

export function reset(): Misbehaviour {
  return (socket) => void socket.resetAndDestroy();
}
