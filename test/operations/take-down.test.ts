import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { aMirror, after, day } from "./mirror.ts";
import type { Mirror, MirrorSettings } from "./mirror.ts";

const leaked = "-----BEGIN PRIVATE KEY-----";
const sha256 = createHash("sha256").update(leaked).digest("hex");

describe.each(["shared", "hardlinks", "copies"])("asof take-down in layout %s", (layout) => {
  const settings: MirrorSettings = { top: { layout } };

  it("takes the bytes out of every checkpoint, plain distribution and the pool, and leaves all else", async () => {
    const mirror = await withLeak(settings);
    const before = mirror.site();
    const run = await mirror.ok("take-down", sha256, "--reason", "leaked key");
    expect(run.out).toContain(`removed "snapshots/repo/${after(0)}/keys/a"`);
    expect(run.out).toContain(`took down ${sha256} in 5 places`);
    for (const path of [`snapshots/repo/${after(0)}/keys/a`, `snapshots/repo/${after(60)}/copy`, "plain/keys/a"]) {
      expect(existsSync(mirror.file(`public/${path}`)), path).toBe(false);
    }
    expect(Object.values(mirror.everything()).some((tree) => JSON.stringify(tree).includes(sha256))).toBe(false);
    expect(existsSync(mirror.file(`state/objects/${sha256.slice(0, 2)}/${sha256}`))).toBe(false);
    const rest = (site: typeof before): readonly string[] =>
      Object.keys(site).filter((name) => !name.endsWith("/keys/a") && !name.endsWith("/copy") && !name.endsWith("/a"));
    expect(rest(mirror.site())).toEqual(expect.arrayContaining([...rest(before)]));
    expect(mirror.page(`snapshots/repo/${after(0)}/keys/b`)).toBe("fine");
  });

  it("leaves no folder of a file that a plain distribution had dropped, also when a run died before it went", async () => {
    const mirror = await withLeak({ ...settings, remote: { mode: "mirror" } });
    mirror.at(day);
    mirror.offer({ "keys/deep/a": leaked, "keys/deeper/still/a": leaked, "keys/b": "fine" });
    await mirror.ok("update");
    mirror.at(day + 60);
    mirror.offer({ "keys/b": "fine" });
    await mirror.ok("update");
    expect(mirror.page("plain/keys/deep/a")).toBe(leaked);
    await mirror.ok("take-down", sha256, "--reason", "leaked key");
    expect(readdirSync(mirror.file("public/plain/keys")).toSorted()).toEqual(["b", "index.html"]);
    await mirror.ok("verify");
    mkdirSync(mirror.file("public/plain/keys/deep"));
    expect((await mirror.run("verify")).exit).toBe(3);
    rmSync(mirror.file("state/cache"), { recursive: true });
    await mirror.ok("build");
    expect(existsSync(mirror.file("public/plain/keys/deep"))).toBe(false);
    await mirror.ok("verify");
  });

  it("shows the name without a link", async () => {
    const mirror = await withLeak(settings);
    await mirror.ok("take-down", sha256, "--reason", "leaked key");
    const page = mirror.page(`snapshots/repo/${after(0)}/keys/index.html`);
    expect(page).toContain("<bdi>a</bdi> (taken down)");
    expect(page).not.toContain('href="./a"');
    expect(page).toContain('href="./b"');
  });

  it("holds against the source, a build from nothing, and a later checkpoint", async () => {
    const mirror = await withLeak(settings);
    await mirror.ok("take-down", sha256, "--reason", "leaked key");
    mirror.at(day);
    mirror.offer({ "keys/a": leaked, "keys/b": "fine", other: "new" });
    const run = await mirror.ok("update");
    expect(run.err).toContain('repo: left out, because it was taken down: "keys/a"');
    expect(mirror.page(`snapshots/repo/${after(day)}/other`)).toBe("new");
    expect(existsSync(mirror.file(`public/snapshots/repo/${after(day)}/keys/a`))).toBe(false);
    expect(existsSync(mirror.file(`state/objects/${sha256.slice(0, 2)}/${sha256}`))).toBe(false);
  });

  it("is finished by the next run when it died after the log line", async () => {
    const mirror = await withLeak(settings);
    const interrupted = new AbortController();
    const log = mirror.events().length;
    await mirror.runUntil(interrupted.signal, "take-down", sha256, "--reason", "leaked key", "--dry-run");
    expect(mirror.events()).toHaveLength(log);
    expect(mirror.page("plain/keys/a")).toBe(leaked);
    await mirror.ok("take-down", sha256, "--reason", "leaked key");
    expect(mirror.events().at(-1)).toMatchObject({ type: "takedown", digest: sha256, reason: "leaked key" });
    const again = await mirror.ok("take-down", sha256, "--reason", "twice");
    expect(again.exit).toBe(0);
    expect(mirror.events()).toHaveLength(log + 1);
  });

  it("says when it was taken down where nothing is left to do, and only there", async () => {
    const mirror = await withLeak(settings);
    await mirror.ok("take-down", sha256, "--reason", "leaked key");
    mirror.at(day);
    const place = `snapshots/repo/${after(60)}/copy`;
    for (const argv of [["--dry-run"], []]) {
      const again = await mirror.ok("take-down", sha256, "--reason", "twice", ...argv);
      expect(again.out).toBe(`${sha256} was taken down on 2025-03-18T14:04:38Z; nothing was left to do\n`);
      const json = await mirror.ok("take-down", sha256, "--reason", "twice", "--json", ...argv);
      expect(JSON.parse(json.out)).toMatchObject({ repositories: [], paths: [], takenDownBefore: after(60) });
    }
    writeFileSync(mirror.file(`public/${place}`), leaked);
    const run = await mirror.ok("take-down", sha256, "--reason", "again");
    expect(run.out).toContain(`removed "${place}"\ntook down ${sha256} in 1 place.`);
    expect(existsSync(mirror.file(`public/${place}`))).toBe(false);
  });

  it("removes the files although the pool has lost the object", async () => {
    const mirror = await withLeak(settings);
    rmSync(object(mirror), { force: true });
    await mirror.ok("take-down", sha256, "--reason", "leaked key");
    expect(served(mirror)).not.toContain(sha256);
    expect(mirror.page(`snapshots/repo/${after(0)}/keys/b`)).toBe("fine");
  });

  it("looks again when it cannot remember that it was done, or is told to", async () => {
    const mirror = await withLeak(settings);
    await mirror.ok("take-down", sha256, "--reason", "leaked key");
    const place = mirror.file(`public/snapshots/repo/${after(60)}/copy`);
    writeFileSync(place, leaked);
    rmSync(mirror.file("state/cache/built.json"));
    await mirror.ok("build");
    expect(existsSync(place)).toBe(false);
    writeFileSync(place, leaked);
    await mirror.ok("take-down", sha256, "--reason", "again");
    expect(existsSync(place)).toBe(false);
  });

  it("writes nothing when all was done", async () => {
    const mirror = await withLeak(settings);
    mirror.offer({ "keys/b": "fine" });
    await mirror.ok("take-down", sha256, "--reason", "leaked key");
    mirror.at(120);
    await mirror.ok("update");
    const before = [mirror.everything(), readFileSync(mirror.file("state/cache/built.json"), "utf8")];
    expect((await mirror.ok("build", "--dry-run", "--json")).out).toContain('"rerender":false');
    mirror.at(180);
    await mirror.ok("update");
    expect([mirror.everything(), readFileSync(mirror.file("state/cache/built.json"), "utf8")]).toEqual(before);
  });

  it("removes what a run left in a plain distribution that died before it wrote down its state", async () => {
    const mirror = aMirror(settings);
    mirror.offer({ "keys/b": "fine", "keys/c": "first" });
    await mirror.ok("update");
    cpSync(mirror.file("state/plain"), mirror.file("before/state"), { recursive: true });
    mirror.at(60);
    mirror.offer({ "keys/a": leaked, "keys/b": "fine", "keys/c": leaked });
    await mirror.ok("update");
    rmSync(mirror.file("state/plain"), { recursive: true });
    cpSync(mirror.file("before/state"), mirror.file("state/plain"), { recursive: true });
    await mirror.ok("take-down", sha256, "--reason", "leaked key");
    expect(served(mirror)).not.toContain(sha256);
    expect(existsSync(mirror.file("public/plain/keys/a"))).toBe(false);
    expect(existsSync(mirror.file("public/plain/keys/c"))).toBe(false);
    expect(mirror.page("plain/keys/b")).toBe("fine");
  });

  it("takes away what stood where the content was to stand, when a run died before it changed a plain distribution", async () => {
    const mirror = aMirror(settings);
    mirror.offer({ "keys/b": "fine", "keys/c": "first" });
    await mirror.ok("update");
    cpSync(mirror.file("state/plain"), mirror.file("before/state"), { recursive: true });
    cpSync(mirror.file("public/plain"), mirror.file("before/plain"), { recursive: true, dereference: true });
    mirror.at(60);
    mirror.offer({ "keys/b": "fine", "keys/c": leaked });
    await mirror.ok("update");
    if (layout !== "shared") {
      rmSync(mirror.file("public/plain"), { recursive: true });
      cpSync(mirror.file("before/plain"), mirror.file("public/plain"), { recursive: true });
    }
    rmSync(mirror.file("state/plain"), { recursive: true });
    cpSync(mirror.file("before/state"), mirror.file("state/plain"), { recursive: true });
    await mirror.ok("take-down", sha256, "--reason", "leaked key");
    expect(existsSync(mirror.file("public/plain/keys/c"))).toBe(false);
    expect(mirror.page("plain/keys/b")).toBe("fine");
  });

  it("removes sums that it is asked to remove, and builds without them from nothing", async () => {
    const mirror = await withLeak(settings);
    const sums = `public/snapshots/repo/_asof/${after(60)}/SHA256SUMS`;
    const digest = createHash("sha256")
      .update(readFileSync(mirror.file(sums)))
      .digest("hex");
    const run = await mirror.ok("take-down", digest, "--reason", "names a customer");
    expect(run.out).toContain(`removed "snapshots/repo/_asof/${after(60)}/SHA256SUMS"`);
    expect(existsSync(mirror.file(sums))).toBe(false);
    rmSync(mirror.file(`public/snapshots/repo/${after(60)}`), { recursive: true });
    await mirror.ok("build");
    expect(existsSync(mirror.file(sums))).toBe(false);
    expect(mirror.page(`snapshots/repo/${after(60)}/copy`)).toBe(leaked);
  });
});

describe("asof take-down of content that the site does not show now", () => {
  it("is recorded in each repository that has it, and never shown", async () => {
    const mirror = aMirror({ repositories: { other: { remote: { type: "directory", path: "other" } } } });
    mirror.configure({
      repositories: { other: { remote: { type: "directory", path: "other" } } },
      distributions: {
        snapshots: { repository: "repo", base_path: "snapshots/repo", checkpoint: true },
        other: { repository: "other", base_path: "other", checkpoint: true },
      },
    });
    mirror.offer({ b: "fine" });
    mirror.write("other/b", "fine");
    await mirror.ok("update");
    mirror.at(60);
    mirror.offer({ a: leaked, b: "fine" });
    mirror.write("other/a", leaked);
    await mirror.ok("sync");
    const { out } = await mirror.ok("take-down", sha256, "--reason", "leaked key", "--json");
    expect(JSON.parse(out)).toMatchObject({ dryRun: false, repositories: ["other", "repo"], paths: [] });
    for (const name of ["repo", "other"])
      expect(mirror.events(name).at(-1)).toMatchObject({ type: "takedown", digest: sha256 });
    mirror.at(120);
    for (const name of ["repo", "other"]) await mirror.ok("publish", name, "--checkpoint");
    expect(mirror.checkpoints().length).toBeGreaterThan(1);
    expect(served(mirror)).not.toContain(sha256);
    expect(existsSync(object(mirror))).toBe(false);
  });

  it("works after the checkpoint that had it was withdrawn", async () => {
    const mirror = aMirror();
    mirror.offer({ b: "fine" });
    await mirror.ok("update");
    mirror.at(60);
    mirror.offer({ a: leaked, b: "fine" });
    await mirror.ok("update");
    await mirror.ok("withdraw", "repo", "latest", "--reason", "leaked key");
    await mirror.ok("take-down", sha256, "--reason", "leaked key");
    mirror.at(120);
    await mirror.ok("publish", "repo", "--checkpoint", "--accept");
    expect(mirror.checkpoints()).toContain(after(120));
    expect(served(mirror)).not.toContain(sha256);
  });

  it("leaves no bytes in the pool when a directory offers them again", async () => {
    const mirror = aMirror({ repository: { remote: { type: "directory", path: "tree" } } });
    mirror.write("tree/a", leaked);
    mirror.write("tree/b", "fine");
    await mirror.ok("update");
    await mirror.ok("take-down", sha256, "--reason", "leaked key");
    mirror.at(60);
    mirror.write("tree/c", leaked);
    const { err } = await mirror.ok("sync");
    expect(err).toContain('left out, because it was taken down: "a", "c"');
    expect(existsSync(object(mirror))).toBe(false);
  });
});

describe("asof take-down", () => {
  it.each([
    ["a digest that nothing has", ["0".repeat(64), "--reason", "x"], "nothing that is kept has the SHA-256"],
    ["something that is no digest", ["abc", "--reason", "x"], "is not a SHA-256"],
    ["a reason of two lines", [sha256, "--reason", "a\nb"], "--reason must be one line"],
    ["something that is no digest in a dry run", ["abc", "--reason", "x", "--dry-run"], "is not a SHA-256"],
    ["no reason", [sha256], "--reason must be given"],
  ])("refuses %s, and touches nothing", async (_, argv, said) => {
    const mirror = await withLeak({});
    const before = mirror.everything();
    const run = await mirror.run("take-down", ...argv);
    expect(run.exit).toBe(2);
    expect(run.err).toContain(said);
    expect(mirror.everything()).toEqual(before);
  });

  it("says before the first run that nobody has the content, and makes nothing", async () => {
    const mirror = aMirror();
    const run = await mirror.run("take-down", sha256, "--reason", "x", "--dry-run");
    expect(run.exit).toBe(2);
    expect(run.err).toContain("nothing that is kept has the SHA-256");
    expect(existsSync(mirror.file("state"))).toBe(false);
  });

  it("says with --dry-run and --json that it did nothing", async () => {
    const mirror = await withLeak({});
    const before = mirror.everything();
    const { out } = await mirror.ok("take-down", sha256, "--reason", "leaked key", "--dry-run", "--json");
    expect(JSON.parse(out)).toMatchObject({ dryRun: true, sha256, reason: "leaked key", repositories: ["repo"] });
    expect(mirror.everything()).toEqual(before);
  });

  it("says that it is recorded when the build fails, and the next update carries it out", async () => {
    const mirror = await withLeak({});
    mirror.configure({ top: { templates: "mine" } });
    mirror.write("mine/checkpoint-list.eta", "<% throw new Error('no') %>");
    const run = await mirror.run("take-down", sha256, "--reason", "leaked key");
    expect(run.exit).toBe(2);
    expect(run.err).toContain(
      `the take-down of ${sha256} is recorded; its files leave the site with the next asof update`,
    );
    expect(mirror.events().at(-1)).toMatchObject({ type: "takedown", digest: sha256 });
    rmSync(mirror.file("mine/checkpoint-list.eta"));
    mirror.at(120);
    await mirror.ok("update");
    expect(served(mirror)).not.toContain(sha256);
  });

  it.each([
    ["still has it", { a: leaked }],
    ["lost it as well", {}],
  ])("of the only file does not make the source look shrunk when it %s", async (_, files) => {
    const mirror = aMirror();
    mirror.offer({ a: leaked });
    await mirror.ok("update");
    await mirror.ok("take-down", sha256, "--reason", "leaked key");
    mirror.offer(files);
    for (const seconds of [60, 120]) {
      mirror.at(seconds);
      await mirror.ok("update");
    }
    mirror.at(180);
    mirror.offer({ b: "fine" });
    await mirror.ok("update");
    mirror.at(240);
    mirror.offer({});
    expect((await mirror.run("update")).err).toContain("the source of repo is empty");
  });

  it("is told by update --dry-run as nothing to come", async () => {
    const mirror = aMirror();
    mirror.offer({ a: leaked, b: "fine" });
    await mirror.ok("update");
    await mirror.ok("take-down", sha256, "--reason", "leaked key");
    mirror.at(60);
    await mirror.ok("update");
    const { out } = await mirror.ok("update", "--dry-run", "--json");
    expect(JSON.parse(out)).toMatchObject({ repositories: [{ added: 0, changed: 0, checkpoint: "no" }] });
  });

  it("keeps what it took down from being imported", async () => {
    const mirror = await withLeak({ repositories: { shelf: {} } });
    await mirror.ok("take-down", sha256, "--reason", "leaked key");
    mirror.write("shelf/20200101T000000Z/a", leaked);
    mirror.write("shelf/20200101T000000Z/b", "fine");
    await mirror.ok("import", "shelf", mirror.file("shelf"));
    expect(existsSync(mirror.file(`state/objects/${sha256.slice(0, 2)}/${sha256}`))).toBe(false);
    await mirror.ok("import", "shelf", mirror.file("shelf"));
  });
});

function object(mirror: Mirror): string {
  return mirror.file(`state/objects/${sha256.slice(0, 2)}/${sha256}`);
}

function served(mirror: Mirror): string {
  return JSON.stringify(mirror.site());
}

/** Two checkpoints that hold the bytes under two names, in one directory unchanged between them. */
async function withLeak(settings: MirrorSettings): Promise<Mirror> {
  const mirror = aMirror(settings);
  mirror.offer({ "keys/a": leaked, "keys/b": "fine" });
  await mirror.ok("update");
  mirror.at(60);
  mirror.offer({ "keys/a": leaked, "keys/b": "fine", copy: leaked });
  await mirror.ok("update");
  return mirror;
}
