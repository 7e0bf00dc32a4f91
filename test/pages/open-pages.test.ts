import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { describe, expect, onTestFinished, test } from "vitest";

import { createPages } from "../../src/pages/open-pages.ts";
import {
  checkpoint,
  checkpointListView,
  checkpointYearView,
  goneView,
  indexView,
  listingOf,
  listingView,
  openTheme,
  themes,
  time,
} from "./example-views.ts";
import { kitView } from "./example-kit.ts";
import { hrefsOf, readHtml } from "./read-html.ts";

const stamps = /\d{8}T\d{6}Z/g;

describe.each(themes)("the %s theme", (theme) => {
  const pages = openTheme(theme);
  const all = {
    listing: pages.listing(listingView),
    "checkpoint-list": pages.checkpointList(checkpointListView),
    index: pages.index(indexView),
    gone: pages.gone(goneView),
    kit: pages.kit(kitView),
    ...(pages.checkpointYear === undefined ? {} : { "checkpoint-year": pages.checkpointYear(checkpointYearView) }),
  };

  test.each(Object.entries(all))("renders the golden page %s", async (name, html) => {
    // The script stands in templates/default/script.
    const shown = html.replace(/<script>[^]*?<\/script>/, "<script>…</script>");
    await expect(shown).toMatchFileSnapshot(`../golden/pages/${theme}-${name}.html`);
  });

  test.each(Object.entries(all))("writes well-formed markup in %s", (_name, html) => {
    expect(() => readHtml(html)).not.toThrow();
  });

  test.each([
    pages.listing(listingOf([], { hasParent: false })),
    pages.checkpointList({ ...checkpointListView, horizon: undefined, checkpoints: [] }),
    pages.index({ ...indexView, path: "", siteTitle: "", rows: [] }),
    pages.gone({ ...goneView, until: goneView.from, reason: "", older: undefined, newer: goneView.older }),
  ])("writes well-formed markup of empty views", (html) => {
    expect(() => readHtml(html)).not.toThrow();
  });

  test("heads a listing the way that Pulp's clients look for", () => {
    expect(all.listing).toContain("<h1>Index of /checkpoints/myfile/20250130T203000Z/</h1>");
    expect(all.listing).toContain("<title>Index of /checkpoints/myfile/20250130T203000Z/</title>");
  });

  test("spells kept checkpoints, and nothing else, as timestamps in the list", () => {
    const html = pages.checkpointList({
      ...checkpointListView,
      siteTitle: "since 20000101T000000Z",
      name: "x20000101T000000Z",
      checkpoints: [
        ...checkpointListView.checkpoints,
        checkpoint("20250204T000000Z", { kind: "gone", reason: "99999999T999999Z and ٢٠٢٥٠١٣١T٠٠٠٠٠٠Z" }),
      ],
    });
    expect(new Set(html.match(stamps))).toEqual(new Set(["20250130T203000Z", "20250130T205000Z", "20250202T101112Z"]));
    expect(html).not.toMatch(/\p{Nd}{8}T\p{Nd}{6}Z(?<!\d{8}T\d{6}Z)/u);
  });

  test("links from the gone page by absolute paths only", () => {
    const html = pages.gone({ ...goneView, newer: time("20250202T101112Z") });
    expect(hrefsOf(readHtml(html)).toSorted()).toEqual([
      "/checkpoints/myfile/",
      "/checkpoints/myfile/20250130T205000Z/",
      "/checkpoints/myfile/20250202T101112Z/",
    ]);
  });

  test("has a line for each file of a kit, and who reads it", () => {
    const names = kitView.kit.clients.flatMap(({ files }) => files.map(({ name }) => name));
    expect(hrefsOf(readHtml(all.kit)).filter((href) => href !== "../")).toEqual(names.map((name) => `./${name}`));
    for (const [index, line] of all.kit
      .split("\n")
      .filter((text) => text.includes('<a href="./'))
      .entries()) {
      expect(line).toContain(`>${names[index]}</a>`);
    }
    expect(all.kit).toMatch(/apt-live\.sources<\/a>.*apt \(Debian, Ubuntu\)/);
  });

  test("links to the parent directory first, unless there is none", () => {
    const parent = '<a href="../">../</a>';
    const rows = all.listing.slice(all.listing.search(/<tbody>|<pre>/));
    expect(rows.indexOf("<a ")).toBe(rows.indexOf(parent));
    expect(all.index).toContain(parent);
    expect(pages.listing({ ...listingView, hasParent: false })).not.toContain(parent);
    expect(pages.index({ ...indexView, path: "" })).not.toContain(parent);
  });

  test("shows no time but those it was given", () => {
    const given = new Set(["2025-01-30", "2024-12-31", "2025-01-29", "30-Jan-2025", "31-Dec-2024", "29-Jan-2025"]);
    const shown = all.listing.match(/\d{4}-\d\d-\d\d|\d\d-[A-Z][a-z]{2}-\d{4}/g) ?? [];
    expect(shown.filter((date) => !given.has(date))).toEqual([]);
  });

  test("uses a user's template in place of a built-in one, and changes its fingerprint then", async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "asof-pages-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(path.join(folder, "gone.eta"), "away: <%= it.reason %>");
    const own = openTheme(theme, folder);
    expect(own.gone({ ...goneView, reason: "<b>" })).toBe("away: &lt;b&gt;");
    expect(own.listing(listingView)).toBe(all.listing);
    expect(own.fingerprint).not.toBe(pages.fingerprint);
  });
});

describe("the default theme", () => {
  const pages = openTheme("default");

  test("lists checkpoints newest first and one row for a run of tombstones", () => {
    const html = pages.checkpointList(checkpointListView);
    const inTable = readHtml(html.slice(html.indexOf("<table"), html.indexOf("</table>") + "</table>".length));
    const times = ["20250202T101112Z", "20250130T205000Z", "20250130T203000Z"];
    expect(hrefsOf(inTable)).toEqual(times.flatMap((at) => [`./${at}/`, `./_asof/${at}/changes/`]));
    expect(html.match(/<tr class="gone">/g)).toHaveLength(2);
  });

  test("says whether old answers are settled, and up to when", () => {
    expect(pages.checkpointList(checkpointListView)).toContain(
      'Settled from the first checkpoint up to <time datetime="2025-02-03T00:00:00Z">2025-02-03 00:00:00</time> UTC',
    );
    expect(pages.checkpointList({ ...checkpointListView, settled: false })).toContain("may be revised");
  });

  test("links to its stylesheet by the absolute path it was given, and to everything else relatively", () => {
    for (const html of [pages.listing(listingView), pages.index(indexView), pages.checkpointList(checkpointListView)]) {
      const elements = readHtml(html);
      const styles = elements.filter(({ tag }) => tag === "link").map(({ attributes }) => attributes.get("href"));
      // The empty icon keeps browsers from asking for one.
      expect(styles.filter((href) => href !== "./feed.atom")).toEqual(["data:,", "/_asof/assets/style.css"]);
      expect(hrefsOf(elements).filter((href) => !/^(?:\.\/|\.\.\/_asof\/|\.\.\/years\/)/.test(href))).toEqual([]);
    }
    expect([...pages.assets.keys()]).toEqual(["style.css"]);
  });

  test("has no inline style and no script but the one that its policy names, where the page has a use for it", () => {
    const small = pages.listing({ ...listingView, checkpoint: undefined });
    const scripted = [
      pages.listing(listingView),
      pages.listing(listingOf(Array.from({ length: 20 }, String))),
      pages.checkpointList(checkpointListView),
    ];
    for (const html of scripted) {
      const script = /<script>([^]*?)<\/script>/.exec(html)?.[1] ?? "";
      expect(createHash("sha256").update(script).digest("base64")).toBe(pages.script?.hash);
    }
    const rest = scripted.map((html) => html.replace(/<script>[^]*?<\/script>/, ""));
    for (const html of [...rest, small, pages.gone(goneView), pages.kit(kitView)])
      expect(html).not.toMatch(/<script|<style|style=|\son\w+=/);
  });

  test("has a script below 15 kB that spells no time, keeps nothing and asks for nothing outside the site", () => {
    const script = /<script>([^]*?)<\/script>/.exec(pages.listing(listingView))?.[1] ?? "";
    expect(script.length).toBeLessThan(15_000);
    expect(script).not.toMatch(/\d{8}T\d{6}Z|https?:|localStorage|sessionStorage|cookie|innerHTML|eval\(/);
  });

  test("shows the time of a checkpoint on its root alone", () => {
    expect(pages.listing(listingView)).toContain("Checkpoint of");
    expect(pages.listing({ ...listingView, checkpoint: undefined })).not.toContain("Checkpoint of");
  });

  test("spends about 200 bytes on a row, so that 20,000 rows stay near 4 MB", () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `package-name-${index}_1.2.3`);
    const html = pages.listing(listingOf(names));
    expect(html.match(/<tr>/g)).toHaveLength(20_002);
    expect(html.length).toBeLessThan(4_200_000);
  });
});

test("the fingerprint tells themes apart even when their templates are alike", () => {
  const templates = { render: () => "", text: () => "", names: () => [], fingerprint: "same" };
  expect(createPages(templates, "default").fingerprint).not.toBe(createPages(templates, "classic").fingerprint);
});

test("a stylesheet reaches a published site unchanged", async () => {
  const written = await readFile(new URL("../../templates/default/style.css", import.meta.url), "utf8");
  expect(openTheme("default").assets.get("style.css")).toBe(written);
});
