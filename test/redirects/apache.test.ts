import { describe, expect, it } from "vitest";

import { Failure } from "../../src/failure.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import type { RulesFile, RulesInput } from "../../src/redirects/rules.ts";
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
  "apache/calendar.txt",
  ...["t2023010", "t2023", "t2024010", "t2024", "t2025031", "t2025040", "t2025", "t"].map(
    (name) => `apache/times/myfile/${name}`,
  ),
  "apache/asof.conf",
];

describe("generated Apache rules", () => {
  it("read as in golden/apache-asof.conf", async () => {
    await expect(fileOf(example, "asof.conf")).toMatchFileSnapshot("golden/apache-asof.conf");
  });

  it("hold times as in golden/apache-times.txt", async () => {
    const files = timesOf(history).map(({ path, content }) => `== ${path}\n${content}`);
    await expect(files.join("")).toMatchFileSnapshot("golden/apache-times.txt");
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
    const lines = renderRules(input, "apache").flatMap(({ content }) => content.split("\n"));
    expect(lines.filter((line) => line.startsWith("# asof-log "))).toEqual([
      "# asof-log empty 0 -",
      `# asof-log myfile 12 ${"ab".repeat(32)}`,
    ]);
  });

  it("change files of times alone with a checkpoint, a horizon, a tombstone or a promise, and few of them", () => {
    const before = contentsOf(example);
    for (const [other, most] of [
      [timeline([]), 10],
      [{ ...history, settled: false }, 8],
      [timeline(["20240101T000000Z", "-20250101T000000Z"]), 10],
      [timeline(["-20230101T000000Z", "20240101T000000Z", "20250318T140338Z"], { horizon: "20250402T000000Z" }), 3],
      [timeline(["-20230101T000000Z", "20240101T000000Z", "20250318T140338Z", "20250501T000000Z"]), 4],
    ] as const) {
      const after = contentsOf({ ...example, repositories: [repository("myfile", other)] });
      const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
        (path) => before.get(path) !== after.get(path),
      );
      expect(changed.filter((path) => !path.startsWith("apache/times/myfile/t"))).toEqual([]);
      expect(changed.length).toBeGreaterThan(0);
      expect(changed.length).toBeLessThanOrEqual(most);
    }
  });

  it("hold the times of a repository once, however many distributions serve it", () => {
    const base = example.distributions[0];
    const many = ["a", "b", "c"].flatMap((basePath) =>
      base === undefined ? [] : [{ ...base, name: basePath, basePath }],
    );
    expect(renderRules({ ...example, distributions: many }, "apache").map(({ path }) => path)).toEqual(paths);
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

describe("the files with times", () => {
  const dense = randomHistory(seededRandom(2), { checkpoints: 20_000, stepSeconds: 86_400 / 20, gone: 0.05 });
  const burst = timeline(
    Array.from({ length: 3_600 }, (_, index) => timestampFromSeconds(Date.UTC(2025, 2, 18, 10) / 1000 + index)),
  );

  it("stand before those of longer stretches, so that what is read first is there first", () => {
    for (const many of [history, dense, burst]) {
      const names = timesOf(many).map(({ path }) => path);
      for (const [index, name] of names.entries()) {
        expect(names.slice(index + 1).filter((other) => other !== name && other.startsWith(name))).toEqual([]);
      }
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it("are named so that their order is that of their names, backwards, but for stretches beside each other", () => {
    const names = timesOf(burst).map(({ path }) => path);
    const sorted = names.toSorted().toReversed();
    for (const name of names) {
      const finer = sorted.filter((other) => other !== name && other.startsWith(name));
      expect(finer.every((other) => sorted.indexOf(other) < sorted.indexOf(name))).toBe(true);
    }
  });

  it("hold a day, an hour or a minute in a line of at most so many times", () => {
    for (const many of [dense, burst]) {
      const lists = timesOf(many).flatMap(({ path, content }) => (/\/t\d{7}/.test(path) ? content.split("\n") : []));
      const lengths = lists.map((line) => (line.match(/[A-Za-z](?=[\d=])/g) ?? []).length);
      expect(Math.max(...lengths)).toBeLessThanOrEqual(64);
    }
  });

  it("mark a stretch that has a file of its own, and no other", () => {
    for (const many of [history, dense, burst]) {
      const files = timesOf(many);
      const marked = files.flatMap(({ content }) => [...content.matchAll(/^(\d+)(T\d\d|T)?@$/gm)]);
      const named = marked.map(([, day = "", hour = ""]) => `t${day}${hour === "T" ? "" : hour}`);
      const own = files.map(({ path }) => path.split("/").at(-1) ?? "").filter((name) => name.length > 5);
      expect(named.toSorted()).toEqual(own.toSorted());
    }
    expect(timesOf(burst).map(({ path }) => path.split("/").at(-1))).toContain("t20250318T10");
  });

  it.each(["2023", "2024", "1900", "2000"])("have a line for each day of %s that there is", (year) => {
    const all = timesOf(
      timeline(
        Array.from({ length: 12 }, (_, month) => month + 1).flatMap((month) =>
          ["01", "10", "20", ...(month === 2 ? [] : ["30"])].map(
            (day) => `${year}${String(month).padStart(2, "0")}${day}T000000Z`,
          ),
        ),
      ),
    );
    const days = all.flatMap(({ content }) => [...content.matchAll(/^(\d{8})T\//gm)].map(([, day = ""]) => day));
    const isDay = (day: string): boolean => {
      const [month, date] = [Number(day.slice(4, 6)), Number(day.slice(6))];
      const when = new Date(Date.UTC(Number(year), month - 1, date));
      return when.getUTCMonth() === month - 1 && when.getUTCDate() === date;
    };
    expect(days.every(isDay)).toBe(true);
    expect(days).toHaveLength(year === "2024" || year === "2000" ? 366 : 365);
  });

  it("tell the answers' letters", () => {
    const lettersOf = (points: readonly string[], settled = true): string => {
      const text = timesOf(timeline(points, { settled }))
        .map(({ content }) => content.replace(/;.*$/gm, ""))
        .join("\n");
      return [...new Set(text.match(/(?<=^\d*T?\d*\/.*\d)[ZYgoxne](?=[\d=;]|$)/gm) ?? [])].toSorted().join("");
    };
    expect(lettersOf(["20240101T000000Z"])).toBe("Zeo");
    expect(lettersOf(["20240101T000000Z", "-20250101T000000Z"])).toBe("Zegx");
    expect(lettersOf(["20240101T000000Z"], false)).toBe("Yeo");
    expect(lettersOf([])).toBe("en");
  });
});

describe("the calendar of Apache's rules", () => {
  it("knows the weekday of every day there is", () => {
    const map = new Map(
      fileOf(example, "calendar.txt")
        .split("\n")
        .map((line) => {
          const [key = "", value = ""] = line.split(" ");
          return [key, value] as const;
        }),
    );
    const get = (key: string): string => map.get(key) ?? "";
    for (let seconds = Date.UTC(1600, 0, 1) / 1000; seconds < Date.UTC(2401, 0, 1) / 1000; seconds += 7.3 * 86_400) {
      const date = new Date(seconds * 1000);
      const [year, month, day] = date.toISOString().slice(0, 10).split("-");
      const kind = get(`${get(`y${year?.slice(0, 2)}`)}.${year?.slice(2)}`);
      const weekday = get(`-${get(`${kind}.${month}`)}.${day}`);
      expect(`${weekday}, ${day} ${get(month ?? "")} ${year}`).toBe(date.toUTCString().slice(0, 16));
    }
    expect(get("Mar")).toBe("03");
  });
});

function timesOf(many: ReturnType<typeof timeline>): readonly RulesFile[] {
  return renderRules(rulesInput("/srv/public", many), "apache").filter(({ path }) => path.startsWith("apache/times/"));
}

function contentsOf(input: RulesInput): ReadonlyMap<string, string> {
  return new Map(renderRules(input, "apache").map(({ path, content }) => [path, content]));
}

function fileOf(input: RulesInput, name: string): string {
  return renderRules(input, "apache").find((file) => file.path === `apache/${name}`)?.content ?? "";
}
