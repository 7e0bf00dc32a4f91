import { readdirSync, renameSync, rmSync, symlinkSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { aMirror, after, day, said } from "../operations/mirror.ts";
import type { Mirror } from "../operations/mirror.ts";
import { openDirectory } from "../../src/sources/directory.ts";
import { parseRelativePath } from "../../src/model/relative-path.ts";
import { SourceNotReady } from "../../src/sources/source.ts";
import { noAbort } from "../helpers/manifest-source.ts";
import { openTempSink } from "../helpers/temp-sink.ts";
import { memoryCache } from "../sources/directory-world.ts";

function aDropBox(ready = ".ready"): Mirror {
  return aMirror({ remote: { type: "directory", path: "box", url: undefined, ready } });
}

describe("a directory that says when it is ready", () => {
  it("is not read without its mark: nothing is published, and the run ends with 0", async () => {
    const mirror = aDropBox();
    mirror.write("box/half", "written");
    for (const argv of [["update"], ["update", "--always"], ["sync"]]) {
      const run = await mirror.run(...argv);
      expect(run.exit, said(run)).toBe(0);
      expect(run.out).toContain("repo: not ready: .ready is not there; not read");
      expect(mirror.checkpoints()).toEqual([]);
      expect(readdirSync(mirror.file("state/repositories"))).toEqual([]);
    }
    expect(mirror.json("status.json")).toMatchObject({
      repositories: [{ lastAttempt: "2025-03-18T14:03:38Z", lastSuccess: null, failure: null, newest: null }],
    });
    expect((await mirror.ok("update", "--dry-run")).out).toContain(
      "repo: not ready: .ready is not there; not to be read",
    );
    expect(JSON.parse((await mirror.ok("update", "--json")).out)).toMatchObject({
      repositories: [{ outcome: "not-ready", notReady: ".ready is not there", checkpoint: null }],
    });
    mirror.write("box/.ready", "");
    await mirror.ok("update");
    expect(mirror.page("plain/half")).toBe("written");
  });

  it("shows its mark to nobody, wherever that is", async () => {
    for (const ready of [".ready", "marks/done", "index.html"]) {
      const mirror = aDropBox(ready);
      mirror.write("box/a", "a");
      mirror.write(`box/${ready}`, "a mark");
      await mirror.ok("update");
      expect(mirror.page("plain/PULP_MANIFEST")).toMatch(/^a,[0-9a-f]{64},1\n$/);
      expect(mirror.page("plain/index.html")).not.toContain("a mark");
    }
  });

  it("keeps the horizon where it is while the mark is away, and moves it when the mark is back", async () => {
    const mirror = aDropBox();
    mirror.write("box/a", "a");
    mirror.write("box/.ready", "");
    await mirror.ok("update");
    rmSync(mirror.file("box/.ready"));
    mirror.write("box/a", "half");
    mirror.at(2 * day);
    const untouched = mirror.everything();
    await mirror.ok("update");
    expect(mirror.everything()).toEqual(untouched);
    expect(mirror.json("status.json")).toMatchObject({
      repositories: [{ lastAttempt: "2025-03-20T14:03:38Z", lastSuccess: "2025-03-18T14:03:38Z", horizon: after(0) }],
    });
    mirror.write("box/a", "a");
    mirror.write("box/.ready", "");
    expect((await mirror.ok("update")).out).toContain(`answers up to ${after(2 * day)} are settled now`);
  });

  it.each([
    ["a directory", (mirror: Mirror) => mirror.write("box/.ready/x", "")],
    ["a symbolic link", (mirror: Mirror) => symlinkSync("a", mirror.file("box/.ready"))],
  ])("takes no mark that is %s", async (_what, make) => {
    const mirror = aDropBox();
    mirror.write("box/a", "a");
    make(mirror);
    expect((await mirror.ok("update")).out).toContain("not ready");
  });

  it("is missing, mark or not, when it is not there at all", async () => {
    const mirror = aDropBox();
    const run = await mirror.run("update");
    expect(run.exit).toBe(4);
    expect(run.err).toContain("does not exist");
  });

  it.each(["/etc/passwd", "../ready", "a//b", ""])("cannot have its mark at %j", async (ready) => {
    const mirror = aDropBox(ready);
    const run = await mirror.run("update");
    expect(run.exit).toBe(2);
    expect(run.err).toContain("repositories.repo.remote.ready");
  });

  it.each([
    ["goes", (mark: string) => rmSync(mark)],
    ["is made anew", (mark: string) => renameSync(`${mark}.other`, mark)],
  ])("has moved when its mark %s while it is read", async (what, change) => {
    const mirror = aMirror();
    mirror.write("box/a", "a");
    mirror.write("box/.ready", "");
    mirror.write("other/.ready.other", "");
    const ready = parseRelativePath(".ready");
    const remote = {
      type: "directory",
      path: mirror.file("box"),
      include: ["**"],
      exclude: ["*.other"],
      symlinks: "refuse",
      ready,
    } as const;
    mirror.write("box/.ready.other", "");
    const source = openDirectory(remote, { cache: memoryCache(), now: () => Date.now() / 1000 + 10 });
    const sink = await openTempSink();
    const { entries } = await source.list(noAbort());
    expect(entries.map(({ path }) => path)).toEqual(["a"]);
    await source.fetch(entries, sink, { signal: noAbort() });
    change(mirror.file("box/.ready"));
    expect(await source.confirm(noAbort())).toBe("moved");
    const again = await source.list(noAbort()).catch((error: unknown) => error);
    expect(again instanceof SourceNotReady).toBe(what === "goes");
    await sink.remove();
  });
});
