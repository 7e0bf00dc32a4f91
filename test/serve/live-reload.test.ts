import { request } from "node:http";
import type { IncomingMessage } from "node:http";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { first, listing, openPreview } from "./preview-fixture.ts";
import type { PreviewFixture } from "./preview-fixture.ts";

const theirs = "<!doctype html><html><body>a simple index of the repository's own</body></html>";
/** As Pulp prints it: nothing in it tells who made it. */
const classic = '\n<html>\n<head><title>Index of </title></head>\n<body bgcolor="white">\n</body>\n</html>';

describe("live reload", () => {
  let preview: PreviewFixture;
  let own: string;
  beforeAll(async () => {
    preview = await openPreview({ liveReload: true });
    own = `http://127.0.0.1:${preview.server.port}`;
    await preview.writeContent(`checkpoints/myfile/${first}/simple/index.html`, theirs);
    await preview.writeContent(`checkpoints/myfile/${first}/mirrored/index.html`, `${listing} of another asof`);
    await preview.write(`checkpoints/myfile/${first}/classic/index.html`, classic);
    await preview.write(`checkpoints/myfile/${first}/page.html`, listing);
  });
  afterAll(() => preview.close());

  it("adds one script to our pages and lets it run", async () => {
    for (const target of [
      "/",
      `/checkpoints/myfile/${first}/`,
      `/checkpoints/myfile/${first}/dists/stable/index.html`,
    ]) {
      const response = await fetch(own + target);
      const text = await response.text();
      expect(text.replace(/<script src="\/_asof\/reload\.js\?key=[0-9a-f]{32}&amp;seen=\d+"><\/script>\n/, "")).toBe(
        listing,
      );
      expect(text).toMatch(/<\/script>\n<\/body>/);
      expect(response.headers.get("content-security-policy")).toMatch(
        /^sandbox allow-scripts .*; script-src http:\/\/127\.0\.0\.1:\d+\/_asof\/reload\.js$/,
      );
      expect(response.headers.get("cache-control")).toBe("no-cache");
    }
    const gone = await fetch(`${own}/checkpoints/myfile/20240215T000000Z/`);
    expect([gone.status, await gone.text()]).toEqual([410, expect.stringContaining("/_asof/reload.js")]);
  });

  it("knows a page of ours by the state, not by its looks", async () => {
    const text = await (await fetch(`${own}/checkpoints/myfile/${first}/classic/`)).text();
    expect(text).toMatch(/<body bgcolor="white">\n<script src="[^"]+"><\/script>\n<\/body>\n<\/html>$/);
    for (const target of ["mirrored/", "page.html"]) {
      const response = await fetch(`${own}/checkpoints/myfile/${first}/${target}`);
      expect(await response.text()).not.toContain("script");
    }
  });

  it("alters no page of the repository's own, no file, and nothing on disk", async () => {
    const response = await fetch(`${own}/checkpoints/myfile/${first}/simple/`);
    expect(await response.text()).toBe(theirs);
    expect(response.headers.get("etag")).not.toBeNull();
    expect(response.headers.get("content-security-policy")).toContain("script-src 'none'");
    expect(await (await fetch(`${own}/checkpoints/myfile/${first}/html`)).text()).toBe("content of html");
    const plain = await openPreview();
    expect((await plain.get("/")).body.toString()).toBe(listing);
    await plain.close();
  });

  it("tells every open page when the site is reloaded", async () => {
    const listeners = await Promise.all([listen({}), listen({}), listen({ Origin: own })]);
    preview.server.reload();
    for (const listener of listeners)
      expect(await listener.until("event: reload")).toContain("event: reload\ndata:\n\n");
    for (const listener of listeners) listener.stop();
  });

  it("tells a page at once that was made before the last reload", async () => {
    const address = eventsOf(await (await fetch(own)).text());
    preview.server.reload();
    const late = await listen({}, address);
    expect(await late.until("event: reload")).toContain("event: reload");
    late.stop();
    const current = await listen({}, eventsOf(await (await fetch(own)).text()));
    expect(await current.until("retry")).not.toContain("event: reload");
    current.stop();
  });

  it("listens to sandboxed pages that show the key of this server", async () => {
    const address = eventsOf(await (await fetch(own)).text());
    const page = await listen({ Origin: "null", "Sec-Fetch-Site": "cross-site" }, address);
    expect([page.response.statusCode, page.response.headers["access-control-allow-origin"]]).toEqual([200, "null"]);
    page.stop();
  });

  it.each([
    [{ Origin: "null" }],
    [{ Origin: "https://evil.example" }],
    [{ Origin: "http://127.0.0.1:1" }],
    [{ "Sec-Fetch-Site": "cross-site" }],
    [{ "Sec-Fetch-Site": "same-site" }],
  ])("tells nothing to foreign pages: %j", async (headers) => {
    const refused = await listen(headers);
    expect(refused.response.statusCode).toBe(403);
    expect(refused.response.headers["access-control-allow-origin"]).toBeUndefined();
    refused.stop();
  });

  it("refuses a foreign origin even with the key", async () => {
    const refused = await listen({ Origin: "https://evil.example" }, eventsOf(await (await fetch(own)).text()));
    expect(refused.response.statusCode).toBe(403);
    refused.stop();
  });

  it("serves a script that any browser takes for one", async () => {
    const response = await fetch(`${own}/_asof/reload.js?key=x`);
    expect(response.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect(await response.text()).toContain("new EventSource(");
  });

  it("ends its streams when the server is closed", async () => {
    const other = await openPreview({ liveReload: true });
    const response = await fetch(`http://127.0.0.1:${other.server.port}/_asof/reload`);
    const ended = response.text().catch(() => "cut off");
    await other.close();
    expect(await ended).toBeTypeOf("string");
  });

  /** Address of the events that the page's script would listen to. */
  function eventsOf(page: string): string {
    const source = /<script src="([^"]+)"/.exec(page)?.[1] ?? "";
    return source.replace("/_asof/reload.js", "/_asof/reload").replace("&amp;", "&");
  }

  /** Through node:http, because fetch may not send these headers. */
  async function listen(headers: Record<string, string>, address = "/_asof/reload"): Promise<Listener> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(own + address, { headers }, resolve)
        .on("error", reject)
        .end();
    });
    let received = "";
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => {
      received += chunk;
    });
    response.on("error", () => response.destroy());
    return {
      response,
      async until(text) {
        while (!received.includes(text)) await new Promise((resolve) => response.once("data", resolve));
        return received;
      },
      stop: () => response.destroy(),
    };
  }
});

interface Listener {
  readonly response: IncomingMessage;
  /** All that was received, once `text` is in it. */
  until(text: string): Promise<string>;
  stop(): void;
}
