import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import { builtProgram } from "../crash/record/built-program.ts";
import { startRunner } from "../crash/runner.ts";
import { sha256Of } from "../helpers/origin-server.ts";
import { aMirror, after, day, said, timestampsIn } from "./mirror.ts";
import type { Mirror, MirrorSettings } from "./mirror.ts";

const layouts = ["shared", "hardlinks", "copies"];

describe.each(layouts)("asof recover --adopt in layout %s", (layout) => {
  it("takes back from the site what an old backup of the state lacks, to the last byte", async () => {
    const mirror = await withOldState({ top: { layout } });
    const run = await mirror.ok("recover", "--adopt");
    expect(run.out).toBe(
      "repo: took 4 events back, 2 checkpoints among them, and the content of 2 checkpoints\nwhat the state had already is believed by name and size; asof verify reads all of it\n",
    );
    expect(mirror.state()).toEqual(mirror.whole);
    expect((await mirror.ok("verify")).out).toMatch(/3 checkpoints: no damage\n$/);
    const site = mirror.site();
    expect((await mirror.ok("update")).out).toContain("nothing new");
    expect(mirror.site()).toEqual(site);
    mirror.at(10 * day);
    mirror.offer({ a: "four" });
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([after(0), after(day), after(2 * day), after(10 * day)]);
  });

  it("takes everything back when the whole state is lost", async () => {
    const mirror = await withOldState({ top: { layout } });
    rmSync(mirror.file("state"), { recursive: true });
    await mirror.ok("recover", "--adopt");
    expect(mirror.state()).toEqual(mirror.whole);
    await mirror.ok("verify");
  });

  it("takes back what was pruned and is still served in its grace time", async () => {
    const settings: MirrorSettings = { top: { layout, grace: "1h" } };
    const mirror = await withOldState(settings);
    await mirror.ok("recover", "--adopt");
    mirror.configure({ ...settings, repository: { retain: { checkpoints: 1 } } });
    await mirror.ok("prune");
    rmSync(mirror.file("state"), { recursive: true });
    await mirror.ok("recover", "--adopt");
    expect((await mirror.ok("update")).out).toContain("nothing new");
    expect(mirror.page(`snapshots/repo/${after(0)}/dir/b`)).toBe("one");
    await mirror.ok("verify");
    mirror.at(3 * day);
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([after(2 * day)]);
    await mirror.ok("verify");
  });

  it("takes nothing that is not what was published", async () => {
    const mirror = await withOldState({ top: { layout } });
    const file = mirror.file(`public/snapshots/repo/${after(2 * day)}/a`);
    rmSync(file);
    writeFileSync(file, "evil!", { mode: 0o444 });
    const before = mirror.everything();
    const run = await mirror.run("recover", "--adopt");
    expect(run.exit, said(run)).toBe(5);
    expect(run.err).toContain(`is not as checkpoint ${after(2 * day)} was published`);
    expect(mirror.everything().site).toEqual(before.site);
    expect(mirror.everything().rules).toEqual(before.rules);
    expect(mirror.events()).toHaveLength(4);
  });
});

describe("asof recover --adopt", () => {
  it("says with --dry-run what would come back, and where it would not", async () => {
    const mirror = await withOldState({});
    const before = mirror.everything();
    const dry = await mirror.ok("recover", "--adopt", "--dry-run");
    expect(dry.out).toContain(
      "repo: would take 4 events back, 2 checkpoints among them, and the content of 2 checkpoints\n",
    );
    expect(JSON.parse((await mirror.ok("recover", "--adopt", "-n", "--json")).out)).toMatchObject({
      dryRun: true,
      repositories: [{ name: "repo", known: 4 }],
      adopted: [{ repository: "repo", events: 4, recorded: 2, checkpoints: [after(day), after(2 * day)] }],
      lostUntil: null,
    });
    expect(mirror.everything()).toEqual(before);
    rmSync(mirror.file("state"), { recursive: true });
    expect((await mirror.ok("recover", "--adopt", "--dry-run")).out).toContain(
      "repo: would take 8 events back, 3 checkpoints among them, and the content of 3 checkpoints\n",
    );
    expect(existsSync(mirror.file("state"))).toBe(false);
    rmSync(mirror.file("public/snapshots/repo/_asof/log"), { recursive: true });
    const refused = await mirror.run("recover", "--adopt", "--dry-run");
    expect(refused.exit).toBe(5);
    expect(refused.err).toContain("its log is not published there");
  });

  it("takes a damaged log back whose folder was moved away, as the messages about it say", async () => {
    const mirror = aMirror();
    mirror.offer({ a: "one" });
    await mirror.ok("update");
    const folder = mirror.file("state/repositories/repo");
    const log = readFileSync(path.join(folder, "log"), "utf8");
    writeFileSync(path.join(folder, "log"), log.replace('"files":1', '"files":2'));
    const run = await mirror.run("update");
    expect(run.exit).toBe(3);
    expect(run.err).toContain(`move ${folder} away and let asof recover --adopt take the log back`);
    renameSync(folder, mirror.file("moved"));
    expect((await mirror.ok("recover", "--adopt")).out).toContain(
      "repo: took 4 events back, 1 checkpoint among them, and the content of 0 checkpoints\n",
    );
    expect(readFileSync(path.join(folder, "log"), "utf8")).toBe(log);
    await mirror.ok("verify");
  });

  it("takes back also what a backup that claims to have a checkpoint lacks of it", async () => {
    const mirror = await withOldState({});
    const [gone, short] = [sha256Of("one"), sha256Of("own")].map((digest) =>
      mirror.file(`state/objects/${digest.slice(0, 2)}/${digest}`),
    );
    rmSync(gone ?? "");
    rmSync(short ?? "");
    writeFileSync(short ?? "", "o", { mode: 0o444 });
    const run = await mirror.ok("recover", "--adopt");
    expect(run.out).toContain("repo: took 4 events back, 2 checkpoints among them, and the content of 3 checkpoints\n");
    expect(mirror.state()).toEqual(mirror.whole);
    await mirror.ok("verify");
  });

  it("makes the pool's files links of the site's own, those of the backup and records as well", async () => {
    const mirror = await withOldState({});
    const root = rootOf(mirror, after(day));
    const places = [
      [`snapshots/repo/${after(0)}/dir/b`, objectOf(mirror, "one")],
      [`snapshots/repo/${after(2 * day)}/a`, objectOf(mirror, "three")],
      [`snapshots/repo/_asof/tree/${root.slice(0, 2)}/${root}`, mirror.file(`state/trees/${root.slice(0, 2)}/${root}`)],
    ].map(([place = "", pooled = ""]) => [mirror.file(`public/${place}`), pooled] as const);
    const before = places.map(([place]) => statSync(place).ino);
    await mirror.ok("recover", "--adopt");
    expect(places.map(([place]) => statSync(place).ino)).toEqual(before);
    expect(places.map(([, pooled]) => statSync(pooled).ino)).toEqual(before);
  });

  it.skipIf(process.geteuid?.() !== 0).each([
    ["may be written", (file: string) => chmodSync(file, 0o644)],
    ["belongs to somebody else (needs root)", (file: string) => chownSync(file, 65_534, 65_534)],
  ])("takes a copy of a file of the site that %s", async (_, change) => {
    const mirror = await withOldState({});
    const places = [after(0), after(2 * day)].map((at) => mirror.file(`public/snapshots/repo/${at}/a`));
    for (const place of places) change(place);
    await mirror.ok("recover", "--adopt");
    for (const content of ["one", "three"]) {
      const { mode, uid } = statSync(objectOf(mirror, content));
      expect({ mode: mode & 0o777, uid }).toEqual({ mode: 0o444, uid: 0 });
    }
    expect((await mirror.run("verify")).exit).toBe(3);
    const run = await mirror.run("verify", "--repair");
    expect(run.exit, said(run)).toBe(0);
    expect(places.map((place) => statSync(place))).toMatchObject(places.map(() => ({ uid: 0, mode: 0o100444 })));
  });

  it("says in the same write as the log that content is lost which was synced and never published", async () => {
    const mirror = await withOldState({ remote: { mode: "mirror" } }, async (one) => {
      one.at(3 * day);
      one.offer({ a: "never published" });
      await one.ok("sync");
      await one.ok("build");
    });
    const lines = mirror.events().length;
    const program = builtProgram();
    const runner = startRunner(program);
    try {
      const { exit, err, calls } = await runner.run(["recover", "--adopt"], { cwd: mirror.dir, clock: mirror.clock() });
      expect(exit, err).toBe(0);
      const ofTheLog = calls.filter((one) => (one.to ?? one.path).endsWith("/repositories/repo/log"));
      expect(ofTheLog.map(({ call }) => call)).toEqual(["rename"]);
    } finally {
      runner.close();
    }
    expect(mirror.events().length).toBeGreaterThan(lines);
    const published = mirror.events().filter(({ type }) => type === "publication");
    const versions = mirror.events().filter(({ type }) => type === "version");
    expect(published).toHaveLength(3);
    expect(mirror.events().slice(-2)).toMatchObject([{ type: "version" }, { type: "manifest" }]);
    expect(versions.at(-1)?.["root"]).toBe(versions[Number(published.at(-1)?.["version"]) - 1]?.["root"]);
    await mirror.ok("verify");
    await mirror.ok("update");
    expect(mirror.page("plain/a")).toBe("never published");
  });

  it("goes on from the empty version where no checkpoint is kept", async () => {
    const mirror = aMirror({ remote: { mode: "mirror" } });
    mirror.offer({ a: "withdrawn" });
    await mirror.ok("update");
    await mirror.ok("withdraw", "repo", "latest", "--reason", "wrong");
    rmSync(mirror.file("state"), { recursive: true });
    mirror.at(day);
    await mirror.ok("recover", "--adopt");
    expect(mirror.events().slice(-2)).toMatchObject([
      { type: "version", version: 2, root: mirror.events()[0]?.["root"], files: 0, bytes: 0 },
      { type: "manifest", bytes: 0 },
    ]);
    await mirror.ok("verify");
    // Nobody has the withdrawn content any more but the source, which has not changed.
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([]);
    mirror.at(2 * day);
    mirror.offer({ a: "right" });
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([after(2 * day)]);
    expect(mirror.page("plain/a")).toBe("right");
  });
});

describe("asof recover --lost-until", () => {
  it("answers 410 for what nobody knows any more, for ever, and goes on after it", async () => {
    const mirror = await withOldState({});
    mirror.at(3 * day);
    const run = await mirror.ok("recover", "--lost-until", after(3 * day));
    expect(run.out).toContain("that are not known any more answer 410");
    expect(mirror.checkpoints()).toEqual([after(0)]);
    expect(await answer(mirror, after(day))).toContain("410");
    expect(await answer(mirror, after(2 * day + 5))).toContain("410");
    expect(await answer(mirror, after(1))).toContain("410");
    expect(await answer(mirror, after(0))).toContain("200");
    expect(mirror.page("snapshots/repo/index.html")).toContain("history lost");
    mirror.at(4 * day);
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([after(0), after(4 * day)]);
    expect(await answer(mirror, after(2 * day))).toContain("410");
    expect(await answer(mirror, after(4 * day))).toContain("200");
  });

  it("does so where pruned checkpoints redirect, too", async () => {
    const mirror = await withOldState({ top: { pruned: "redirect" }, repository: { settled: false } });
    mirror.at(3 * day);
    await mirror.ok("recover", "--lost-until", after(3 * day));
    expect(await answer(mirror, after(day))).toContain("410");
  });

  it("takes lost directories away with the first run whose reload succeeds, not before", async () => {
    const mirror = await withOldState({ top: { reload: ["sh", "-c", "test ! -e broken"] } });
    mirror.write("broken", "");
    mirror.at(3 * day);
    expect((await mirror.run("recover", "--lost-until", after(3 * day))).exit).toBe(5);
    expect(mirror.checkpoints()).toEqual([after(0), after(day), after(2 * day)]);
    mirror.at(3 * day + 1);
    expect((await mirror.run("update")).exit).toBe(5);
    expect(mirror.checkpoints()).toEqual([after(0), after(day), after(2 * day), after(3 * day + 1)]);
    rmSync(mirror.file("broken"));
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([after(0), after(3 * day + 1)]);
    expect(timestampsIn(mirror.file("public/snapshots/repo/_asof"))).toEqual(mirror.checkpoints());
  });

  it.each(["verify --repair", "prune"])(
    "leaves lost checkpoints whole as long as the web server may lead there, whatever asof %s does",
    async (command) => {
      const mirror = await withOldState({ top: { reload: ["sh", "-c", "test ! -e broken"] } });
      rmSync(mirror.file("state/cache"), { recursive: true });
      mirror.write("broken", "");
      mirror.at(3 * day);
      expect((await mirror.run("recover", "--lost-until", after(3 * day))).exit).toBe(5);
      const run = await mirror.run(...command.split(" "));
      expect(run.out, said(run)).not.toContain("set aside");
      expect(mirror.checkpoints()).toEqual([after(0), after(day), after(2 * day)]);
      expect(mirror.page(`snapshots/repo/${after(2 * day)}/dir/deep/d`)).toBe("three");
      rmSync(mirror.file("broken"));
      mirror.at(4 * day);
      await mirror.ok("update");
      expect(mirror.checkpoints()).toEqual([after(0), after(4 * day)]);
      await mirror.ok("verify");
    },
  );

  it("can be said again when it died between its line and the site", async () => {
    const mirror = await withOldState({});
    mirror.at(3 * day);
    const kept = mkdtempSync(path.join(os.tmpdir(), "asof-kept-"));
    onTestFinished(() => rmSync(kept, { recursive: true }));
    for (const name of made) cpSync(mirror.file(name), path.join(kept, name), copying);
    await mirror.ok("recover", "--lost-until", after(3 * day));
    const log = mirror.events();
    const line = readFileSync(mirror.file("state/repositories/repo/log"));
    for (const name of made) {
      rmSync(mirror.file(name), { recursive: true });
      cpSync(path.join(kept, name), mirror.file(name), copying);
    }
    writeFileSync(mirror.file("state/repositories/repo/log"), line);
    expect((await mirror.run("update")).err).toContain("asof recover");
    await mirror.ok("recover", "--lost-until", after(3 * day));
    expect(mirror.events()).toEqual(log);
    expect(mirror.checkpoints()).toEqual([after(0)]);
    expect(await answer(mirror, after(day))).toContain("410");
  });

  it.each([
    ["a second that the site settled", after(day), "the site gave settled answers of repo up to"],
    ["the future", after(100 * day), "has not come yet"],
    ["no time", "yesterday", "is no time"],
  ])("refuses %s", async (_, until, message) => {
    const mirror = await withOldState({});
    mirror.at(3 * day);
    const before = mirror.everything();
    const run = await mirror.run("recover", "--lost-until", until);
    expect(run.exit).toBe(2);
    expect(run.err).toContain(message);
    expect(mirror.everything()).toEqual(before);
  });
});

describe("asof recover --lost-until, where something was removed after the backup", () => {
  const secret = sha256Of("secret");

  it("keeps a withdrawal in force, and says so before and after", async () => {
    const mirror = await withRemoval(["withdraw", "repo", after(0), "--reason", "leaked key"]);
    const [line] = mirror.removedBefore;
    const dry = await mirror.ok("recover", "--lost-until", after(3 * day), "--dry-run");
    expect(dry.out).toContain(`repo: would take over the withdrawal of ${after(0)}: leaked key\n`);
    const json = await mirror.ok("recover", "--lost-until", after(3 * day), "--dry-run", "--json");
    expect(JSON.parse(json.out)).toMatchObject({
      removals: [{ repository: "repo", kind: "withdrawal", checkpoint: after(0), reason: "leaked key" }],
      unreadLogs: [],
    });
    const run = await mirror.ok("recover", "--lost-until", after(3 * day));
    expect(run.out).toContain(`repo: took over the withdrawal of ${after(0)}: leaked key\n`);
    expect(run.err).toBe("");
    expect(mirror.events().slice(-2)).toEqual([
      { ...line, n: expect.any(Number), prev: expect.any(String) },
      expect.objectContaining({ type: "lost" }),
    ]);
    mirror.at(4 * day);
    await mirror.ok("update");
    expect(existsSync(mirror.file(`public/snapshots/repo/${after(0)}`))).toBe(false);
    expect(existsSync(objectOf(mirror, "secret"))).toBe(false);
    expect(await answer(mirror, after(0))).toContain("410");
    expect(mirror.page("plain/a")).toBe("one");
    expect(existsSync(mirror.file("public/plain/key"))).toBe(false);
    await mirror.ok("verify");
  });

  it("keeps a take-down in force, whatever is repaired later", async () => {
    const mirror = await withRemoval(["take-down", secret, "--reason", "leaked key"]);
    const run = await mirror.ok("recover", "--lost-until", after(3 * day));
    expect(run.out).toContain(`repo: took over the take-down of ${secret}: leaked key\n`);
    mirror.at(4 * day);
    await mirror.ok("update");
    await mirror.run("verify", "--repair");
    expect(existsSync(objectOf(mirror, "secret"))).toBe(false);
    expect(existsSync(mirror.file(`public/snapshots/repo/${after(0)}/key`))).toBe(false);
    expect(mirror.page(`snapshots/repo/${after(0)}/a`)).toBe("one");
    await mirror.ok("verify");
  });

  it("leaves plain distributions with nothing rather than with what was withdrawn", async () => {
    const mirror = await withRemoval(["withdraw", "repo", after(0), "--reason", "leaked key"], { isOnly: true });
    await mirror.ok("recover", "--lost-until", after(3 * day));
    expect(existsSync(mirror.file("public/plain/key"))).toBe(false);
    await mirror.ok("verify");
  });

  it("takes over what a damaged log still tells, and warns that there may be more", async () => {
    const mirror = await withRemoval(["withdraw", "repo", after(0), "--reason", "leaked key"]);
    const piece = mirror.file("public/snapshots/repo/_asof/log/000000.jsonl");
    const lines = readFileSync(piece, "utf8").split("\n");
    rmSync(piece);
    writeFileSync(piece, ["damaged", ...lines.slice(1)].join("\n"));
    const run = await mirror.ok("recover", "--lost-until", after(3 * day));
    expect(run.out).toContain(`took over the withdrawal of ${after(0)}`);
    expect(run.err).toContain("the published log of repo cannot be read to its end");
    expect(run.err).toContain("repeat asof withdraw and asof take-down");
    expect(await answer(mirror, after(0))).toContain("410");
  });

  it("does not believe a line that the next one contradicts", async () => {
    const mirror = await withRemoval(["take-down", secret, "--reason", "leaked key"], {
      further: ["label", "repo", after(0), "kept"],
    });
    const piece = mirror.file("public/snapshots/repo/_asof/log/000000.jsonl");
    const changed = readFileSync(piece, "utf8").replace(secret, sha256Of("one"));
    rmSync(piece);
    writeFileSync(piece, changed);
    const run = await mirror.ok("recover", "--lost-until", after(3 * day));
    expect(run.out).not.toContain("took over");
    expect(run.err).toContain("cannot be read to its end");
  });

  it("warns where no log is published any more", async () => {
    const mirror = await withRemoval(["take-down", secret, "--reason", "leaked key"]);
    rmSync(mirror.file("public/snapshots/repo/_asof/log"), { recursive: true });
    const dry = await mirror.ok("recover", "--lost-until", after(3 * day), "-n", "--json");
    expect(JSON.parse(dry.out)).toMatchObject({ removals: [], unreadLogs: ["repo"] });
    const run = await mirror.ok("recover", "--lost-until", after(3 * day));
    expect(run.err).toContain("the published log of repo cannot be read to its end");
  });

  it("warns of a withdrawn checkpoint that is lost itself, whose content the source may have still", async () => {
    const mirror = await withOldState({}, async (one) => {
      await one.ok("withdraw", "repo", after(2 * day), "--reason", "leaked key");
    });
    mirror.at(3 * day);
    const run = await mirror.ok("recover", "--lost-until", after(3 * day));
    expect(run.err).toContain(`${after(2 * day)} was withdrawn (leaked key) and is lost itself`);
  });
});

describe("asof recover", () => {
  it("says that nothing is lost, and what to say, when that is so", async () => {
    const mirror = aMirror();
    mirror.offer({ a: "one" });
    await mirror.ok("update");
    for (const argv of [["--adopt"], ["--lost-until", after(5)]]) {
      const run = await mirror.run("recover", ...argv);
      expect(run.exit).toBe(2);
      expect(run.err).toContain("there is nothing to recover");
    }
    expect((await mirror.run("recover")).err).toContain("say one of --adopt and --lost-until TIME");
  });

  it("is what the other commands name when they refuse to write", async () => {
    const mirror = await withOldState({});
    const run = await mirror.run("update");
    expect(run.exit).toBe(5);
    expect(run.err).toContain("asof recover --adopt");
    expect((await mirror.ok("recover", "--adopt", "--dry-run")).out).toContain("the state knows 4 events, the site");
    expect(mirror.events()).toHaveLength(4);
  });
});

const made = ["public", "rules", "state"];
const copying = { recursive: true, preserveTimestamps: true, verbatimSymlinks: true };

interface Restored extends Mirror {
  /** The state as it was before the old one came back. */
  readonly whole: object;
  state(): object;
}

/** Three checkpoints in the site, and the state as it was after the first. */
async function withOldState(
  settings: MirrorSettings,
  further: (mirror: Mirror) => Promise<void> = async () => {},
): Promise<Restored> {
  const mirror = aMirror(settings);
  mirror.offer({ a: "one", "dir/b": "one", "dir/deep/c": "", "simple/index.html": "own" });
  await mirror.ok("update");
  cpSync(mirror.file("state"), mirror.file("backup"), { recursive: true, preserveTimestamps: true });
  for (const [index, text] of ["two", "three"].entries()) {
    mirror.at((index + 1) * day);
    mirror.offer({ a: text, "dir/b": "one", "dir/deep/c": "", "dir/deep/d": text, "simple/index.html": "own" });
    await mirror.ok("update");
  }
  await further(mirror);
  // The identity of the directory, and how often a plain distribution was built.
  const state = (): object => ({ ...mirror.everything().state, FORMAT: "", "plain/plain.json": "" });
  const whole = state();
  rmSync(mirror.file("state"), { recursive: true });
  renameSync(mirror.file("backup"), mirror.file("state"));
  return { ...mirror, whole, state };
}

interface Removed extends Mirror {
  /** The lines of the log that the removal wrote, in the state that is lost. */
  readonly removedBefore: readonly object[];
}

/** A file `key` in the first checkpoint, which the source has no more, removed after the backup that is the state now. */
async function withRemoval(
  removal: readonly string[],
  { isOnly = false, further = [] }: { readonly isOnly?: boolean; readonly further?: readonly string[] } = {},
): Promise<Removed> {
  const mirror = aMirror({ remote: { mode: "mirror" } });
  mirror.offer({ a: "one", key: "secret" });
  await mirror.ok("update");
  if (!isOnly) {
    mirror.at(day);
    mirror.offer({ a: "one" });
    await mirror.ok("update");
  }
  cpSync(mirror.file("state"), mirror.file("backup"), copying);
  const before = mirror.events().length;
  mirror.at(2 * day);
  await mirror.ok(...removal);
  if (further.length > 0) await mirror.ok(...further);
  const removedBefore = mirror.events().slice(before);
  rmSync(mirror.file("state"), { recursive: true });
  renameSync(mirror.file("backup"), mirror.file("state"));
  mirror.at(3 * day);
  return { ...mirror, removedBefore };
}

/** Digest of the root's record, by the checkpoint's statement. */
function rootOf(mirror: Mirror, time: string): string {
  return /^root (.*)$/m.exec(mirror.page(`snapshots/repo/_asof/${time}/checkpoint.txt`))?.[1] ?? "";
}

function objectOf(mirror: Mirror, content: string): string {
  const digest = sha256Of(content);
  return mirror.file(`state/objects/${digest.slice(0, 2)}/${digest}`);
}

async function answer(mirror: Mirror, time: string): Promise<string> {
  return (await mirror.ok("resolve", "snapshots", time)).out;
}
