import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, test } from "vitest";

import { builtInTemplates } from "../../src/templates.ts";
import { themes } from "./example-views.ts";

const templates = themes.flatMap((theme) =>
  readdirSync(path.join(builtInTemplates, theme))
    .filter((name) => name.endsWith(".eta"))
    .map((name) => ({
      name: `${theme}/${name}`,
      text: readFileSync(path.join(builtInTemplates, theme, name), "utf8"),
    })),
);

describe.each(templates)("$name", ({ text }) => {
  test("prints nothing unescaped but what other templates made", () => {
    const raw = Array.from(text.matchAll(/<%[-_]?\s*~([^%]*)%>/g), ([, expression = ""]) => expression.trim());
    expect(
      raw.filter((expression) => !/^(?:include\(.*\)|it\.body|it\.script|year\.text)\s*-?$/.test(expression)),
    ).toEqual([]);
  });

  test("asks for no clock, no chance, no locale and nothing of the process", () => {
    expect(text).not.toMatch(/new Date|Date\.now|Math\.random|toLocale|Intl|process\b|globalThis/);
  });

  test("quotes every attribute, so that escaping is enough", () => {
    expect(text).not.toMatch(/=\s*<%=/);
  });

  test("has no space at the end of a line, where editors would take it away", () => {
    expect(text).not.toMatch(/[ \t]$/m);
  });
});
