import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, rmSync, writeFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { aMirror, after, day, plainAndCheckpoints } from "./mirror.ts";
import type { Mirror, MirrorSettings } from "./mirror.ts";

const { plain, snapshots } = plainAndCheckpoints;

describe("a distribution that leaves the configuration", () => {
  it("stays on disk and unlisted, and every run says so, until remove takes it away", async () => {
    const mirror = await aServed();
    mirror.configure({ distributions: { plain } });
    mirror.at(60);
    mirror.offer({ a: "two", "dir/b": "two" });
    for (const command of ["update", "build"]) {
      const run = await mirror.ok(command);
      expect(run.err).toBe(
        "asof: warning: snapshots/repo left the configuration and is still on disk; asof remove takes it away\n",
      );
    }
    expect(mirror.page(`snapshots/repo/${after(0)}/dir/b`)).toBe("one");
    expect(mirror.checkpoints()).toEqual([after(0)]);
    expect(mirror.page("index.html")).not.toContain("snapshots");
    expect(existsSync(mirror.file("public/snapshots/index.html"))).toBe(false);
    // What is still there is never sent without the policy for mirrored content, nor to a handler of the server.
    expect(readFileSync(mirror.file("rules/nginx/server.conf"), "utf8")).toContain("location ^~ /snapshots/repo/ {");
    expect(mirror.json("site.json")).toMatchObject({
      distributions: [
        { name: "plain", listed: true },
        { name: "snapshots", base_path: "snapshots/repo", listed: false, newest: after(0) },
      ],
    });
    expect((await mirror.ok("remove", "snapshots")).out).toBe("removed snapshots/repo\n");
    expect(lstatSync(mirror.file("public/snapshots"), { throwIfNoEntry: false })).toBeUndefined();
    expect((await mirror.ok("update")).err).toBe("");
    expect(mirror.events().filter(({ type }) => type === "publication")).toHaveLength(2);
  });

  it("comes back as it was, with what was published meanwhile", async () => {
    const mirror = await aServed();
    mirror.configure({ distributions: { plain } });
    mirror.at(60);
    mirror.offer({ a: "two", "dir/b": "two" });
    await mirror.ok("update");
    mirror.configure({});
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([after(0), after(60)]);
    expect(mirror.page("snapshots/index.html")).toContain("repo/");
  });

  it("is whole after sweeps, also a plain one whose content nothing else needs", async () => {
    const settings: MirrorSettings = {
      top: { grace: 0, grace_plain: 0 },
      remote: { mode: "mirror" },
      repository: { retain: { checkpoints: 1 } },
    };
    const mirror = await aServed(settings);
    mirror.configure({ ...settings, distributions: { snapshots } });
    for (const round of [1, 2]) {
      mirror.at(round * day);
      mirror.offer({ [`file${round}`]: `round ${round}` });
      expect((await mirror.ok("update")).out).toContain("pruned");
    }
    expect(mirror.page("plain/dir/b")).toBe("one");
    mirror.configure(settings);
    await mirror.ok("update");
    expect(mirror.page("plain/file2")).toBe("round 2");
    expect(existsSync(mirror.file("public/plain/dir"))).toBe(false);
  });

  it.each([
    ["removed", undefined, ["build"]],
    ["made unreadable", "{", ["verify", "--repair"]],
  ])("is not forgotten with a site.json that was %s", async (_, text, command) => {
    const mirror = await aServed();
    mirror.configure({ distributions: { plain } });
    await mirror.ok("build");
    const whole = mirror.json("site.json");
    if (text === undefined) rmSync(mirror.file("public/site.json"));
    else mirror.write("public/site.json", text);
    await mirror.ok(...command);
    expect((await mirror.ok("build")).err).toContain("snapshots/repo left the configuration and is still on disk");
    expect(mirror.json("site.json")).toEqual(whole);
    const files = readFileSync(mirror.file("rules/nginx/server.conf"), "utf8");
    expect(files).toContain("location ^~ /snapshots/repo/ {");
    rmSync(mirror.file("public/site.json"));
    const digest = createHash("sha256").update("one").digest("hex");
    const taken = await mirror.ok("take-down", digest, "--reason", "x");
    expect(taken.out + taken.err).toContain(`snapshots/repo/${after(0)}/a`);
    expect(existsSync(mirror.file(`public/snapshots/repo/${after(0)}/a`))).toBe(false);
    rmSync(mirror.file("public/site.json"));
    expect((await mirror.ok("remove", "snapshots")).out).toBe("removed snapshots/repo\n");
    expect(existsSync(mirror.file("public/snapshots"))).toBe(false);
    expect((await mirror.ok("build")).err).toBe("");
  });

  it("keeps its shared directories in a sweep after site.json was lost", async () => {
    const top = { layout: "shared", grace: 0 };
    const mirror = await aServed({ top });
    mirror.configure({ top, distributions: { plain } });
    rmSync(mirror.file("public/site.json"));
    mirror.at(60);
    mirror.offer({ a: "two" });
    await mirror.ok("update");
    await mirror.ok("prune", "repo");
    expect(mirror.page(`snapshots/repo/${after(0)}/dir/b`)).toBe("one");
  });

  it("is known from the site.json of a version that kept no list in the state, which gets one", async () => {
    const mirror = await aServed();
    const list = mirror.file("state/distributions.json");
    const before = readFileSync(list, "utf8");
    expect(JSON.parse(before)).toMatchObject([{ base_path: "plain" }, { base_path: "snapshots/repo" }]);
    rmSync(list);
    mirror.configure({ distributions: { plain } });
    mirror.at(60);
    mirror.offer({ a: "two" });
    expect((await mirror.ok("update")).err).toContain("snapshots/repo left the configuration and is still on disk");
    expect(readFileSync(list, "utf8")).toBe(before);
    writeFileSync(list, "[");
    expect((await mirror.run("build")).exit).toBe(3);
    expect((await mirror.run("verify")).out).toContain("state/distributions.json: does not have the bytes");
    await mirror.ok("verify", "--repair");
    expect(readFileSync(list, "utf8")).toBe(before);
  });

  it("is promised again, with the configured ones, by a repair when state/places.json is lost", async () => {
    const mirror = await aServed();
    const places = mirror.file("state/places.json");
    const before = readFileSync(places, "utf8");
    mirror.configure({ distributions: { plain } });
    rmSync(places);
    const run = await mirror.run("verify");
    expect(run.exit).toBe(3);
    expect(run.out).toContain("state/places.json: is missing");
    await mirror.ok("verify", "--repair");
    expect(readFileSync(places, "utf8")).toBe(before);
    await mirror.ok("verify");
  });

  it("is in the list before its first file appears", async () => {
    const mirror = aMirror();
    mirror.offer({ a: "one" });
    await mirror.ok("sync");
    expect(existsSync(mirror.file("state/distributions.json"))).toBe(false);
    await mirror.ok("publish", "repo", "--checkpoint");
    expect(readFileSync(mirror.file("state/distributions.json"), "utf8")).toContain('"base_path":"snapshots/repo"');
  });

  it("does not stand in the way of a new layout, and keeps its own", async () => {
    const mirror = await aServed();
    mirror.configure({ distributions: { snapshots }, top: { layout: "hardlinks" } });
    await mirror.ok("update");
    expect(mirror.page("plain/dir/b")).toBe("one");
    await mirror.ok("remove", "plain");
    mirror.at(60);
    mirror.offer({ a: "two" });
    await mirror.ok("update");
    expect(existsSync(mirror.file("public/_asof/d"))).toBe(false);
    expect(existsSync(mirror.file("public/_asof/p"))).toBe(false);
  });

  it("is not removed while it is configured, nor when it never was", async () => {
    const mirror = await aServed();
    const before = mirror.everything();
    const configured = await mirror.run("remove", "plain");
    expect(configured.exit).toBe(2);
    expect(configured.err).toContain("plain is still in");
    const unknown = await mirror.run("remove", "nobody");
    expect(unknown.exit).toBe(2);
    expect(unknown.err).toContain("there is nothing of a distribution nobody on disk");
    expect(mirror.everything()).toEqual(before);
  });
});

describe("the base path of a distribution that left", () => {
  const other = { other: { remote: { type: "directory", path: "tree" } } };

  it.each([
    ["another repository", { snapshots: { ...snapshots, repository: "other" } }],
    ["another kind", { snapshots: { ...snapshots, checkpoint: false } }],
    ["a place above it", { up: { repository: "other", base_path: "snapshots" } }],
    ["a place below it", { down: { repository: "other", base_path: "snapshots/repo/below" } }],
  ])("is refused to %s, before anything is written", async (_, taker) => {
    const mirror = await aServed();
    mirror.write("tree/file", "other");
    mirror.configure({ repositories: other, distributions: { plain, ...taker } });
    const before = mirror.everything();
    mirror.offer({ a: "two" });
    for (const command of [["update"], ["publish", "repo", "--checkpoint"]]) {
      const run = await mirror.run(...command);
      expect(run.exit, command.join(" ")).toBe(2);
      expect(run.err).toMatch(/is still taken by snapshots|still serves checkpoints of the repository repo/);
      expect(run.err).toContain("asof remove snapshots");
    }
    // Nor is it removed while somebody waits for its place.
    expect((await mirror.run("remove", "snapshots")).exit).toBe(2);
    expect(mirror.everything()).toEqual(before);
    mirror.configure({ repositories: other, distributions: { plain } });
    await mirror.ok("remove", "snapshots");
    mirror.configure({ repositories: other, distributions: { plain, ...taker } });
    mirror.setClock(Date.now() / 1000);
    await mirror.ok("update", "--accept-clock", "--accept");
  });

  it("is kept by a distribution that only got another name", async () => {
    const mirror = await aServed();
    mirror.configure({ distributions: { plain, renamed: snapshots } });
    const run = await mirror.ok("update");
    expect(run.err).toBe("");
    expect(mirror.json("site.json")).toMatchObject({ distributions: [{ name: "plain" }, { name: "renamed" }] });
  });
});

async function aServed(settings: MirrorSettings = {}): Promise<Mirror> {
  const mirror = aMirror(settings);
  mirror.offer({ a: "one", "dir/b": "one" });
  await mirror.ok("update");
  return mirror;
}

describe("a base path under which checkpoints were served", () => {
  const two = { type: "directory", path: "two" };
  const serving = (repository: string): object => ({
    distributions: { cp: { repository, base_path: "cp", checkpoint: true } },
  });
  const of = (repository: string): Parameters<Mirror["configure"]>[0] => ({
    repositories: { other: { remote: two } },
    ...serving(repository),
  });

  it("is not given to another repository, neither at once nor after it was removed, without --accept", async () => {
    const mirror = aMirror(of("repo"));
    mirror.offer({ f: "A" });
    mirror.write("two/f", "B");
    await mirror.ok("update");
    const before = mirror.everything();

    mirror.configure(of("other"));
    mirror.at(100);
    for (const command of [["update"], ["update", "--accept"], ["build"], ["remove", "cp"]]) {
      expect((await mirror.run(...command)).exit, command.join(" ")).toBe(2);
    }
    expect(mirror.everything().site).toEqual(before.site);

    mirror.configure({ ...of("repo"), distributions: {} });
    await mirror.ok("remove", "cp");
    mirror.configure(of("other"));
    const refused = await mirror.run("update");
    expect(refused.exit).toBe(2);
    expect(refused.err).toContain("checkpoints of the repository repo were served under cp");
    await mirror.ok("update", "--accept");
    await mirror.ok("update");
  });
});
