import { describe, expect, it } from "vitest";

import { Failure } from "../../src/failure.ts";
import type { RulesInput } from "../../src/redirects/rules.ts";
import { timeline } from "../model/a-timeline.ts";
import { renderRules, repository, rulesInput } from "../servers/rules-folder.ts";

const history = timeline(["-20230101T000000Z", "20240101T000000Z", "20250318T140338Z"], {
  horizon: "20250401T000000Z",
});
const example: RulesInput = rulesInput("/srv/asof/public", history, {
  distributions: [
    { name: "myfile-snapshot", basePath: "checkpoints/myfile", repository: "myfile", checkpoint: true },
    { name: "myfile", basePath: "myfile", repository: "myfile", checkpoint: false },
  ],
});

describe("generated Caddy configuration", () => {
  it("reads as in golden/asof.caddy", async () => {
    await expect(textOf(example)).toMatchFileSnapshot("golden/asof.caddy");
  });

  it("is one file, the same bytes every time", () => {
    expect(renderRules(example, "caddy").map(({ path }) => path)).toEqual(["caddy/asof.caddy"]);
    expect(textOf(example)).toBe(textOf(example));
  });

  it("names the log of each repository in a line that can be parsed", () => {
    const input = rulesInput("/srv/public", history, {
      repositories: [
        { name: "empty", timeline: timeline([]), log: { length: 0, head: "" } },
        { name: "myfile", timeline: history, log: { length: 12, head: "ab".repeat(32) } },
      ],
    });
    const lines = textOf(input).split("\n");
    expect(lines.filter((line) => line.startsWith("# asof-log "))).toEqual([
      "# asof-log empty 0 -",
      `# asof-log myfile 12 ${"ab".repeat(32)}`,
    ]);
  });

  it("holds the times of a repository once, however many distributions serve it", () => {
    const [base] = example.distributions;
    const many = ["a", "b", "c"].flatMap((basePath) =>
      base === undefined ? [] : [{ ...base, name: basePath, basePath }],
    );
    const lines = textOf({ ...example, distributions: many }).split("\n");
    expect(lines.filter((line) => line.includes(",20240101T000000,20250318T140338"))).toHaveLength(1);
  });

  it("puts the site's name before every name that it defines", () => {
    for (const siteName of ["main", "a".repeat(32), "z9"]) {
      const text = textOf({ ...example, siteName });
      const matchers = [...text.matchAll(/^ *@(\w+) /gm)].map(([, name = ""]) => name);
      const outputs = [...text.matchAll(/^ *map (?:@\w+ )?(?:"[^"]*"|\S+) ((?:\{\w+\} )+)\{$/gm)].flatMap(
        ([, names = ""]) =>
          names
            .trim()
            .split(" ")
            .map((name) => name.slice(1, -1)),
      );
      const variables = [...text.matchAll(/\{vars\.(\w+)\}/g)].map(([, name = ""]) => name);
      const expressions = [...text.matchAll(/\{re\.(\w+)\.\d+\}/g)].map(([, name = ""]) => name);
      for (const names of [matchers, outputs, variables, expressions]) {
        expect(names.length).toBeGreaterThan(10);
        for (const name of names) expect(name).toMatch(new RegExp(`^asof_${siteName}(?:_[a-z0-9]+)*$`));
      }
    }
  });

  it("runs no script of anybody's while no hash of one is given", () => {
    expect(textOf(example)).toContain("script-src 'none'");
    expect(textOf({ ...example, scriptHash: "AbC+/=" })).toContain("script-src 'sha256-AbC+/='");
  });

  it.each(["/srv/{public}", "/srv/pub*", "/srv/a?b", "/srv/[a]", "/srv/a\\b", "/srv/a\nb"])(
    "refuses the document root %j, which a Caddyfile cannot name",
    (publicDir) => {
      expect(() => renderRules({ ...example, publicDir }, "caddy")).toThrow(Failure);
    },
  );

  it("promises nothing for ever of a repository that may be revised", () => {
    const revisable = { ...example, repositories: [repository("myfile", { ...history, settled: false })] };
    expect(textOf(example)).toMatch(/checkpoints\/myfile "public, max-age=31536000, immutable" /);
    expect(textOf(revisable)).toMatch(/checkpoints\/myfile "no-cache" /);
  });
});

function textOf(input: RulesInput): string {
  return renderRules(input, "caddy")[0]?.content ?? "";
}
