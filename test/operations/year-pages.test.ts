import { readdirSync, statSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { writeLongHistory } from "../helpers/long-history.ts";
import { readHtml } from "../pages/read-html.ts";
import { aMirror, beginning, day } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";

/** Four in a day from the 21st of December 2024 on: more in 2025 than a page has rows. */
const checkpoints = 1400;
const stepSeconds = day / 4;
const first = Date.parse("2024-12-21T14:03:38Z") / 1000;
const newest = first + (checkpoints - 1) * stepSeconds;
const years = "snapshots/repo/years";

describe("with more than a thousand checkpoints in a year", () => {
  it("no page has more than a thousand rows or 300 kB, every checkpoint is on one, and a new one changes those of its own time alone", async () => {
    const mirror = await aLongMirror();
    await mirror.ok("build");
    const pages = readdirSync(mirror.file(`public/${years}`)).toSorted();
    expect(pages).toEqual(["2024.html", ...monthsOf2025, "2025.html"].toSorted());
    const list = mirror.page("snapshots/repo/index.html");
    expect(rowsOf(list)).toHaveLength(1000);
    expect(linksOf(list)).toEqual(expect.arrayContaining(["./years/2025.html", "./years/2024.html"]));
    expect(rowsOf(mirror.page(`${years}/2025.html`))).toEqual([]);
    const rows = pages.flatMap((name) => rowsOf(mirror.page(`${years}/${name}`)));
    expect(rows.toSorted()).toEqual(mirror.checkpoints());
    const bytes = [list, ...pages.map((name) => mirror.page(`${years}/${name}`))].map((page) =>
      Buffer.byteLength(page),
    );
    expect(Math.max(...bytes)).toBeLessThanOrEqual(300_000);

    const before = new Map(pages.map((name) => [name, inodeOf(mirror, name)]));
    mirror.at(newest + 60 - beginning);
    mirror.offer({ a: "a", changing: "other" });
    await mirror.ok("update", "--accept-clock", "--allow-shrink");
    const changed = pages.filter((name) => inodeOf(mirror, name) !== before.get(name));
    expect(changed).toEqual(["2025-12.html", "2025.html"]);
    await mirror.ok("verify");
  }, 120_000);

  it("pages of months go when retention leaves what fits on the page of the year", async () => {
    const mirror = await aLongMirror();
    await mirror.ok("build");
    mirror.configure({ repository: { retain: { last: 20 } } });
    mirror.at(newest + 60 - beginning);
    await mirror.ok("prune");
    await mirror.ok("build");
    // What went is one row, in the year in which it begins.
    expect(readdirSync(mirror.file(`public/${years}`)).toSorted()).toEqual(["2024.html", "2025.html"]);
    expect(rowsOf(mirror.page(`${years}/2025.html`))).toHaveLength(20);
    expect(mirror.page(`${years}/2024.html`)).toContain("gone");
  }, 120_000);
});

const monthsOf2025 = Array.from({ length: 12 }, (_, index) => `2025-${String(index + 1).padStart(2, "0")}.html`);

async function aLongMirror(): Promise<Mirror> {
  const mirror = aMirror({ repository: { history: false } });
  const content = new Map([["a", "a"]]);
  await writeLongHistory(mirror.file("state"), { repository: "repo", checkpoints, newest, stepSeconds, content });
  mirror.at(newest + 30 - beginning);
  return mirror;
}

/** The checkpoints that have rows. */
function rowsOf(html: string): readonly string[] {
  return readHtml(html).flatMap(({ tag, attributes }) => (tag === "tr" ? (attributes.get("id") ?? []) : []));
}

function linksOf(html: string): readonly string[] {
  return readHtml(html).flatMap(({ tag, attributes }) => (tag === "a" ? (attributes.get("href") ?? []) : []));
}

function inodeOf(mirror: Mirror, name: string): number {
  return statSync(mirror.file(`public/${years}/${name}`)).ino;
}
