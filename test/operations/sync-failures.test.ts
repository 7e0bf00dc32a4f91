import { readdirSync } from "node:fs";

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { manifestOf, sha256Of, startOrigin } from "../helpers/origin-server.ts";
import type { OriginServer } from "../helpers/origin-server.ts";
import { aMirror, openMirror } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";

const good = { "a.iso": "content of a", "sub/b.iso": "content of b" };

describe("a source that fails", () => {
  let origin: OriginServer;
  let mirror: Mirror;
  let before: ReturnType<Mirror["everything"]>;

  beforeAll(async () => {
    origin = await startOrigin();
    origin.publish("/r/", good);
    mirror = openMirror({ remote: { url: `${origin.url}/r/PULP_MANIFEST` } });
    mirror.setClock(Date.now() / 1000);
    await mirror.ok("update");
    before = mirror.everything();
  });
  afterAll(async () => {
    await origin.close();
    mirror.remove();
  });
  beforeEach(() => origin.publish("/r/", { ...good, "c.iso": "content of c" }));

  /** Both commands that read sources name the thing and the reason, and leave everything as it was. */
  async function expectRefusal(...named: readonly (string | RegExp)[]): Promise<void> {
    for (const command of ["sync", "update"]) {
      const run = await mirror.run(command);
      expect(run.exit, run.err).toBe(4);
      for (const text of named) expect(run.err).toMatch(text);
      expect(mirror.everything()).toEqual(before);
      expect(readdirSync(mirror.file("state/incoming"))).toEqual([]);
    }
  }

  it("with a download cut short", async () => {
    origin.answer("/r/c.iso", { kind: "truncate", body: "content of c", after: 5 });
    await expectRefusal("/r/c.iso", /5|closed|ended|broke/);
  });

  it("with a download that ends early as if it were whole", async () => {
    origin.answer("/r/c.iso", { kind: "short", body: "content of c", after: 5 });
    await expectRefusal("/r/c.iso", /expected 12 bytes, got 5/);
  });

  it("with content of another hash", async () => {
    origin.answer("/r/c.iso", { kind: "bytes", body: "content of x" });
    await expectRefusal("/r/c.iso", /expected SHA-256 [0-9a-f]{64}, got [0-9a-f]{64}/);
  });

  it("with content of another size", async () => {
    origin.answer("/r/c.iso", { kind: "bytes", body: "content of c, and more of it" });
    await expectRefusal("/r/c.iso", /12 bytes/);
  });

  it("with another size for content that is here already", async () => {
    const wrong = manifestOf({ ...good, "c.iso": "content of c" }).replace(/,12\n$/, ",13\n");
    const known = `a.iso,${sha256Of(good["a.iso"])},13\nsub/b.iso,${sha256Of(good["sub/b.iso"])},12\n`;
    for (const body of [wrong, known]) {
      origin.answer("/r/PULP_MANIFEST", { kind: "bytes", body });
      await expectRefusal(/\/r\/[ac]\.iso/, /12/, /13/);
    }
  });

  it("with a file that is not there", async () => {
    origin.answer("/r/c.iso", { kind: "status", status: 404 });
    await expectRefusal("/r/c.iso", "404");
  });

  it("with bad lines in its manifest, all of them named", async () => {
    origin.answer("/r/PULP_MANIFEST", {
      kind: "bytes",
      body: `a.iso,${sha256Of("a")},1\n../etc/passwd,${sha256Of("b")},1\nc.iso,not a digest,1\nd.iso,${sha256Of("d")},-1\n`,
    });
    await expectRefusal("/r/PULP_MANIFEST", "line 2: ", "line 3: ", "line 4: ");
  });

  it("with nobody listening", async () => {
    const gone = await startOrigin();
    await gone.close();
    mirror.configure({ remote: { url: `${gone.url}/r/PULP_MANIFEST` } });
    await expectRefusal(gone.host, "ECONNREFUSED");
    mirror.configure({ remote: { url: `${origin.url}/r/PULP_MANIFEST` } });
  });

  it("with an empty manifest after one that was not, unless that is meant", async () => {
    origin.publish("/r/", {});
    await expectRefusal("is empty, and 2 files came from it before", "--allow-shrink");
  });

  it("tells status.json the kind of failure and no name of this machine", async () => {
    origin.publish("/r/", {});
    await mirror.run("update");
    expect(mirror.json("status.json")).toMatchObject({
      repositories: [{ name: "repo", failure: "SOURCE_SHRUNK", newest: mirror.checkpoints()[0] }],
    });
    expect(mirror.page("status.json")).not.toContain(mirror.dir);
  });

  it("is read to its end once it is whole again", async () => {
    const run = await mirror.ok("update");
    expect(run.out).toMatch(/^repo: checkpoint \d{8}T\d{6}Z \(3 files, 36 bytes, \+1 -0 ~0\)\n$/);
    expect(mirror.page("plain/c.iso")).toBe("content of c");
  });
});

describe("a first run whose source fails", () => {
  it("publishes nothing, and the next one that can read it publishes all", async () => {
    const mirror = aMirror();
    const failed = await mirror.run("update");
    expect(failed.exit).toBe(4);
    expect(failed.err).toContain("origin/PULP_MANIFEST");
    expect(mirror.checkpoints()).toEqual([]);
    mirror.offer(good);
    await mirror.ok("update");
    expect(mirror.checkpoints()).toHaveLength(1);
  });

  it("can have its output directory again, whatever it failed at", async () => {
    const mirror = aMirror();
    expect((await mirror.run("sync")).exit).toBe(4);
    expect((await mirror.run("sync")).exit).toBe(4);
  });
});
