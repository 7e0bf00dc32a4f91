import { chmodSync, cpSync, lstatSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { describe, expect, it, onTestFinished } from "vitest";

import { takeLock } from "../../src/store/lock.ts";
import { openStore } from "../../src/store/open-store.ts";
import { startOrigin } from "../helpers/origin-server.ts";
import { flipBit } from "./damage-zoo.ts";
import { aMirror, after, day, plainAndCheckpoints, said } from "./mirror.ts";
import type { Mirror, MirrorSettings } from "./mirror.ts";
import { treeOf } from "./tree-of.ts";

const big = "0123456789".repeat(2000);

describe("asof verify", () => {
  it("says what it looked at, and writes nothing", async () => {
    const mirror = await twoCheckpoints();
    const before = treeOf(mirror.dir, ["state/lock"]);
    const { exit, out, err } = await mirror.run("verify");
    expect({ exit, err }).toEqual({ exit: 0, err: "" });
    expect(out).toMatch(/^verified \d+ objects, [\d.]+ kB, 1 log, 2 checkpoints: no damage\n$/);
    expect(treeOf(mirror.dir, ["state/lock"])).toEqual(before);
  });

  it("names a damaged object and every address that shows it, and no other", async () => {
    const mirror = await twoCheckpoints();
    flipBit(objectOf(mirror, `snapshots/repo/${after(0)}/big`), () => 0.3);
    const { exit, out } = await mirror.run("verify");
    expect(exit).toBe(3);
    expect(out.split("\n").slice(0, 4)).toEqual([
      expect.stringMatching(/^object state\/objects\/.*: does not have the bytes that belong there$/),
      "  plain/big",
      `  snapshots/repo/${after(0)}/big`,
      `  snapshots/repo/${after(60)}/big`,
    ]);
    const json: unknown = JSON.parse((await mirror.run("verify", "--json")).out);
    expect(json).toMatchObject({
      schemaVersion: 1,
      findings: [{ kind: "object", problem: "bytes", affects: { length: 3 } }],
    });
  });

  it("names every checkpoint that shows a damaged part of a shared directory", async () => {
    const mirror = await twoCheckpoints();
    const page = mirror.file(`public/snapshots/repo/${after(0)}/dir/index.html`);
    writeFileSync(page, "other");
    const { exit, out } = await mirror.run("verify");
    expect(exit).toBe(3);
    expect(out).toMatch(/^page public\/_asof\/d\/.*\/index\.html: does not have the bytes/);
    for (const at of [after(0), after(60)]) expect(out).toContain(`  snapshots/repo/${at}/dir/index.html\n`);
  });

  it("is no alarm for what has yet to be built, for files of the user, nor for what was pruned a moment ago", async () => {
    const mirror = await twoCheckpoints();
    mirror.write("public/robots.txt", "mine");
    mirror.configure({ repository: { retain: { checkpoints: 1 } }, top: { site: { title: "Another" } } });
    let run = await mirror.run("verify");
    expect(run.exit, said(run)).toBe(0);
    expect(run.err).toMatch(/asof build writes them/);
    expect(run.err).toContain("robots.txt was not made by asof");
    mirror.at(120);
    await mirror.ok("update");
    run = await mirror.run("verify");
    expect(run.exit, said(run)).toBe(0);
    expect(run.out).toContain("1 checkpoint: no damage");
    expect(mirror.checkpoints()).toHaveLength(2);
  });

  it("is no alarm in a layout that was just changed, nor for a distribution that left", async () => {
    const mirror = await twoCheckpoints();
    const snapshots = { repository: "repo", base_path: "snapshots/repo", checkpoint: true };
    for (const settings of [
      { top: { layout: "copies" } },
      { distributions: { snapshots } },
    ] satisfies MirrorSettings[]) {
      mirror.configure(settings);
      for (const command of ["verify", "build", "verify"]) {
        const run = await mirror.run(command);
        expect(run.exit, `${command} ${JSON.stringify(settings)} ${said(run)}`).toBe(0);
      }
    }
  });

  it("tells what cannot be read by its path, and goes on", async () => {
    const mirror = await twoCheckpoints();
    const object = objectOf(mirror, `snapshots/repo/${after(0)}/big`);
    chmodSync(object, 0o000);
    const isRoot = process.geteuid?.() === 0;
    // Root reads everything: the lock, the state and the files are looked at by a user who may not.
    if (isRoot) {
      for (const name of [
        "state",
        "state/objects",
        "state/trees",
        "state/repositories",
        "state/cache",
        "state/plain",
        "state/repositories/repo",
      ])
        chmodSync(mirror.file(name), 0o755);
      for (const name of [
        "state/lock",
        "state/places.json",
        "state/repositories/repo/log",
        "state/FORMAT",
        "state/cache/built.json",
      ])
        chmodSync(mirror.file(name), 0o666);
      chmodSync(mirror.dir, 0o755);
      for (const name of ["state/plain/plain.json", "state/cache/kinds.json"])
        if (lstatSync(mirror.file(name), { throwIfNoEntry: false })) chmodSync(mirror.file(name), 0o644);
      process.seteuid?.(65_534);
    }
    try {
      const run = await mirror.run("verify", "--json");
      expect(JSON.parse(run.out), said(run)).toMatchObject({
        findings: expect.arrayContaining([
          expect.objectContaining({ kind: "object", problem: "unreadable", path: object, detail: "EACCES" }),
        ]),
      });
      expect(run.exit).toBe(3);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  it("shares the lock with other readers, and has no writer in between", async () => {
    const mirror = await twoCheckpoints();
    const reader = takeLock(mirror.file("state/lock"), "verify", 0, "shared");
    expect((await mirror.run("verify")).exit).toBe(0);
    const refused = await mirror.run("update");
    expect(refused.exit).toBe(75);
    expect(refused.err).toContain("asof verify");
    reader.release();
    const writer = takeLock(mirror.file("state/lock"), "update", 0);
    expect((await mirror.run("verify")).exit).toBe(75);
    writer.release();
  });

  it("with --quick hashes nothing, and says so", async () => {
    const mirror = await twoCheckpoints();
    const object = objectOf(mirror, `snapshots/repo/${after(0)}/big`);
    flipBit(object, () => 0.5);
    const run = await mirror.run("verify", "--quick");
    expect(run.exit).toBe(0);
    expect(run.out).toMatch(/no damage; nothing was hashed\n$/);
    rmSync(object);
    expect((await mirror.run("verify", "--quick")).exit).toBe(3);
  });

  it("is no alarm for a distribution that was added and not built yet, and says what was not compared", async () => {
    const mirror = await twoCheckpoints();
    const more = { repository: "repo", base_path: "more", checkpoint: true };
    mirror.configure({
      distributions: { ...plainAndCheckpoints, more, flat: { repository: "repo", base_path: "flat" } },
    });
    const run = await mirror.run("verify");
    expect(run.exit, said(run)).toBe(0);
    expect(run.err).toContain("asof build has work to do: 2 checkpoints, 1 plain distribution");
    expect(run.out).toMatch(/no damage; not checked: lists, rules, pages\n$/);
    const json = await mirror.run("verify", "--json");
    expect(JSON.parse(json.out)).toMatchObject({ complete: false, unchecked: ["lists", "rules", "pages"] });
    // What is damaged all the same is found.
    rmSync(mirror.file(`public/snapshots/repo/${after(0)}`), { recursive: true });
    writeFileSync(mirror.file(`public/snapshots/repo/${after(60)}/extra`), "x");
    expect((await mirror.run("verify")).out).toMatch(/extra: was not made by asof/);
    rmSync(mirror.file(`public/snapshots/repo/${after(60)}/extra`));
    await mirror.ok("build");
    expect(JSON.parse((await mirror.ok("verify", "--json")).out)).toMatchObject({ complete: true, findings: [] });
  });

  it("is no alarm for a checkpoint that a run recorded and did not live to show", async () => {
    const { snapshots } = plainAndCheckpoints;
    const mirror = await twoCheckpoints({ distributions: { snapshots } });
    const kept = ["public/site.json", "state/cache/built.json"].map(
      (name) => [name, readFileSync(mirror.file(name))] as const,
    );
    mirror.at(120);
    mirror.offer({ big: "something else", "dir/b": "two" });
    await mirror.ok("update");
    for (const [name, bytes] of kept) writeFileSync(mirror.file(name), bytes);
    for (const name of ["", "_asof/"])
      rmSync(mirror.file(`public/snapshots/repo/${name}${after(120)}`), { recursive: true });
    const run = await mirror.run("verify");
    expect(run.exit, said(run)).toBe(0);
    expect(run.err).toContain("asof build has work to do: 1 checkpoint\n");
    expect(run.out).toContain("2 checkpoints: no damage");
    await mirror.ok("build");
    rmSync(mirror.file(`public/snapshots/repo/${after(120)}`), { recursive: true });
    expect((await mirror.run("verify")).exit).toBe(3);
  });

  it("ends with the code of what keeps a build from being planned, after its report", async () => {
    const mirror = aMirror({ top: { layout: "copies" } });
    mirror.offer({ "a/.htaccess": "SetHandler server-status" });
    await mirror.ok("update");
    mirror.configure({ top: { layout: "copies", hosts: ["htaccess"] } });
    for (const argv of [[], ["--repair", "--dry-run"], ["--repair"]]) {
      const run = await mirror.run("verify", ...argv);
      expect(run.exit, said(run)).toBe(2);
      expect(run.err).toContain(".htaccess is still served, and Apache would obey it");
    }
    expect((await mirror.run("verify")).out).toMatch(/no damage; not checked: lists, rules, pages\n$/);
    const json = await mirror.run("verify", "--json");
    expect(JSON.parse(json.out)).toMatchObject({ complete: false, findings: [] });
    rmSync(mirror.file(`public/snapshots/repo/${after(0)}/a/.htaccess`));
    expect((await mirror.run("verify")).exit).toBe(3);
  });

  it("says first that the state is older than its site, before everything in which they differ", async () => {
    const mirror = await twoCheckpoints();
    cpSync(mirror.file("state"), mirror.file("old"), { recursive: true });
    mirror.at(120);
    mirror.offer({ big: "something else", "dir/c": "new" });
    await mirror.ok("update");
    const recorded = mirror.events().length;
    rmSync(mirror.file("state"), { recursive: true });
    renameSync(mirror.file("old"), mirror.file("state"));
    const known = mirror.events().length;
    const first = `the state is older than its site: it knows ${known} events of repo, the site was built from ${recorded}`;
    for (const argv of [[], ["--repair", "--dry-run"]]) {
      const run = await mirror.run("verify", ...argv);
      expect(run.exit, said(run)).toBe(3);
      const lines = run.out.split("\n");
      expect(lines[0]).toBe(first);
      expect(lines[1]).toContain("asof recover is the way on");
      expect(lines.length).toBeGreaterThan(10);
      expect(run.out).not.toContain("set it aside");
      const json: unknown = JSON.parse((await mirror.run("verify", ...argv, "--json")).out);
      expect(json).toMatchObject({ behindSite: [{ repository: "repo", known, recorded, older: true }] });
    }
    await mirror.ok("recover", "--adopt");
    const whole = await mirror.ok("verify", "--json");
    expect(JSON.parse(whole.out)).toMatchObject({ behindSite: [], findings: [] });
  });

  it("says first that the state has another history than its site", async () => {
    const mirror = await twoCheckpoints();
    const whole = mirror.page("site.json");
    mirror.write("public/site.json", whole.replace(/("head": ?")../, "$1zz"));
    const run = await mirror.run("verify");
    expect(run.out).toMatch(/^the state has another history of repo than its site\nasof recover is the way on/);
    expect(JSON.parse((await mirror.run("verify", "--json")).out)).toMatchObject({ behindSite: [{ older: false }] });
  });

  it("lists a thousand addresses of an object that more show, and counts them all", async () => {
    const mirror = aMirror();
    mirror.offer(Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`dir/${index}`, "same"])));
    await mirror.ok("update");
    flipBit(objectOf(mirror, "plain/dir/0"), () => 0.3);
    const { findings } = JSON.parse((await mirror.run("verify", "--json")).out);
    expect(findings).toMatchObject([{ kind: "object", affects: { length: 1000 }, affectsCount: 1200 }]);
    expect((await mirror.run("verify")).out).toContain("  and 1,190 addresses more; --json lists a thousand\n");
  });

  it.each([
    ["--dry-run"],
    ["--repair", "--quick"],
    ...[
      "--all",
      "--at=2025-03-18",
      "--sample=1",
      "--check=x {signature}",
      `--root=${"0".repeat(64)}`,
      "--head=1:x",
    ].map((one) => [one]),
    ...["--repair", "--quick", "--dry-run"].map((one) => ["--url=http://127.0.0.1:1/", one]),
  ])("refuses options that do not fit: %j %j", async (...argv) => {
    const mirror = aMirror();
    const run = await mirror.run("verify", ...argv);
    expect(run.exit).toBe(2);
    expect(run.err).toContain(argv.at(-1)?.split("=")[0]);
  });
});

describe("asof verify --repair", () => {
  it("only says what it would do with --dry-run", async () => {
    const mirror = await twoCheckpoints();
    flipBit(objectOf(mirror, `snapshots/repo/${after(0)}/big`), () => 0.3);
    mirror.write(`public/snapshots/repo/${after(0)}/extra`, "x");
    const before = treeOf(mirror.dir, ["state/lock"]);
    const { exit, out } = await mirror.run("verify", "--repair", "--dry-run");
    expect(exit).toBe(3);
    expect(out).toContain("-> look for right bytes");
    expect(out).toContain("-> set it aside in state/damaged");
    expect(treeOf(mirror.dir, ["state/lock"])).toEqual(before);
  });

  it("keeps what asof did not make", async () => {
    const mirror = await twoCheckpoints();
    mirror.write(`public/snapshots/repo/${after(0)}/extra`, "theirs");
    const { exit, out } = await mirror.run("verify", "--repair");
    expect(exit).toBe(0);
    const [, kept = ""] = /set aside: .*\/extra is now (.*\/extra)\n/.exec(out) ?? [];
    expect(readFileSync(mirror.file(kept), "utf8")).toBe("theirs");
  });

  it("says what it could not mend and what that affects, leaves it, and mends the rest", async () => {
    const mirror = await twoCheckpoints();
    const object = objectOf(mirror, `snapshots/repo/${after(0)}/big`);
    flipBit(object, () => 0.3);
    writeFileSync(mirror.file("public/index.html"), "edited");
    mirror.offer({ other: "nothing of that" });
    const damaged = readFileSync(object);
    const run = await mirror.run("verify", "--repair");
    expect(run.exit, said(run)).toBe(3);
    expect(run.out).toMatch(
      /object state\/objects[^]* {2}snapshots\/repo\/[^]*not repaired: no remote has it any more/,
    );
    expect(run.out).toContain("repaired: generated public/index.html");
    expect(run.out).toMatch(/2 findings, 1 repaired, 1 left\n$/);
    expect(readFileSync(object)).toEqual(damaged);
    mirror.offer({ big });
    expect((await mirror.run("verify", "--repair")).exit).toBe(0);
  });

  it("makes manifests, sums and statements again, whatever the source is now", async () => {
    const mirror = await twoCheckpoints();
    mirror.offer({ other: "nothing of that" });
    const before = treeOf(mirror.file("state/objects"));
    for (const at of [after(0), after(60)]) {
      const names = [`${at}/PULP_MANIFEST`, `_asof/${at}/SHA256SUMS`, `_asof/${at}/checkpoint.txt`];
      for (const name of names) flipBit(objectOf(mirror, `snapshots/repo/${name}`), () => 0.3);
    }
    const run = await mirror.run("verify", "--repair");
    expect(run.exit, said(run)).toBe(0);
    expect(run.out).toMatch(/6 findings, 6 repaired, 0 left\n$/);
    expect(treeOf(mirror.file("state/objects"))).toEqual(before);
  });

  it("never rewrites a log", async () => {
    const mirror = await twoCheckpoints();
    const log = mirror.file("state/repositories/repo/log");
    writeFileSync(log, readFileSync(log, "utf8").replace('"n":1', '"n":7'));
    const before = readFileSync(log, "utf8");
    const run = await mirror.run("verify", "--repair");
    expect(run.exit).toBe(3);
    expect(run.err).toContain("restore state/ from a backup");
    expect(readFileSync(log, "utf8")).toBe(before);
  });

  it("makes a site.json that cannot be read again, under the checks of every writer", async () => {
    const mirror = await twoCheckpoints();
    const whole = mirror.page("site.json");
    mirror.write("public/site.json", whole.slice(0, -5));
    expect((await mirror.run("verify")).exit).toBe(3);
    const mark = [mirror.file("public/_asof"), mirror.file("kept")] as const;
    renameSync(...mark);
    expect((await mirror.run("verify", "--repair")).err).toContain("was not made by asof");
    expect(mirror.page("site.json")).toBe(whole.slice(0, -5));
    renameSync(mark[1], mark[0]);
    const run = await mirror.run("verify", "--repair");
    expect(run.exit, said(run)).toBe(0);
    expect(run.out).toContain("set aside: public/site.json is now state/damaged/");
    expect(mirror.page("site.json")).toBe(whole);
  });

  it("takes a site.json that contradicts the state for the trace of an old backup, whatever the rules say", async () => {
    const mirror = await twoCheckpoints();
    const whole = mirror.page("site.json");
    mirror.write(
      "public/site.json",
      whole.replace(/"head": ?"./, (text) => `${text.slice(0, -1)}${text.endsWith("0") ? "1" : "0"}`),
    );
    await expectRefused(mirror);
  });

  it("refuses state/ and rules/ of an old backup beside a newer site, also when site.json cannot be read or is gone", async () => {
    const mirror = await twoCheckpoints();
    for (const name of ["state", "rules"]) cpSync(mirror.file(name), mirror.file(`old/${name}`), { recursive: true });
    mirror.at(120);
    mirror.offer({ big: "something else" });
    await mirror.ok("update");
    for (const name of ["state", "rules"]) {
      rmSync(mirror.file(name), { recursive: true });
      renameSync(mirror.file(`old/${name}`), mirror.file(name));
    }
    await expectRefused(mirror);
    mirror.write("public/site.json", "{");
    await expectRefused(mirror);
    rmSync(mirror.file("public/site.json"));
    await expectRefused(mirror);
    expect(mirror.checkpoints()).toEqual([after(0), after(60), after(120)]);
  });

  it("makes a piece of the published log again that no line is ever added to", async () => {
    const mirror = await twoCheckpoints();
    const store = openStore(mirror.file("state"), { create: false, now: mirror.clock });
    const labels = Array.from({ length: 1000 }, (_, index) => {
      const type = index % 2 === 0 ? "label" : "unlabel";
      return { type, at: after(60), checkpoint: after(0), label: "some" } as const;
    });
    store.append("repo", labels);
    await mirror.ok("build");
    const piece = mirror.file("public/snapshots/repo/_asof/log/000000.jsonl");
    const whole = readFileSync(piece);
    flipBit(piece, () => 0.5);
    expect((await mirror.run("verify")).out).toContain("000000.jsonl: does not have the bytes that belong there");
    const run = await mirror.run("verify", "--repair");
    expect(run.exit, said(run)).toBe(0);
    expect(readFileSync(piece)).toEqual(whole);
  });

  it(
    "mends an object that fifty checkpoints link while a client reads: no 404 at any time, no bad byte after the replacement",
    { timeout: 600_000 },
    async () => {
      const origin = await startOrigin();
      onTestFinished(() => origin.close());
      const mirror = aMirror({
        top: { layout: "hardlinks" },
        remote: { url: `${origin.url}/r/PULP_MANIFEST` },
      });
      for (let index = 0; index < 50; index++) {
        const folder = `shelf/${after(index * 60 - 2 * day)}`;
        mirror.write(`${folder}/big`, big);
        mirror.write(`${folder}/dir/small`, `run ${index}`);
      }
      await mirror.ok("import", "repo", "shelf");
      origin.publish("/r/", { big });
      const addresses = mirror.checkpoints().map((at) => `snapshots/repo/${at}/big`);
      expect(addresses).toHaveLength(50);
      const [first = ""] = addresses;
      flipBit(objectOf(mirror, first), () => 0.5);
      const damaged = statSync(mirror.file(`public/${first}`)).ino;
      mirror.setClock(mirror.clock());
      const server = mirror.begin("serve", "--port", "0");
      onTestFinished(async () => void (await server.stop()));
      const base = await addressOf(() => server.out + server.err);

      const good = new Set<string>();
      const faults: string[] = [];
      const over = new AbortController();
      let polled = 0;
      const poll = (async () => {
        for (let index = 0; !over.signal.aborted; index = (index + 1) % addresses.length) {
          const address = addresses[index] ?? "";
          const answer = await fetch(`${base}/${address}`);
          const body = await answer.text();
          polled += 1;
          if (answer.status !== 200) faults.push(`${address}: ${answer.status}`);
          if (body === big) good.add(address);
          else if (good.has(address)) faults.push(`${address}: bad bytes after good ones`);
        }
      })();
      await sleep(300);
      expect(good.size).toBe(0);
      const run = await mirror.run("verify", "--repair");
      await sleep(300);
      over.abort();
      await poll;
      expect(run.exit, said(run)).toBe(0);
      expect(run.out).toContain("replaced 51 files");
      expect(faults).toEqual([]);
      expect(polled).toBeGreaterThan(50);
      for (const address of addresses) {
        expect(readFileSync(mirror.file(`public/${address}`), "utf8")).toBe(big);
        expect(statSync(mirror.file(`public/${address}`)).ino).not.toBe(damaged);
      }
      expect(origin.count("/r/big")).toBe(1);
      expect(treeOf(mirror.file("state/damaged/objects"))).toEqual({});
    },
  );
});

async function twoCheckpoints(settings: MirrorSettings = {}): Promise<Mirror> {
  const mirror = aMirror(settings);
  mirror.offer({ big, a: "one", "dir/b": "two" });
  await mirror.ok("update");
  mirror.at(60);
  mirror.offer({ big, a: "changed", "dir/b": "two" });
  await mirror.ok("update");
  return mirror;
}

/** The pool's object that a path below public/ is a link to. */
function objectOf(mirror: Mirror, name: string): string {
  const { ino } = statSync(mirror.file(`public/${name}`));
  const [found] = Object.keys(treeOf(mirror.file("state/objects")))
    .map((object) => path.join(mirror.file("state/objects"), object))
    .filter((file) => statSync(file).ino === ino);
  if (found === undefined) throw new Error(`${name} is no link to an object`);
  return found;
}

/** With exit code 5 and a word about recover, before anything is written. */
async function expectRefused(mirror: Mirror): Promise<void> {
  const before = mirror.everything();
  const run = await mirror.run("verify", "--repair");
  expect(run.exit, said(run)).toBe(5);
  expect(run.err).toContain("was an old backup of state/ restored?");
  expect(run.err).toContain("asof recover --adopt");
  expect(mirror.everything()).toEqual(before);
}

async function addressOf(printed: () => string): Promise<string> {
  for (let tries = 0; tries < 200; tries++) {
    const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(printed()) ?? [];
    if (found !== undefined) return found;
    await sleep(50);
  }
  throw new Error(`the preview does not say where it is: ${printed()}`);
}
