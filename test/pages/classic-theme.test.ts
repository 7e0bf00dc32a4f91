import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { compareNames } from "../../src/model/compare-names.ts";
import { checkpoint, checkpointListView, indexView, listingOf, openTheme, time } from "./example-views.ts";
import { pulpDocument } from "./pulp-document.ts";

const pages = openTheme("classic");

/** Names that need no percent-encoding; up to 120 characters, so that some are wider than the column. */
const plainName = fc.stringMatching(/^[A-Za-z0-9._~-]{1,120}$/).filter((name) => name !== "." && name !== "..");

/** Names that Pulp's own links cannot reach, or that its padding counts differently from what is seen. */
const anyName = fc.string({
  unit: fc.constantFrom("a", "Z", "&", "<", ">", '"', "'", "#", "?", "%", ":", " ", "é", "日", "😀"),
  minLength: 1,
  maxLength: 60,
});

const second = fc
  .date({ min: new Date("1999-01-01T00:00:00Z"), max: new Date("2099-12-31T23:59:59Z"), noInvalidDate: true })
  .map((date) => time(date.toISOString().replace(/[-:]|\.\d+/g, "")));

/** The same second by another way: the parts that toUTCString prints, `Thu, 30 Jan 2025 20:30:00 GMT`. */
function pulpDate(at: string): string {
  const iso = at.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z");
  const [, day, month, year, clock = ""] = new Date(iso).toUTCString().split(" ");
  return `${day}-${month}-${year} ${clock.slice(0, 5)}`;
}

function withoutLinks(html: string): string {
  return html.replace(/<a href="[^"]*">/g, "<a>");
}

describe("the classic theme", () => {
  test("is Pulp's document byte for byte for a flat checkpoint with plain names", () => {
    const row = fc.record({
      name: plainName,
      added: fc.option(second, { nil: undefined }),
      bytes: fc.nat({ max: 999 }),
    });
    fc.assert(
      fc.property(fc.uniqueArray(row, { selector: ({ name }) => name, maxLength: 12 }), fc.boolean(), (files, root) => {
        const rows = files
          .toSorted((a, b) => compareNames(a.name, b.name))
          .map(({ name, added, bytes }) => ({ name, kind: "file" as const, added, sizeBytes: bytes }));
        const expected = pulpDocument({
          path: "/pulp/content/a/",
          root,
          rows: files.map(({ name, added, bytes }) => ({
            name,
            date: added === undefined ? "" : pulpDate(added),
            size: bytes === 1 ? "1 Byte" : `${bytes} Bytes`,
          })),
        });
        expect(pages.listing(listingOf([], { heading: "/pulp/content/a/", hasParent: !root, rows }))).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });

  test("is Pulp's list of checkpoints byte for byte, with its empty heading", () => {
    fc.assert(
      fc.property(fc.uniqueArray(second, { maxLength: 20 }), (times) => {
        const html = pages.checkpointList({
          ...checkpointListView,
          checkpoints: times.toSorted().map((at) => checkpoint(at)),
        });
        const rows = times.map((at) => ({ name: `${at}/`, date: pulpDate(at), size: "" }));
        expect(html).toBe(pulpDocument({ path: "", rows }));
      }),
    );
  });

  test("leaves tombstones out of the list", () => {
    const kept = checkpointListView.checkpoints.filter(({ kind }) => kind === "checkpoint");
    expect(pages.checkpointList(checkpointListView)).toBe(
      pages.checkpointList({ ...checkpointListView, checkpoints: kept }),
    );
  });

  test("differs from Pulp's document in nothing but the encoding of links when names are not plain", () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyName, { maxLength: 12 }), (names) => {
        const html = pages.listing(listingOf(names.toSorted(compareNames), { heading: "/a/" }));
        const expected = pulpDocument({
          path: "/a/",
          rows: names.map((name) => ({ name, date: "30-Jan-2025 20:30", size: "1.5 kB" })),
        });
        expect(withoutLinks(html)).toBe(withoutLinks(expected));
      }),
      { numRuns: 300 },
    );
  });

  test("shows a directory with the date it is given and no size", () => {
    const rows = [
      { name: "a", kind: "directory", added: time("20250130T203000Z"), sizeBytes: undefined },
      { name: "b", kind: "directory", added: undefined, sizeBytes: undefined },
    ] as const;
    expect(pages.listing(listingOf([], { heading: "/a/", rows }))).toBe(
      pulpDocument({
        path: "/a/",
        rows: [
          { name: "a/", date: "30-Jan-2025 20:30", size: "" },
          { name: "b/", date: "", size: "" },
        ],
      }),
    );
  });

  test("is Pulp's page above a base path", () => {
    const rows = indexView.rows.map(({ name }) => ({ name: `${name}/`, date: "", size: "" }));
    expect(pages.index(indexView)).toBe(pulpDocument({ path: "/checkpoints/", rows }));
    expect(pages.index({ ...indexView, heading: "/", path: "" })).toBe(pulpDocument({ path: "/", root: true, rows }));
  });
});
