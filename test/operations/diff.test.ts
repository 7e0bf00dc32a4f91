import { describe, expect, it } from "vitest";

import { after, aMirror } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";

describe("asof diff", () => {
  it("prints a line for each file that differs, and flags other bytes under the same name", async () => {
    const mirror = await aHistory();
    expect((await mirror.ok("diff", "repo", after(0), after(60))).out).toBe(
      [
        `repo ${after(0)} -> ${after(60)}`,
        "~ lib/a-1.0.whl  3 -> 5 bytes, other bytes under the same name",
        "+ lib/b-1.0.whl  1 byte",
        "- notes.txt  5 bytes",
        "+1 -1 ~1: 6 bytes came, 8 bytes went",
        "",
      ].join("\n"),
    );
  });

  it("takes every human form of a time, the checkpoint at or before it, and says which that is", async () => {
    const mirror = await aHistory();
    const { out } = await mirror.ok("diff", "snapshots", "2025-03-18T14:03:40Z", "latest");
    expect(out).toContain(`repo ${after(0)} -> ${after(60)}\n  20250318T140340Z is answered by ${after(0)}\n`);
    expect(out).toContain(`  latest is answered by ${after(60)}\n`);
  });

  it("compares backwards, with the checkpoint before, and the oldest with nothing", async () => {
    const mirror = await aHistory();
    expect((await mirror.ok("diff", "repo", "latest", after(0))).out).toContain("+1 -1 ~1: 8 bytes came, 6 bytes went");
    expect((await mirror.ok("diff", "repo", "latest")).out).toContain(`repo ${after(0)} -> ${after(60)}\n`);
    expect((await mirror.ok("diff", "repo", after(0))).out).toContain("nothing to compare it with");
    expect((await mirror.ok("diff", "repo", after(0), after(0))).out).toContain("no difference");
  });

  it("ends with 3 where something differs and --exit-code asks for it, among the paths that were asked for", async () => {
    const mirror = await aHistory();
    const ends = async (...more: readonly string[]): Promise<number> =>
      (await mirror.run("diff", "repo", after(0), "latest", ...more)).exit;
    expect(await ends()).toBe(0);
    expect(await ends("--exit-code")).toBe(3);
    expect(await ends("--exit-code", "--path", "*.whl")).toBe(0);
    expect(await ends("--exit-code", "--path", "**/*.whl")).toBe(3);
    expect((await mirror.run("diff", "repo", after(60), after(60), "--exit-code")).exit).toBe(0);
  });

  it.each([
    ["lib", ["lib/a-1.0.whl", "lib/b-1.0.whl"]],
    ["./lib/", ["lib/a-1.0.whl", "lib/b-1.0.whl"]],
    ["lib/b*", ["lib/b-1.0.whl"]],
    ["**", ["lib/a-1.0.whl", "lib/b-1.0.whl", "notes.txt"]],
    ["{notes,other}.txt", ["notes.txt"]],
    ["li", []],
  ])("understands --path %s as a remote's include", async (pattern, paths) => {
    const mirror = await aHistory();
    const { out } = await mirror.ok("diff", "repo", after(0), "latest", "--json", "--path", pattern);
    expect(JSON.parse(out)).toMatchObject({ path: pattern, changes: paths.map((path) => ({ path })) });
  });

  it("tells programs what changes.json tells them", async () => {
    const mirror = await aHistory();
    const told: unknown = JSON.parse((await mirror.ok("diff", "repo", after(60), "--json")).out);
    const { schemaVersion, from, to, changes } = JSON.parse(
      mirror.page(`snapshots/repo/_asof/${after(60)}/changes.json`),
    );
    expect(told).toMatchObject({
      schemaVersion,
      repository: "repo",
      from,
      to,
      added: 1,
      removed: 1,
      changed: 1,
      changes,
    });
  });

  it.each([
    ["a time before the oldest checkpoint", ["repo", "2020-01-01"], "the oldest is"],
    ["something that is no time", ["repo", "yesterday"], "is no time"],
    [
      "a pattern that leads upwards",
      ["repo", "latest", "--path", "../x"],
      "has an empty segment, or one that is . or ..",
    ],
    ["a repository that is none", ["other", "latest"], "there is no repository other"],
  ])("refuses %s", async (_what, argv, reason) => {
    const mirror = await aHistory();
    const { exit, err } = await mirror.run("diff", ...argv);
    expect(exit).toBe(2);
    expect(err).toContain(reason);
  });
});

async function aHistory(): Promise<Mirror> {
  const mirror = aMirror({ remote: { mode: "mirror" } });
  mirror.offer({ "lib/a-1.0.whl": "one", "notes.txt": "notes" });
  await mirror.ok("update");
  mirror.at(60);
  mirror.offer({ "lib/a-1.0.whl": "other", "lib/b-1.0.whl": "b" });
  await mirror.ok("update");
  return mirror;
}
