import { describe, expect, it } from "vitest";

import { aMirror, after, day, said } from "../operations/mirror.ts";

/** `count` files; `edition` decides their bytes. */
function files(count: number, edition = "1", from = 0): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`pool/p${index + from}.deb`, `${edition} of ${index + from}`]),
  );
}

const mirrored = { remote: { mode: "mirror" } };

describe("the guard against a source that shrinks", () => {
  it.each([
    ["most of it, refuses", 100, 49, {}, 4],
    ["just half of it, lets it go", 100, 50, {}, 0],
    ["ten files, lets them go whatever share they are", 11, 1, {}, 0],
    ["eleven of twelve, refuses", 12, 1, {}, 4],
    ["nothing, says nothing", 100, 100, {}, 0],
    ["more than max_shrink, refuses", 100, 79, { max_shrink: 20 }, 4],
    ["as much as max_shrink, lets it go", 100, 80, { max_shrink: 20 }, 0],
    ["nearly everything with max_shrink 100, lets it go", 100, 1, { max_shrink: 100 }, 0],
    ["more than ten with max_shrink 0, refuses", 100, 89, { max_shrink: 0 }, 4],
    ["everything with max_shrink 100, refuses", 100, 0, { max_shrink: 100 }, 4],
    ["everything of a single file, refuses", 1, 0, {}, 4],
  ])("when one that had files loses %s", async (_what, before, now, repository, exit) => {
    const mirror = aMirror({ ...mirrored, repository });
    mirror.offer(files(before));
    await mirror.ok("update");
    const untouched = mirror.everything();
    mirror.at(day / 2);
    mirror.offer(files(now));
    const run = await mirror.run("update");
    expect(run.exit, said(run)).toBe(exit);
    if (exit === 0) return;
    expect(run.err).toMatch(/--allow-shrink/);
    expect(mirror.everything()).toEqual(untouched);
    await mirror.ok("update", "--allow-shrink");
    expect(mirror.events().filter(({ type }) => type === "version")).toHaveLength(2);
  });

  it("counts what goes, whatever comes", async () => {
    const mirror = aMirror(mirrored);
    mirror.offer(files(40));
    await mirror.ok("update");
    mirror.at(60);
    mirror.offer(files(400, "1", 30));
    const run = await mirror.run("update");
    expect(run.exit).toBe(4);
    expect(run.err).toContain(
      "30 of the 40 files of repo are gone from its source, more than max_shrink allows (50 %)",
    );
  });

  it("lets an additive remote list little: what left the manifest stays", async () => {
    const mirror = aMirror();
    mirror.offer(files(100));
    await mirror.ok("update");
    mirror.at(60);
    mirror.offer(files(1, "2"));
    expect((await mirror.ok("update")).out).toContain("(100 files");
    mirror.at(120);
    mirror.offer({});
    expect((await mirror.run("update")).exit).toBe(4);
  });
});

describe("a source that goes back to an older state", () => {
  it("is published, and said to look like that checkpoint", async () => {
    const mirror = aMirror(mirrored);
    const resembled: string[] = [];
    for (const [round, edition] of ["1", "2", "3", "2", "2", "4", "1"].entries()) {
      mirror.at(round * 60);
      mirror.offer(files(20, edition));
      const { err, out } = await mirror.ok("update", "--json");
      const [report] = reportsIn(out);
      expect(err.includes("looks like checkpoint")).toBe(report?.resembles !== null);
      resembled.push(String(report?.resembles));
    }
    const none = "null";
    expect(resembled).toEqual([none, none, none, after(60), none, none, after(0)]);
  });

  it("is not suspected for having as many files and bytes", async () => {
    const mirror = aMirror(mirrored);
    for (const [round, body] of ["aa", "ab", "ba", "bb"].entries()) {
      mirror.at(round * 60);
      mirror.offer({ x: body, "d/y": "same" });
      expect((await mirror.ok("update")).err).not.toContain("looks like");
    }
  });
});

describe("files that get other bytes under the same name", () => {
  it("are counted, and listed with --verbose and --json", async () => {
    const mirror = aMirror(mirrored);
    mirror.offer({ "a.deb": "one", "b.deb": "one", "d/c.deb": "one", "\u202etxt": "one" });
    await mirror.ok("update");
    mirror.offer({ "a.deb": "one", "b.deb": "two", "d/c.deb": "two", "\u202etxt": "two", "new.deb": "x" });
    mirror.at(60);
    const run = await mirror.ok("update", "--verbose", "--json");
    expect(reportsIn(run.out)[0]).toMatchObject({ added: 1, changed: 3, mutated: ["b.deb", "d/c.deb", "\u202etxt"] });
    expect(run.err.split("\n").filter((line) => line.includes("other bytes"))).toEqual([
      "repo: other bytes under the same name: b.deb",
      "repo: other bytes under the same name: d/c.deb",
      "repo: other bytes under the same name: \\u{202e}txt",
    ]);
    mirror.at(120);
    expect(reportsIn((await mirror.ok("sync", "--json")).out)[0]).toMatchObject({ mutated: [], resembles: null });
  });
});

describe("a clock far from the truth", () => {
  it.each([
    ["an hour back", -3600],
    ["ten years back", -3652 * day],
    ["1970", -1_742_306_618],
    ["ten years ahead", 3652 * day],
    ["seventy years ahead", 70 * 365 * day],
  ])("(%s) makes no checkpoint, and the next right one goes on", async (_what, seconds) => {
    const mirror = aMirror(mirrored);
    mirror.offer(files(3));
    await mirror.ok("update");
    const untouched = mirror.everything();
    mirror.at(seconds);
    mirror.offer(files(3, "2"));
    for (const argv of [["update"], ["update", "--always"], ["publish", "repo", "--checkpoint"]]) {
      const run = await mirror.run(...argv);
      expect(run.exit, said(run)).toBe(5);
      expect(run.err).toContain("--accept-clock");
      expect(mirror.everything()).toEqual(untouched);
    }
    mirror.at(120);
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([after(0), after(120)]);
  });
});

interface Report {
  readonly resembles: string | null;
  readonly mutated: readonly string[];
}

function reportsIn(out: string): readonly Report[] {
  const parsed: { readonly repositories: readonly Report[] } = JSON.parse(out);
  return parsed.repositories;
}
