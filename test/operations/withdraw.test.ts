import { existsSync, lstatSync, readFileSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";

import { describe, expect, it } from "vitest";
import { z } from "zod";

import { openStore } from "../../src/store/open-store.ts";
import { sha256Of } from "../helpers/origin-server.ts";
import { expectExactlyReachable } from "./exactly-reachable.ts";
import { aMirror, after, plainAndCheckpoints } from "./mirror.ts";
import type { Mirror, MirrorSettings } from "./mirror.ts";

const secret = "-----BEGIN PRIVATE KEY-----";
const reason = "holds a <private> key & more";
const mirrored = { remote: { mode: "mirror" } };
const withdrawLatest = ["withdraw", "repo", "latest", "--reason", reason] as const;

describe.each(["shared", "hardlinks", "copies"] as const)("withdrawing the newest checkpoint (%s)", (layout) => {
  it("takes its bytes from every address at once, and plain distributions back to the state before", async () => {
    const mirror = await leaked({ ...mirrored, top: { layout, grace: "1h", grace_plain: "3d" } });
    expect(filesWith(mirror, secret)).not.toEqual([]);
    const { out } = await mirror.ok(...withdrawLatest);
    expect(out).toContain(`repo: withdrew ${after(60)} (2 files, 31 bytes): ${reason}\n`);
    expect(out).toContain("swept: 1 checkpoint directory,");
    expect(filesWith(mirror, secret)).toEqual([]);
    expect(mirror.checkpoints()).toEqual([after(0)]);
    expect(mirror.page("plain/good")).toBe("good");
    expect(existsSync(mirror.file("public/plain/deep/down/key"))).toBe(false);
    expect(mirror.page("plain/PULP_MANIFEST")).toBe(mirror.page(`snapshots/repo/${after(0)}/PULP_MANIFEST`));
    expectExactlyReachable(mirror);
    const kept = mirror.everything();
    for (const name of ["public", "rules"]) rmSync(mirror.file(name), { recursive: true });
    await mirror.ok("build");
    expect(mirror.everything().rules).toEqual(kept.rules);
    expect(filesWith(mirror, secret)).toEqual([]);
  });

  it("takes them from plain distributions also where it was the only one, or where they were dropped and in their grace time", async () => {
    const only = aMirror({ ...mirrored, top: { layout } });
    only.offer({ "deep/down/key": secret });
    await only.ok("update");
    await only.ok(...withdrawLatest);
    expect(filesWith(only, secret)).toEqual([]);
    expect(only.checkpoints()).toEqual([]);
    expect(readdirSync(only.file("public/plain")).toSorted()).toEqual(["PULP_MANIFEST", "index.html"]);
    expect(only.page("plain/PULP_MANIFEST")).toBe("");

    const dropped = await leaked({ ...mirrored, top: { layout } });
    dropped.at(120);
    dropped.offer({ good: "better" });
    await dropped.ok("update");
    expect(dropped.page("plain/deep/down/key")).toBe(secret);
    await dropped.ok("withdraw", "repo", after(60), "--reason", reason);
    expect(filesWith(dropped, secret)).toEqual([]);
    expect(dropped.page("plain/good")).toBe("better");
    expectExactlyReachable(dropped);
  });
});

describe("a withdrawn checkpoint", () => {
  it("answers 410 with the reason, which no page takes for markup, and is no checkpoint in any list", async () => {
    const mirror = await leaked();
    await mirror.ok("withdraw", "snapshots", "2025-03-18T14:04:38Z", "--reason", reason);
    expect(mirror.events().at(-1)).toMatchObject({
      type: "tombstone",
      checkpoint: after(60),
      cause: "withdrawn",
      reason,
    });
    expect((await mirror.ok("resolve", "snapshots", after(60))).out).toContain("410");
    expect((await mirror.ok("resolve", "snapshots", after(61))).out).toContain("410");
    expect((await mirror.ok("resolve", "snapshots", after(59))).out).toContain(`301 /snapshots/repo/${after(0)}/`);
    expect((await mirror.ok("resolve", "snapshots", "latest")).out).toContain(`302 /snapshots/repo/${after(0)}/`);
    for (const name of [`snapshots/repo/_asof/gone/${after(60)}.html`, "snapshots/repo/index.html"]) {
      expect(mirror.page(name)).toContain("holds a &lt;private&gt; key &amp; more");
      expect(mirror.page(name)).not.toContain("<private>");
    }
    expect(mirror.page(`snapshots/repo/_asof/gone/${after(60)}.html`)).toContain("was withdrawn.");
    expect(mirror.json("snapshots/repo/checkpoints.json")).toMatchObject({
      newest: after(0),
      gone: [{ from: after(60), until: after(60), count: 1, reason, cause: "withdrawn" }],
    });
    expect(mirror.json("status.json")).toMatchObject({ repositories: [{ newest: after(0) }] });
  });

  it("is told of on a page of its own among those that retention took, and is gone also where those redirect", async () => {
    const settings = { top: { grace: 0 } };
    const mirror = await history(settings, ["a", "b", "c", "d", "e"]);
    mirror.configure({ ...settings, repository: { retain: { last: 1 } } });
    await mirror.ok("prune");
    await mirror.ok("withdraw", "repo", after(120), "--reason", reason);
    const gone = (): readonly string[] => readdirSync(mirror.file("public/snapshots/repo/_asof/gone")).toSorted();
    expect(gone()).toEqual([0, 120, 180].map((at) => `${after(at)}.html`));
    expect(mirror.page(`snapshots/repo/_asof/gone/${after(0)}.html`)).toContain("not among the newest 1");
    expect(mirror.page(`snapshots/repo/_asof/gone/${after(120)}.html`)).toContain("private");
    expect(mirror.page(`snapshots/repo/_asof/gone/${after(180)}.html`)).not.toContain("private");
    const redirects = { top: { grace: 0, pruned: "redirect" }, repository: { retain: { last: 1 }, settled: false } };
    mirror.configure(redirects);
    await mirror.ok("update", "--accept");
    expect(gone()).toEqual([`${after(120)}.html`]);
    expect((await mirror.ok("resolve", "snapshots", after(60))).out).toContain("404");
    expect((await mirror.ok("resolve", "snapshots", after(125))).out).toContain("410");
    expect((await mirror.ok("resolve", "snapshots", after(190))).out).toContain("410");
  });

  it("leaves at once also when retention pruned it before and its files are in their grace time", async () => {
    const settings = { top: { grace: "30d" }, ...mirrored };
    const mirror = await leaked(settings);
    mirror.at(120);
    mirror.offer({ good: "better" });
    mirror.configure({ ...settings, repository: { retain: { last: 1 } } });
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([after(0), after(60), after(120)]);
    await mirror.ok("withdraw", "repo", after(60), "--reason", reason);
    expect(mirror.checkpoints()).toEqual([after(0), after(120)]);
    expect(filesWith(mirror, secret)).toEqual([]);
  });

  it("does not come back by itself while the source has not changed, and its content leaves the pool when it has", async () => {
    const mirror = await leaked(mirrored);
    const { out } = await mirror.ok(...withdrawLatest);
    expect(out).toContain("it is not published again before the source has changed");
    const count = mirror.events().length;
    for (const argv of [["update"], ["update", "--always"], ["build"]]) await mirror.ok(...argv);
    expect(mirror.events()).toHaveLength(count);
    for (const argv of [
      ["publish", "repo"],
      ["publish", "repo", "--checkpoint"],
      ["publish", "repo", "--dry-run"],
    ]) {
      const refused = await mirror.run(...argv);
      expect(refused).toMatchObject({ exit: 2, out: "" });
      expect(refused.err).toContain("was withdrawn");
    }
    expect(existsSync(objectOf(mirror, secret))).toBe(true);
    mirror.at(120);
    mirror.offer({ good: "better" });
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([after(0), after(120)]);
    expect(existsSync(objectOf(mirror, secret))).toBe(false);
    expectExactlyReachable(mirror);
  });

  it("does not come back either when the source lost its content and has it again, and says what to do, once", async () => {
    const mirror = await leaked(mirrored);
    await mirror.ok(...withdrawLatest);
    mirror.at(120);
    mirror.offer({ good: "good" });
    await mirror.ok("update");
    mirror.at(180);
    mirror.offer({ good: "good", "deep/down/key": secret });
    const again = await mirror.ok("update");
    expect(again.err).toContain(`the very files of ${after(60)} again, which was withdrawn (${reason})`);
    expect(again.err).toContain("asof take-down");
    for (const argv of [["update"], ["update", "--always"], ["update", "--accept"]]) {
      const run = await mirror.ok(...argv);
      expect(run.err).toBe("");
      expect(run.out).toContain(`the files of ${after(60)}, which was withdrawn`);
    }
    expect(reportOf((await mirror.ok("update", "--json")).out)).toMatchObject({
      withdrawn: after(60),
      checkpoint: null,
    });
    expect(mirror.checkpoints()).toEqual([after(0), after(120)]);
    expect(filesWith(mirror, secret)).toEqual([]);
    expect((await mirror.run("publish", "repo", "--checkpoint")).err).toContain("was withdrawn");
    await mirror.ok("publish", "repo", "--checkpoint", "--accept");
    expect(mirror.page("plain/deep/down/key")).toBe(secret);
    // Who said so once has said so.
    for (const [index, files] of [{ good: "good" }, { good: "good", "deep/down/key": secret }].entries()) {
      mirror.at(240 + index * 60);
      mirror.offer(files);
      await mirror.ok("update");
    }
    expect(mirror.checkpoints()).toEqual([0, 120, 180, 240, 300].map(after));
  });

  it("comes back under a new second when somebody says so, and is served by plain distributions then", async () => {
    const mirror = await leaked();
    await mirror.ok(...withdrawLatest);
    mirror.at(120);
    await mirror.ok("publish", "repo", "--checkpoint", "--accept");
    expect(mirror.checkpoints()).toEqual([after(0), after(120)]);
    expect(mirror.page("plain/deep/down/key")).toBe(secret);
    mirror.at(180);
    expect((await mirror.ok("update")).out).toContain("nothing to do");
  });

  it("is found again as it is by a second withdrawal, which writes nothing", async () => {
    const mirror = await leaked();
    await mirror.ok(...withdrawLatest);
    const before = mirror.everything();
    const { out } = await mirror.ok("withdraw", "repo", after(60), "--reason", "another one");
    expect(out).toContain(`${after(60)} was withdrawn already: ${reason}`);
    expect(mirror.everything()).toEqual(before);
  });
});

describe("a withdrawal that was torn while it was written", () => {
  it("leaves a whole history, and is completed by saying it again", async () => {
    const mirror = await onlyLeaked();
    const lines = logOf(mirror);
    await mirror.ok(...withdrawLatest);
    const added = logOf(mirror).slice(lines.length);
    expect(mirror.events().slice(-2)).toMatchObject([{ type: "publication", version: 0 }, { type: "tombstone" }]);

    const torn = await onlyLeaked();
    expect(logOf(torn)).toEqual(lines);
    // What the lines name was durable before them: the manifest of the empty version.
    const empty = sha256Of("");
    torn.write(`state/objects/${empty.slice(0, 2)}/${empty}`, "");
    torn.write("state/repositories/repo/log", [...lines, ...added.slice(0, 1), "{"].join("\n"));
    await torn.ok("update");
    await torn.ok(...withdrawLatest);
    expect(filesWith(torn, secret)).toEqual([]);
    expect(
      torn
        .events()
        .slice(lines.length)
        .map(({ type }) => type),
    ).toEqual(["publication", "tombstone"]);
    expectExactlyReachable(torn);
  });

  it.each(["shared", "hardlinks", "copies"])(
    "takes what must go from plain distributions also where the tombstone stands alone (%s)",
    async (layout) => {
      const mirror = await onlyLeaked({ ...mirrored, top: { layout } });
      const store = openStore(mirror.file("state"), { create: false, now: mirror.clock });
      store.append("repo", [{ type: "tombstone", at: after(60), checkpoint: after(0), reason, cause: "withdrawn" }]);
      await mirror.ok("update");
      expect(filesWith(mirror, secret)).toEqual([]);
      expect(readdirSync(mirror.file("public/plain"))).toEqual(["index.html"]);
      expect((await mirror.ok("update")).out).toContain("nothing to do");
      await mirror.ok("verify");
      mirror.at(120);
      mirror.offer({ good: "good" });
      await mirror.ok("update");
      expect(mirror.page("plain/good")).toBe("good");
    },
  );
});

describe("a withdrawal that died", () => {
  it("is finished also when all but the note that the rules are loaded was done", async () => {
    const mirror = await leaked(mirrored);
    const before = readFileSync(mirror.file("state/cache/built.json"), "utf8");
    const store = openStore(mirror.file("state"), { create: false, now: mirror.clock });
    store.append("repo", [{ type: "tombstone", at: after(60), checkpoint: after(60), reason, cause: "withdrawn" }]);
    await mirror.ok("build");
    mirror.write("state/cache/built.json", before);
    expect(mirror.checkpoints()).toEqual([after(0), after(60)]);
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([after(0)]);
    expect(filesWith(mirror, secret)).toEqual([]);
    expect((await mirror.ok("update")).out).toContain("nothing to do");
  });
});

describe("asof withdraw", () => {
  it("says where content is served still, and that labels protect nothing", async () => {
    const mirror = await history({}, ["a", "b", "c"]);
    await mirror.ok("label", "repo", after(60), "release-1");
    const dry = await mirror.ok("withdraw", "repo", after(60), "--reason", reason, "--dry-run");
    expect(dry.out).toContain("would withdraw");
    const { out } = await mirror.ok("withdraw", "repo", after(60), "--reason", reason);
    expect(out).toContain("its labels (release-1) do not protect it");
    expect(out).toContain("1 of its files were here alone");
    expect(out).toContain(`  repo ${after(0)}: 1 file\n  repo ${after(120)}: 1 file\n`);
    expect(out).toContain("asof take-down");
    expect(mirror.page("plain/same")).toBe("same");
  });

  it("prints with --dry-run and --json what it would do, and writes nothing", async () => {
    const mirror = await leaked(mirrored);
    const before = mirror.everything();
    const { out } = await mirror.ok(...withdrawLatest, "--dry-run", "--json");
    expect(JSON.parse(out)).toEqual({
      schemaVersion: 1,
      dryRun: true,
      repository: "repo",
      checkpoint: after(60),
      reason,
      alreadyWithdrawn: false,
      labels: [],
      files: 2,
      filesOnlyHere: 1,
      elsewhere: [{ repository: "repo", time: after(0), checkpoint: true, files: 1 }],
      isLatestVersion: true,
      departed: [],
      distributions: [
        {
          name: "plain",
          base_path: "plain",
          checkpoint: false,
          serves: { time: after(0), checkpoint: true, files: 1, bytes: 4 },
        },
        {
          name: "snapshots",
          base_path: "snapshots/repo",
          checkpoint: true,
          serves: { time: after(0), checkpoint: true, files: 1, bytes: 4 },
        },
      ],
      swept: null,
    });
    expect(mirror.everything()).toEqual(before);
  });

  it("says of each distribution where it leads from now on, past what retention pruned before", async () => {
    const mirror = await history({}, ["a", "b", "c"]);
    await mirror.ok("label", "repo", after(0), "kept");
    mirror.configure({ ...mirrored, repository: { retain: { last: 1 } } });
    await mirror.ok("prune");
    const dry = await mirror.ok(...withdrawLatest, "--dry-run");
    expect(dry.out).toContain(
      `plain: plain/ would serve checkpoint ${after(0)} (2 files, 5 bytes)\nsnapshots: snapshots/repo/latest would lead to ${after(0)}\n`,
    );
    const { out } = await mirror.ok(...withdrawLatest);
    expect(out).toContain(
      `plain: plain/ serves checkpoint ${after(0)} (2 files, 5 bytes)\nsnapshots: snapshots/repo/latest leads to ${after(0)}\n`,
    );
    expect(mirror.json("site.json")).toMatchObject({ distributions: [{ newest: after(0) }, { newest: after(0) }] });

    const withdrawLast = ["withdraw", "repo", after(0), "--reason", reason] as const;
    for (const argv of [[...withdrawLast, "--dry-run"], withdrawLast, withdrawLast]) {
      const last = await mirror.ok(...argv);
      expect(last.out).toMatch(/^plain: plain\/ (?:serves|would serve) an empty repository$/m);
      expect(last.out).toMatch(/^snapshots: snapshots\/repo\/latest (?:leads|would lead) nowhere \(404\)/m);
      const { distributions } = JSON.parse((await mirror.ok(...argv, "--json")).out);
      expect(distributions).toMatchObject([{ serves: null }, { serves: null }]);
    }
    expect(mirror.page("plain/PULP_MANIFEST")).toBe("");
    expect((await mirror.ok("resolve", "snapshots", "latest")).out).toContain("404");
  });

  it("goes past a publication that was no checkpoint, because its content is not kept", async () => {
    const mirror = aMirror(mirrored);
    mirror.offer({ good: "good" });
    await mirror.ok("sync");
    await mirror.ok("publish", "repo");
    mirror.at(60);
    mirror.offer({ bad: "bad" });
    await mirror.ok("update");
    const { out } = await mirror.ok(...withdrawLatest);
    expect(out).toContain("plain: plain/ serves an empty repository\n");
    expect(mirror.page("plain/PULP_MANIFEST")).toBe("");
    await mirror.ok("verify");
  });

  it("leaves a plain distribution where it is when something newer is served there", async () => {
    const mirror = await history({}, ["a"]);
    mirror.at(60);
    mirror.offer({ good: "good" });
    await mirror.ok("sync");
    await mirror.ok("publish", "repo");
    const { out } = await mirror.ok(...withdrawLatest);
    expect(out).toContain(`plain: plain/ serves publication ${after(60)} (1 file, 4 bytes)\n`);
    expect(out).toContain("snapshots: snapshots/repo/latest leads nowhere (404): no checkpoint is left\n");
    expect(mirror.page("plain/good")).toBe("good");
  });

  it("names the neighbours of a time that is no checkpoint, and refuses reasons that no line can show", async () => {
    const mirror = await leaked();
    const unknown = await mirror.run("withdraw", "repo", after(30), "--reason", reason);
    expect(unknown).toMatchObject({ exit: 2, out: "" });
    expect(unknown.err).toContain(`${after(0)} (older), ${after(60)} (newer)`);
    for (const bad of ["two\nlines", "\u001b[31mred", "   ", "x".repeat(201), "left\u202eright", "\u2028"]) {
      expect(await mirror.run("withdraw", "repo", "latest", "--reason", bad)).toMatchObject({ exit: 2, out: "" });
    }
    expect(await mirror.run("withdraw", "repo", "latest")).toMatchObject({ exit: 2, out: "" });
    expect(await mirror.run("withdraw", "nobody", "latest", "--reason", "x")).toMatchObject({ exit: 2, out: "" });
    expect(mirror.checkpoints()).toEqual([after(0), after(60)]);
  });

  it("leaves the files where they are until a reload has succeeded, and says so", async () => {
    const reload = ["sh", "-c", "test ! -e broken"];
    const mirror = await leaked({ ...mirrored, top: { reload } });
    mirror.write("broken", "");
    const failed = await mirror.run(...withdrawLatest);
    expect(failed.exit).toBe(5);
    expect(failed.err).toContain("is recorded; its files leave the site with the next asof update");
    expect(mirror.checkpoints()).toEqual([after(0), after(60)]);
    rmSync(mirror.file("broken"));
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([after(0)]);
    expect(filesWith(mirror, secret)).toEqual([]);
  });

  it("points at a plain distribution that left the configuration and still has the content on disk", async () => {
    const mirror = await leaked(mirrored);
    mirror.configure({ ...mirrored, distributions: { snapshots: plainAndCheckpoints.snapshots } });
    await mirror.ok("build");
    const { out } = await mirror.ok(...withdrawLatest);
    expect(out).toContain("plain left the configuration and has this content on disk; asof remove plain");
    await mirror.ok("remove", "plain");
    await mirror.ok("update");
    expect(filesWith(mirror, secret)).toEqual([]);
  });
});

/** Two checkpoints, of which the newer one holds a file that never should have been published. */
async function leaked(settings: MirrorSettings = {}): Promise<Mirror> {
  const mirror = aMirror(settings);
  mirror.offer({ good: "good" });
  await mirror.ok("update");
  mirror.at(60);
  mirror.offer({ good: "good", "deep/down/key": secret });
  await mirror.ok("update");
  return mirror;
}

/** One checkpoint, which never should have been published. */
async function onlyLeaked(settings: MirrorSettings = mirrored): Promise<Mirror> {
  const mirror = aMirror(settings);
  mirror.offer({ "deep/down/key": secret });
  await mirror.ok("update");
  return mirror;
}

function logOf(mirror: Mirror): readonly string[] {
  return readFileSync(mirror.file("state/repositories/repo/log"), "utf8").split("\n").slice(0, -1);
}

/** A checkpoint a minute, each with a file that all have and one that only it has. */
async function history(settings: MirrorSettings, contents: readonly string[]): Promise<Mirror> {
  const mirror = aMirror({ ...mirrored, ...settings });
  for (const [index, content] of contents.entries()) {
    mirror.at(index * 60);
    mirror.offer({ same: "same", [`only-${index}`]: content });
    await mirror.ok("update");
  }
  return mirror;
}

/** Every path in public/ under which a file with that text can be read. */
function filesWith(mirror: Mirror, text: string): readonly string[] {
  const found: string[] = [];
  const visit = (folder: string): void => {
    for (const name of readdirSync(folder)) {
      const file = path.join(folder, name);
      const stats = lstatSync(file);
      if (stats.isDirectory()) visit(file);
      else if (stats.isFile() && readFileSync(file, "utf8").includes(text)) found.push(file);
    }
  };
  visit(mirror.file("public"));
  return found;
}

/** What `update --json` says of the one repository. */
function reportOf(out: string): unknown {
  return z.object({ repositories: z.tuple([z.unknown()]) }).parse(JSON.parse(out)).repositories[0];
}

function objectOf(mirror: Mirror, content: string): string {
  const digest = sha256Of(content);
  return mirror.file(`state/objects/${digest.slice(0, 2)}/${digest}`);
}
