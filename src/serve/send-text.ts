import { STATUS_CODES } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";

/** Sends a status with a line about it; nothing that came with the request is repeated in it. Headers set before stay. */
export function sendText(request: IncomingMessage, response: ServerResponse, status: number, text?: string): void {
  response.setHeader("Content-Type", "text/plain; charset=utf-8");
  sendBytes(request, response, status, Buffer.from(`${text ?? `${status} ${STATUS_CODES[status] ?? ""}`.trim()}\n`));
}

/** Sends a whole body, or for a HEAD its length alone. */
export function sendBytes(request: IncomingMessage, response: ServerResponse, status: number, body: Buffer): void {
  response.writeHead(status, { "Content-Length": body.length });
  response.end(request.method === "HEAD" ? undefined : body);
}
