import { describe, expect, it } from "vitest";

import { aMirror, after } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";

describe("a label", () => {
  it("stands in the list of checkpoints, in its JSON and on its page, until it is taken away", async () => {
    const mirror = await threeCheckpoints();
    expect((await mirror.ok("label", "repo", "2025-03-18T14:04:38Z", "release-1")).out).toBe(
      `repo ${after(60)} gets the label release-1\n`,
    );
    await mirror.ok("label", "snapshots", "@1742306678", "a.b_c");
    expect(mirror.events().slice(-2)).toMatchObject([
      { type: "label", checkpoint: after(60), label: "release-1" },
      { type: "label", checkpoint: after(60), label: "a.b_c" },
    ]);
    expect(mirror.json("snapshots/repo/checkpoints.json")).toMatchObject({
      checkpoints: [{ labels: [] }, { time: after(60), labels: ["a.b_c", "release-1"] }, { labels: [] }],
    });
    expect(mirror.page("snapshots/repo/index.html")).toMatch(
      new RegExp(
        `${after(60)}/"><time>[^<]*</time></a> <span class="label">a.b_c</span> <span class="label">release-1</span></td>`,
      ),
    );
    expect((await mirror.ok("list")).out).toMatch(new RegExp(`repo ${after(60)} .*, labels a.b_c release-1\n`));
    await mirror.ok("label", "--remove", "repo", after(60), "a.b_c");
    expect(mirror.page("snapshots/repo/index.html")).not.toContain("a.b_c");
    expect((await mirror.ok("list")).out).toMatch(/, label release-1\n/);
  });

  it("that the retention rules name and no checkpoint has is warned of, once in each run, before it costs anything", async () => {
    const mirror = aMirror({ repository: { retain: { labels: ["relaese", "gone"] } } });
    mirror.offer({ file: "a" });
    // Nothing could have a label yet.
    expect((await mirror.ok("prune", "--dry-run")).err).toBe("");
    await mirror.ok("update");
    await mirror.ok("label", "repo", "latest", "release");
    mirror.at(60);
    mirror.offer({ file: "b" });
    const warning = "asof: warning: repositories.repo.retain.labels names relaese, gone, and no checkpoint of repo has";
    for (const argv of [["prune", "--dry-run"], ["prune"], ["update", "--dry-run"], ["update", "--quiet"]]) {
      const { err } = await mirror.ok(...argv);
      expect(err.split(warning), argv.join(" ")).toHaveLength(2);
    }
    mirror.configure({ repository: { retain: { labels: ["release"], last: 5 } } });
    await mirror.ok("label", "repo", "latest", "release");
    for (const argv of [["prune"], ["update"]]) expect((await mirror.ok(...argv)).err).toBe("");
  });

  it("keeps its checkpoint when others are pruned, and leaves it to the rules when it is taken away", async () => {
    const mirror = await threeCheckpoints();
    await mirror.ok("label", "repo", after(0), "first");
    mirror.configure({ repository: { retain: { last: 1 } }, top: { grace: 0 } });
    const dry = await mirror.ok("prune", "--dry-run");
    expect(dry.out.split("\n")).toEqual([
      `repo ${after(0)} keep   label first`,
      `repo ${after(60)} remove retention: not among the newest 1`,
      `repo ${after(120)} keep   the newest, last 1 of 1`,
      "",
    ]);
    expect((await mirror.ok("prune")).out).toBe(dry.out);
    expect(mirror.checkpoints()).toEqual([after(0), after(120)]);
    expect((await mirror.ok("update")).out).toContain("nothing to do");
    await mirror.ok("label", "--remove", "repo", after(0), "first");
    expect(JSON.parse((await mirror.ok("prune", "--json", "--dry-run")).out)).toMatchObject({ dryRun: true });
    expect(JSON.parse((await mirror.ok("prune", "--json")).out)).toEqual({
      schemaVersion: 1,
      dryRun: false,
      repositories: [
        {
          repository: "repo",
          checkpoints: [
            {
              time: after(0),
              keep: false,
              reason: "retention: not among the newest 1",
              reasons: ["retention: not among the newest 1"],
              labels: [],
            },
            {
              time: after(120),
              keep: true,
              reason: "the newest, last 1 of 1",
              reasons: ["the newest", "last 1 of 1"],
              labels: [],
            },
          ],
        },
      ],
    });
    expect(mirror.checkpoints()).toEqual([after(120)]);
  });

  it("keeps nothing under a policy that lists others", async () => {
    const mirror = await threeCheckpoints();
    await mirror.ok("label", "repo", after(0), "test");
    await mirror.ok("label", "repo", after(60), "release");
    mirror.configure({ repository: { retain: { labels: ["release"] } }, top: { grace: 0 } });
    await mirror.ok("prune");
    expect(mirror.checkpoints()).toEqual([after(60), after(120)]);
  });

  it("changes nothing when it is there already, and with --dry-run", async () => {
    const mirror = await threeCheckpoints();
    await mirror.ok("label", "repo", "latest", "v1");
    const before = mirror.everything();
    expect((await mirror.ok("label", "repo", "latest", "v1")).out).toContain("has the label v1 already");
    await mirror.ok("label", "repo", after(0), "v0", "--dry-run");
    expect(JSON.parse((await mirror.ok("label", "--remove", "repo", "latest", "v1", "-n", "--json")).out)).toEqual({
      schemaVersion: 1,
      dryRun: true,
      repository: "repo",
      checkpoint: after(120),
      label: "v1",
      remove: true,
      changed: true,
    });
    expect(mirror.everything()).toEqual(before);
  });

  it("is refused where it is none, where it would be taken for a time, and for what is no kept checkpoint", async () => {
    const mirror = await threeCheckpoints();
    await mirror.ok("withdraw", "repo", after(60), "--reason", "wrong");
    const before = mirror.everything();
    for (const argv of [
      ["repo", "latest", "two words"],
      ["repo", "latest", "x".repeat(65)],
      ["repo", "latest", "<b>"],
      ["repo", "latest", "as-of-20250318T140338Z"],
      ["repo", after(30), "v1"],
      ["repo", after(60), "v1"],
      ["repo", "yesterday", "v1"],
      ["nobody", "latest", "v1"],
      ["--remove", "repo", "latest", "v1"],
    ]) {
      expect(await mirror.run("label", ...argv), argv.join(" ")).toMatchObject({ exit: 2, out: "" });
    }
    expect((await mirror.run("label", "repo", after(30), "v1")).err).toContain(
      `${after(0)} (older), ${after(120)} (newer)`,
    );
    expect(mirror.everything()).toEqual(before);
  });
});

async function threeCheckpoints(): Promise<Mirror> {
  const mirror = aMirror();
  for (const [index, content] of ["a", "b", "c"].entries()) {
    mirror.at(index * 60);
    mirror.offer({ file: content });
    await mirror.ok("update");
  }
  return mirror;
}
