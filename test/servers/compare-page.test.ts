import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { isChromiumInstalled, openBrowser } from "../hosts/chromium.ts";
import type { Browser, Visit } from "../hosts/chromium.ts";
import { after, openMirror } from "../operations/mirror.ts";
import type { Mirror } from "../operations/mirror.ts";
import { availableRuleServers } from "./members.ts";

const page = "/snapshots/repo/_asof/compare/";

describe.skipIf(!isChromiumInstalled())("the page that compares two checkpoints, in a browser", () => {
  let browser: Browser;
  let mirror: Mirror;
  beforeAll(async () => {
    browser = await openBrowser();
    mirror = openMirror({ remote: { mode: "mirror" } });
    // The last second of one year and the first ones of the next: two files list the checkpoints.
    for (const [index, content] of contents.entries()) {
      mirror.at(start + index * 60);
      mirror.offer(content);
      await mirror.ok("update", "--allow-shrink");
    }
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    mirror.remove();
  });

  describe.each(availableRuleServers())("from $server", ({ start: startServer }) => {
    let server: Awaited<ReturnType<typeof startServer>>;
    beforeAll(async () => {
      server = await startServer({ publicDir: mirror.file("public"), rulesDir: mirror.file("rules") });
    });
    afterAll(() => server.stop());
    const visit = (query: string, options?: { scripts: boolean }): Promise<Visit> =>
      browser.visit(new URL(`${page}${query}`, server.url).href, options);

    it("tells what differs, as asof diff does, and leaves out what came and went", async () => {
      const seen = await visit(`?from=${at(0)}&to=latest`);
      expect(seen.text).toContain(
        `${at(4)} against ${at(0)}: 1 added, 1 removed, 1 changed: other bytes under the same name.`,
      );
      expect(linksIn(seen)).toEqual([
        ["R&D #1.txt", `${at(0)}/R%26D%20%231.txt`],
        ["changed", `${at(4)}/d/changed`],
        ["new", `${at(4)}/d/new`],
      ]);
      expect(seen.text).toContain(`asof diff repo ${at(0)} ${at(4)}`);
      const { out } = await mirror.ok("diff", "repo", at(0), "latest");
      expect(out).toContain("+1 -1 ~1");
    });

    it("takes other forms of a time, in either order, and the checkpoint before it", async () => {
      const [from, to] = [1, 2].map((index) => at(index));
      const seen = await visit(`?from=${iso(to)}&to=${iso(from)}`);
      expect(seen.text).toContain(`${to} against ${from}: 1 added, 0 removed, 0 changed.`);
    });

    it("says what is wrong with a time that is none, and one before the oldest checkpoint", async () => {
      expect((await visit("?from=yesterday")).text).toContain("Not compared: yesterday is no time.");
      expect((await visit("?from=2001-01-01")).text).toContain("there is no checkpoint at or before 20010101T000000Z");
    });

    it("shows the command where scripts do not run", async () => {
      const seen = await visit(`?from=${at(0)}&to=latest`, { scripts: false });
      expect(seen.text).toContain("Comparing needs scripts.");
      expect(seen.text).toContain("asof diff repo FROM TO");
    });
  });

  function linksIn(seen: Visit): readonly (readonly [string, string])[] {
    return seen.links
      .map(([text, href]) => [text, new URL(href).pathname.replace("/snapshots/repo/", "")] as const)
      .filter(([, target]) => /^\d{8}T\d{6}Z\//.test(target));
  }
});

/** Two minutes before the year 2026. */
const start = 1_767_225_480 - 1_742_306_618;

const contents = [
  { "R&D #1.txt": "1", "d/changed": "1", "d/back": "1" },
  { "R&D #1.txt": "1", "d/changed": "2", "d/back": "2" },
  { "R&D #1.txt": "1", "d/changed": "2", "d/back": "2", "d/passing": "1" },
  { "d/changed": "3", "d/back": "1", "d/passing": "1" },
  { "d/changed": "3", "d/back": "1", "d/new": "1" },
];

function at(index: number): string {
  return after(start + index * 60);
}

function iso(time = ""): string {
  return time.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z");
}
