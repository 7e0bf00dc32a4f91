import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { compareNames } from "../../src/model/compare-names.ts";
import { isRelativePath } from "../../src/model/relative-path.ts";
import { listingOf, openTheme, themes } from "./example-views.ts";
import { hrefsOf, readHtml } from "./read-html.ts";

const cores = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  '"><svg onload=alert(1)>',
  "' onmouseover='alert(1)",
  "</bdi></a><b>",
  "</title><script>",
  "<!--",
  "]]>",
  "<%= it.heading %>",
  "${heading}",
  "javascript:alert(1)",
  "data:text,x",
  "http:",
  "a:b",
  "C:",
  "//",
  "&",
  "&amp;",
  "&lt;",
  "&#60;",
  "&colon;",
  "#",
  "?",
  "?a=b&c=d",
  "%",
  "%2e%2e",
  "%2F",
  "%00",
  "%zz",
  "+",
  ";",
  ";v=1",
  "!",
  "*",
  "(",
  ")",
  "'",
  '"',
  "`",
  "$",
  "{}",
  "[]",
  "|",
  "^",
  "@",
  "=",
  ",",
  " ",
  "   ",
  "\u00a0",
  "\u00ad",
  "\u200b",
  "\u200e",
  "\u200f",
  "\u202e",
  "\u2066",
  "\ufeff",
  "é",
  "e\u0301",
  "ß",
  "ملف",
  "קובץ",
  "日本語",
  "😀",
  "👩‍👩‍👧",
  "index.html",
  "_asof",
  "latest",
  "20250130T203000Z",
  "con",
  "~",
  "x".repeat(200),
];

/** Each core alone, in front, behind, doubled, and after characters that browsers and shells treat specially at the start. */
const names: readonly string[] = [
  ...new Set(
    cores.flatMap((core) => [
      core,
      `${core}.deb`,
      `pkg_${core}`,
      `${core}${core}`,
      `.${core}`,
      `-${core}`,
      `..${core}`,
    ]),
  ),
]
  .filter((name) => isRelativePath(name) && !name.includes("/"))
  .toSorted(compareNames);

describe.each(themes)("the %s theme", (theme) => {
  const pages = openTheme(theme);

  test(`leads from each of ${names.length} hostile names to exactly that name`, () => {
    expect(names.length).toBeGreaterThan(300);
    expect(linksOf(names, "file")).toEqual(namesAsShown(names, "file"));
    expect(linksOf(names, "directory")).toEqual(namesAsShown(names, "directory"));
  });

  test("leads from any name that a repository may have to exactly that name", () => {
    const name = fc
      .string({ unit: "binary", minLength: 1, maxLength: 80 })
      .filter((text) => isRelativePath(text) && !text.includes("/"));
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 20 }), (some) => {
        expect(linksOf(some, "file")).toEqual(namesAsShown(some, "file"));
      }),
      { numRuns: 200 },
    );
  });

  test("shows hostile headings and titles as text", () => {
    for (const text of names) {
      const elements = readHtml(pages.listing(listingOf([], { heading: text, siteTitle: text })));
      expect(elements.find(({ tag }) => tag === "h1")?.text).toBe(`Index of ${text}`);
      expect(elements.find(({ tag }) => tag === "title")?.text).toBe(`Index of ${text}`);
    }
  });

  /** Text and target of every link of a listing of `some`, after a look at its markup. */
  function linksOf(some: readonly string[], kind: Kind): readonly Link[] {
    const rows = some.map((name) => ({ name, kind, added: undefined, sizeBytes: undefined }));
    const elements = readHtml(pages.listing(listingOf([], { rows })));
    expect(elements.filter(({ tag }) => !known.has(tag))).toEqual([]);
    const hrefs = hrefsOf(elements);
    expect(hrefs.filter((href) => !/^\.\/[A-Za-z0-9._~%-]+\/?$/.test(href))).toEqual([]);
    const isUp = (href: string | undefined): boolean => /^(?:\.\.\/)+$/.test(href ?? "");
    const links = elements.filter(({ tag, attributes }) => tag === "a" && !isUp(attributes.get("href")));
    const texts = links.map(({ text }) => text);
    return hrefs.map((href, index) => ({ text: texts[index] ?? "", leadsTo: nameBehind(href) }));
  }
});

type Kind = "file" | "directory";

interface Link {
  readonly text: string;
  readonly leadsTo: string;
}

function namesAsShown(some: readonly string[], kind: Kind): readonly Link[] {
  return some.map((name) => (kind === "file" ? name : `${name}/`)).map((name) => ({ text: name, leadsTo: name }));
}

/** What a browser asks for, decoded, when the link is followed on a page two directories deep. */
function nameBehind(href: string): string {
  const base = "https://mirror.example.org/a/b/";
  const url = new URL(href, base);
  if (!url.href.startsWith(base) || url.search !== "" || url.hash !== "") return `elsewhere: ${url.href}`;
  return decodeURIComponent(url.pathname.slice("/a/b/".length));
}

const known: ReadonlySet<string> = new Set(
  "html head meta title link body header main nav ol li div h1 p table thead tbody tr th td a bdi time pre hr".split(
    " ",
  ),
);
