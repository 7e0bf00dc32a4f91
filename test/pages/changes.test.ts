import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { isRelativePath } from "../../src/model/relative-path.ts";
import type { ChangesView, LookUpView } from "../../src/pages/views.ts";
import { changesJsonHead, renderChangesJson } from "../../src/pages/changes-json.ts";
import { openTheme, time } from "./example-views.ts";
import { added, changesView, compareView } from "./change-views.ts";
import { readHtml } from "./read-html.ts";
import type { ReadElement } from "./read-html.ts";

const pages = openTheme("default");

describe("the page of what a checkpoint changed", () => {
  test("is the golden page", async () => {
    await expect(changesPage(changesView)).toMatchFileSnapshot("../golden/pages/default-changes.html");
  });

  test("is well-formed where nothing changed, and where there is nothing to compare with", () => {
    const nothing = { counts: { added: 0, removed: 0, changed: 0 }, part: 1, parts: 1, changes: [] };
    expect(() => readHtml(changesPage({ ...changesView, ...nothing }))).not.toThrow();
    const oldest = changesPage({ ...changesView, ...nothing, from: undefined });
    expect(() => readHtml(oldest)).not.toThrow();
    expect(oldest).toContain("the oldest checkpoint that is kept");
  });

  test("leads to each file in the checkpoint, to what went in the one before, and to nothing that was taken down", () => {
    const links = linksOf(readHtml(changesPage(changesView)));
    expect(links.get("R&D <draft>.txt")).toBe("../../../20250130T205000Z/R%26D%20%3Cdraft%3E.txt");
    expect(links.get("1.iso")).toBe("../../../20250130T203000Z/old/1.iso");
    expect(links.get("a#b?c=100%.sh")).toBe("../../../20250130T205000Z/tools/a%23b%3Fc%3D100%25.sh");
    expect(links.has("leaked")).toBe(false);
  });

  test("folds long directories, shows short ones, and tells exact sizes in titles", () => {
    const elements = readHtml(changesPage(changesView));
    expect(elements.filter(({ tag }) => tag === "summary").map(({ text }) => text)).toEqual(["pool/: 21 added"]);
    expect(elements.filter(({ tag }) => tag === "h2").map(({ text }) => text)).toEqual(["./", "old/", "tools/"]);
    expect(elements.find(({ text }) => text === "1.5 kB")?.attributes.get("title")).toBe("1536 bytes");
  });

  test("shows any name as text, and leads to exactly that name", () => {
    const path = fc.string({ unit: "binary", minLength: 1, maxLength: 60 }).filter(isRelativePath);
    fc.assert(
      fc.property(path, (some) => {
        const elements = readHtml(changesPage({ ...changesView, changes: [added(some)] }));
        const [name] = elements.filter(({ tag, attributes }) => tag === "li" && attributes.get("class") === "added");
        const href = linksOf(elements).get(some.slice(some.lastIndexOf("/") + 1)) ?? "";
        expect(name?.text.startsWith(`added ${some.slice(some.lastIndexOf("/") + 1)} `)).toBe(true);
        expect(decodeURIComponent(href.replace("../../../20250130T205000Z/", ""))).toBe(some);
      }),
      { numRuns: 200 },
    );
  });

  test("stays below 400 kB with a thousand changes", () => {
    const changes = Array.from({ length: 1000 }, (_, index) => added(`pool/main/p/package-${index}_1.2.3_amd64.deb`));
    expect(changesPage({ ...changesView, changes }).length).toBeLessThan(400_000);
  });

  test("is none of Pulp's, and the classic theme leaves it out", () => {
    expect(openTheme("classic")).toMatchObject({ changes: undefined, compare: undefined, script: undefined });
  });
});

describe("the page that compares any two checkpoints", () => {
  test("is the golden page, its script aside", async () => {
    await expect(withoutScript(comparePage(compareView))).toMatchFileSnapshot("../golden/pages/default-compare.html");
  });

  test("carries the one script whose digest the content policy names, and nothing that ends it early", () => {
    const [, inline] = /<script>([^]*)<\/script>/.exec(comparePage(compareView)) ?? [];
    expect(inline).toBe(pages.script?.text);
  });

  test("shows hostile titles and headings as text", () => {
    for (const text of ["</title><script>alert(1)</script>", '"><img src=x>', "&amp;"]) {
      const html = withoutScript(comparePage({ ...compareView, heading: text, siteTitle: text, repository: text }));
      const elements = readHtml(html);
      expect(elements.find(({ tag }) => tag === "h1")?.text).toBe(`Compare checkpoints of ${text}`);
      expect(elements.find(({ tag }) => tag === "form")?.attributes.get("data-repository")).toBe(text);
    }
  });
});

describe("changes.json", () => {
  const compared = {
    distribution: "myfile-snapshot",
    repository: "myfile",
    from: time("20250130T203000Z"),
    to: time("20250130T205000Z"),
  };

  test("has a line for each change, with the bytes before and after", () => {
    const place = { counts: { added: 1, removed: 1, changed: 1 }, parts: 1, part: 1 };
    const some = changesView.changes.filter(({ path }) => /^(?:R&D|old|tools\/a)/.test(path));
    const text = renderChangesJson(compared, place, some);
    expect(JSON.parse(text)).toEqual({
      schemaVersion: 1,
      ...compared,
      ...place.counts,
      parts: 1,
      part: 1,
      changes: [
        { kind: "added", path: "R&D <draft>.txt", bytes: 1536, sha256: "a".repeat(64) },
        { kind: "removed", path: "old/1.iso", bytes: 1536, sha256: "a".repeat(64) },
        {
          kind: "changed",
          path: "tools/a#b?c=100%.sh",
          bytes: 1536,
          sha256: "a".repeat(64),
          was: { bytes: 1, sha256: "b".repeat(64) },
        },
      ],
    });
    expect(text.split("\n").filter((line) => line.includes('"kind"'))).toHaveLength(3);
    expect(text.startsWith(changesJsonHead(compared))).toBe(true);
  });

  test("is JSON where nothing changed", () => {
    const place = { counts: { added: 0, removed: 0, changed: 0 }, parts: 1, part: 1 };
    expect(JSON.parse(renderChangesJson({ ...compared, from: undefined }, place, []))).toMatchObject({
      from: null,
      changes: [],
    });
  });
});

function changesPage(view: ChangesView): string {
  return pages.changes?.(view) ?? "";
}

function comparePage(view: LookUpView): string {
  return pages.compare?.(view) ?? "";
}

function withoutScript(html: string): string {
  return html.replace(/<script>[^]*<\/script>\n/, "");
}

/** Target of each link by its text. */
function linksOf(elements: readonly ReadElement[]): ReadonlyMap<string, string> {
  return new Map(
    elements.flatMap(({ tag, text, attributes }) => (tag === "a" ? [[text, attributes.get("href") ?? ""]] : [])),
  );
}
