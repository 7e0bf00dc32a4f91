import { setTimeout } from "node:timers/promises";

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";

import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { isChromiumInstalled } from "../hosts/chromium.ts";
import { nginxAvailable } from "../servers/nginx.ts";
import { openTestBrowser } from "./browser.ts";
import type { TestBrowser } from "./browser.ts";
import type { Page } from "playwright-core";
import { openBrowsedSite, span } from "./browsed-site.ts";
import type { BrowsedSite } from "./browsed-site.ts";

const visitor = { colorScheme: "light", width: 1280, scripts: true } as const;

describe.skipIf(!isChromiumInstalled() || !nginxAvailable())("pages with their script", () => {
  let site: BrowsedSite;
  let browser: TestBrowser;
  let origin = "";
  beforeAll(async () => {
    site = await openBrowsedSite();
    browser = await openTestBrowser();
    origin = new URL(site.server.url).origin;
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  it("answer a moment as the server does, for hundreds of random moments", async () => {
    const page = await (await browser.context(visitor)).newPage();
    await page.goto(`${origin}/snapshots/repo/`, { waitUntil: "load" });
    const seconds = Array.from({ length: 300 }, () => Math.floor(span.from + Math.random() * (span.until - span.from)));
    const exact = [...site.mirror.checkpoints(), site.withdrawn].map((at) => Date.parse(isoOf(at)) / 1000);
    const wrong: unknown[] = [];
    const states = new Set<string>();
    for (const second of [...seconds, ...exact, 4_102_444_800]) {
      const at = timestampFromSeconds(second);
      const shown = answers.parse(await page.evaluate(ask(isoOf(at).slice(0, 19))));
      const [answer] = shown;
      const { status, headers } = await site.server.request(`/snapshots/repo/${at}/`);
      const told = [status, headers.get("location") ?? ""];
      states.add(answer?.state ?? "");
      const expected = {
        exact: [200, ""],
        settled: [301, `/snapshots/repo/${answer?.leadsTo}/`],
        open: [302, `/snapshots/repo/${answer?.leadsTo}/`],
        gone: [410, ""],
        before: [404, ""],
        future: [404, ""],
      }[answer?.state ?? "exact"];
      if (JSON.stringify(told) !== JSON.stringify(expected)) wrong.push([at, shown, told]);
    }
    expect(wrong).toEqual([]);
    expect(states).toEqual(new Set(["exact", "settled", "open", "gone", "before", "future"]));
  });

  it("ask all distributions for one instant", async () => {
    const page = await (await browser.context(visitor)).newPage();
    await page.goto(`${origin}/`, { waitUntil: "load" });
    const shown = answers.parse(await page.evaluate(ask("2025-04-18T15:00:00")));
    expect(shown.map(({ state }) => state).toSorted()).toEqual(["before", "settled", "settled"]);
    expect(shown.map(({ text }) => text).join("\n")).toContain("snapshots: 2025-04-18 15:00:00 is settled");
  });

  it("lead from a checkpoint to those before and after it, and to those with other content", async () => {
    const page = await (await browser.context(visitor)).newPage();
    const kept = site.mirror.checkpoints();
    // The sixth one that is kept has the content of the fifth.
    const at = 4;
    await page.goto(`${origin}/snapshots/repo/${kept[at]}/`, { waitUntil: "networkidle" });
    const links = z
      .array(z.tuple([z.string(), z.string()]))
      .parse(
        await page.evaluate(`[...document.querySelectorAll("[data-near] a")].map((a) => [a.textContent, a.href])`),
      );
    const url = (index: number): string => `${origin}/snapshots/repo/${kept[index]}/`;
    const unchanged = site.mirror
      .events()
      .filter(({ type }) => type === "publication")
      .findLast(
        ({ added, changed, removed, created }) => added === 0 && changed === 0 && removed === 0 && created !== "",
      );
    expect(kept[at]).toBe(unchanged?.["created"]);
    expect(links).toEqual([
      ["← Previous change", url(at - 2)],
      ["← Previous", url(at - 1)],
      ["Next →", url(at + 1)],
      ["Next change →", url(at + 1)],
      ["Before and after it", `${origin}/snapshots/repo/years/2025.html#${kept[at]}`],
    ]);
  });

  it("sort and filter a long directory from the keyboard", async () => {
    const page = await (await browser.context(visitor)).newPage();
    await page.goto(`${origin}/plain/`, { waitUntil: "load" });
    const names = async (): Promise<readonly string[]> =>
      z
        .array(z.string())
        .parse(
          await page.evaluate(
            `[...document.querySelectorAll(".listing tbody tr:not([hidden]) td:first-child")].map((cell) => cell.textContent)`,
          ),
        );
    const written = await names();
    const packages = (all: readonly string[]): readonly string[] => all.filter((name) => name.startsWith("package-1"));
    await page.evaluate(`document.querySelector("th button").focus()`);
    await page.keyboard.press("Enter");
    expect(packages(await names()).slice(0, 3)).toEqual([
      "package-1_1.0.deb",
      "package-10_1.0.deb",
      "package-11_1.0.deb",
    ]);
    expect(await page.evaluate(`document.querySelector("th").getAttribute("aria-sort")`)).toBe("ascending");
    await page.keyboard.press("Space");
    expect(packages(await names())[0]).toBe("package-19_1.0.deb");
    await page.keyboard.press("Enter");
    expect(await names()).toEqual(written);
    await page.evaluate(`document.querySelector("#filter").focus()`);
    await page.keyboard.type("AGE-2");
    expect(await names()).toHaveLength(12);
    expect(await page.textContent(".tools [role=status]")).toBe("11 of 35");
  });

  it("find a name by how it begins, and tell what happened to it", async () => {
    const page = await (await browser.context(visitor)).newPage();
    await page.goto(`${origin}/snapshots/repo/_asof/history/`, { waitUntil: "load" });
    await page.evaluate(`document.querySelector("#path").focus()`);
    await page.keyboard.type("PACKAGE-2");
    await page.waitForSelector("details");
    const found = async (): Promise<readonly string[]> =>
      z
        .array(z.string())
        .parse(await page.evaluate(`[...document.querySelectorAll("summary bdi")].map((name) => name.textContent)`));
    expect(await found()).toHaveLength(11);
    await page.goto(`${origin}/snapshots/repo/_asof/history/?path=pool%2F0.deb`, { waitUntil: "networkidle" });
    expect(await found()).toEqual(["pool/0.deb"]);
    const { out } = await site.mirror.ok("history", "repo", "pool/0.deb", "--json");
    const told = history
      .parse(JSON.parse(out))
      .paths.flatMap(({ events }) => events.map(({ checkpoint, kind }) => [kind, checkpoint]));
    const links = z
      .array(z.tuple([z.string(), z.string()]))
      .parse(
        await page.evaluate(
          `[...document.querySelectorAll(".changes li")].map((item) => [item.className, item.querySelector("a").getAttribute("href")])`,
        ),
      );
    expect(links.toReversed()).toEqual(told.map(([kind = "", at = ""]) => [kind, `../../${at}/pool/0.deb`]));
    expect(told.length).toBeGreaterThan(2);
  });

  it("lead from a name in a long directory of a checkpoint to its history, and from a plain one nowhere", async () => {
    const page = await (await browser.context(visitor)).newPage();
    const newest = site.mirror.checkpoints().at(-1);
    await page.goto(`${origin}/snapshots/repo/${newest}/pool/`, { waitUntil: "load" });
    const link = String(await page.evaluate(`document.querySelector("td a:has(time)").href`));
    expect(link).toBe(`${origin}/snapshots/repo/_asof/history/?path=pool%2F0.deb`);
    expect((await site.server.request(new URL(link).pathname)).status).toBe(200);
    await page.goto(`${origin}/snapshots/repo/${newest}/pool/index.html`, { waitUntil: "load" });
    expect(await page.evaluate(`document.querySelector("td a:has(time)").href`)).toBe(link);
    await page.goto(`${origin}/plain/`, { waitUntil: "load" });
    expect(await page.evaluate(`document.querySelector("td a:has(time)")`)).toBeNull();
  });

  it("show where the focus is on everything that can be reached, in the order of the page", async () => {
    const context = await browser.context(visitor);
    for (const target of site.pages.values()) {
      const page = await context.newPage();
      await page.goto(origin + target, { waitUntil: "networkidle" });
      await page.evaluate(`for (const one of document.querySelectorAll("details")) one.open = true`);
      const focusable = await countAtRest(page);
      const unseen: unknown[] = [];
      const reached = new Set<number>();
      // A field for dates has a stop for each of its parts.
      for (let presses = 0; presses < focusable + 12; presses++) {
        await page.keyboard.press("Tab");
        const { index, isSeen, html } = focus.parse(await page.evaluate(lookAtFocus));
        if (index < 0) continue;
        reached.add(index);
        if (!isSeen) unseen.push(html);
      }
      expect([target, unseen, reached.size]).toEqual([target, [], focusable]);
      await page.close();
    }
  }, 300_000);

  it("say how to spell an address where no script runs, and show no form that would do nothing", async () => {
    const page = await (await browser.context({ ...visitor, scripts: false })).newPage();
    await page.goto(`${origin}/snapshots/repo/`, { waitUntil: "load" });
    expect(await page.isVisible(".moment form")).toBe(false);
    expect(await page.textContent(".unscripted")).toContain("YYYYMMDDTHHMMSSZ");
    for (const name of ["compare", "history"]) {
      await page.goto(`${origin}/snapshots/repo/_asof/${name}/`, { waitUntil: "load" });
      expect(await page.isVisible("form")).toBe(false);
    }
  });
});

/** How many places the focus can go to, once a script has filled in what it does. */
async function countAtRest(page: Page): Promise<number> {
  for (let before = -1; ;) {
    const count = Number(await page.evaluate(countFocusable));
    if (count === before) return count;
    before = count;
    await setTimeout(500);
  }
}

function isoOf(at: string): string {
  return at.replace(/(....)(..)(..)T(..)(..)(..)Z/, "$1-$2-$3T$4:$5:$6Z");
}

const history = z.object({
  paths: z.array(z.object({ events: z.array(z.object({ checkpoint: z.string(), kind: z.string() })) })),
});

const answers = z.array(
  z.object({
    state: z.enum(["exact", "settled", "open", "gone", "before", "future"]),
    text: z.string(),
    leadsTo: z.string(),
  }),
);

/** Sends the form off and waits for what it says. */
function ask(moment: string): string {
  return `(async () => {
    const form = document.querySelector(".moment form");
    const place = document.querySelector(".answers");
    place.replaceChildren();
    form.elements[0].value = "${moment}";
    form.requestSubmit();
    while (place.children.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    return [...place.children].map((line) => ({
      state: line.dataset.state,
      text: line.textContent,
      leadsTo: line.querySelector("a")?.getAttribute("href").match(/[0-9TZ]{16}/)[0] ?? "",
    }));
  })()`;
}

const focusable = `"a[href], button, input, summary, [tabindex='0']"`;
const countFocusable = `[...document.querySelectorAll(${focusable})].filter((one) => one.checkVisibility()).length`;
const lookAtFocus = `(() => {
  const all = [...document.querySelectorAll(${focusable})].filter((one) => one.checkVisibility());
  const one = document.activeElement;
  const style = getComputedStyle(one);
  const drawn = one.querySelector("rect");
  const isSeen = style.outlineStyle !== "none" || (drawn !== null && getComputedStyle(drawn).strokeWidth === "2px");
  return { index: all.indexOf(one), isSeen, html: one.outerHTML.slice(0, 100) };
})()`;
const focus = z.object({ index: z.number(), isSeen: z.boolean(), html: z.string() });
