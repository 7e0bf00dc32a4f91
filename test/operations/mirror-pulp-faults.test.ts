import { createHash } from "node:crypto";

import { describe, expect, it } from "vitest";

import type { Fault } from "../helpers/pulp-stand-in.ts";
import { said } from "./mirror.ts";
import { aPulpMirror, c1, c2, c3, t1, t2, t3 } from "./pulp-mirror.ts";

describe("a file of a checkpoint", () => {
  it.each<readonly [string, Fault, string]>([
    ["other bytes", { status: 200, body: "0ne" }, "SHA-256"],
    ["too few bytes", { status: 200, body: "on" }, "expected 3 bytes"],
    ["too many bytes", { status: 200, body: "one more" }, "expected 3 bytes"],
    ["bytes that break off", { breakAfter: 2 }, "got"],
    ["bytes that end early without a word", { endAfter: 2 }, "got 2"],
    ["500", { status: 500 }, "500"],
    ["403", { status: 403 }, "403"],
    [
      "a redirect to the same file of another second",
      redirect(`/pulp/content/checkpoint/myfile/${c1}/a`),
      "another second",
    ],
    ["a redirect to a second in disguise", redirect(`/pulp/content/checkpoint/myfile/${c1}x/a`), "another second"],
    ["a redirect to another file", redirect(`/pulp/content/checkpoint/myfile/${c2}/b`), "another path"],
    ["a redirect to another kind of network", redirect("http://169.254.169.254/a"), "link-local"],
  ])("that comes as %s is not taken; the checkpoints before it are", async (_, fault, words) => {
    const { pulp, mirror } = await aPulpMirror();
    pulp.publish(t1, { a: "0ne" });
    pulp.publish(t2, { a: "one", b: "two" });
    pulp.publish(t3, { a: "three" });
    pulp.fault(`${c2}/a`, fault);
    const run = await mirror.run("update");
    expect(run, said(run)).toMatchObject({ exit: 4, err: expect.stringContaining(words) });
    expect(run.err).toContain(`${c2}/a`);
    expect(mirror.checkpoints()).toEqual([c1]);
    pulp.heal();
    pulp.targets.length = 0;
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([c1, c2, c3]);
    // What came whole stayed in the pool.
    expect(pulp.files().filter((target) => target.endsWith(`${c2}/b`)).length).toBeLessThan(2);
    await mirror.ok("verify");
  });

  it("that is not there, for which Pulp gives a newer one, is refused", async () => {
    const { pulp, mirror } = await aPulpMirror();
    pulp.world.gracePeriod = true;
    const first = pulp.publish(t1, { a: "one", b: "old" });
    pulp.publish(t2, { a: "one", b: "new" });
    pulp.fault(`${c1}/b`, { forward: (target) => target.replace(c1, c2) });
    const run = await mirror.run("update");
    expect(run, said(run)).toMatchObject({ exit: 4, err: expect.stringContaining(`${c1}/b`) });
    expect(mirror.checkpoints()).toEqual([]);
    expect(first.files.get("b")).toBe("old");
  });

  it("that cannot be had keeps no later checkpoint away where answers may be revised", async () => {
    const { pulp, mirror } = await aPulpMirror({ repository: { settled: false } });
    pulp.publish(t1, { a: "one" });
    pulp.publish(t2, { a: "two" });
    pulp.publish(t3, { a: "three" });
    pulp.fault(`${c2}/a`, { status: 404 });
    expect((await mirror.run("update")).exit).toBe(4);
    expect(mirror.checkpoints()).toEqual([c1, c3]);
    pulp.heal();
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([c1, c2, c3]);
  });

  it("may come from storage elsewhere, where Pulp redirects to", async () => {
    const [{ pulp, mirror }, storage] = [await aPulpMirror(), await aPulpMirror()];
    pulp.publish(t1, { a: "one" });
    storage.pulp.fault("artifact", { status: 200, body: "one" });
    pulp.fault(
      `${c1}/a`,
      redirect(`${new URL(storage.pulp.url).origin}/artifact/ab/cdef?X-Amz-Date=20250130T204000Z`, 302),
    );
    await mirror.ok("update");
    expect(mirror.page(`snapshots/repo/${c1}/a`)).toBe("one");
  });

  it("is asked for again after a fault that passes", async () => {
    const { pulp, mirror } = await aPulpMirror({ repository: { fetch: { retries: 2 } } });
    pulp.publish(t1, { a: "one" });
    pulp.fault(`${c1}/a`, { status: 503 }, { breakAfter: 1 }, "none");
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([c1]);
  });
});

describe("a manifest", () => {
  it.each<readonly [string, Fault]>([
    ["a web page", { status: 200, body: "<html>" }],
    ["of an older form without sizes", { status: 200, body: "a,b\n" }],
    ["with a name that climbs", { status: 200, body: `../../etc/passwd,${"a".repeat(64)},1\n` }],
    ["with an absolute name", { status: 200, body: `/etc/passwd,${"a".repeat(64)},1\n` }],
    ["that lists itself", { status: 200, body: `PULP_MANIFEST,${"a".repeat(64)},1\n` }],
    ["that breaks off", { breakAfter: 10 }],
    ["longer than any may be", { status: 200, body: "#".repeat(200_000) }],
    ["that is not there", { status: 500 }],
  ])("%s is refused, and nothing is asked for", async (_, fault) => {
    const { pulp, mirror } = await aPulpMirror({ repository: { fetch: { retries: 0, max_manifest: "100kB" } } });
    pulp.publish(t1, { a: "one" });
    pulp.fault("PULP_MANIFEST", fault);
    const run = await mirror.run("update");
    expect(run.exit, said(run)).toBe(4);
    expect(pulp.files().filter((target) => target.endsWith("/a"))).toEqual([]);
    expect(mirror.checkpoints()).toEqual([]);
  });

  it("that lists less than the listing shows, or more, is another one's", async () => {
    for (const body of [
      manifestLine("a", "one"),
      manifestLine("a", "one") + manifestLine("c/d", "x") + manifestLine("b", "two"),
    ]) {
      const { pulp, mirror } = await aPulpMirror();
      pulp.publish(t1, { a: "one", b: "two" });
      pulp.fault("PULP_MANIFEST", { status: 200, body });
      expect((await mirror.ok("update")).err).toContain("its listing and its PULP_MANIFEST differ");
      expect(mirror.checkpoints()).toEqual([]);
    }
  });

  it("is called what Pulp calls it", async () => {
    const { pulp, mirror } = await aPulpMirror();
    pulp.publish(t1, { a: "one" }, { manifest: "FILES" });
    await mirror.ok("update");
    expect(mirror.page(`snapshots/repo/${c1}/FILES`)).toContain("a,");
    await mirror.ok("verify");
  });

  it.each(["../up", "index.html", "a/b", "a\nb"])("is never called %j", async (manifest) => {
    const { pulp, mirror } = await aPulpMirror();
    pulp.publish(t1, { a: "one" }, { manifest });
    expect((await mirror.run("update")).exit).toBe(4);
    expect(mirror.checkpoints()).toEqual([]);
  });
});

describe("a hostile listing", () => {
  it.each([
    "../up",
    "..",
    "/etc/passwd",
    "//evil.example/x",
    "http://evil.example/x",
    "a/../../b",
    "a\\b",
    "a\u0007b",
    "x".repeat(300),
  ])("with the name %j is refused as a whole", async (name) => {
    const { pulp, mirror } = await aPulpMirror();
    pulp.publish(t1, { a: "one" }, { manifest: null });
    const line = `<a href="./${name}">${name}</a>  30-Jan-2025 20:30  1 Byte\n`;
    pulp.fault(`${c1}/`, { rewrite: (body) => body.replace("</pre>", () => `${line}</pre>`) });
    const run = await mirror.run("update");
    expect(run.exit, said(run)).toBe(4);
    expect(pulp.files()).toEqual([]);
    expect(mirror.checkpoints()).toEqual([]);
  });

  it("that leads down for ever comes to an end", async () => {
    const { pulp, mirror } = await aPulpMirror();
    pulp.publish(t1, { "d/x": "one" }, { manifest: null });
    pulp.fault(`${c1}/d/`, { forward: (target) => target.replace(/\/d\/.*$/, "/") });
    const run = await mirror.run("update");
    expect(run, said(run)).toMatchObject({ exit: 4, err: expect.stringContaining("longer than") });
    expect(mirror.checkpoints()).toEqual([]);
  });

  it("with seconds that are none, or to come, makes no checkpoints of them", async () => {
    const { pulp, mirror } = await aPulpMirror({ withApi: false });
    pulp.publish(t1, { a: "one" });
    const lines = ["20250230T000000Z/", "20991231T235959Z/", "99990115T181699Z/", "latest/", "20250130T204000Z"].map(
      (name) => `<a href="./${name}">${name}</a>  30-Jan-2025 20:30  \n`,
    );
    pulp.fault("checkpoint/myfile/", {
      rewrite: (body) => (body.includes(`${c1}/">`) ? body.replace("</pre>", () => `${lines.join("")}</pre>`) : body),
    });
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([c1]);
  });
});

function redirect(location: string, status = 301): Fault {
  return { status, headers: { location } };
}

function manifestLine(path: string, body: string): string {
  return `${path},${createHash("sha256").update(body).digest("hex")},${body.length}\n`;
}
