import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { ServerOptions } from "node:https";

import { onTestFinished } from "vitest";

import { portOf } from "./origin-server.ts";
import { answerApi, apiPrefix } from "./pulp-api-app.ts";
import { answerContent } from "./pulp-content-app.ts";
import type { Answer } from "./pulp-content-app.ts";
import { contentPrefix, pulpManifestOf } from "./pulp-world.ts";
import type { PulpWorld, StandInPublication } from "./pulp-world.ts";

/** What happens to one request in place of the true answer. */
export type Fault =
  | Answer
  /** Announces the whole true answer, sends so many bytes of it, closes. */
  | { readonly breakAfter: number }
  /** Announces no length, sends so many bytes of it as if that were all. */
  | { readonly endAfter: number }
  /** The true answer, its body made another. */
  | { readonly rewrite: (body: string) => string; readonly headers?: Readonly<Record<string, string>> }
  /** The true answer to another question. */
  | { readonly forward: (target: string) => string }
  /** The true answer without one of its headers. */
  | { readonly without: string }
  /** Before the true answer is made, this happens. */
  | { readonly first: () => void }
  | "never"
  /** The true answer. */
  | "none";

export interface StandInOptions {
  readonly plugin?: string;
  readonly tls?: ServerOptions;
  /** Headers without which every request is refused. */
  readonly wants?: Readonly<Record<string, string>>;
  /** Every answer takes so long. */
  readonly delayMs?: number;
}

/**
 * A stand-in for a Pulp server, over real HTTP on loopback: API and content app answer as the real one was seen to (what a healthy one does), and each request can be made to go wrong (what it does not).
 */
export interface PulpStandIn {
  readonly world: PulpWorld;
  /** Of the checkpoint distribution. */
  readonly url: string;
  readonly api: string;
  /** Raw targets, in the order they came. */
  readonly targets: string[];
  /** Of the same requests. */
  readonly headers: readonly IncomingHttpHeaders[];
  /** Requests that were under way at the same time. */
  readonly mostOpen: () => number;
  /** Sets Pulp's clock, in seconds since 1970. */
  setNow(seconds: number): void;
  /** `created` as Pulp writes it; a checkpoint that is complete, unless told otherwise. */
  publish(
    created: string,
    files: Readonly<Record<string, string>>,
    about?: Partial<Pick<StandInPublication, "complete" | "checkpoint" | "manifest">>,
  ): StandInPublication;
  finish(publication: StandInPublication): void;
  remove(publication: StandInPublication): void;
  /** The n-th request whose target has `part` in it meets the n-th fault; the last one stays. */
  fault(part: string, ...faults: readonly Fault[]): void;
  heal(): void;
  /** Requests for files of checkpoints, manifests among them. */
  files(): readonly string[];
  /** Those whose bytes were sent. */
  sent(): readonly string[];
}

/** One that ends with the test. */
export async function aPulp(options: StandInOptions = {}): Promise<PulpStandIn> {
  const { plugin = "file/file", tls, wants = {}, delayMs = 0 } = options;
  const targets: string[] = [];
  const faults = new Map<string, Fault[]>();
  let now = Date.now() / 1000;
  let count = 0;
  let open = 0;
  let mostOpen = 0;
  const headers: IncomingHttpHeaders[] = [];
  const statuses: number[] = [];
  const world: PulpWorld = {
    publications: [],
    plugin,
    basePath: "checkpoint/myfile",
    now: () => now,
    gracePeriod: false,
    baseUrl: `${contentPrefix}checkpoint/myfile/`,
  };

  const listener: RequestListener = (request, response) => {
    const target = request.url ?? "";
    const index = targets.push(target) - 1;
    headers.push(request.headers);
    open += 1;
    mostOpen = Math.max(mostOpen, open);
    response.on("close", () => (open -= 1));
    response.on("error", () => undefined);
    if (!isWelcome(request, wants)) return send(response, { status: 403, body: "403: Forbidden" }, "none", now);
    const fault = nextFault(faults, target);
    if (typeof fault === "object" && "first" in fault) fault.first();
    const asked = typeof fault === "object" && "forward" in fault ? fault.forward(target) : target;
    const found = answer(world, asked, request.headers.host ?? "");
    const isKnown = found.headers?.["etag"] !== undefined && found.headers["etag"] === request.headers["if-none-match"];
    const truth = isKnown ? { ...found, status: 304, body: "" } : found;
    statuses[index] = truth.status;
    if (delayMs === 0) send(response, truth, fault, now);
    else setTimeout(() => send(response, truth, fault, now), delayMs);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `${tls === undefined ? "http" : "https"}://127.0.0.1:${portOf(server.address())}`;
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const finish = (one: StandInPublication): void => {
    one.complete = true;
    if (typeof one.manifest === "string") one.published.set(one.manifest, pulpManifestOf(one.files));
  };
  return {
    world,
    url: `${origin}${contentPrefix}${world.basePath}/`,
    api: `${origin}${apiPrefix}`,
    targets,
    headers,
    mostOpen: () => mostOpen,
    setNow: (seconds) => void (now = seconds),
    publish(
      created,
      files,
      { complete = true, checkpoint = true, manifest = plugin === "file/file" ? "PULP_MANIFEST" : undefined } = {},
    ) {
      count += 1;
      const href = `${apiPrefix}publications/${plugin}/${count}/`;
      const one: StandInPublication = {
        href,
        created,
        files: new Map(Object.entries(files)),
        complete,
        checkpoint,
        manifest,
        published: new Map(),
      };
      world.publications.push(one);
      if (complete) finish(one);
      return one;
    },
    finish,
    remove: (one) => void world.publications.splice(world.publications.indexOf(one), 1),
    fault: (part, ...list) => void faults.set(part, [...list]),
    heal: () => faults.clear(),
    files: () => targets.filter(isFile),
    sent: () => targets.filter((target, index) => isFile(target) && statuses[index] === 200),
  };
}

function isFile(target: string): boolean {
  return /\/\d{8}T\d{6}Z\/.*[^/]$/.test(target);
}

function answer(world: PulpWorld, target: string, host: string): Answer {
  if (target.startsWith(apiPrefix)) return answerApi(world, target, host);
  return answerContent(world, target);
}

function isWelcome({ headers }: IncomingMessage, wants: Readonly<Record<string, string>>): boolean {
  return Object.entries(wants).every(([name, value]) => headers[name] === value);
}

function nextFault(faults: ReadonlyMap<string, Fault[]>, target: string): Fault {
  for (const [part, queue] of faults) {
    if (!target.includes(part)) continue;
    return (queue.length > 1 ? queue.shift() : queue[0]) ?? "none";
  }
  return "none";
}

function send(response: ServerResponse, truth: Answer, fault: Fault, now: number): void {
  if (fault === "never") return;
  const { status, headers = {}, body = "" } = typeof fault === "object" && "status" in fault ? fault : truth;
  response.sendDate = false;
  const more = typeof fault === "object" && "rewrite" in fault ? fault.headers : {};
  const all = Object.entries({ date: new Date(Math.floor(now) * 1000).toUTCString(), ...headers, ...more });
  const without = typeof fault === "object" && "without" in fault ? fault.without : undefined;
  const common = Object.fromEntries(all.filter(([name]) => name !== without));
  const bytes = Buffer.from(typeof fault === "object" && "rewrite" in fault ? fault.rewrite(body) : body);
  if (typeof fault === "object" && "endAfter" in fault) {
    const head = Object.entries(common).map(([name, value]) => `${name}: ${value}\r\n`);
    response.socket?.write(`HTTP/1.1 ${status} OK\r\n${head.join("")}connection: close\r\n\r\n`);
    response.socket?.end(bytes.subarray(0, fault.endAfter));
    return;
  }
  response.writeHead(status, { "content-length": bytes.length, ...common });
  if (typeof fault === "object" && "breakAfter" in fault) {
    response.write(bytes.subarray(0, fault.breakAfter), () => response.destroy());
    return;
  }
  response.end(response.req.method === "HEAD" ? undefined : bytes);
}
