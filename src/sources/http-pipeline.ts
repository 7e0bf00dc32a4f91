import { connect } from "node:net";
import type { LookupFunction } from "node:net";
import { openPace } from "./http-body.ts";
import { parsePlainHead } from "./http-plain-answer.ts";
import type { PlainHead } from "./http-plain-answer.ts";

/** A file of which is known beforehand how long it is. */
export interface SmallFile {
  /** Path and query, as they stand in a request. */
  readonly target: string;
  readonly sizeBytes: number;
}

export interface PipelineOptions<File extends SmallFile> {
  /** An http: server, which is asked without a proxy. */
  readonly origin: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly lookup: LookupFunction;
  readonly timeoutSeconds: number;
  /** Connections at most. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** Takes a body of exactly the wanted size; answers whether it is what was wanted. A rejection ends everything. */
  readonly onBody: (file: File, body: Uint8Array) => Promise<boolean>;
}

/**
 * Asks for many small files over few connections, several ahead on each, as apt does: of small files the requests are what costs, not the bytes. `onBody` hears of every file that came in a plain answer (see
 * http-plain-answer.ts). Anything else ends the connection on which it came, and what was asked for there comes no more: it is for the caller to ask for that in the ordinary way, which knows redirects, retries
 * and what to say. Rejects with the reason of `signal`, or of `onBody`; when this is over nothing goes on.
 */
export async function requestAhead<File extends SmallFile>(
  files: Iterable<File>,
  options: PipelineOptions<File>,
): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const queue = queueOf(files);
  const count = Math.min(mostConnections, options.concurrency);

  async function keepAsking(): Promise<void> {
    for (let first = queue.next(); first !== undefined; first = queue.next()) {
      queue.giveBack([first]);
      const { answered, owed, isOdd } = await converse(queue, { ...options, signal });
      if (signal.aborted || isOdd || answered < worthAnother) return;
      queue.giveBack(owed);
    }
  }

  const failures: unknown[] = [];
  const lines = Array.from({ length: count }, async () => {
    try {
      await keepAsking();
    } catch (error) {
      failures.push(error);
      stop.abort(error);
    }
  });
  await Promise.all(lines);
  options.signal.throwIfAborted();
  if (failures.length > 0) throw failures[0];
}

const mostConnections = 4;
/** Requests under way on a connection, as many as apt has; the server answers one after the other. More are sent when half of them are answered, so that one packet holds several. */
const mostAhead = 10;
/** Servers close a connection after so and so many answers, nginx after 1,000. One that closes after a few is not made for this. */
const worthAnother = 32;

interface Queue<File> {
  next(): File | undefined;
  giveBack(files: readonly File[]): void;
}

function queueOf<File>(files: Iterable<File>): Queue<File> {
  const iterator = files[Symbol.iterator]();
  const again: File[] = [];
  return {
    next() {
      const first = again.pop();
      if (first !== undefined) return first;
      const { done, value } = iterator.next();
      return done === true ? undefined : value;
    },
    giveBack: (returned) => void again.push(...returned),
  };
}

interface Conversation<File> {
  readonly answered: number;
  /** What was asked for, and got no answer. */
  readonly owed: readonly File[];
  /** It ended because of what came, or because nothing came. */
  readonly isOdd: boolean;
}

/** One connection, from its beginning to its end. Before its first answer nothing is asked ahead. */
function converse<File extends SmallFile>(
  queue: Queue<File>,
  { origin, headers, lookup, timeoutSeconds, signal, onBody }: PipelineOptions<File>,
): Promise<Conversation<File>> {
  const common = Object.entries({ host: origin.host, connection: "keep-alive", ...headers });
  const rest = ` HTTP/1.1\r\n${common.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;

  return new Promise((resolve, reject) => {
    const host = origin.hostname.replace(/^\[|\]$/g, "");
    const socket = connect({ host, port: Number(origin.port === "" ? 80 : origin.port), lookup, noDelay: true });
    const pace = openPace(timeoutSeconds);
    const owed: File[] = [];
    let answered = 0;
    let isTaking = false;
    let lastByte = performance.now();
    let chunks: Buffer[] = [];
    let length = 0;
    let head: PlainHead | undefined;
    let isOdd = false;
    let failure: { readonly error: unknown } | undefined;

    function ask(): void {
      let text = "";
      const wasIdle = owed.length === 0;
      for (let more = toAsk(); more > 0; more--) {
        const file = queue.next();
        if (file === undefined) break;
        owed.push(file);
        text += `GET ${file.target}${rest}`;
      }
      if (text !== "") {
        if (wasIdle) lastByte = performance.now();
        socket.write(text, "latin1");
      } else if (owed.length === 0) socket.destroy();
    }

    function toAsk(): number {
      if (answered === 0) return 1 - owed.length;
      return owed.length <= mostAhead / 2 ? mostAhead - owed.length : 0;
    }

    function giveUp(): void {
      isOdd = true;
      socket.destroy();
    }

    /** The bodies that are whole in what came. */
    function* bodies(): Generator<readonly [File, Uint8Array], void> {
      // A body comes in pieces, and putting them together for each new one would take quadratic time.
      if (head !== undefined && length < head.headBytes + head.bodyBytes) return;
      let received = chunks.length === 1 ? (chunks[0] ?? nothing) : Buffer.concat(chunks);
      for (; received.length > 0; head = undefined) {
        const [file] = owed;
        const found = head ?? (file === undefined ? "other" : parsePlainHead(received));
        if (found === "incomplete") break;
        if (found === "other" || file === undefined || found.bodyBytes !== file.sizeBytes) return giveUp();
        head = found;
        const whole = found.headBytes + found.bodyBytes;
        if (received.length < whole) break;
        owed.shift();
        answered += 1;
        yield [file, received.subarray(found.headBytes, whole)];
        received = received.subarray(whole);
        if (found.isLast) socket.destroy();
        if (socket.destroyed) return;
      }
      chunks = received.length === 0 ? [] : [received];
      length = received.length;
    }

    /** One body after the other, so that no more are in memory than came at once. Nothing is read meanwhile. */
    async function onData(chunk: Buffer): Promise<void> {
      const tooSlow = pace(chunk.length, performance.now() - lastByte);
      chunks.push(chunk);
      length += chunk.length;
      isTaking = true;
      socket.pause();
      try {
        if (tooSlow !== undefined) giveUp();
        else for (const [file, body] of bodies()) if (!(await onBody(file, body))) giveUp();
      } catch (error) {
        failure = { error };
        socket.destroy();
      }
      isTaking = false;
      lastByte = performance.now();
      if (socket.closed) end();
      else if (!socket.destroyed) {
        ask();
        socket.resume();
      }
    }

    function end(): void {
      if (isTaking) return;
      signal.removeEventListener("abort", onAbort);
      if (failure === undefined) resolve({ answered, owed, isOdd });
      else reject(failure.error);
    }

    const onAbort = (): void => void socket.destroy();
    signal.addEventListener("abort", onAbort);
    socket.setTimeout(Math.ceil(timeoutSeconds * 1000), giveUp);
    socket.on("connect", ask);
    socket.on("data", (chunk) => void onData(chunk));
    // What went wrong is met again, and told, where the file is asked for in the ordinary way.
    socket.on("error", () => undefined);
    socket.on("close", end);
    if (signal.aborted) onAbort();
  });
}

const nothing = Buffer.alloc(0);
