import { describe, expect, onTestFinished, test } from "vitest";

import { openProject } from "../helpers/asof.ts";
import type { Run } from "../helpers/launch-cli.ts";
import { writtenConfiguration } from "./pulp-fixture.ts";

const remote = { type: "directory", path: "incoming" };

/** Pulp's rules for what may be asked for (serializers/publication.py): what is HTTP 400 there is exit 2 here, with the fault named, and nothing written. */
describe("what Pulp refuses", () => {
  test("12. a checkpoint of a named version is refused", async () => {
    const refused = await run({}, "publish", "myfile", "--checkpoint", "--version", "0");
    expect(refused).toMatchObject({ exit: 2, out: "" });
    expect(refused.err).toContain("checkpoint may only be used with a repository");
  });

  test("a publication of a repository that is not there is refused", async () => {
    expect(await run({}, "publish", "other", "--checkpoint")).toMatchObject({ exit: 2, out: "" });
  });

  test("23. a checkpoint distribution of a repository is accepted", async () => {
    expect((await run({ d: { repository: "myfile", base_path: "d", checkpoint: true } }, "build")).exit).toBe(0);
  });

  test.each([
    ["a version alone", { repository_version: 1 }],
    ["a publication alone", { publication: 1 }],
    ["nothing at all", {}],
    ["a repository and a version", { repository: "myfile", repository_version: 1 }],
    ["a repository and a publication", { repository: "myfile", publication: 1 }],
    ["a repository that is not there", { repository: "other" }],
  ])("23. a checkpoint distribution of %s is refused", async (_, settings) => {
    const refused = await run({ d: { base_path: "d", checkpoint: true, ...settings } }, "build");
    expect(refused).toMatchObject({ exit: 2, out: "" });
    expect(refused.err).toMatch(/asof\.yaml:\d+:\d+: distributions\.d/);
  });

  test.each([
    ["equal to", "a/b", "a/b"],
    ["above", "a/b", "a"],
    ["below", "a/b", "a/b/c"],
    ["another spelling of", "a/b", "A/b"],
  ])("a base path %s that of another distribution is refused, and the other is named", async (_, first, second) => {
    const refused = await run(
      {
        one: { repository: "myfile", base_path: first },
        two: { repository: "myfile", base_path: second, checkpoint: true },
      },
      "build",
    );
    expect(refused).toMatchObject({ exit: 2, out: "" });
    expect(refused.err).toContain(`"${second}" overlaps "${first}" of distribution one`);
  });

  test("base paths that only begin alike live side by side", async () => {
    const distributions = {
      one: { repository: "myfile", base_path: "a/b" },
      two: { repository: "myfile", base_path: "a/bc", checkpoint: true },
    };
    expect((await run(distributions, "build")).exit).toBe(0);
  });

  test.each(["", "/a", "a/", "a//b", ".", "a/../b", "a b", "a?b", "a#b", "a%20b", "é", "20250130T203000Z", "_asof"])(
    "the base path %j is refused",
    async (path) => {
      const refused = await run({ d: { repository: "myfile", base_path: path, checkpoint: true } }, "build");
      expect(refused).toMatchObject({ exit: 2, out: "" });
      expect(refused.err).toContain("distributions.d.base_path");
    },
  );

  test.each([0, -1, 1.5])("a limit of %s checkpoints is refused", async (checkpoints) => {
    const refused = await run({}, "prune", { retain: { checkpoints } });
    expect(refused).toMatchObject({ exit: 2, out: "" });
    expect(refused.err).toContain("repositories.myfile.retain.checkpoints");
  });

  test("no limit of checkpoints may be written as null", async () => {
    expect((await run({}, "prune", { retain: { checkpoints: null } })).exit).toBe(0);
  });
});

/** Runs asof in a new project with these distributions; settings of the repository `myfile` may stand at the end. */
async function run(distributions: object, ...rest: readonly (string | object)[]): Promise<Run> {
  const words = rest.filter((word) => typeof word === "string");
  const repository = rest.find((word) => typeof word === "object");
  const project = openProject(
    writtenConfiguration({ repositories: { myfile: { remote, ...repository } }, distributions }),
  );
  onTestFinished(project.remove);
  return project.run(...words);
}
