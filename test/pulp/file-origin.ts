import { createServer } from "node:http";

import { manifestOf, portOf } from "../helpers/origin-server.ts";

/** Where Pulp syncs from: folders of files with a manifest, found under every spelling of a path that means it. */
export interface FileOrigin {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  /** What the folder holds from now on, PULP_MANIFEST included. */
  publish(folder: string, files: Readonly<Record<string, string>>): void;
  close(): Promise<void>;
}

export async function startFileOrigin(): Promise<FileOrigin> {
  const folders = new Map<string, Readonly<Record<string, string>>>();
  const server = createServer((request, response) => {
    const [, folder = "", path = ""] = /^\/([^/]*)\/(.*)$/.exec(decodeURIComponent(request.url ?? "")) ?? [];
    const body = folders.get(folder)?.[path];
    response.writeHead(body === undefined ? 404 : 200, { "content-length": Buffer.byteLength(body ?? "") });
    response.end(body ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${portOf(server.address())}`,
    publish: (folder, files) => void folders.set(folder, { ...files, PULP_MANIFEST: manifestOf(files) }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
