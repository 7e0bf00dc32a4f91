import { existsSync, rmSync, writeFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { RunningCli } from "../helpers/asof.ts";
import type { Run } from "../helpers/launch-cli.ts";
import { until } from "../watch/until.ts";
import { after, openMirror } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";

describe("asof history --url", () => {
  let mirror: Mirror;
  let serving: RunningCli;
  let site = "";
  const history = (...argv: readonly string[]): Promise<Run> =>
    mirror.run("history", ...argv, "--config", "nowhere.yaml");
  beforeAll(async () => {
    mirror = openMirror({ remote: { mode: "mirror" } });
    const names = [
      ...Array.from({ length: 500 }, (_, index) => `many/name-${1000 + index}`),
      ...Array.from({ length: 120 }, (_, index) => `constructor${[".", "-", "a", "z"][index % 4]}${index}`),
    ];
    const many = Object.fromEntries(names.map((name) => [name, "1"]));
    const states = [
      { ...many, "pool/a/lib-1.deb": "one", "pool/b/Lib-2.deb": "same" },
      { ...many, "pool/a/lib-1.deb": "two!", "pool/b/Lib-2.deb": "same" },
      { ...many, "pool/b/Lib-2.deb": "same" },
      { ...many, "pool/a/lib-1.deb": "one", "pool/b/Lib-2.deb": "same" },
    ];
    for (const [index, files] of states.entries()) {
      mirror.at(60 * index);
      mirror.offer(files);
      await mirror.ok("update");
    }
    serving = mirror.begin("serve", "--port", "0");
    await until(() => serving.out.includes("Ctrl-C"));
    site = /http:\S+/.exec(serving.out)?.[0] ?? "";
  });
  afterAll(async () => {
    await serving.stop();
    mirror.remove();
  });

  it("says of a path the same as the state, with the beginning of each SHA-256, by three addresses of the mirror", async () => {
    const here = await mirror.ok("history", "repo", "pool/a/lib-1.deb");
    for (const url of [site, `${site}snapshots/repo`, `${site}snapshots/repo/${after(60)}/`]) {
      const { exit, out } = await history("--url", url, "pool/a/lib-1.deb");
      expect(exit).toBe(0);
      expect(out).toBe(here.out.replaceAll(/(sha256:.{16})\w+/g, "$1"));
    }
    const limited = await history("--url", site, "pool/a/lib-1.deb", "--limit", "1", "--json");
    expect(JSON.parse(limited.out)).toMatchObject({
      schemaVersion: 1,
      repository: "repo",
      paths: [
        { path: "pool/a/lib-1.deb", events: [{ kind: "added", checkpoint: after(180), bytes: 3, takenDown: false }] },
      ],
      closest: [],
      more: false,
    });
  });

  it("finds names by how they begin, in any folder or in one", async () => {
    const pathsOf = async (text: string): Promise<readonly string[]> => {
      const { out } = await history("--url", site, text);
      return out.split("\n").filter((line) => line !== "" && !line.startsWith(" "));
    };
    expect(await pathsOf("LIB-")).toEqual(["pool/a/lib-1.deb", "pool/b/Lib-2.deb"]);
    expect(await pathsOf("pool/b/lib")).toEqual(["pool/b/Lib-2.deb"]);
    expect(await pathsOf("many/name-1234")).toEqual(["many/name-1234"]);
    expect(await pathsOf("pool/c/lib")).toEqual([]);
  });

  it("finds names in a shard that is called like something every object has", async () => {
    expect(existsSync(mirror.file("public/snapshots/repo/_asof/history/n-constructor.json"))).toBe(true);
    expect((await history("--url", site, "constructor.0")).out).toContain("added 1 Byte");
  });

  it("says when there are more, having read no more than some files", async () => {
    const { out, err } = await history("--url", site, "name", "--verbose");
    expect(err).toContain("more names begin so: give more of their letters\n");
    expect(out).toContain("many/name-1000\n");
    expect(Number(/(\d+) bytes of history/.exec(err)?.[1])).toBeLessThan(50_000);
    expect((await history("--url", site, "nothing")).err).toContain('no name begins so: "nothing"\n');
  });

  it("fails where a mirror has no such files, or others", async () => {
    expect(await history("--url", site)).toMatchObject({ exit: 2, err: expect.stringContaining("name a path") });
    expect(await history("--url", site, "repo", "a")).toMatchObject({
      exit: 2,
      err: expect.stringContaining("leave the repository out"),
    });
    writeFileSync(mirror.file("public/snapshots/repo/_asof/history/index.json"), '{"schemaVersion":2}');
    expect(await history("--url", site, "a")).toMatchObject({
      exit: 4,
      err: expect.stringContaining("_asof/history/index.json is not as asof writes it: schemaVersion"),
    });
    rmSync(mirror.file("public/snapshots/repo/_asof/history/index.json"));
    expect(await history("--url", site, "a")).toMatchObject({
      exit: 4,
      err: expect.stringContaining("there is no _asof/history/index.json below"),
    });
  });
});
