import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { Server } from "node:http";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { loadConfig } from "../../src/config/load.ts";
import { startPreview } from "../../src/operations/preview/preview.ts";
import { openProject } from "../helpers/asof.ts";
import type { Project } from "../helpers/asof.ts";
import { portOf } from "../helpers/origin-server.ts";
import { isChromiumInstalled, openBrowser } from "../hosts/chromium.ts";
import type { Browser, OpenPage } from "../hosts/chromium.ts";
import { availableRuleServers } from "../servers/members.ts";
import { hostileNames } from "./hostile-names.ts";

/** A site with hostile names, made by the command line, listed and downloaded by a real browser from real servers. */
const servers: readonly (readonly [string, (project: Project) => Promise<Running>])[] = [
  ["the preview", servePreview],
  ...availableRuleServers().map(({ server, start }) => {
    const serve = async (project: Project): Promise<Running> => {
      const running = await start({ publicDir: project.file("public"), rulesDir: project.file("rules") });
      return { url: running.url, stop: () => running.stop() };
    };
    return [server, serve] as const;
  }),
];

interface Running {
  /** `http://127.0.0.1:PORT`, with or without a slash at its end. */
  readonly url: string;
  stop(): Promise<void>;
}

describe.skipIf(!isChromiumInstalled())("hostile names", () => {
  let project: Project;
  let browser: Browser;
  let canary: Server;
  let hits = 0;
  let names: readonly string[];

  beforeAll(async () => {
    canary = createServer((_request, response) => {
      hits += 1;
      response.end();
    });
    await new Promise<void>((resolve) => canary.listen(0, "127.0.0.1", resolve));
    names = hostileNames(`http://127.0.0.1:${portOf(canary.address())}/x`);
    project = openProject(
      JSON.stringify({
        repositories: { repo: { remote: { type: "directory", path: "tree" } } },
        distributions: {
          plain: { repository: "repo", base_path: "plain" },
          snapshots: { repository: "repo", base_path: "snapshots", checkpoint: true },
        },
      }),
    );
    for (const name of names) {
      project.write(`tree/${name}`, contentOf(name));
      project.write(`tree/dirs/${name}/inside`, contentOf(`${name}/inside`));
    }
    await project.ok("update");
    browser = await openBrowser();
  }, 300_000);
  afterAll(async () => {
    await browser.close();
    project.remove();
    await new Promise((resolve) => canary.close(resolve));
  });

  it("are several hundred", () => {
    expect(names.length).toBeGreaterThan(400);
  });

  describe.each(servers)("on %s", (_server, serve) => {
    let running: Running;
    let base: string;
    beforeAll(async () => {
      running = await serve(project);
      base = `${running.url.replace(/\/$/, "")}/snapshots/latest/`;
    });
    afterAll(() => running.stop());

    it("are each downloaded through their own link, byte for byte", async () => {
      const page = await browser.open(base);
      const links = entriesOf(page).filter(([text]) => text !== "dirs/" && text !== "PULP_MANIFEST");
      expect(links.map(([text]) => text).toSorted()).toEqual([...names].toSorted());
      const wrong: unknown[] = [];
      await inTurns(links, 16, async ([text, href]) => {
        const { status, body } = await page.load(href);
        if (status !== 200 || body.toString() !== contentOf(text)) wrong.push([text, status, body.toString()]);
      });
      expect(wrong).toEqual([]);
      await expectHarmless(page);
    }, 300_000);

    it("are each the name of a directory that its own link leads into", async () => {
      const page = await browser.open(`${base}dirs/`);
      const links = entriesOf(page);
      expect(links.map(([text]) => text.replace(/\/$/, "")).toSorted()).toEqual([...names].toSorted());
      const wrong: unknown[] = [];
      await inTurns(links, 16, async ([text, href]) => {
        const { status, body } = await page.load(`${href}inside`);
        const isRight = status === 200 && body.toString() === contentOf(`${text.replace(/\/$/, "")}/inside`);
        if (!href.endsWith("/") || !isRight) wrong.push([text, href, status]);
      });
      expect(wrong).toEqual([]);
      await expectHarmless(page);
    }, 300_000);

    it("as headings of their own directories do nothing either", async () => {
      const listing = await browser.open(`${base}dirs/`);
      const links = entriesOf(listing);
      await listing.close();
      for (const [text, href] of links.filter(
        (_, index) => index % 100 === 0 || /<script|onerror/.test(links[index]?.[0] ?? ""),
      )) {
        const page = await browser.open(href);
        expect(page.text, text).toContain("inside");
        await expectHarmless(page);
      }
    }, 300_000);

    /** No script of theirs ran, no dialog opened, nothing was asked for but what our pages ask for. */
    async function expectHarmless(page: OpenPage): Promise<void> {
      expect(page.hit).toBe(false);
      expect(page.dialogs).toEqual([]);
      const { origin } = new URL(base);
      const foreign = page.asked.filter(
        (url) =>
          !url.startsWith(`${origin}/snapshots/`) &&
          !url.startsWith(`${origin}/_asof/assets/`) &&
          url !== `${origin}/favicon.ico`,
      );
      expect(foreign).toEqual([]);
      expect(page.asked.length).toBeLessThan(10);
      expect(hits).toBe(0);
      await page.close();
    }
  });
});

/** Text and address of every entry of a listing. */
function entriesOf(page: OpenPage): OpenPage["links"] {
  return page.links.filter(([text, href]) => text !== "../" && href.startsWith(page.url));
}

function contentOf(name: string): string {
  return `the content of ${createHash("sha256").update(name).digest("hex")}`;
}

async function inTurns<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function servePreview(project: Project): Promise<Running> {
  const { config } = await loadConfig(project.file("asof.yaml"));
  const errors: unknown[] = [];
  const preview = await startPreview(
    {
      config,
      clock: { now: () => Date.now() / 1000, sleep: () => Promise.reject(new Error("the preview never waits")) },
      signal: new AbortController().signal,
    },
    {
      host: "127.0.0.1",
      port: 0,
      strictPort: true,
      liveReload: false,
      allowedHosts: [],
      onError: (error) => errors.push(error),
      config: () => config,
    },
  );
  return {
    url: `http://127.0.0.1:${preview.port}/`,
    async stop() {
      await preview.close();
      expect(errors).toEqual([]);
    },
  };
}
