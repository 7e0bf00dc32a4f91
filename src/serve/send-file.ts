import { closeSync, createReadStream } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";

import { evaluateConditions } from "./conditions.ts";
import type { Validators } from "./conditions.ts";
import { readBeginning } from "./open-inside.ts";
import type { OpenedFile } from "./open-inside.ts";
import { sendText } from "./send-text.ts";

/**
 * Sends an open file with status 200, 206, 304, 412 or 416 and closes it, whatever becomes of the connection. Headers set before stay; `headers`, with the media type among them, go with the first
 * three alone.
 */
export type SendFile = (
  request: IncomingMessage,
  response: ServerResponse,
  file: OpenedFile,
  headers: ContentHeaders,
) => Promise<void>;

export type ContentHeaders = Readonly<Record<string, string>> & { readonly "Content-Type": string };

/**
 * serve-handler behind walls. By itself it serves what symlinks outside lead to, dies of a symlinked directory, leaks a descriptor for every aborted download, sends the
 * whole file with a 416, answers HEAD by reading, trips over names, and knows the types of 2018 (6.1.8, measured). So it gets no path at all: only a neutral name, a request of our making,
 * and a file that is open already. What it contributes is the headers of a whole file and of a range, and the sending.
 */
export async function loadFileSender(): Promise<SendFile> {
  const { default: handler }: { readonly default: unknown } = await import("serve-handler");
  if (!isServeHandler(handler)) throw new Error("serve-handler exports no function");
  return (request, response, file, headers) => sendFile(handler, request, response, file, headers);
}

async function sendFile(
  handler: ServeHandler,
  request: IncomingMessage,
  response: ServerResponse,
  file: OpenedFile,
  { "Content-Type": type, ...headers }: ContentHeaders,
): Promise<void> {
  const { descriptor, stats } = file;
  const validators = { etag: etagOf(stats), modified: Math.floor(stats.mtimeMs / 1000), sizeBytes: stats.size };
  const method = request.method ?? "GET";
  const verdict = evaluateConditions(method, request.headers, validators);
  const hasBody = method === "GET" && (verdict.status === 200 || verdict.status === 206);
  setValidators(response, validators);
  const isSmall = verdict.status === 200 && stats.size <= smallBytes;
  const small = isSmall && hasBody && !response.destroyed ? readAndClose(file) : undefined;
  if (small === undefined && (!hasBody || stats.size === 0 || response.destroyed)) closeSync(descriptor);
  if (response.destroyed) return;
  if (isSmall) {
    sendSmall(response, stats.size, small, { "Content-Type": type, ...headers });
    return;
  }
  if (verdict.status === 304) {
    for (const [header, value] of Object.entries(headers)) response.setHeader(header, value);
    response.writeHead(304).end();
    return;
  }
  if (verdict.status === 412 || verdict.status === 416) {
    response.setHeader("Cache-Control", "no-store");
    if (verdict.status === 416) response.setHeader("Content-Range", `bytes */${stats.size}`);
    sendText(request, response, verdict.status);
    return;
  }

  for (const [header, value] of Object.entries(headers)) response.setHeader(header, value);
  const range = verdict.status === 206 ? verdict : { first: 0, last: stats.size - 1 };
  const stream =
    hasBody && stats.size > 0 ? streamOf(descriptor, range.first, range.last, response) : Readable.from([]);
  await handler(
    { url: neutralPath, headers: verdict.status === 206 ? { range: `bytes=${range.first}-${range.last}` } : {} },
    response,
    {
      public: "/",
      cleanUrls: false,
      directoryListing: false,
      etag: false,
      headers: [
        {
          source: neutralPath,
          headers: [
            { key: "Content-Disposition", value: null },
            { key: "Content-Type", value: type },
          ],
        },
      ],
    },
    { lstat: async () => stats, createReadStream: async () => stream },
  );
}

const neutralPath = "/content";

/** A file up to here is sent in one piece: streams would cost several times what reading and sending do. */
const smallBytes = 65_536;

function readAndClose(file: OpenedFile): Buffer {
  try {
    return readBeginning(file, file.stats.size);
  } finally {
    closeSync(file.descriptor);
  }
}

/** What serve-handler sends of a whole file. `bytes` is undefined for a HEAD; a file that became shorter breaks the connection. */
function sendSmall(
  response: ServerResponse,
  sizeBytes: number,
  bytes: Buffer | undefined,
  headers: ContentHeaders,
): void {
  response.writeHead(200, { "Content-Length": sizeBytes, "Accept-Ranges": "bytes", ...headers });
  if (bytes === undefined || bytes.length === sizeBytes) response.end(bytes);
  else response.destroy();
}

/** Closes the file when the response is over, be it sent or abandoned; a file that ends too soon breaks the connection, so that nobody takes the rest for the whole. */
function streamOf(descriptor: number, first: number, last: number, response: ServerResponse): Readable {
  const stream = createReadStream("", { fd: descriptor, start: first, end: last });
  response.once("close", () => stream.destroy());
  stream.once("error", () => response.destroy());
  stream.once("end", () => {
    if (stream.bytesRead < last - first + 1) response.destroy();
  });
  return stream;
}

function setValidators(response: ServerResponse, { etag, modified }: Validators): void {
  response.setHeader("ETag", etag);
  response.setHeader("Last-Modified", new Date(modified * 1000).toUTCString());
}

/** As nginx makes it: mtime and size. A path that gets new bytes of equal size gets a later mtime. */
function etagOf(stats: OpenedFile["stats"]): string {
  return `"${Math.floor(stats.mtimeMs).toString(16)}-${stats.size.toString(16)}"`;
}

/** What serve-handler really takes; @types/serve-handler has the callback functions of node:fs where it awaits promises. */
type ServeHandler = (
  request: { readonly url: string; readonly headers: { readonly range?: string } },
  response: ServerResponse,
  config: {
    readonly public: string;
    readonly cleanUrls: boolean;
    readonly directoryListing: boolean;
    readonly etag: boolean;
    readonly headers: readonly {
      readonly source: string;
      readonly headers: readonly { readonly key: string; readonly value: string | null }[];
    }[];
  },
  methods: {
    readonly lstat: () => Promise<OpenedFile["stats"]>;
    readonly createReadStream: () => Promise<Readable>;
  },
) => Promise<void>;

function isServeHandler(value: unknown): value is ServeHandler {
  return typeof value === "function";
}
