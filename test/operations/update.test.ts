import { existsSync, readFileSync, rmSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { treeOf } from "./tree-of.ts";
import { aMirror, after, said, timestampsIn } from "./mirror.ts";

describe("a second update with nothing new", () => {
  it("writes status.json alone, and says so", async () => {
    const mirror = aMirror();
    mirror.offer({ a: "one", "sub/b": "two" });
    await mirror.ok("update");
    const before = mirror.everything();
    // What it found whole it may write down for the next run.
    const memory = ["public/status.json", "state/lock", "state/cache/made.json"];
    const all = treeOf(mirror.dir, memory);
    const status = mirror.page("status.json");
    mirror.at(60);
    const run = await mirror.ok("update");
    expect(said(run)).toBe("exit 0\nrepo: nothing new (2 files, 6 bytes)\nnothing to do; wrote status.json\n");
    expect(mirror.everything()).toEqual(before);
    expect(treeOf(mirror.dir, memory)).toEqual(all);
    expect(mirror.page("status.json")).not.toBe(status);
    expect(mirror.json("status.json")).toEqual({
      schemaVersion: 1,
      repositories: [
        {
          name: "repo",
          lastAttempt: "2025-03-18T14:04:38Z",
          lastSuccess: "2025-03-18T14:04:38Z",
          failure: null,
          newest: after(0),
          horizon: after(0),
        },
      ],
    });
  });

  it("takes a checkpoint all the same with --always", async () => {
    const mirror = aMirror();
    mirror.offer({ a: "one" });
    await mirror.ok("update");
    mirror.at(60);
    expect((await mirror.ok("update", "--always")).out).toBe(
      `repo: checkpoint ${after(60)} (1 file, 3 bytes, +0 -0 ~0)\n`,
    );
    expect(mirror.checkpoints()).toEqual([after(0), after(60)]);
  });
});

describe("update of several repositories", () => {
  const three = (mirror: { file(name: string): string }) => ({
    repositories: {
      second: { remote: { type: "file", url: `file://${mirror.file("second/PULP_MANIFEST")}` } },
      third: { remote: { type: "directory", path: "third" } },
    },
    distributions: {
      a: { repository: "repo", base_path: "a", checkpoint: true },
      b: { repository: "second", base_path: "b", checkpoint: true },
      c: { repository: "third", base_path: "c", checkpoint: true },
    },
  });

  it("does the others when one fails, and ends with 4", async () => {
    const mirror = aMirror();
    mirror.configure(three(mirror));
    mirror.setClock(Date.now() / 1000);
    mirror.offer({ a: "one" });
    mirror.write("third/file", "from a directory");
    const run = await mirror.run("update");
    expect(run.exit).toBe(4);
    expect(run.out).toMatch(
      /^repo: checkpoint .*\nsecond: failed \(SOURCE_REFUSED\)\nthird: checkpoint .*\(1 file, 16 bytes, \+1 -0 ~0\)\n$/,
    );
    expect(run.err).toContain("second/PULP_MANIFEST");
    expect(mirror.events("repo").map(({ type }) => type)).toContain("publication");
    expect(existsSync(mirror.file("state/repositories/second"))).toBe(false);
    expect(timestampsIn(mirror.file("public/c"))).toHaveLength(1);
  });

  it("can be asked for one of them", async () => {
    const mirror = aMirror();
    mirror.configure(three(mirror));
    mirror.offer({ a: "one" });
    expect((await mirror.ok("update", "repo")).out).toMatch(/^repo: checkpoint [^\n]*\n$/);
    const unknown = await mirror.run("update", "nobody");
    expect(said(unknown)).toMatch(/^exit 2\n.*no repository nobody.*\n.*repo, second, third/);
  });
});

describe("the reload command", () => {
  const reload = {
    reload: ["sh", "-c", 'echo loaded >> reloads; test ! -e broken || { echo "no such host" >&2; exit 1; }'],
  };

  it("runs after rules changed, and not when they did not", async () => {
    const mirror = aMirror({ top: reload });
    const reloads = () => readFileSync(mirror.file("reloads"), "utf8").split("\n").length - 1;
    mirror.offer({ a: "one" });
    await mirror.ok("update");
    expect(reloads()).toBe(1);
    mirror.at(60);
    await mirror.ok("update");
    await mirror.ok("build");
    expect(reloads()).toBe(1);
    mirror.offer({ a: "two" });
    await mirror.ok("update");
    expect(reloads()).toBe(2);
  });

  it("that fails ends the run with 5, the site whole, and is tried again by the next run with nothing new", async () => {
    const mirror = aMirror({ top: reload });
    mirror.offer({ a: "one" });
    await mirror.ok("update");
    mirror.offer({ a: "two" });
    mirror.at(60);
    mirror.write("broken", "");
    const failed = await mirror.run("update");
    expect(failed.exit).toBe(5);
    expect(failed.err).toMatch(
      /the reload command failed \(exit code 1\): sh -c .*: no such host\n.*next run tries again/,
    );
    expect(failed.out).toContain(`repo: checkpoint ${after(60)}`);
    expect(mirror.page(`snapshots/repo/${after(60)}/a`)).toBe("two");
    expect(mirror.page("snapshots/repo/index.html")).toContain(after(60));
    expect(readFileSync(mirror.file("rules/nginx/http.conf"), "utf8")).toContain(after(60).slice(9, 15));
    const whole = mirror.everything();
    expect((await mirror.run("update")).exit).toBe(5);
    expect((await mirror.run("build")).exit).toBe(5);
    expect(mirror.everything()).toEqual(whole);
    rmSync(mirror.file("broken"));
    expect((await mirror.ok("update")).out).toBe("repo: nothing new (1 file, 3 bytes)\n");
    expect((await mirror.ok("update")).out).toContain("nothing to do");
    expect(mirror.everything()).toEqual(whole);
  });

  it("that is not there is a failed reload", async () => {
    const mirror = aMirror({ top: { reload: ["/nonexistent/reload"] } });
    mirror.offer({ a: "one" });
    const run = await mirror.run("update");
    expect(said(run)).toMatch(
      /^exit 5\n.*\n.*the reload command failed \(ENOENT: there is no such program\): \/nonexistent\/reload\n/,
    );
  });

  it.each([
    ["the signal that ended it", "kill -KILL $$", "(ended by SIGKILL): sh -c kill -KILL $$\n"],
    ["its exit code where it says nothing", "exit 75", "(exit code 75): sh -c exit 75\n"],
    [
      "the last line that it wrote, and then those before",
      "printf 'first\\n\\nlast \\n' >&2; exit 3",
      "exit 3: last\n  first\nhint:",
    ],
  ])("that fails tells %s", async (_, script, words) => {
    const mirror = aMirror({ top: { reload: ["sh", "-c", script] } });
    mirror.offer({ a: "one" });
    const run = await mirror.run("update");
    expect(run.exit).toBe(5);
    expect(run.err).toContain(words);
  });
});
