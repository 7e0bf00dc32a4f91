import { connect } from "node:net";

/** A request whose target goes out byte for byte as given, one character a byte: no client library does that. */
export interface RawRequest {
  readonly target: string;
  readonly method?: string;
  /** Replace or, with an empty value, remove `Host`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly httpVersion?: "1.0" | "1.1";
}

export interface RawResponse {
  readonly status: number;
  /** Lower-case names; values of repeated headers joined by ", ". */
  readonly headers: ReadonlyMap<string, string>;
  /** The whole header block, as it came. */
  readonly head: string;
  readonly body: Buffer;
}

export async function rawRequest(port: number, request: RawRequest): Promise<RawResponse> {
  const [response] = await rawRequests(port, [request]);
  if (response === undefined) throw new Error(`no response to ${request.method ?? "GET"} ${request.target}`);
  return response;
}

/**
 * Sends all requests down one connection without waiting, and returns the responses in order. Fewer come back when the server ends the connection, as it does after a request that it
 * cannot parse. Bodies must have a Content-Length or end with the connection.
 */
export async function rawRequests(port: number, requests: readonly RawRequest[]): Promise<readonly RawResponse[]> {
  const text = requests.map((request, index) => requestText(request, index === requests.length - 1)).join("");
  const received = await exchange(port, Buffer.from(text, "latin1"));
  return parseResponses(
    received,
    requests.map(({ method }) => method ?? "GET"),
  );
}

function requestText(
  { target, method = "GET", headers = {}, httpVersion = "1.1" }: RawRequest,
  isLast: boolean,
): string {
  const all = { ...(httpVersion === "1.1" ? { Host: "mirror.example" } : {}), ...headers };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === "" ? [] : [`${name}: ${value}`]));
  if (isLast) lines.push("Connection: close");
  return [`${method} ${target} HTTP/${httpVersion}`, ...lines, "", ""].join("\r\n");
}

function exchange(port: number, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ port, host: "127.0.0.1" });
    socket.setTimeout(30_000, () => socket.destroy(new Error("no answer in 30 seconds")));
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("end", () => resolve(Buffer.concat(chunks)));
    socket.on("error", (error) => {
      // A server that closes while we still send resets the connection; what it said before counts.
      if (chunks.length > 0) resolve(Buffer.concat(chunks));
      else reject(error);
    });
    socket.write(request);
  });
}

function parseResponses(received: Buffer, methods: readonly string[]): readonly RawResponse[] {
  const responses: RawResponse[] = [];
  let offset = 0;
  for (const method of methods) {
    const end = received.indexOf("\r\n\r\n", offset);
    if (end < 0) break;
    const head = received.toString("latin1", offset, end);
    const headers = parseHeaders(head);
    const length = bodyLength(method, statusOf(head), headers.get("content-length")) ?? received.length - end - 4;
    responses.push({ status: statusOf(head), headers, head, body: received.subarray(end + 4, end + 4 + length) });
    offset = end + 4 + length;
  }
  return responses;
}

function statusOf(head: string): number {
  return Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? "0");
}

function parseHeaders(head: string): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const line of head.split("\r\n").slice(1)) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return headers;
}

function bodyLength(method: string, status: number, contentLength: string | undefined): number | undefined {
  if (method === "HEAD" || status === 204 || status === 304) return 0;
  return contentLength === undefined ? undefined : Number(contentLength);
}
