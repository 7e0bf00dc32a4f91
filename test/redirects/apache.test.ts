import { describe, expect, it } from "vitest";

import { Failure } from "../../src/failure.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import type { RulesInput } from "../../src/redirects/rules.ts";
import { timeline } from "../model/a-timeline.ts";
import { randomHistory, seededRandom } from "../servers/random-history.ts";
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
const paths = [
  "apache/answers/moved.txt",
  "apache/answers/refused.txt",
  "apache/answers/removed.txt",
  "apache/asof.txt",
  "apache/asof.conf",
];

describe("generated Apache rules", () => {
  it.each(["asof.conf", "asof.txt"])("read as in golden/apache-%s", async (name) => {
    await expect(fileOf(example, name)).toMatchFileSnapshot(`golden/apache-${name}`);
  });

  it("are the same bytes every time, what is needed before what needs it", () => {
    expect(renderRules(example, "apache")).toEqual(renderRules(example, "apache"));
    expect(renderRules(example, "apache").map((file) => file.path)).toEqual(paths);
  });

  it("name the log of each repository in a line that can be parsed", () => {
    const input = rulesInput("/srv/public", history, {
      repositories: [
        { name: "empty", timeline: timeline([]), log: { length: 0, head: "" } },
        { name: "myfile", timeline: history, log: { length: 12, head: "ab".repeat(32) } },
      ],
    });
    const lines = fileOf(input, "asof.txt").split("\n");
    expect(lines.filter((line) => line.startsWith("# asof-log "))).toEqual([
      "# asof-log empty 0 -",
      `# asof-log myfile 12 ${"ab".repeat(32)}`,
    ]);
  });

  it("change asof.txt alone with a checkpoint, a horizon, a tombstone or a promise", () => {
    for (const other of [
      timeline([]),
      { ...history, settled: false },
      timeline(["20240101T000000Z", "-20250101T000000Z"]),
      timeline(["-20230101T000000Z", "20240101T000000Z", "20250318T140338Z"], { horizon: "20250402T000000Z" }),
    ]) {
      const changed = renderRules({ ...example, repositories: [repository("myfile", other)] }, "apache");
      const differing = renderRules(example, "apache").filter(
        (file, index) => file.content !== changed[index]?.content,
      );
      expect(differing.map((file) => file.path)).toEqual(["apache/asof.txt"]);
    }
  });

  it("hold the times of a repository once, however many distributions serve it", () => {
    const base = example.distributions[0];
    const many = ["a", "b", "c"].flatMap((basePath) =>
      base === undefined ? [] : [{ ...base, name: basePath, basePath }],
    );
    expect(fileOf({ ...example, distributions: many }, "asof.txt")).toBe(fileOf(example, "asof.txt"));
  });

  it("put the site's name and folder into the name of the map, so that sites of one name may share a server", () => {
    const mapNameOf = (changes: Partial<RulesInput>): string =>
      /RewriteMap (\S+) /.exec(fileOf({ ...example, ...changes }, "asof.conf"))?.[1] ?? "";
    const names = [{}, { siteName: "z9" }, { rulesDir: "/srv/other/rules" }].map(mapNameOf);
    expect(names[1]).toMatch(/^asof_z9_[0-9a-f]{8}$/);
    expect(new Set(names).size).toBe(3);
  });

  it("run no script of anybody's while no hash of one is given", () => {
    expect(fileOf(example, "asof.conf")).toContain("script-src 'none'");
    expect(fileOf({ ...example, scriptHash: "AbC+/=" }, "asof.conf")).toContain("script-src 'sha256-AbC+/='");
  });

  it.each(["*", "?", "[", "\\", "${x}", "\n", "\u007f"])("refuse a folder with %j in its path", (sign) => {
    for (const folder of ["publicDir", "rulesDir"]) {
      const input = { ...example, [folder]: `/srv/a${sign}b` };
      expect(() => renderRules(input, "apache"), folder).toThrow(Failure);
    }
  });

  it.each(['"', "'", " ", "$1", "%{ENV:x}", "%1", ",", "]", "#", "<", ">", "(", "^", "+", "é"])(
    "take a folder with %j in its path",
    (sign) => {
      for (const folder of ["publicDir", "rulesDir"]) {
        expect(() => renderRules({ ...example, [folder]: `/srv/a${sign}b` }, "apache"), folder).not.toThrow();
      }
    },
  );

  it("write a quote, a dollar and a percent sign as each directive reads them", () => {
    const conf = fileOf({ ...example, publicDir: '/srv/"p" $1 %2', rulesDir: "/srv/r $1" }, "asof.conf");
    expect(conf).toContain('<Directory "/srv/\\"p\\" $1 %2">');
    expect(conf).toContain('RewriteCond "/srv/\\"p\\" \\$1 \\%2/');
    expect(conf).toContain('"/srv/r \\\\$1/apache/answers/$1"');
  });

  it("skip no rule too many or too few", () => {
    const lines = fileOf(example, "asof.conf").split("\n");
    expect(lines.some((line) => line.includes("S=block") || line === "# end of block")).toBe(false);
    const rules = lines.filter((line) => line.startsWith("RewriteRule "));
    for (const [index, rule] of rules.entries()) {
      const skipped = Number(/\bS=(\d+)\]/.exec(rule)?.[1] ?? "0");
      expect(index + skipped, rule).toBeLessThan(rules.length);
    }
    // The first leaves out all others.
    expect(rules[0]).toMatch(new RegExp(`\\[S=${rules.length - 1}\\]$`));
  });
});

describe("the times in asof.txt", () => {
  const dense = randomHistory(seededRandom(2), { checkpoints: 20_000, stepSeconds: 86_400 / 20, gone: 0.05 });
  const burst = timeline(
    Array.from({ length: 3_600 }, (_, index) => timestampFromSeconds(Date.UTC(2025, 2, 18, 10) / 1000 + index)),
  );

  it.each([
    ["a dense history", dense],
    ["a checkpoint a second", burst],
    ["sixty years of one century", timeline(Array.from({ length: 60 }, (_, index) => `${2000 + index}0101T000000Z`))],
  ])("never stand in a line longer than Apache reads: %s", (_, many) => {
    const lines = mapOf(many);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(1_000);
  });

  it("are refused where a line would be longer", () => {
    const years = Array.from({ length: 100 }, (_, index) => `${2000 + index}0101T000000Z`);
    expect(() => mapOf(timeline(years))).toThrow(Failure);
  });

  it("mark a list whose hours or minutes have lists of their own, and no other", () => {
    const lists = mapOf(burst).filter((line) => line.startsWith("myfile:"));
    const keys = lists.map((line) => /^myfile:(\d*) /.exec(line)?.[1] ?? "");
    for (const line of lists) {
      const [, key = "", mark] = /^myfile:(\d*) (@?)/.exec(line) ?? [];
      const isDivided =
        key.length >= 8 && keys.some((other) => other.length === key.length + 2 && other.startsWith(key));
      expect(mark === "@", line).toBe(isDivided);
    }
    expect(lists.filter((line) => line.includes(" @")).length).toBeGreaterThan(1);
  });

  it("stand newest first, a list before those of its parts", () => {
    const keys = mapOf(dense).flatMap((line) => /^myfile:(\d*) /.exec(line)?.[1] ?? []);
    expect(keys.length).toBeGreaterThan(100);
    expect(keys[0]).toBe("");
    for (const [index, key] of keys.entries()) {
      const next = keys[index + 1];
      expect(next === undefined || next.startsWith(key) || next < key, `${key} before ${next}`).toBe(true);
    }
  });

  it("stand once under each key", () => {
    for (const many of [history, dense, burst]) {
      const keys = mapOf(many).flatMap((line) =>
        line.startsWith("#") || line === "" ? [] : [line.split(" ")[0] ?? ""],
      );
      expect(new Set(keys).size).toBe(keys.length);
    }
  });

  it("tell the answers' letters", () => {
    const lettersOf = (points: readonly string[], settled = true): string =>
      [
        ...new Set(
          mapOf(timeline(points, { settled }))
            .join("\n")
            .match(/(?<=^myfile.*\d)[ZYgoxn](?=[\d=,]|$)/gm) ?? [],
        ),
      ]
        .toSorted()
        .join("");
    expect(lettersOf(["20240101T000000Z"])).toBe("Zo");
    expect(lettersOf(["20240101T000000Z", "-20250101T000000Z"])).toBe("Zgx");
    expect(lettersOf(["20240101T000000Z"], false)).toContain("Y");
  });
});

function mapOf(many: ReturnType<typeof timeline>): readonly string[] {
  return fileOf(rulesInput("/srv/public", many), "asof.txt").split("\n");
}

function fileOf(input: RulesInput, name: string): string {
  return renderRules(input, "apache").find((file) => file.path === `apache/${name}`)?.content ?? "";
}
