import { once } from "node:events";
import { rename, rm, symlink } from "node:fs/promises";
import { createServer } from "node:http";
import type { Server } from "node:http";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { Failure } from "../../src/failure.ts";
import { startPreview } from "../../src/serve/preview-server.ts";
import { first, last, openPreview } from "./preview-fixture.ts";
import type { PreviewFixture } from "./preview-fixture.ts";

describe("the life of a preview server", () => {
  it("shows a rebuilt site at once, public/ itself being a symlink", async () => {
    const preview = await openPreview();
    const { publicDir } = preview.site;
    try {
      await rename(publicDir, path.join(preview.home, "one"));
      await symlink("one", publicDir);
      expect((await preview.get(`/checkpoints/myfile/${first}/dists/stable/Release`)).status).toBe(200);
      await rm(publicDir);
      expect((await preview.get(`/checkpoints/myfile/${first}/a.deb`)).status).toBe(404);
      await preview.write(`checkpoints/myfile/${last}/a.deb`, "rebuilt");
      expect((await preview.get(`/checkpoints/myfile/${last}/a.deb`)).body.toString()).toBe("rebuilt");
    } finally {
      await preview.close();
    }
  });

  it("sends the root to where the site is mounted", async () => {
    const preview = await openPreview({ mount: "/mirror/" });
    try {
      const response = await preview.get("/");
      expect([response.status, response.headers.get("location")]).toEqual([302, "/mirror/"]);
      expect((await preview.get("/mirror")).headers.get("location")).toBe("/mirror/");
      expect((await preview.get("/elsewhere/site.json")).status).toBe(404);
      expect(preview.server.url).toBe(`http://127.0.0.1:${preview.server.port}/mirror/`);
    } finally {
      await preview.close();
    }
  });

  it("does not start when the site cannot be read, and holds no port then", async () => {
    const holder = await listening();
    const port = portOf(holder);
    holder.close();
    const broken = new Error("the state is locked away");
    const starting = startPreview({
      host: "127.0.0.1",
      port,
      strictPort: true,
      now: () => 0,
      liveReload: true,
      onError: () => {},
      site: () => {
        throw broken;
      },
    });
    await expect(starting).rejects.toBe(broken);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow("fetch failed");
  });

  it("answers 500 and goes on when the site cannot be read", async () => {
    const errors: unknown[] = [];
    const broken = new Error("the state is locked away");
    await using server = await startPreview({
      host: "127.0.0.1",
      port: 0,
      strictPort: true,
      now: () => 0,
      liveReload: false,
      onError: (error) => errors.push(error),
      site: siteThatBreaks(broken),
    });
    for (let index = 0; index < 2; index++) {
      const response = await fetch(`http://127.0.0.1:${server.port}/`);
      expect([response.status, await response.text()]).toEqual([500, "500 Internal Server Error\n"]);
    }
    expect(errors).toEqual([broken, broken]);
  });

  it("lets nobody keep a failure for ever", async () => {
    const broken = new Error("the pool is locked away");
    const errors: unknown[] = [];
    const preview = await openPreview({
      liveReload: true,
      onError: (error) => errors.push(error),
      isContent: () => {
        throw broken;
      },
    });
    try {
      const response = await preview.get("/");
      expect([response.status, response.headers.get("cache-control")]).toEqual([500, "no-store"]);
      expect(response.headers.has("etag")).toBe(false);
      expect(errors).toEqual([broken]);
      expect((await preview.get(`/checkpoints/myfile/${first}/a.deb`)).status).toBe(200);
    } finally {
      await preview.close();
    }
  });

  it("takes the next free port, or fails when it may not", async () => {
    const holder = await listening();
    const port = portOf(holder);
    try {
      const preview = await openPreview({ port, strictPort: false });
      expect(preview.server.port).toBeGreaterThan(port);
      await preview.close();
      await expect(openPreview({ port, strictPort: true })).rejects.toSatisfy(
        (error) => error instanceof Failure && error.code === "LOCAL_IO" && error.message.includes("is in use"),
      );
      await expect(openPreview({ host: "192.0.2.1" })).rejects.toThrow("192.0.2.1 is no address of this machine");
    } finally {
      holder.close();
    }
  });

  it("ends open connections when it is closed, twice if asked", async () => {
    const preview = await openPreview();
    const response = await fetch(preview.server.url);
    expect(response.status).toBe(200);
    await preview.server.close();
    await preview.close();
    await expect(fetch(preview.server.url)).rejects.toThrow("fetch failed");
  });
});

async function listening(): Promise<Server> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  return address.port;
}

/** The first call is that of the start. */
function siteThatBreaks(error: Error): () => PreviewFixture["site"] {
  let calls = 0;
  return () => {
    if (calls++ === 0) return { publicDir: "/nonexistent", mount: "/", distributions: [], isContent: () => false };
    throw error;
  };
}
