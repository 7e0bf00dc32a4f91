import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { first, openPreview } from "./preview-fixture.ts";
import type { PreviewFixture } from "./preview-fixture.ts";

/** A page of somebody else can have its own name lead to this machine; what its requests cannot change is the Host header. */
describe("a preview server", () => {
  let preview: PreviewFixture;
  beforeAll(async () => {
    preview = await openPreview();
  });
  afterAll(() => preview.close());

  it.each(["localhost", "localhost:8080", "LOCALHOST", "127.0.0.1:99", "[::1]", "[::1]:8080", "mirror.example:1", ""])(
    "answers under the name %s",
    async (host) => {
      const request = { headers: { Host: host }, httpVersion: host === "" ? "1.0" : "1.1" } as const;
      expect((await preview.get("/", request)).status).toBe(200);
    },
  );

  it.each([
    "evil.example",
    "evil.example:8080",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "192.0.2.1",
    "[::1].evil.example",
    "user@localhost",
    "localhost/x",
    "localhost, evil.example",
    "*",
  ])("tells nothing to a page that calls it %s", async (host) => {
    for (const target of ["/", "/nothing", `/checkpoints/myfile/${first}`, "/_asof/reload"]) {
      const response = await preview.get(target, { headers: { Host: host } });
      expect([response.status, response.headers.has("location")]).toEqual([403, false]);
      expect(response.body.toString()).toBe(
        "This preview does not answer under that name; allow it with --allowed-host.\n",
      );
    }
  });

  it("bound to every address answers under any address, and still under no foreign name", async () => {
    const open = await openPreview({ host: "0.0.0.0" });
    try {
      expect(open.server.url).toBe(`http://localhost:${open.server.port}/`);
      expect((await open.get("/", { headers: { Host: "192.0.2.1:80" } })).status).toBe(200);
      expect((await open.get("/", { headers: { Host: "evil.example" } })).status).toBe(403);
    } finally {
      await open.close();
    }
  });
});
