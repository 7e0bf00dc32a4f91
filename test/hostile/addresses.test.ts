import { createServer } from "node:http";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { failureOf, noAbort } from "../helpers/manifest-source.ts";
import { portOf, startOrigin } from "../helpers/origin-server.ts";
import type { OriginServer } from "../helpers/origin-server.ts";
import { openMirror, said } from "../operations/mirror.ts";
import { openManifestUrl } from "../../src/sources/manifest-url.ts";

/** Ways to write this machine, and machines that only it can reach. PORT is where the canary listens. */
const spellings = [
  "http://127.0.0.1:PORT/x",
  "http://127.1:PORT/x",
  "http://127.9.9.9:PORT/x",
  "http://2130706433:PORT/x",
  "http://0x7f000001:PORT/x",
  "http://0x7f.1:PORT/x",
  "http://0177.0.0.1:PORT/x",
  "http://%31%32%37.0.0.1:PORT/x",
  "http://\u00ef\u00bc\u0091\u00ef\u00bc\u0092\u00ef\u00bc\u0097.0.0.1:PORT/x",
  "http://\u00e2\u0091\u00a0\u00e2\u0091\u00a1\u00e2\u0091\u00a6.0.0.1:PORT/x",
  "http://127\u00e3\u0080\u00820\u00e3\u0080\u00820\u00e3\u0080\u00821:PORT/x",
  "http://localhost:PORT/x",
  "http://LOCALHOST:PORT/x",
  "http://localhost.:PORT/x",
  "http://x.localhost:PORT/x",
  "http://user:password@127.0.0.1:PORT/x",
  "http://0.0.0.0:PORT/x",
  "http://0:PORT/x",
  "http://[::1]:PORT/x",
  "http://[::]:PORT/x",
  "http://[0:0:0:0:0:0:0:1]:PORT/x",
  "http://[::ffff:127.0.0.1]:PORT/x",
  "http://[::ffff:7f00:1]:PORT/x",
  "http://[64:ff9b::7f00:1]:PORT/x",
  "http://[::127.0.0.1]:PORT/x",
  "//127.0.0.1:PORT/x",
  "/\\127.0.0.1:PORT/x",
  "\\\\127.0.0.1:PORT\\x",
  "http://169.254.169.254/latest/meta-data/",
  "http://[fd00:ec2::254]/latest/meta-data/",
  "http://10.0.0.1/",
  "http://192.168.1.1/",
];

describe("a source on the public network", () => {
  let canary: OriginServer;
  beforeEach(async () => {
    canary = await startOrigin();
    canary.answer("/x", { kind: "bytes", body: "internal" });
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await canary.close();
  });

  it.each(spellings)("leads nobody to %s", async (spelling) => {
    // The public network is a proxy here: names that only it knows, and answers that it gives by itself.
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      asked.push(request.url ?? "");
      response.writeHead(302, { location: spelling.replace("PORT", canary.host.split(":")[1] ?? "") }).end();
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    vi.stubEnv("http_proxy", `http://127.0.0.1:${portOf(proxy.address())}`);
    vi.stubEnv("no_proxy", "127.0.0.1,localhost,[::1]");
    const mirror = openMirror({
      remote: { url: "http://mirror.test/PULP_MANIFEST" },
      repository: { fetch: { retries: 0, timeout: "2s" } },
    });
    try {
      const run = await mirror.runUntil(AbortSignal.timeout(20_000), "sync");
      expect(run.exit, said(run)).toBe(4);
      expect(asked).toEqual(["http://mirror.test/PULP_MANIFEST"]);
      expect(canary.requests).toEqual([]);
    } finally {
      mirror.remove();
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    }
  });

  it("leads nobody to this machine by a name that resolves to it from the second time on", async () => {
    const port = canary.host.split(":")[1] ?? "";
    // 192.0.2.0/24 is for documentation: nobody is there, so the first request is tried again.
    const answers = ["192.0.2.1", "127.0.0.1"];
    const resolved: string[] = [];
    const source = openManifestUrl(
      { type: "file", url: `http://mirror.test:${port}/x`, mode: "mirror" },
      { concurrency: 1, retries: 3, timeoutSeconds: 1, maxManifestBytes: 1000 },
      {
        environment: {},
        timing: { random: () => 1, wait: () => Promise.resolve() },
        resolve: (_hostname, callback) => {
          const address = answers[Math.min(resolved.length, 1)] ?? "";
          resolved.push(address);
          callback(null, [{ address, family: 4 }]);
        },
      },
    );
    const failure = await failureOf(source.list(noAbort()));
    expect(failure).toMatchObject({ code: "SOURCE_REFUSED", message: expect.stringContaining("a loopback address") });
    expect(resolved).toEqual(answers);
    expect(canary.requests).toEqual([]);
  });
});
