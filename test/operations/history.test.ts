import { createHash } from "node:crypto";

import { describe, expect, it } from "vitest";
import { z } from "zod";

import { aMirror, after, day } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";

/** A file that came, changed, went and came back, beside one that stays, at seconds 0, 60, 120 and 180. */
async function withHistory(): Promise<Mirror> {
  const mirror = aMirror({ remote: { mode: "mirror" } });
  const states = [
    { "pool/a/x.deb": "one", "pool/b/y.deb": "same" },
    { "pool/a/x.deb": "two!", "pool/b/y.deb": "same" },
    { "pool/b/y.deb": "same" },
    { "pool/a/x.deb": "one", "pool/b/y.deb": "same", "pool/c/x.deb": "else" },
  ];
  for (const [index, files] of states.entries()) {
    mirror.at(60 * index);
    mirror.offer(files);
    await mirror.ok("update");
  }
  return mirror;
}

describe("asof history", () => {
  it("says when a file came, changed, went and came back, oldest first", async () => {
    const mirror = await withHistory();
    expect((await mirror.ok("history", "repo", "pool/a/x.deb")).out).toBe(
      [
        "pool/a/x.deb",
        `  ${after(0)} added 3 Bytes sha256:${sha256("one")}`,
        `  ${after(60)} changed 4 Bytes sha256:${sha256("two!")}`,
        `  ${after(120)} removed`,
        `  ${after(180)} added 3 Bytes sha256:${sha256("one")}`,
        "",
      ].join("\n"),
    );
  });

  it("takes a pattern, a directory and the name of a distribution", async () => {
    const mirror = await withHistory();
    const pathsOf = async (...argv: readonly string[]): Promise<readonly string[]> =>
      document.parse(JSON.parse((await mirror.ok("history", ...argv, "--json")).out)).paths.map(({ path }) => path);
    expect(await pathsOf("repo", "**/x.deb")).toEqual(["pool/a/x.deb", "pool/c/x.deb"]);
    expect(await pathsOf("snapshots", "pool/b")).toEqual(["pool/b/y.deb"]);
    expect(await pathsOf("repo", "pool/[ab]/*")).toEqual(["pool/a/x.deb", "pool/b/y.deb"]);
    expect(await pathsOf("repo", "pool/d/*")).toEqual([]);
  });

  it("gives the newest events only with --limit, and the same as JSON", async () => {
    const mirror = await withHistory();
    const { out } = await mirror.ok("history", "repo", "pool/a/x.deb", "--limit", "2", "--json");
    expect(JSON.parse(out)).toEqual({
      schemaVersion: 1,
      repository: "repo",
      paths: [
        {
          path: "pool/a/x.deb",
          events: [
            { kind: "removed", checkpoint: after(120), gone: false },
            {
              kind: "added",
              checkpoint: after(180),
              gone: false,
              bytes: 3,
              sha256: sha256("one"),
              takenDown: false,
            },
          ],
        },
      ],
      closest: [],
      more: false,
    });
  });

  it("says of a path that never was there which are nearest, and fails not", async () => {
    const mirror = await withHistory();
    const elsewhere = await mirror.ok("history", "repo", "x.deb");
    expect(elsewhere.out).toBe("");
    expect(elsewhere.err).toContain('no kept checkpoint of repo has "x.deb"\n');
    expect(elsewhere.err).toContain('did you mean "pool/a/x.deb"?\n');
    expect((await mirror.ok("history", "repo", "./pool/b/z.deb")).err).toContain('did you mean "pool/a/x.deb"?');
    expect((await mirror.ok("history", "repo", "pool/b/Y.debb")).err).toContain('did you mean "pool/b/y.deb"?\n');
  });

  it("finds a path with characters of a pattern in it", async () => {
    const mirror = aMirror();
    mirror.offer({ "odd/a[1].txt": "odd", "odd/a1.txt": "even" });
    await mirror.ok("update");
    const { out } = await mirror.ok("history", "repo", "odd/a[1].txt");
    expect(out).toContain("odd/a[1].txt\n");
    expect(out).toContain("odd/a1.txt\n");
  });

  it("tells what came in a checkpoint that was pruned under that one, and nothing that only it knew", async () => {
    const mirror = await withHistory();
    mirror.configure({ remote: { mode: "mirror" }, repository: { retain: { checkpoints: 1 } } });
    mirror.at(2 * day);
    await mirror.ok("update");
    expect(mirror.events().filter(({ type }) => type === "tombstone")).toHaveLength(3);
    const { out } = await mirror.ok("history", "repo", "**");
    expect(out).toBe(
      [
        "pool/a/x.deb",
        `  ${after(180)} added 3 Bytes sha256:${sha256("one")}`,
        "pool/b/y.deb",
        `  ${after(0)} added 4 Bytes sha256:${sha256("same")} (in a checkpoint that is gone)`,
        "pool/c/x.deb",
        `  ${after(180)} added 4 Bytes sha256:${sha256("else")}`,
        "",
      ].join("\n"),
    );
  });

  it("marks what was taken down", async () => {
    const mirror = await withHistory();
    await mirror.ok("take-down", sha256("two!"), "--reason", "leaked");
    const { out } = await mirror.ok("history", "repo", "pool/a/x.deb");
    expect(out).toContain(`changed 4 Bytes sha256:${sha256("two!")} (taken down)\n`);
    expect(out.match(/taken down/g)).toHaveLength(1);
  });

  it("refuses what is no pattern", async () => {
    const mirror = await withHistory();
    const { exit, err } = await mirror.run("history", "repo", "/pool");
    expect(exit).toBe(2);
    expect(err).toContain('"/pool" is absolute');
  });
});

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

const document = z.looseObject({ paths: z.array(z.looseObject({ path: z.string() })) });
