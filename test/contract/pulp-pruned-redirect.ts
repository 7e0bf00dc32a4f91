import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { addSeconds } from "../../src/model/timestamp.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";
import type { CheckpointMember } from "./checkpoint-member.ts";
import { fillCheckpointProject, mount } from "./checkpoint-site.ts";
import type { CheckpointProject, CheckpointSite, FilledProject } from "./checkpoint-site.ts";
import { fileRemote, takeIn, writtenConfiguration } from "./pulp-fixture.ts";

const base = `${mount}checkpoint/myfile/`;

type ThreeCheckpoints = readonly [Timestamp, Timestamp, Timestamp];

/** `pruned: redirect`: the one setting with which pruned checkpoints are forgotten as Pulp forgets them. */
export function describePrunedRedirect(members: readonly CheckpointMember[]): void {
  describe("with pruned: redirect, given three checkpoints of which the oldest was pruned", () => {
    let filled: FilledProject<ThreeCheckpoints> | undefined;

    beforeAll(async () => {
      filled = await fillCheckpointProject(configuration, fill);
    });
    afterAll(() => filled?.remove());

    describe.each(members)("served by $name", (member) => {
      let site: (CheckpointSite & { readonly content: ThreeCheckpoints }) | undefined;
      const answer = async (path: string) => {
        const response = await site?.get(base + path);
        const [location, caching] = ["location", "cache-control"].map((name) => response?.headers.get(name));
        return { status: response?.status, location, caching };
      };
      const checkpoints = () => {
        if (site === undefined) throw new Error("the site was not opened");
        return site.content;
      };

      beforeAll(async () => {
        site = await filled?.serve(member);
      });
      afterAll(() => site?.close());

      test("its time is not found, as before the first checkpoint", async () => {
        const [c1] = checkpoints();
        const missing = { status: 404, location: undefined, caching: "no-store" };
        for (const path of [`${c1}/a`, `${c1}/`, c1, `${addSeconds(c1, 1)}/a`]) {
          expect(await answer(path), path).toEqual(missing);
        }
      });

      test("other times are redirected with 301, and caches ask again, because pruning will change the answer", async () => {
        const [, c2, c3] = checkpoints();
        expect(await answer(`${addSeconds(c2, 1)}/a`)).toEqual({
          status: 301,
          location: `${base}${c2}/a`,
          caching: "no-cache",
        });
        expect((await answer(`${c2}/a`)).status).toBe(200);
        expect((await answer(`${c3}/a`)).status).toBe(200);
      });
    });
  });
}

function configuration(originUrl: string): string {
  return writtenConfiguration({
    pruned: "redirect",
    repositories: {
      myfile: { remote: fileRemote(originUrl, "myfile"), settled: false, retain: { checkpoints: 2 } },
    },
    distributions: { myfile: { repository: "myfile", base_path: "checkpoint/myfile", checkpoint: true } },
  });
}

async function fill(project: CheckpointProject): Promise<ThreeCheckpoints> {
  const three = [
    await takeIn(project, 10, "myfile", { a: "1" }, "--checkpoint"),
    await takeIn(project, 20, "myfile", { a: "2" }, "--checkpoint"),
    await takeIn(project, 30, "myfile", { a: "3" }, "--checkpoint"),
  ] as const;
  await project.ok("prune");
  return three;
}
