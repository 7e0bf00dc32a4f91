import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";

import { chromium } from "playwright-core";
import type { BrowserContext, Page } from "playwright-core";
import { z } from "zod";

/** How a visitor comes: every kind of page is opened in each of these. */
export interface Visitor {
  readonly colorScheme: "light" | "dark";
  readonly width: 360 | 1280;
  readonly scripts: boolean;
}

export const visitors: readonly Visitor[] = [true, false].flatMap((scripts) =>
  (["light", "dark"] as const).flatMap((colorScheme) =>
    ([360, 1280] as const).map((width) => ({ colorScheme, width, scripts })),
  ),
);

/** Debian's chromium with an empty profile of its own. */
export interface TestBrowser {
  context(visitor: Visitor): Promise<BrowserContext>;
  close(): Promise<void>;
}

export async function openTestBrowser(): Promise<TestBrowser> {
  const profile = mkdtempSync(path.join(os.tmpdir(), "asof-pages-"));
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ],
    env: { ...process.env, HOME: profile },
  });
  return {
    async context({ colorScheme, width, scripts }) {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
      // What looks at the page is a script as well, so that it is the page's own that is taken out.
      if (!scripts) {
        await context.route("**/*", async (route) => {
          const response = await route.fetch();
          const body = await response.text();
          await route.fulfill({ response, body: body.replace(/<script>[^]*?<\/script>/, "") });
        });
      }
      return context;
    },
    async close() {
      await browser.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    },
  };
}

/** What axe finds wrong by WCAG 2.2 AA: a line for each. */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  // By the debugger, which no content policy binds.
  await page.evaluate(axeSource);
  return lines.parse(await page.evaluate(runAxe));
}

// Texts: what they are about is not known to a program that has no window.
const runAxe = `axe.run(document, { preload: false, runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"] })
  .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ": " + html.slice(0, 200) + " " + failureSummary)))`;
const lines = z.array(z.string());
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
