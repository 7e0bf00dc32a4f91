import { cpSync, existsSync, rmSync } from "node:fs";

import { describe, expect, it, onTestFinished } from "vitest";

import { nginxAvailable, nginxServer } from "../servers/nginx.ts";
import { expectExactlyReachable } from "./exactly-reachable.ts";
import { aMirror, after, day, plainAndCheckpoints } from "./mirror.ts";
import type { Mirror, MirrorSettings } from "./mirror.ts";

const unsettled: MirrorSettings = { repository: { settled: false } };

describe("an import before the first checkpoint", () => {
  it("is always taken, however settled answers are, and changes nothing that was", async () => {
    const mirror = await withUpdates({});
    const before = mirror.site();
    shelve(mirror, { "2024-01-01": { a: "old", b: "same" }, "2024-01-02": { a: "older", b: "same" } });
    const dry = await mirror.ok("import", "repo", "shelf", "--dry-run");
    expect(dry.out).toBe(
      "2024-01-01 as 20240101T000000Z: before the first checkpoint\n" +
        "2024-01-02 as 20240102T000000Z: before the first checkpoint\n" +
        "from 20240101T000000Z until 20240101T235959Z answered 404, will answer 20240101T000000Z\n" +
        "from 20240102T000000Z until 20250318T140337Z answered 404, will answer 20240102T000000Z\n",
    );
    await mirror.ok("import", "repo", "shelf");
    expect(mirror.checkpoints()).toEqual(["20240101T000000Z", "20240102T000000Z", after(0), after(day)]);
    const now = mirror.site();
    const content = Object.keys(before).filter((name) => /^(?:plain|snapshots\/repo\/2025)/.test(name));
    expect(content.length).toBeGreaterThan(4);
    for (const name of content) expect(now[name], name).toEqual(before[name]);
    expect((await mirror.ok("resolve", "snapshots", "2024-06-01")).out).toContain("20240102T000000Z");
    await expectWhole(mirror);
  });

  it("tells what the checkpoint that was the first one changes now", async () => {
    const mirror = await withUpdates({});
    shelve(mirror, { "2024-01-01": { a: "old", b: "same" } });
    await mirror.ok("import", "repo", "shelf");
    expect(mirror.json(`snapshots/repo/_asof/${after(0)}/changes.json`)).toMatchObject({
      from: "20240101T000000Z",
      to: after(0),
    });
    const rows = mirror.json("snapshots/repo/checkpoints/2025.json");
    expect(rows).toMatchObject({
      checkpoints: [
        { added: 1, removed: 1, changed: 1 },
        { added: 0, changed: 1 },
      ],
    });
  });

  it("leaves the latest version and the plain distribution what they are", async () => {
    const mirror = await withUpdates({});
    shelve(mirror, { "2024-01-01": { a: "old" } });
    await mirror.ok("import", "repo", "shelf");
    mirror.at(2 * day);
    expect((await mirror.ok("update")).out).toContain("repo: nothing new");
    expect(mirror.page("plain/a")).toBe("1");
    mirror.at(3 * day);
    mirror.offer({ a: "2" });
    await mirror.ok("update");
    expect(
      mirror
        .events()
        .filter(({ type }) => type === "version")
        .map(({ version }) => version),
    ).toEqual([1, 2, 3, 4]);
    expect(mirror.page("plain/a")).toBe("2");
    await expectWhole(mirror);
  });

  it("is recorded newest first, so that a run that died leaves nothing between", async () => {
    const mirror = await withUpdates({});
    shelve(mirror, { "2024-01-01": { a: "1" }, "2024-01-02": { a: "2" }, "2024-01-03": { a: "3" } });
    await mirror.ok("import", "repo", "shelf");
    const made = mirror.events().flatMap(({ type, created }) => (type === "publication" ? [created] : []));
    expect(made.slice(-3)).toEqual(["20240103T000000Z", "20240102T000000Z", "20240101T000000Z"]);
  });
});

describe("an import between checkpoints", () => {
  it.each([
    ["a promise that stands", {}, ["--backfill"], 4, "It takes settled: false for repo in the configuration;"],
    ["nobody having asked for it", unsettled, [], 4, "It takes --backfill;"],
    ["neither", {}, [], 4, "It takes settled: false for repo in the configuration and --backfill;"],
  ] as const)("is refused before anything is written with %s", async (_, settings, argv, exit, hint) => {
    const mirror = await withUpdates(settings);
    shelve(mirror, { "2024-01-01": { a: "old" }, "2025-03-18T20:00:00Z": { a: "between" } });
    const before = mirror.everything();
    for (const dryRun of [[], ["--dry-run"]]) {
      const run = await mirror.run("import", "repo", "shelf", ...argv, ...dryRun);
      expect(run.exit).toBe(exit);
      expect(run.err).toContain(`repo has answers up to ${after(day)}, and 2025-03-18T20:00:00Z would change them`);
      expect(run.err).toContain(hint);
      expect(run.out + run.err).toContain(
        `from 20250318T200000Z until ${after(day - 1)} answered ${after(0)}, will answer 20250318T200000Z`,
      );
    }
    expect(mirror.everything()).toEqual(before);
  });

  it("needs --accept where the promise is still in the log", async () => {
    const mirror = await withUpdates({});
    mirror.configure(unsettled);
    shelve(mirror, { "2025-03-18T20:00:00Z": { a: "between" } });
    const before = mirror.everything();
    const run = await mirror.run("import", "repo", "shelf", "--backfill");
    expect(run.exit).toBe(2);
    expect(run.err).toContain("takes back a promise");
    expect(mirror.everything()).toEqual(before);
    await mirror.ok("import", "repo", "shelf", "--backfill", "--accept");
    expect(mirror.json("snapshots/repo/checkpoints.json")).toMatchObject({ settled: false, horizon: after(day) });
  });

  it("answers by time from then on: lists, changes, plain distribution, later checkpoints", async () => {
    const mirror = await withUpdates(unsettled);
    shelve(mirror, { "2025-03-18T20:00:00Z": { a: "between", c: "new" } });
    const { err } = await mirror.ok("import", "repo", "shelf", "--backfill");
    expect(err).toContain(`answered ${after(0)}, will answer 20250318T200000Z`);
    expect(mirror.checkpoints()).toEqual([after(0), "20250318T200000Z", after(day)]);
    expect(mirror.page("snapshots/repo/20250318T200000Z/a")).toBe("between");
    expect(mirror.page("plain/a")).toBe("1");
    expect((await mirror.ok("resolve", "snapshots", "2025-03-18T21:00:00Z")).out).toContain("20250318T200000Z");
    expect(mirror.page("snapshots/repo/timemap")).toMatch(/20250318T140338Z[^]*20250318T200000Z[^]*20250319T140338Z/);
    expect(mirror.json(`snapshots/repo/_asof/${after(day)}/changes.json`)).toMatchObject({
      from: "20250318T200000Z",
      added: 1,
      removed: 1,
      changed: 1,
    });
    await expectWhole(mirror);
    mirror.at(2 * day);
    expect((await mirror.ok("update")).out).toContain("repo: nothing new");
    mirror.at(3 * day);
    mirror.offer({ a: "2" });
    await mirror.ok("update");
    expect(mirror.page("plain/a")).toBe("2");
    expect(mirror.checkpoints()).toEqual([after(0), "20250318T200000Z", after(day), after(3 * day)]);
    await expectWhole(mirror);
  });

  it("fills in the seconds after the newest checkpoint as well, and the next update says again what the source has", async () => {
    const mirror = await withUpdates({ repository: { settled: false, horizon_step: "1h" } });
    mirror.at(3 * day);
    await mirror.ok("update");
    shelve(mirror, { "2025-03-20": { a: "seen by somebody else" } });
    expect((await mirror.run("import", "repo", "shelf")).exit).toBe(4);
    await mirror.ok("import", "repo", "shelf", "--backfill");
    await expectWhole(mirror);
    mirror.at(4 * day);
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([after(0), after(day), "20250320T000000Z", after(4 * day)]);
    expect(mirror.page(`snapshots/repo/${after(4 * day)}/a`)).toBe("1");
    expect(mirror.page("plain/a")).toBe("1");
    await expectWhole(mirror);
  });

  it("leaves a plain publication that is newer what is served", async () => {
    const mirror = await withUpdates(unsettled);
    mirror.at(2 * day);
    mirror.offer({ a: "plain" });
    await mirror.ok("sync");
    await mirror.ok("publish", "repo");
    shelve(mirror, { "2025-03-18T20:00:00Z": { a: "between" } });
    await mirror.ok("import", "repo", "shelf", "--backfill");
    expect(mirror.page("plain/a")).toBe("plain");
    await mirror.ok("prune");
    await expectWhole(mirror);
    mirror.at(3 * day);
    await mirror.ok("publish", "repo", "--checkpoint");
    expect(mirror.page(`snapshots/repo/${after(3 * day)}/a`)).toBe("plain");
    await expectWhole(mirror);
  });

  it("stands among pruned checkpoints, and retention counts it by its time", async () => {
    const mirror = aMirror({ ...unsettled, top: { grace: 0 } });
    for (let index = 0; index < 4; index++) {
      mirror.at(index * day);
      mirror.offer({ a: `${index}` });
      await mirror.ok("update");
    }
    mirror.configure({ top: { grace: 0 }, repository: { settled: false, retain: { checkpoints: 2 } } });
    await mirror.ok("prune");
    expect(mirror.checkpoints()).toEqual([after(2 * day), after(3 * day)]);
    shelve(mirror, { "2025-03-19T18:00:00Z": { a: "late" }, "2025-03-20T18:00:00Z": { a: "later" } });
    const { err } = await mirror.ok("import", "repo", "shelf", "--backfill");
    expect(err).toContain("answered 410 for 20250318T140338Z, will answer 20250319T180000Z");
    expect(err).toContain("by its retain rules the next asof update takes 1 checkpoint of the shelf away again");
    await expectWhole(mirror);
    await mirror.ok("prune");
    expect(mirror.checkpoints()).toEqual(["20250320T180000Z", after(3 * day)]);
    await expectWhole(mirror);
    expectExactlyReachable(mirror);
    mirror.at(3 * day + 60);
    expect((await mirror.ok("import", "repo", "shelf", "--backfill")).out).toContain(
      "0 checkpoints imported, 2 were there",
    );
  });

  it("does not bring back what was withdrawn, under no second", async () => {
    const mirror = await withUpdates(unsettled);
    await mirror.ok("withdraw", "repo", after(0), "--reason", "a bad file");
    shelve(mirror, { "2025-03-18T20:00:00Z": { a: "0", n: "1" }, "2025-03-18T21:00:00Z": { a: "fine" } });
    const { err, out } = await mirror.ok("import", "repo", "shelf", "--backfill");
    expect(out).toContain("1 checkpoint imported");
    expect(err).toContain(
      `2025-03-18T20:00:00Z has the very files of ${after(0)}, which was withdrawn (a bad file): left out`,
    );
    expect(mirror.checkpoints()).toEqual(["20250318T210000Z", after(day)]);
  });

  it("leaves out what was taken down", async () => {
    const mirror = await withUpdates(unsettled);
    shelve(mirror, { "2025-03-18T20:00:00Z": { a: "between", n: "1" } });
    const sha256 = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b";
    await mirror.ok("take-down", sha256, "--reason", "leaked");
    await mirror.ok("import", "repo", "shelf", "--backfill");
    expect(mirror.page("snapshots/repo/20250318T200000Z/a")).toBe("between");
    expect(existsSync(mirror.file("public/snapshots/repo/20250318T200000Z/n"))).toBe(false);
    await expectWhole(mirror);
  });

  it("fills in what was lost", async () => {
    const mirror = await withUpdates(unsettled);
    cpSync(mirror.file("state"), mirror.file("backup"), { recursive: true });
    mirror.at(3 * day);
    mirror.offer({ a: "lost" });
    await mirror.ok("update");
    rmSync(mirror.file("state"), { recursive: true });
    cpSync(mirror.file("backup"), mirror.file("state"), { recursive: true });
    mirror.at(5 * day);
    await mirror.ok("recover", "--lost-until", after(4 * day));
    shelve(mirror, { "2025-03-21": { a: "found again" } });
    await mirror.ok("import", "repo", "shelf", "--backfill");
    expect((await mirror.ok("resolve", "snapshots", "2025-03-21")).out).toContain("20250321T000000Z");
    expect((await mirror.ok("resolve", "snapshots", "2025-03-20T20:00:00Z")).out).toContain("410");
    await expectWhole(mirror);
  });
});

describe.skipIf(!nginxAvailable())("a past that was filled in", () => {
  it("is answered by the rules, proven over HTTP, and reckoned with by a plan", async () => {
    const mirror = await withUpdates(unsettled);
    shelve(mirror, {
      "2024-01-01": { a: "old" },
      "2024-01-02": { a: "older", "deep/er": "x" },
      "2025-03-18T20:00:00Z": { a: "between", "deep/er": "x" },
    });
    await mirror.ok("import", "repo", "shelf", "--backfill");
    const nginx = await nginxServer.start({ publicDir: mirror.file("public"), rulesDir: mirror.file("rules") });
    onTestFinished(() => nginx.stop());
    const answers = {
      "20240101T120000Z": "20240101T000000Z",
      "20250101T000000Z": "20240102T000000Z",
      "20250318T190000Z": after(0),
      "20250318T210000Z": "20250318T200000Z",
    };
    const ask = (time: string) => fetch(`${nginx.url}snapshots/repo/${time}/a`, { redirect: "manual" });
    for (const [time, to] of Object.entries(answers)) {
      const { status, headers } = await ask(time);
      const answer = [time, status, headers.get("location"), headers.get("cache-control")];
      expect(answer).toEqual([time, 301, `/snapshots/repo/${to}/a`, "no-cache"]);
    }
    expect((await ask("20230101T000000Z")).status).toBe(404);
    const url = `${nginx.url}snapshots/repo/`;
    expect((await mirror.ok("verify", "--url", url, "--all")).out).toContain("20240101T000000Z");
    await mirror.ok("plan", "--years", "1");
  });
});

/** Two checkpoints, a day apart. */
async function withUpdates(settings: MirrorSettings): Promise<Mirror> {
  const mirror = aMirror({ distributions: plainAndCheckpoints, ...settings });
  mirror.offer({ a: "0", n: "1" });
  await mirror.ok("update");
  mirror.at(day);
  mirror.offer({ a: "1", n: "1" });
  await mirror.ok("update");
  return mirror;
}

function shelve(mirror: Mirror, shelf: Readonly<Record<string, Readonly<Record<string, string>>>>): void {
  for (const [name, files] of Object.entries(shelf))
    for (const [file, content] of Object.entries(files)) mirror.write(`shelf/${name}/${file}`, content);
}

/** Nothing is damaged, nothing is left to build, and the log proves each checkpoint. */
async function expectWhole(mirror: Mirror): Promise<void> {
  const { out } = await mirror.ok("verify");
  expect(out).not.toContain("not compared");
  const before = mirror.everything();
  await mirror.ok("build");
  expect(mirror.everything()).toEqual(before);
}
