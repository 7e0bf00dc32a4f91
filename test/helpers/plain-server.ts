import { createServer } from "node:net";
import type { Socket } from "node:net";

import { portOf } from "./origin-server.ts";

/** What a connection sees of one request. */
export interface PlainRequest {
  readonly target: string;
  readonly head: string;
  /** Counted from 1 over the connection. */
  readonly number: number;
  /** How often this target was asked for before. */
  readonly earlier: number;
  readonly socket: Socket;
}

/** A server below HTTP that answers requests which come ahead, one after the other. */
export interface PlainServer {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly connections: () => number;
  readonly openConnections: () => number;
  readonly heads: readonly string[];
  /** The most requests that came in one piece, and of how many the first piece of any connection was. */
  readonly mostAtOnce: () => number;
  readonly mostAtFirst: () => number;
  readonly count: (target: string) => number;
  readonly close: () => Promise<void>;
}

/** Sends what `answer` gives for each request, as it is; undefined for nothing. */
export async function startPlainServer(
  answer: (request: PlainRequest) => string | Uint8Array | undefined,
): Promise<PlainServer> {
  const sockets = new Set<Socket>();
  const heads: string[] = [];
  const counts = new Map<string, number>();
  let connections = 0;
  let mostAtOnce = 0;
  let mostAtFirst = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    connections += 1;
    let rest = "";
    let number = 0;
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (chunk) => {
      const asked = (rest + chunk.toString("latin1")).split("\r\n\r\n");
      rest = asked.pop() ?? "";
      mostAtOnce = Math.max(mostAtOnce, asked.length);
      if (number === 0) mostAtFirst = Math.max(mostAtFirst, asked.length);
      for (const head of asked) {
        const target = head.split(" ", 2)[1] ?? "";
        const earlier = counts.get(target) ?? 0;
        heads.push(head);
        counts.set(target, earlier + 1);
        number += 1;
        const bytes = socket.writableEnded ? undefined : answer({ target, head, number, earlier, socket });
        if (bytes !== undefined && socket.writable)
          socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${portOf(server.address())}`,
    connections: () => connections,
    openConnections: () => sockets.size,
    heads,
    mostAtOnce: () => mostAtOnce,
    mostAtFirst: () => mostAtFirst,
    count: (target) => counts.get(target) ?? 0,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
