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

describe("generated nginx configuration", () => {
  it.each(["http.conf", "server.conf"])("reads as in golden/%s", async (name) => {
    await expect(fileOf(example, name)).toMatchFileSnapshot(`golden/${name}`);
  });

  it("is the same bytes every time", () => {
    expect(renderRules(example, "nginx")).toEqual(renderRules(example, "nginx"));
  });

  it("names the log of each repository in a line that can be parsed", () => {
    const input = rulesInput("/srv/public", history, {
      repositories: [
        { name: "empty", timeline: timeline([]), log: { length: 0, head: "" } },
        { name: "myfile", timeline: history, log: { length: 12, head: "ab".repeat(32) } },
      ],
    });
    const lines = fileOf(input, "http.conf").split("\n");
    expect(lines.filter((line) => line.startsWith("# asof-log "))).toEqual([
      "# asof-log empty 0 -",
      `# asof-log myfile 12 ${"ab".repeat(32)}`,
    ]);
  });

  it("changes http.conf alone with a checkpoint, a horizon, a tombstone or a promise", () => {
    const settings = fileOf(example, "server.conf");
    for (const other of [
      timeline([]),
      { ...history, settled: false },
      timeline(["20240101T000000Z", "-20250101T000000Z"]),
    ]) {
      const changed = { ...example, repositories: [repository("myfile", other)] };
      expect(fileOf(changed, "server.conf")).toBe(settings);
      expect(fileOf(changed, "http.conf")).not.toBe(fileOf(example, "http.conf"));
    }
  });

  it("holds the times of a repository once, however many distributions serve it", () => {
    const base = example.distributions[0];
    const many = ["a", "b", "c"].flatMap((basePath) =>
      base === undefined ? [] : [{ ...base, name: basePath, basePath }],
    );
    expect(fileOf({ ...example, distributions: many }, "http.conf")).toBe(fileOf(example, "http.conf"));
  });

  it("keeps the address of a repository when another one is added", () => {
    const input = { ...example, repositories: [repository("another", timeline([])), ...example.repositories] };
    const lines = (text: string): readonly string[] => text.split("\n").filter((line) => line.includes("20250318"));
    expect(lines(fileOf(input, "http.conf"))).toEqual(lines(fileOf(example, "http.conf")));
  });

  it("puts the site's name before every variable that it defines", () => {
    const defined = /(?:^|\n)(?:map|geo) (?:\S+ )+\$(\w+) \{|set \$(\w+) |\(\?<(\w+)>/g;
    for (const siteName of ["main", "a".repeat(32), "z9"]) {
      const text = renderRules({ ...example, siteName }, "nginx")
        .map(({ content }) => content)
        .join("");
      const names = [...text.matchAll(defined)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
      expect(names.length).toBeGreaterThan(30);
      const prefix = siteName.length > 20 ? /^asof_a{12}[0-9a-f]{8}_[a-z]+$/ : new RegExp(`^asof_${siteName}_[a-z]+$`);
      for (const name of names) expect(name).toMatch(prefix);
    }
  });

  it("runs no script of anybody's while no hash of one is given", () => {
    expect(fileOf(example, "http.conf")).toContain("script-src 'none'");
    expect(fileOf({ ...example, scriptHash: "AbC+/=" }, "http.conf")).toContain("script-src 'sha256-AbC+/='");
  });

  it("refuses a document root that nginx cannot name", () => {
    expect(() => renderRules({ ...example, publicDir: "/srv/$public" }, "nginx")).toThrow(Failure);
  });
});

function fileOf(input: RulesInput, name: string): string {
  return renderRules(input, "nginx").find((file) => file.path === `nginx/${name}`)?.content ?? "";
}
