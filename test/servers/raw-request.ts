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
  const methods = requests.map(({ method }) => method ?? "GET");
  return exchange(port, Buffer.from(text, "latin1"), methods);
}

function requestText(
  { target, method = "GET", headers = {}, httpVersion = "1.1" }: RawRequest,
  isLast: boolean,
): string {
  // A POST says how long it is, or lighttpd answers 411 before anybody else is asked.
  const length = method === "POST" ? { "Content-Length": "0" } : {};
  const all = { ...(httpVersion === "1.1" ? { Host: "mirror.example" } : {}), ...length, ...headers };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === "" ? [] : [`${name}: ${value}`]));
  if (isLast) lines.push("Connection: close");
  return [`${method} ${target} HTTP/${httpVersion}`, ...lines, "", ""].join("\r\n");
}

function exchange(port: number, request: Buffer, methods: readonly string[]): Promise<readonly RawResponse[]> {
  return new Promise((resolve, reject) => {
    const responses: RawResponse[] = [];
    // Chunks are put together only when they can complete a response: a body of megabytes comes in thousands.
    const chunks: Buffer[] = [];
    let held = 0;
    let wanted = 0;
    const socket = connect({ port, host: "127.0.0.1" });
    const take = (isEnd: boolean): void => {
      let received = Buffer.concat(chunks.splice(0));
      for (let method = methods[responses.length]; method !== undefined; method = methods[responses.length]) {
        const parsed = parseResponse(received, method, isEnd);
        wanted = parsed.length;
        if (parsed.response === undefined) break;
        responses.push(parsed.response);
        received = received.subarray(parsed.length);
      }
      chunks.push(received);
      held = received.length;
    };
    socket.setTimeout(30_000, () => socket.destroy(new Error("no answer in 30 seconds")));
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      held += chunk.length;
      if (held >= wanted) take(false);
      // Some servers keep a connection open for seconds that they were asked to close.
      if (responses.length === methods.length) socket.end();
    });
    socket.on("end", () => {
      take(true);
      resolve(responses);
    });
    socket.on("close", () => resolve(responses));
    socket.on("error", (error) => {
      // A server that closes while we still send resets the connection; what it said before counts.
      take(true);
      if (responses.length > 0) resolve(responses);
      else reject(error);
    });
    socket.write(request);
  });
}

/** The first response and its length; while some of it is missing, no response and the length that is to be waited for. A body without a length is all there is at the end of the connection. */
function parseResponse(
  received: Buffer,
  method: string,
  isEnd: boolean,
): { readonly response: RawResponse | undefined; readonly length: number } {
  const end = received.indexOf("\r\n\r\n");
  if (end < 0) return { response: undefined, length: received.length + 1 };
  const head = received.toString("latin1", 0, end);
  const headers = parseHeaders(head);
  const start = end + 4;
  const length =
    bodyLength(method, statusOf(head), headers.get("content-length")) ?? (isEnd ? received.length - start : undefined);
  if (length === undefined) return { response: undefined, length: Infinity };
  if (received.length < start + length && !isEnd) return { response: undefined, length: start + length };
  const body = received.subarray(start, start + length);
  return { response: { status: statusOf(head), headers, head, body }, length: start + length };
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
