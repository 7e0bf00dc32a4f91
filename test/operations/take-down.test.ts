import { createHash } from "node:crypto";
import { existsSync } from "node:fs";

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
    expect(Object.values(mirror.everything()).some((tree) => JSON.stringify(tree).includes(leaked))).toBe(false);
    expect(existsSync(mirror.file(`state/objects/${sha256.slice(0, 2)}/${sha256}`))).toBe(false);
    const rest = (site: typeof before): readonly string[] =>
      Object.keys(site).filter((name) => !name.endsWith("/keys/a") && !name.endsWith("/copy") && !name.endsWith("/a"));
    expect(rest(mirror.site())).toEqual(expect.arrayContaining([...rest(before)]));
    expect(mirror.page(`snapshots/repo/${after(0)}/keys/b`)).toBe("fine");
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
});

describe("asof take-down", () => {
  it.each([
    ["a digest that nothing has", ["0".repeat(64), "--reason", "x"], "nothing that is kept has the SHA-256"],
    ["something that is no digest", ["abc", "--reason", "x"], "is not a SHA-256"],
    ["a reason of two lines", [sha256, "--reason", "a\nb"], "--reason must be one line"],
    ["no reason", [sha256], "--reason must be given"],
  ])("refuses %s, and touches nothing", async (_, argv, said) => {
    const mirror = await withLeak({});
    const before = mirror.everything();
    const run = await mirror.run("take-down", ...argv);
    expect(run.exit).toBe(2);
    expect(run.err).toContain(said);
    expect(mirror.everything()).toEqual(before);
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
