import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { isInstalled } from "../servers/server.ts";

/** What a function is told of a request, in the words of CloudFront. Header names are lower-case. */
export interface FunctionRequest {
  readonly method?: string;
  readonly uri: string;
  /** Without the question mark; undefined without one. */
  readonly query?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Status of what came from the origin, for a viewer-response function. */
  readonly responseStatus?: number;
}

/** A response that a function made, or, without status, the request that goes on to the origin. */
export interface FunctionOutcome {
  readonly status: number | undefined;
  readonly uri: string | undefined;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string | undefined;
  /** How often the key value store was asked. */
  readonly reads: number;
}

/**
 * njs: the engine that CloudFront Functions are made of, as far as their non-standard functions tell. Debian has 0.7.9, which knows less of the language than the runtime 2.0 does.
 */
export function njsAvailable(): boolean {
  return isInstalled("njs", "-v");
}

/** Runs the function once for each request. `keyValues` is the text of key-values.json. */
export function runFunction(
  code: string,
  requests: readonly FunctionRequest[],
  keyValues = '{"data":[]}',
): readonly FunctionOutcome[] {
  const home = mkdtempSync(path.join(os.tmpdir(), "asof-njs-"));
  try {
    const file = (name: string, content: string): string => {
      writeFileSync(path.join(home, name), content);
      return path.join(home, name);
    };
    const values = file("values.json", keyValues);
    // What `import cf from "cloudfront"` finds.
    file("cloudfront", storeModule(values));
    const events = file("events.json", JSON.stringify(requests.map(eventOf)));
    const outcomes = path.join(home, "outcomes");
    const main = file("main.js", `${code}\n${driver(events, outcomes, code.includes("import "))}`);
    const { status, stdout, stderr } = spawnSync("njs", ["-p", home, main], { encoding: "utf8" });
    const printed = stdout + stderr;
    if (status !== 0 || printed !== "") throw new Error(`njs refuses the function: ${printed}`);
    const lines = readFileSync(outcomes, "utf8").trimEnd().split("\n");
    return lines.filter((line) => line !== "").map((line) => outcomeOf(JSON.parse(line)));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function eventOf({ method = "GET", uri, query, headers = {}, responseStatus }: FunctionRequest): object {
  return {
    version: "1.0",
    context: { eventType: responseStatus === undefined ? "viewer-request" : "viewer-response" },
    viewer: { ip: "192.0.2.1" },
    request: {
      method,
      uri,
      rawQuery: query,
      querystring: {},
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, { value }])),
      cookies: {},
    },
    ...(responseStatus === undefined ? {} : { response: { statusCode: responseStatus, headers: {} } }),
  };
}

function storeModule(values: string): string {
  return `
import files from "fs";
const stored = {};
JSON.parse(files.readFileSync(${JSON.stringify(values)}).toString()).data.forEach((one) => { stored[one.key] = one.value; });
const counter = { reads: 0 };
async function get(key) {
  counter.reads++;
  if (stored[key] === undefined) throw new Error("KeyNotFound");
  return stored[key];
}
async function exists(key) {
  counter.reads++;
  return stored[key] !== undefined;
}
export default { kvs: () => ({ get: get, exists: exists }), counter: counter };
`;
}

function driver(events: string, outcomes: string, hasStore: boolean): string {
  return `
import testFiles from "fs";
import testStore from "cloudfront";
async function testAll() {
  const events = JSON.parse(testFiles.readFileSync(${JSON.stringify(events)}).toString());
  const lines = [];
  for (let index = 0; index < events.length; index++) {
    const query = events[index].request.rawQuery;
    events[index].request.rawQueryString = () => query;
    testStore.counter.reads = 0;
    const outcome = await handler(events[index]);
    lines.push(JSON.stringify({ outcome: outcome, reads: ${hasStore ? "testStore.counter.reads" : "0"} }));
  }
  testFiles.writeFileSync(${JSON.stringify(outcomes)}, lines.join("\\n") + "\\n");
}
testAll();
`;
}

function outcomeOf({ outcome, reads }: PrintedOutcome): FunctionOutcome {
  return {
    status: outcome.statusCode,
    uri: outcome.uri,
    headers: new Map(Object.entries(outcome.headers).map(([name, { value }]) => [name, value])),
    body: outcome.body?.data,
    reads,
  };
}

interface PrintedOutcome {
  readonly outcome: {
    readonly statusCode?: number;
    readonly uri?: string;
    readonly headers: Readonly<Record<string, { readonly value: string }>>;
    readonly body?: { readonly data: string };
  };
  readonly reads: number;
}
