import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a proxy shows instead of what the mirror says, by path below the mirror's address; undefined lets it through, null is a 404. */
export type Tamper = (path: string, original: Buffer | null) => Buffer | null | Promise<Buffer | null>;

export interface TamperingProxy {
  /** Ends in a slash. */
  readonly url: string;
  tamper: Tamper;
  /** Paths asked for. */
  readonly asked: readonly string[];
  /** A file as the mirror has it. */
  original(path: string): Promise<Buffer | null>;
  close(): Promise<void>;
}

/** A real HTTP server between a mirror and who reads it, that lies where it is told to. */
export async function startTamperingProxy(mirror: string): Promise<TamperingProxy> {
  const asked: string[] = [];
  const original = async (path: string): Promise<Buffer | null> => {
    const response = await fetch(`${mirror}${path}`, { redirect: "manual" });
    const body = Buffer.from(await response.arrayBuffer());
    return response.status === 200 ? body : null;
  };
  const server = createServer((request, response) => {
    const path = (request.url ?? "").slice(1);
    asked.push(path);
    void answer(path, response);
  });
  const answer = async (path: string, response: ServerResponse): Promise<void> => {
    const body = await proxy.tamper(path, await original(path));
    response.writeHead(body === null ? 404 : 200, { "content-length": body?.length ?? 0 });
    response.end(body);
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening on a port");
  const proxy: TamperingProxy = {
    url: `http://127.0.0.1:${address.port}/`,
    tamper: (_, body) => body,
    asked,
    original,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}
