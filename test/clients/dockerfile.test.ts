import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, test } from "vitest";

import type { RepositoryKind } from "../../src/model/repository-kind.ts";
import { kitOf, linesOf, newest, suite, textOf } from "../pages/example-kit.ts";
import { aFolder, ok } from "./client.ts";

/** What the shell of an image makes of the lines for it, with `SNAPSHOT` set as the build sets it. */
describe("a line of the Dockerfile", () => {
  test("writes the source that apt.sources has, for one time or another", () => {
    const kind = { apt: [suite({ directory: "debian" })] };
    const written = run(kind, "etc/apt/sources.list.d/myfile-snapshot.sources", newest);
    expect(written).toEqual(linesOf(kitOf(kind), "apt.sources"));
    expect(run(kind, "etc/apt/sources.list.d/myfile-snapshot.sources", "20250301T000000Z")).toContain(
      "URIs: https://mirror.example.org/checkpoints/myfile/20250301T000000Z/debian/",
    );
  });

  test("writes the section that dnf.repo has, and leaves $basearch to dnf", () => {
    const kind = { rpm: ["os/aarch64", "os/x86_64"] };
    const written = run(kind, "etc/yum.repos.d/myfile-snapshot.repo", newest);
    const expected = linesOf(kitOf(kind), "dnf.repo").map((line) => line.replace(/^(name=.*) at .*/, "$1"));
    expect(written.toSorted()).toEqual(expected.toSorted());
    expect(written.join("\n")).toContain("/os/$basearch/");
  });

  test("adds the sections that pacman.conf has", () => {
    const kind = {
      pacman: [
        { directory: "core/os/x86_64", name: "core" },
        { directory: "extra/os/x86_64", name: "extra" },
      ],
    };
    expect(run(kind, "etc/pacman.conf", newest)).toEqual(linesOf(kitOf(kind), "pacman.conf"));
  });

  test("takes the time from one argument, which stands behind FROM, where lines see it", () => {
    const text = textOf(kitOf({ python: ["simple"], npm: [""] }), "Dockerfile");
    expect(text.indexOf("FROM ")).toBeLessThan(text.indexOf(`ARG SNAPSHOT=${newest}\n`));
    expect(text.match(/\d{8}T\d{6}Z/g)).toEqual([newest]);
    expect(text).toContain("ENV PIP_INDEX_URL=https://mirror.example.org/checkpoints/myfile/$SNAPSHOT/simple/\n");
    expect(text).toContain("ENV npm_config_registry=https://mirror.example.org/checkpoints/myfile/$SNAPSHOT/\n");
  });
});

/** Lines of a file after every RUN of the kit was run below a folder. */
function run(kind: Partial<RepositoryKind>, file: string, snapshot: string): readonly string[] {
  const folder = aFolder();
  for (const name of ["etc/apt/sources.list.d", "etc/yum.repos.d"])
    mkdirSync(path.join(folder, name), { recursive: true });
  writeFileSync(path.join(folder, "etc/pacman.conf"), "");
  const commands = linesOf(kitOf(kind), "Dockerfile").flatMap((line) => /^RUN (.*)$/.exec(line)?.[1] ?? []);
  expect(commands.length).toBeGreaterThan(0);
  for (const command of commands) {
    const here = command.replace(" && apt-get update", "").replace(/(>>?) \//, `$1 ${folder}/`);
    ok("sh", ["-c", here], { env: { SNAPSHOT: snapshot } });
  }
  return readFileSync(path.join(folder, file), "utf8")
    .split("\n")
    .filter((line) => line !== "");
}
