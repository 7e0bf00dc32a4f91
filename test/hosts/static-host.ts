import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import { readFileSync, statSync } from "node:fs";
import path from "node:path";

import { contentTypeOf } from "../../src/model/content-type.ts";

/** A host of files as GitHub Pages is one: `index.html` of directories, a redirect to their slash, `X.html` for X, and 404.html with status 404 for everything else. */
export interface StaticHost {
  readonly origin: string;
  /** Paths of all requests so far. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

export interface StaticHostOptions {
  readonly publicDir: string;
  /** Where public/ is served, slashes at both ends. */
  readonly mount: string;
  /** Headers of every answer to a request for a path. */
  readonly headersOf?: (requestPath: string) => Readonly<Record<string, string>>;
}

export async function startStaticHost({
  publicDir,
  mount,
  headersOf = () => ({}),
}: StaticHostOptions): Promise<StaticHost> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const [raw = "", query] = (request.url ?? "").split(/\?(.*)/s);
    asked.push(raw);
    for (const [name, value] of Object.entries(headersOf(raw))) response.setHeader(name, value);
    const below = raw.startsWith(mount) ? decoded(raw.slice(mount.length)) : undefined;
    const file = below === undefined ? undefined : path.join(publicDir, below);
    if (file === undefined || !`${file}/`.startsWith(`${publicDir}/`)) notFound(response);
    else if (raw.endsWith("/") && isFile(path.join(file, "index.html")))
      send(response, 200, path.join(file, "index.html"));
    else if (isFile(file)) send(response, 200, file);
    else if (isFile(`${file}.html`)) send(response, 200, `${file}.html`);
    else if (isFile(path.join(file, "index.html"))) {
      response.writeHead(301, { location: `${raw}/${query === undefined ? "" : `?${query}`}` }).end();
    } else notFound(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");

  return {
    origin: `http://127.0.0.1:${address.port}`,
    asked,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };

  function notFound(response: ServerResponse): void {
    send(response, 404, path.join(publicDir, "404.html"));
  }
}

function send(response: ServerResponse, status: number, file: string): void {
  response.writeHead(status, {
    "content-type": contentTypeOf(path.basename(file) === "404.html" ? "index.html" : path.basename(file)),
  });
  response.end(readFileSync(file));
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function isFile(file: string): boolean {
  return !file.includes("\0") && !file.endsWith("/") && statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}
