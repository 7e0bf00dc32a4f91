import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

/** Chromium without a window, driven by its DevTools protocol over two pipes. It can reach 127.0.0.1 and nothing else. */
export interface Browser {
  /** Opens an address in a tab of its own and waits until the page has nothing more to do. */
  visit(url: string, options?: { readonly scripts?: boolean }): Promise<Visit>;
  /** Opens an address, stays there, and follows links with the browser's own network stack. The caller closes it. */
  open(url: string): Promise<OpenPage>;
  close(): Promise<void>;
}

export interface OpenPage extends Visit {
  /** Addresses that the browser asked for of its own accord, and what dialogs it showed. */
  readonly asked: readonly string[];
  readonly dialogs: readonly string[];
  /** What a link leads to: the status, and every byte. */
  load(url: string): Promise<{ readonly status: number; readonly body: Buffer }>;
  close(): Promise<void>;
}

/** What a visitor has before them in the end. */
export interface Visit {
  readonly url: string;
  readonly title: string;
  readonly text: string;
  /** Text and address of every link. */
  readonly links: readonly (readonly [text: string, href: string])[];
  /** What scripts of somebody else would have left behind. */
  readonly hit: boolean;
}

export function isChromiumInstalled(): boolean {
  try {
    execFileSync("chromium", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

export async function openBrowser(): Promise<Browser> {
  const profile = mkdtempSync(path.join(os.tmpdir(), "asof-chromium-"));
  const child = spawn(
    "chromium",
    [
      "--headless",
      "--remote-debugging-pipe",
      `--user-data-dir=${profile}`,
      // Tests may run as root, and in a container without a GPU and with little shared memory.
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--disable-background-networking",
      "--no-first-run",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ],
    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
  );
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const listeners = new Set<(event: BrowserEvent) => void>();
  const call = speak(child.stdio[3], child.stdio[4], exited, (event) => {
    for (const listener of listeners) listener(event);
  });
  return {
    async visit(url, { scripts = true } = {}) {
      const { targetId } = created.parse(await call("Target.createTarget", { url: "about:blank" }));
      const { sessionId } = attached.parse(await call("Target.attachToTarget", { targetId, flatten: true }));
      if (!scripts) await call("Emulation.setScriptExecutionDisabled", { value: true }, sessionId);
      await call("Page.navigate", { url }, sessionId);
      const visit = await atRest(() => call("Runtime.evaluate", { expression: look, returnByValue: true }, sessionId));
      await call("Target.closeTarget", { targetId });
      return visit;
    },
    async open(url) {
      const { targetId } = created.parse(await call("Target.createTarget", { url: "about:blank" }));
      const { sessionId } = attached.parse(await call("Target.attachToTarget", { targetId, flatten: true }));
      const asked: string[] = [];
      const dialogs: string[] = [];
      const listener = ({ method, params, sessionId: of }: BrowserEvent): void => {
        if (of !== sessionId) return;
        if (method === "Network.requestWillBeSent") asked.push(request.parse(params).request.url);
        if (method === "Page.javascriptDialogOpening") dialogs.push(dialog.parse(params).message);
      };
      listeners.add(listener);
      for (const domain of ["Page", "Network"]) await call(`${domain}.enable`, {}, sessionId);
      await call("Page.navigate", { url }, sessionId);
      const visit = await atRest(() => call("Runtime.evaluate", { expression: look, returnByValue: true }, sessionId));
      const { frameTree } = frames.parse(await call("Page.getFrameTree", {}, sessionId));
      return {
        ...visit,
        asked,
        dialogs,
        load: (link) => loadResource((method, params) => call(method, params, sessionId), frameTree.frame.id, link),
        async close() {
          listeners.delete(listener);
          await call("Target.closeTarget", { targetId });
        },
      };
    },
    async close() {
      // It may be gone before it has answered.
      await call("Browser.close", {}).catch(() => undefined);
      await exited;
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    },
  };
}

/** As the browser process fetches: its URLs, its network stack, and no rule of a page in between. */
async function loadResource(call: Call, frameId: string, url: string): Promise<{ status: number; body: Buffer }> {
  const options = { disableCache: true, includeCredentials: false };
  const { resource } = loaded.parse(await call("Network.loadNetworkResource", { frameId, url, options }));
  const parts: Buffer[] = [];
  if (resource.stream === undefined) return { status: resource.httpStatusCode ?? 0, body: Buffer.alloc(0) };
  for (;;) {
    const part = chunk.parse(await call("IO.read", { handle: resource.stream }));
    parts.push(Buffer.from(part.data, part.base64Encoded === true ? "base64" : "utf8"));
    if (part.eof) break;
  }
  await call("IO.close", { handle: resource.stream });
  return { status: resource.httpStatusCode ?? 0, body: Buffer.concat(parts) };
}

interface BrowserEvent {
  readonly method?: string | undefined;
  readonly params?: unknown;
  readonly sessionId?: string | undefined;
}

type Call = (method: string, params: object, sessionId?: string) => Promise<unknown>;

/** Messages are JSON with a NUL at their end, in both directions. */
function speak(input: unknown, output: unknown, exited: Promise<void>, onEvent: (event: BrowserEvent) => void): Call {
  if (!(input instanceof Writable) || !(output instanceof Readable)) throw new Error("chromium was given no pipes");
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let last = 0;
  let unread = "";
  output.setEncoding("utf8").on("data", (text: string) => {
    const messages = (unread + text).split("\0");
    unread = messages.pop() ?? "";
    for (const message of messages.map((one) => answer.parse(JSON.parse(one)))) {
      if (message.id === undefined) onEvent(message);
      const caller = waiting.get(message.id ?? 0);
      if (caller === undefined) continue;
      if (message.error === undefined) caller.resolve(message.result);
      else caller.reject(new Error(message.error.message));
    }
  });
  return (method, params, sessionId) => {
    last += 1;
    const id = last;
    input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      void exited.then(() => reject(new Error(`chromium ended before it answered ${method}`)));
    });
  };
}

/** Asks until the page is loaded and looks nothing up. A page that is just being left has no answer. */
async function atRest(ask: () => Promise<unknown>): Promise<Visit> {
  for (let tries = 0; tries < 1_000; tries++) {
    const seen = evaluated.safeParse(await ask().catch(() => undefined));
    if (seen.success) return seen.data.result.value;
    await sleep(20);
  }
  throw new Error("the page came to no end");
}

const look = `document.readyState === "complete" && location.href !== "about:blank" && !document.body.innerText.includes("Looking for") ? {
  url: location.href,
  title: document.title,
  text: document.body.innerText,
  links: [...document.querySelectorAll("a")].map((link) => [link.textContent, link.href]),
  hit: "hit" in window,
} : null`;

const answer = z.object({
  id: z.int().optional(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
  method: z.string().optional(),
  params: z.unknown().optional(),
  sessionId: z.string().optional(),
});
const request = z.object({ request: z.object({ url: z.string() }) });
const dialog = z.object({ message: z.string() });
const frames = z.object({ frameTree: z.object({ frame: z.object({ id: z.string() }) }) });
const loaded = z.object({
  resource: z.object({ httpStatusCode: z.number().optional(), stream: z.string().optional() }),
});
const chunk = z.object({ data: z.string(), eof: z.boolean(), base64Encoded: z.boolean().optional() });
const created = z.object({ targetId: z.string() });
const attached = z.object({ sessionId: z.string() });
const evaluated = z.object({
  result: z.object({
    value: z.object({
      url: z.string(),
      title: z.string(),
      text: z.string(),
      links: z.array(z.tuple([z.string(), z.string()])),
      hit: z.boolean(),
    }),
  }),
});
