import { createHash } from "node:crypto";

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

describe("generated lighttpd rules", () => {
  it.each(["asof.conf", "asof-times.txt"])("read as in golden/lighttpd-%s", async (name) => {
    await expect(fileOf(example, name)).toMatchFileSnapshot(`golden/lighttpd-${name}`);
  });

  it("are the same bytes every time", () => {
    expect(renderRules(example, "lighttpd")).toEqual(renderRules(example, "lighttpd"));
  });

  it("begin with a digest of what the program reads, and with the path of public/, which stands nowhere else", () => {
    const [heading = "", ...lines] = fileOf(example, "asof-times.txt").split("\n");
    expect(heading).toBe(
      `asof-times 1 ${createHash("sha256").update(lines.join("\n")).digest("hex")} /srv/asof/public`,
    );
    expect(lines.join("\n")).not.toContain("/srv/asof");
  });

  it("name the log of each repository in a line that can be parsed", () => {
    const input = rulesInput("/srv/public", history, {
      repositories: [
        { name: "empty", timeline: timeline([]), log: { length: 0, head: "" } },
        { name: "myfile", timeline: history, log: { length: 12, head: "ab".repeat(32) } },
      ],
    });
    const lines = fileOf(input, "asof-times.txt").split("\n");
    expect(lines.filter((line) => line.startsWith("# asof-log "))).toEqual([
      "# asof-log empty 0 -",
      `# asof-log myfile 12 ${"ab".repeat(32)}`,
    ]);
  });

  it("change asof-times.txt alone with a checkpoint, a horizon, a tombstone or a promise", () => {
    for (const other of [
      timeline([]),
      { ...history, settled: false },
      timeline(["20240101T000000Z", "-20250101T000000Z"]),
    ]) {
      const changed = { ...example, repositories: [repository("myfile", other)] };
      const names = ["asof.conf", "asof.lua", "asof-times.txt"];
      expect(names.map((name) => fileOf(changed, name) === fileOf(example, name))).toEqual([true, true, false]);
    }
  });

  it("have the same program for every configuration", () => {
    const other = { ...example, siteName: "other", mount: "/mirror/", publicDir: "/elsewhere", rulesDir: "/rules" };
    expect(fileOf(other, "asof.lua")).toBe(fileOf(example, "asof.lua"));
    expect(fileOf(other, "asof.conf")).not.toBe(fileOf(example, "asof.conf"));
  });

  it("hold the times of a repository once, however many distributions serve it", () => {
    const base = example.distributions[0];
    const many = ["a", "b", "c"].flatMap((basePath) =>
      base === undefined ? [] : [{ ...base, name: basePath, basePath }],
    );
    const text = fileOf({ ...example, distributions: many }, "asof-times.txt");
    expect(text.match(/^20250318T140338Z$/gm)).toHaveLength(1);
  });

  it("ask other requests two questions, and load what they need themselves", () => {
    for (const mount of ["/", "/mirror/"]) {
      const directives = fileOf({ ...example, mount }, "asof.conf")
        .split("\n")
        .filter((line) => !line.startsWith("#") && line !== "");
      expect(directives.filter((line) => line.startsWith("$"))).toHaveLength(2);
      expect(directives[0]).toContain('server.modules += ( "mod_magnet"');
    }
  });

  it("follow symlinks only where a layout has some", () => {
    expect(fileOf(example, "asof.conf")).toContain('server.follow-symlink = "enable"');
    expect(fileOf({ ...example, layout: "copies" }, "asof.conf")).not.toContain("server.follow-symlink");
  });

  it("run no script of anybody's while no hash of one is given", () => {
    expect(fileOf(example, "asof-times.txt")).toContain("script-src 'none'");
    expect(fileOf({ ...example, scriptHash: "AbC+/=" }, "asof-times.txt")).toContain("script-src 'sha256-AbC+/='");
  });

  it("refuse folders that cannot be named in them", () => {
    expect(() => renderRules({ ...example, rulesDir: "/srv/ru\\les" }, "lighttpd")).toThrow(Failure);
    expect(() => renderRules({ ...example, publicDir: "/srv/pub\nlic" }, "lighttpd")).toThrow(Failure);
    expect(() => renderRules({ ...example, publicDir: '/srv/pub\\"lic' }, "lighttpd")).not.toThrow();
  });
});

function fileOf(input: RulesInput, name: string): string {
  return renderRules(input, "lighttpd").find((file) => file.path === `lighttpd/${name}`)?.content ?? "";
}
