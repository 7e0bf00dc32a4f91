import { describe, expect, it } from "vitest";

import { aMirror, after, day, plainAndCheckpoints } from "./mirror.ts";
import type { Mirror, MirrorSettings } from "./mirror.ts";

describe("asof resolve", () => {
  it("says of a time before the first checkpoint which one is the first", async () => {
    const mirror = await threeCheckpoints();
    const { out } = await mirror.ok("resolve", "snapshots", "2020-01-01");
    expect(out).toBe(`/snapshots/repo/20200101T000000Z/\n404 this time is before the first checkpoint, ${after(0)}\n`);
    expect(await json(mirror, "2020-01-01")).toMatchObject({
      answer: { kind: "missing" },
      missing: { reason: "before-first", first: after(0), oldest: after(0) },
    });
  });

  it("says which is the oldest that is left when the first ones are gone", async () => {
    const mirror = await threeCheckpoints();
    mirror.configure({ repository: { retain: { last: 2 } } });
    await mirror.ok("prune");
    const { out } = await mirror.ok("resolve", "snapshots", "2020-01-01");
    expect(out).toContain(
      `the first checkpoint, ${after(0)}, which is gone; the oldest that is left is ${after(60)}\n`,
    );
  });

  it("begins, where pruned ones are passed over, with the first that is kept", async () => {
    const settings: MirrorSettings = { top: { pruned: "redirect" }, repository: { settled: false } };
    const mirror = await threeCheckpoints(settings);
    mirror.configure({ ...settings, repository: { settled: false, retain: { last: 2 } } });
    await mirror.ok("prune");
    const { out } = await mirror.ok("resolve", "snapshots", after(30));
    expect(out).toContain(`404 this time is before the first checkpoint, ${after(60)}\n`);
  });

  it("says of a time in the future what time it is, and which checkpoint is the newest", async () => {
    const mirror = await threeCheckpoints();
    const { out } = await mirror.ok("resolve", "snapshots", "2099-01-01");
    expect(out).toContain(
      `404 this time is in the future (it is ${after(120)} now): nobody knows yet what it will hold.`,
    );
    expect(out).toContain(`The newest checkpoint is ${after(120)}, to which "latest" leads\n`);
    expect(await json(mirror, "2099-01-01")).toMatchObject({
      missing: { reason: "future", now: after(120), newest: after(120) },
    });
  });

  it("says that there is no checkpoint where there is none, and gives no such reason for an answer", async () => {
    const mirror = aMirror();
    mirror.offer({ a: "a" });
    await mirror.ok("sync");
    for (const time of ["latest", "2020-01-01", "2099-01-01"])
      expect((await mirror.ok("resolve", "snapshots", time)).out).toContain("404 there is no checkpoint\n");
    await mirror.ok("publish", "repo", "--checkpoint");
    expect(await json(mirror, "latest")).toMatchObject({ answer: { kind: "redirect" }, missing: null });
  });
});

describe("asof resolve of what is gone", () => {
  it("says of a withdrawn checkpoint that it was withdrawn and why, and of a pruned one that it was pruned", async () => {
    const mirror = await threeCheckpoints();
    await mirror.ok("withdraw", "repo", after(60), "--reason", "bad signature");
    const { out } = await mirror.ok("resolve", "snapshots", after(90));
    expect(out).toContain(`\n410 withdrawn: bad signature; older: ${after(0)}, newer: ${after(120)}\n`);
    expect(await json(mirror, after(90))).toMatchObject({ gone: { cause: "withdrawn", reason: "bad signature" } });
    expect(await json(mirror, after(0))).toMatchObject({ gone: null });
    mirror.configure({ repository: { retain: { last: 1 } } });
    await mirror.ok("prune");
    const pruned = await mirror.ok("resolve", "snapshots", after(0));
    expect(pruned.out).toContain(`\n410 pruned; older: none, newer: ${after(120)}\n`);
  });
});

describe("asof resolve --all", () => {
  const other = { remote: { type: "directory", path: "other" } };
  const distributions = {
    ...plainAndCheckpoints,
    other: { repository: "other", base_path: "other", checkpoint: true },
  };

  it("says in columns what each checkpoint distribution answers for one moment", async () => {
    const mirror = await threeCheckpoints({ repositories: { other }, distributions });
    const hour = 3600;
    mirror.at(120 + 2 * day);
    await mirror.ok("update");
    const { out } = await mirror.ok("resolve", "--all", after(60 + day + 3 * hour));
    expect(out).toBe(
      [
        `other      ${after(0)}  1 d 3 h  301 /other/${after(0)}/ (immutable)`,
        `snapshots  ${after(120)}  1 d 2 h  301 /snapshots/repo/${after(120)}/ (immutable)`,
        "",
      ].join("\n"),
    );
    const latest = await mirror.ok("resolve", "--all", "latest");
    expect(latest.out).toContain(`snapshots  ${after(120)}  2 d  302 /snapshots/repo/${after(120)}/ (no-store)
`);
    const early = await mirror.ok("resolve", "--all", "2020-01-01");
    expect(early.out).toContain("snapshots  -  -  404 this time is before the first checkpoint");
  });

  it("gives programs the checkpoint, its distance in seconds and the answer, and null where nothing answers", async () => {
    const mirror = await threeCheckpoints({ repositories: { other }, distributions });
    await mirror.ok("withdraw", "repo", after(60), "--reason", "bad");
    const { out } = await mirror.ok("resolve", "--all", after(90), "--json");
    expect(JSON.parse(out)).toEqual({
      schemaVersion: 1,
      time: after(90),
      distributions: [
        {
          distribution: "other",
          repository: "other",
          base_path: "other",
          checkpoint: after(0),
          distanceSeconds: 90,
          target: `/other/${after(90)}/`,
          answer: { kind: "redirect", status: 302, location: `/other/${after(0)}/`, caching: "no-store" },
          missing: null,
          gone: null,
        },
        {
          distribution: "snapshots",
          repository: "repo",
          base_path: "snapshots/repo",
          checkpoint: null,
          distanceSeconds: null,
          target: `/snapshots/repo/${after(90)}/`,
          answer: { kind: "gone", from: after(60), older: after(0), newer: after(120), caching: "no-cache" },
          missing: null,
          gone: { cause: "withdrawn", reason: "bad" },
        },
      ],
    });
  });

  it("takes no distribution beside it, and without it both arguments are needed", async () => {
    const mirror = await threeCheckpoints();
    for (const [argv, complaint] of [
      [["--all", "latest", "snapshots"], "--all asks every distribution: snapshots is too many"],
      [["--all"], "--all needs a value"],
      [["--all", "yesterday"], "yesterday is no time"],
      [[], "the argument <distribution> is missing"],
      [["snapshots"], "the argument <time> is missing"],
    ] as const) {
      const refused = await mirror.run("resolve", ...argv);
      expect([refused.exit, refused.out]).toEqual([2, ""]);
      expect(refused.err).toContain(complaint);
    }
  });
});

describe("asof publish --version", () => {
  it("is refused with the command to use instead, and what became of older versions", async () => {
    const mirror = await threeCheckpoints();
    for (const argv of [[], ["--dry-run"]]) {
      const refused = await mirror.run("publish", "repo", "--version", "1", "--checkpoint", ...argv);
      expect(refused).toMatchObject({ exit: 2, out: "" });
      expect(refused.err).toContain("a checkpoint is always made from the latest version, which is 3");
      expect(refused.err).toContain("leave --version out: asof publish repo --checkpoint publishes version 3");
    }
    const plain = await mirror.run("publish", "repo", "--version", "3");
    expect(plain.exit).toBe(2);
    expect(plain.err).toContain("leave --version out: asof publish repo publishes version 3;");
  });

  it("says of a version that is not there which one is the latest", async () => {
    const mirror = await threeCheckpoints();
    const refused = await mirror.run("publish", "repo", "--version", "99", "--checkpoint");
    expect(refused).toMatchObject({ exit: 2, out: "" });
    expect(refused.err).toContain("repo has no version 99: its latest is 3");
    expect(refused.err).toContain("asof publish repo --checkpoint");
  });
});

async function threeCheckpoints(settings: MirrorSettings = {}): Promise<Mirror> {
  const mirror = aMirror(settings);
  mirror.write("other/file", "other");
  for (const index of [0, 1, 2]) {
    mirror.at(index * 60);
    mirror.offer({ a: `content ${index}` });
    await mirror.ok("update");
  }
  return mirror;
}

async function json(mirror: Mirror, time: string): Promise<unknown> {
  return JSON.parse((await mirror.ok("resolve", "snapshots", time, "--json")).out);
}
