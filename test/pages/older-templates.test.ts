import { mkdtempSync, copyFileSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { checkpointListView, indexView, listingView, openTheme } from "./example-views.ts";
import { hrefsOf, readHtml } from "./read-html.ts";

const folder = path.join(import.meta.dirname, "older-templates");

test.each([...readdirSync(folder), "all of them"])(
  "who replaced a template as it was before pages had scripts still has whole pages: %s",
  (name) => {
    const overrides = mkdtempSync(path.join(os.tmpdir(), "asof-templates-"));
    onTestFinished(() => rmSync(overrides, { recursive: true, force: true }));
    for (const one of name === "all of them" ? readdirSync(folder) : [name])
      copyFileSync(path.join(folder, one), path.join(overrides, one));
    const pages = openTheme("default", overrides);
    const listing = readHtml(pages.listing(listingView));
    expect(hrefsOf(listing)).toEqual(expect.arrayContaining(["./1.iso", "./R%26D%20%3Cdraft%3E.txt", "./dists/"]));
    const list = readHtml(pages.checkpointList(checkpointListView));
    const times = ["20250202T101112Z", "20250130T205000Z", "20250130T203000Z"];
    expect(hrefsOf(list)).toEqual(expect.arrayContaining(times.map((at) => `./${at}/`)));
    expect(hrefsOf(readHtml(pages.index(indexView)))).toContain("./myfile/");
  },
);
