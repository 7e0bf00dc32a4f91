import { existsSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { sha256Of } from "../helpers/origin-server.ts";
import { baseOf, takeIn } from "./pulp-fixture.ts";
import type { PulpSite } from "./pulp-fixture.ts";

/** Pulp's `retain_checkpoints`, and its tests of protected versions (test_repo_versions.py). These tests change the site. */
export function describeRetention(site: PulpSite): void {
  describe("given four checkpoints, when their number is limited to two", () => {
    const base = baseOf("few");
    const statuses = async (...checkpoints: readonly string[]): Promise<readonly number[]> => {
      const found: number[] = [];
      for (const at of checkpoints) found.push((await site().get(`${base}${at}/a`)).status);
      return found;
    };
    const listed = async (): Promise<ReadonlySet<string>> =>
      new Set((await site().follow(base)).text.match(/\d{8}T\d{6}Z/g));

    test("13. the two oldest are gone, and the two newest are there", async () => {
      const [c1, c2, c3, c4] = site().content.few;
      expect(await listed()).toEqual(new Set([c3, c4]));
      expect(await statuses(c1, c2, c3, c4)).toEqual([410, 410, 200, 200]);
      expect(contentsLeft(site, ["state 0", "state 1", "state 2", "state 3"])).toEqual(["state 2", "state 3"]);
    });

    test("13. when one more is made, the third is gone as well, and the fourth and the fifth are there", async () => {
      const { project, server, content } = site();
      const [c1, c2, c3, c4] = content.few;
      const c5 = await takeIn(project, 150, "few", { a: "state 4" }, "--checkpoint");
      await project.ok("prune");
      await server.reload();
      expect(await listed()).toEqual(new Set([c4, c5]));
      expect(await statuses(c1, c2, c3, c4, c5)).toEqual([410, 410, 410, 200, 200]);
      expect(contentsLeft(site, ["state 2", "state 3", "state 4"])).toEqual(["state 3", "state 4"]);
    });
  });

  describe("given a repository with a checkpoint distribution, of whose versions only those in use are kept", () => {
    const base = baseOf("versions");
    const kept = async (): Promise<readonly number[]> => {
      const { out } = await site().project.ok("list", "versions", "--versions");
      return [...out.matchAll(/^versions version (\d+) .* kept$/gm)].map(([, number]) => Number(number));
    };
    const makeVersion = async (version: number): Promise<void> => {
      await site().project.syncAt(160 + version, "versions", { v: `version ${version}` });
      await site().project.ok("prune", "versions");
    };
    const contents = () =>
      contentsLeft(
        site,
        [1, 2, 3, 4, 5, 6].map((version) => `version ${version}`),
      );
    let third = "";
    let fourth = "";

    test("14. when version 3 is a checkpoint and version 4 is made, version 3 is kept", async () => {
      await makeVersion(1);
      await makeVersion(2);
      await makeVersion(3);
      expect(contents()).toEqual(["version 3"]);
      third = await site().project.publishAt(163, "versions", "--checkpoint");
      await makeVersion(4);
      expect(await kept()).toEqual([3, 4]);
      expect(contents()).toEqual(["version 3", "version 4"]);
    });

    test("15. when version 4 is a checkpoint and version 5 is made, version 4 is kept", async () => {
      fourth = await site().project.publishAt(164, "versions", "--checkpoint");
      await makeVersion(5);
      expect(await kept()).toEqual([3, 4, 5]);
      expect(contents()).toEqual(["version 3", "version 4", "version 5"]);
    });

    test("16. when version 6 is made, version 5, which nobody published, is cleaned up", async () => {
      await makeVersion(6);
      expect(await kept()).toEqual([3, 4, 6]);
      expect(contents()).toEqual(["version 3", "version 4", "version 6"]);
      await site().server.reload();
      expect((await site().follow(`${base}${third}/v`)).text).toBe("version 3");
      expect((await site().follow(`${base}${fourth}/v`)).text).toBe("version 4");
    });
  });
}

/** Those of `contents` that the pool still holds. */
function contentsLeft(site: PulpSite, contents: readonly string[]): readonly string[] {
  return contents.filter((content) => {
    const digest = sha256Of(content);
    return existsSync(site().project.file(`state/objects/${digest.slice(0, 2)}/${digest}`));
  });
}
