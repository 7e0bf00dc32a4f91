import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";

import { HtmlValidate, StaticConfigLoader } from "html-validate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { nginxAvailable } from "../servers/nginx.ts";
import { openBrowsedSite } from "./browsed-site.ts";
import type { BrowsedSite } from "./browsed-site.ts";

describe.skipIf(!nginxAvailable())("the pages of a site", () => {
  let site: BrowsedSite;
  let pages: readonly string[] = [];
  beforeAll(async () => {
    site = await openBrowsedSite();
    const publicDir = site.mirror.file("public");
    pages = readdirSync(publicDir, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".html"))
      .map((name) => path.join(publicDir, name));
  });
  afterAll(() => site.close());

  it("are valid HTML", async () => {
    const validator = new HtmlValidate(
      new StaticConfigLoader({
        extends: ["html-validate:standard", "html-validate:a11y"],
        rules: {
          // How the markup is written, which is for those who write it.
          "attribute-boolean-style": "off",
          "long-title": "off",
          "no-redundant-role": "off",
          "text-content": "off",
          "doctype-style": "off",
        },
      }),
    );
    const ours = pages.filter((file) => readFileSync(file, "utf8").includes("_asof/assets/style.css"));
    expect(ours.length).toBeGreaterThan(30);
    const faults: string[] = [];
    for (const file of ours) {
      const { results } = await validator.validateString(readFileSync(file, "utf8"), file);
      for (const { messages } of results)
        for (const { ruleId, message, line } of messages)
          faults.push(`${path.basename(file)}:${line} ${ruleId}: ${message}`);
    }
    expect([...new Set(faults)]).toEqual([]);
  });

  it("lead nowhere where there is nothing", async () => {
    const wanted = ["/"];
    const seen = new Map<string, string>();
    const broken: string[] = [];
    for (let target = wanted.pop(); target !== undefined; target = wanted.pop()) {
      if (seen.has(target)) continue;
      const { status, headers, body } = await site.server.request(target);
      const text = headers.get("content-type")?.startsWith("text/html") === true ? body.toString("utf8") : "";
      seen.set(target, text);
      if (status !== 200) broken.push(`${status} ${target}`);
      for (const link of linksOf(text, target)) if (!seen.has(link.pathname)) wanted.push(link.pathname);
    }
    for (const [from, text] of seen) {
      for (const { pathname, hash } of linksOf(text, from))
        if (hash !== "" && seen.get(pathname)?.includes(`id="${hash.slice(1)}"`) !== true)
          broken.push(`${from} -> ${hash}`);
    }
    expect(broken).toEqual([]);
    expect(seen.size).toBeGreaterThan(300);
  });
});

function linksOf(html: string, at: string): readonly URL[] {
  const links = html.matchAll(/<(?:a|link)[^>]* href="([^"]*)"/g);
  return [...links]
    .map(([, href = ""]) => new URL(href.replaceAll("&amp;", "&"), `http://x${at}`))
    .filter(({ host }) => host === "x");
}
