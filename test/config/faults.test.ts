import { describe, expect, it } from "vitest";

import { faultsOf, parseText } from "./parse-text.ts";

describe("all that is wrong", () => {
  it("is told at once, in the order of the file, also what holds between settings that are right", async () => {
    const text = `site: { name: Main, titel: x }
output: .
state: s
grace: 5 minutes
pruned: redirect
repositories:
  a: {}
  b c: {}
  d: { settled: "no", remote: { type: fil } }
distributions:
  x: { repository: a, base_path: foo }
  y: { repository: aa, base_path: foo/bar, version: 5 }
  z: { repository: b c, base_path: /foo, checkpoint: yes }
  w: {}
`;
    const faults = (await faultsOf(text)).map((fault) =>
      fault.slice("asof.yaml:".length).split(": ").slice(0, 2).join(" "),
    );
    expect(faults).toEqual([
      "1:1 rules",
      "1:15 site.name",
      "1:21 site.titel",
      "2:9 output",
      "2:9 output",
      "4:8 grace",
      "7:3 repositories.a.settled",
      '8:3 repositories["b c"]',
      "9:17 repositories.d.settled",
      "9:39 repositories.d.remote.type",
      "12:20 distributions.y.repository",
      "12:35 distributions.y.base_path",
      "12:44 distributions.y.version",
      "13:36 distributions.z.base_path",
      "13:54 distributions.z.checkpoint",
      "14:3 distributions.w.repository",
      "14:3 distributions.w.base_path",
    ]);
  });

  it("is told once: what follows from a fault is not another one", async () => {
    const text =
      'pruned: redirect\nrepositories:\n  r: { settled: "no" }\n  "s t": { settled: false }\ndistributions: { d: { repository: "s t", base_path: a } }\n';
    const faults = await faultsOf(text);
    expect(faults).toHaveLength(2);
    expect(faults[0]).toContain("repositories.r.settled: must be true or false");
    expect(faults[1]).toContain("is not a name");
  });

  it("is counted in the message, and the failure is one of configuration", async () => {
    await expect(parseText("a: 1\nb: 2\n")).rejects.toMatchObject({
      name: "Failure",
      code: "CONFIG",
      message: "the configuration asof.yaml has 3 faults",
    });
    await expect(parseText("")).rejects.toMatchObject({ message: "the configuration asof.yaml has 1 fault" });
  });

  it("never repeats a password", async () => {
    const text = 'repositories: { r: { remote: { type: file, url: "ftp://u:s3cret@h/M", xyz: 1 } } }\n';
    expect((await faultsOf(text)).join("\n")).not.toContain("s3cret");
  });

  it("survives a configuration that contains itself", async () => {
    expect((await faultsOf("repositories: &r { a: *r }\nreload: &l [*l]\n")).join("\n")).toContain("unknown key");
  });
});

describe("a JSON file", () => {
  it("has its faults told with line and column", async () => {
    const text = '{\n  "repositories": { "r": {} },\n  "outptu": "x"\n}\n';
    expect(await faultsOf(text, "json")).toEqual(['asof.json:3:3: outptu: unknown key; did you mean "output"?']);
  });

  it.each([
    ["a comment", '{ "repositories": { "r": {} } } // x', "asof.json:1:33: not valid JSON: Unexpected non-whitespace"],
    [
      "a comma too many",
      '{\n "repositories": { "r": {} },\n}',
      "asof.json:3:1: not valid JSON: Expected double-quoted property name",
    ],
    ["an end too early", '{\n "state": "s"', "asof.json:2:14: not valid JSON: Expected ',' or '}'"],
    ["nothing", "", "asof.json:1:1: not valid JSON: Unexpected end"],
    [
      "a key twice",
      '{ "state": "a",\n "state": "b", "repositories": { "r": {} } }',
      'asof.json:2:2: key "state" is written twice',
    ],
    ["YAML", "state: s", "asof.json:1:1: not valid JSON: Unexpected token"],
    [
      "a single quote",
      '{\n "repositories": {},\n "state": \'s\'\n}',
      "asof.json:3:11: not valid JSON: Unexpected token '",
    ],
    ["null", "null", "asof.json: is empty"],
    [
      "__proto__",
      '{ "__proto__": { "polluted": 1 }, "repositories": { "r": {} } }',
      "asof.json:1:3: __proto__: is not a possible key",
    ],
    ["a mountain of brackets", "[".repeat(300_000), "asof.json:1:1: nests too deep"],
  ])("is strict JSON: %s is refused", async (_, text, fault) => {
    expect((await faultsOf(text, "json")).join("\n")).toContain(fault);
  });
});
