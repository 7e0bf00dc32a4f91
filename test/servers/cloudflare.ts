import { readFile } from "node:fs/promises";
import path from "node:path";

import { Miniflare } from "miniflare";
import type { MiniflareOptions } from "miniflare";

import { rawRequest } from "./raw-request.ts";
import type { RunningServer, ServerMember, ServerOptions } from "./server.ts";
import { freePort } from "./server-process.ts";

/** The Worker in workerd, which is what Cloudflare runs, with Cloudflare's own code for static assets in front of public/. */
export const cloudflareServer: ServerMember = {
  server: "cloudflare",
  isAvailable: () => true,
  start: startCloudflare,
  traits: {
    emptyDirectory: 404,
    plainText: "text/plain",
    html: "text/html",
    // Workers know no other.
    timeZone: "UTC",
    carries: 100_000,
    isUploaded: true,
    seenTarget: parsedTarget,
  },
};

async function startCloudflare({ publicDir, rulesDir }: ServerOptions): Promise<RunningServer> {
  const port = await freePort();
  const complaints: string[] = [];
  const options = async (): Promise<MiniflareOptions> => ({
    host: "127.0.0.1",
    port,
    handleRuntimeStdio: (_stdout, stderr) => stderr.on("data", (chunk: Buffer) => complaints.push(chunk.toString())),
    compatibilityDate: "2025-09-01",
    modules: [
      {
        type: "ESModule",
        path: "worker.js",
        contents: await readFile(path.join(rulesDir, "hosts/cloudflare/worker.js"), "utf8"),
      },
    ],
    // What wrangler.jsonc says, in Miniflare's words.
    assets: {
      directory: publicDir,
      binding: "ASSETS",
      routerConfig: { invoke_user_worker_ahead_of_assets: true, has_user_worker: true },
      assetConfig: { html_handling: "none", not_found_handling: "none" },
    },
  });
  const miniflare = new Miniflare(await options());
  await miniflare.ready;
  return {
    url: `http://127.0.0.1:${port}/`,
    port,
    configTest: "",
    request: (target, rest = {}) => rawRequest(port, { target, ...rest }),
    errorLog: () => Promise.resolve(complaints.join("")),
    // Deploys anew: assets and Worker change together.
    async reload() {
      await miniflare.setOptions(await options());
    },
    stop: () => miniflare.dispose(),
  };
}

/**
 * What a Worker is given of a raw request target, one character a byte: Cloudflare parses URLs as the WHATWG says. workerd by itself, without Cloudflare's network before it, refuses
 * absolute targets.
 */
function parsedTarget(target: string): string | undefined {
  if (!target.startsWith("/")) return undefined;
  const [parsed = ""] = target.split(/[\t ]/);
  const { pathname, search, href } = new URL(`http://mirror.example${Buffer.from(parsed, "latin1").toString()}`);
  return `${pathname}${search === "" && href.endsWith("?") ? "?" : search}`;
}
