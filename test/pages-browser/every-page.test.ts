import { mkdirSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { isChromiumInstalled } from "../hosts/chromium.ts";
import { nginxAvailable } from "../servers/nginx.ts";
import { accessibilityFaults, openTestBrowser, visitors } from "./browser.ts";
import type { TestBrowser } from "./browser.ts";
import { openBrowsedSite } from "./browsed-site.ts";
import type { BrowsedSite } from "./browsed-site.ts";

/** A folder to which a picture of each page is written, for people to look at. */
const pictures = process.env["ASOF_SCREENSHOTS"];

describe.skipIf(!isChromiumInstalled() || !nginxAvailable())("every page, behind nginx", () => {
  let site: BrowsedSite;
  let browser: TestBrowser;
  beforeAll(async () => {
    site = await openBrowsedSite();
    browser = await openTestBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  it.each(visitors)(
    "is whole and accessible in $colorScheme at $width px, with scripts: $scripts",
    async (visitor) => {
      const context = await browser.context(visitor);
      const faults: string[] = [];
      for (const [name, target] of site.pages) {
        const page = await context.newPage();
        // What examines the page tries what its policy refuses.
        let isExamined = false;
        const fault = (text: string): void => void faults.push(`${name}: ${text}`);
        const origin = new URL(site.server.url).origin;
        page.on("console", (message) => {
          // The page of a 410 is told of by the browser itself.
          if (!isExamined && !(name === "gone" && message.text().includes("410"))) fault(`console: ${message.text()}`);
        });
        page.on("pageerror", (error) => fault(`error: ${error.message}`));
        page.on("request", (request) => {
          if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith("data:"))
            fault(`asks ${request.url()}`);
        });
        await page.goto(origin + target, { waitUntil: name.includes("checkpoint") ? "networkidle" : "load" });
        // A picture of all of a page is taken in a window of another size, which moves things.
        const shift = await page.evaluate(layoutShift);
        if (shift !== 0) fault(`moved by ${String(shift)} while it was laid out`);
        if (pictures !== undefined) {
          mkdirSync(pictures, { recursive: true });
          const { colorScheme, width, scripts } = visitor;
          const file = `${name.replaceAll(" ", "-")}-${colorScheme}-${width}${scripts ? "" : "-unscripted"}.png`;
          await page.screenshot({ path: path.join(pictures, file), fullPage: true });
        }
        const isWider = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
        if (isWider !== false) fault("is wider than the window");
        isExamined = true;
        for (const found of await accessibilityFaults(page)) fault(found);
        await page.close();
      }
      await context.close();
      expect(faults).toEqual([]);
    },
    300_000,
  );
});

/** How much of what was painted moved afterwards. */
const layoutShift = `new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => list.getEntries().forEach(({ value }) => (sum += value))).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(sum), 50);
})`;
