import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { commands } from "../../src/cli/commands/index.ts";
import { exitCodeHelp } from "../../src/cli/exit-code.ts";
import { openProject } from "../helpers/asof.ts";
import type { Project } from "../helpers/asof.ts";
import { startOrigin } from "../helpers/origin-server.ts";
import type { OriginServer } from "../helpers/origin-server.ts";

const root = path.join(import.meta.dirname, "..", "..");
const readme = readFileSync(path.join(root, "README.md"), "utf8");

describe("the README's five minutes", () => {
  let origin: OriginServer;
  let project: Project;
  beforeAll(async () => {
    origin = await startOrigin();
    origin.publish("/file/", { "1.iso": "one", "2.iso": "two", "3.iso": "three" });
    project = openProject("");
    rmSync(project.file("asof.yaml"));
  });
  afterAll(async () => {
    project.remove();
    await origin.close();
  });

  it("works command by command, as printed", async () => {
    const printed: string[] = [];
    for (const line of walkthroughCommands()) {
      const argv = line.replace("http://127.0.0.1:8010", origin.url).split(/\s+/).slice(1);
      const { out } = await project.ok(...argv);
      printed.push(out);
    }
    expect(printed).toHaveLength(7);
    expect(printed[4]?.match(/ \d{8}T\d{6}Z \d files/g)).toHaveLength(2);
    expect(printed[5]).toMatch(/^302 \/checkpoints\/file\/\d{8}T\d{6}Z\/1\.iso \(no-store\)$/m);
    expect(printed[6]).toContain("file: nothing new (3 files, 11 bytes)");
  });
});

describe("the README", () => {
  it("lists every command", () => {
    const missing = commands.filter(({ name }) => !new RegExp(`\`(?:asof )?${name}(?: [^\`]*)?\``).test(readme));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  it("lists every exit code", () => {
    const codes = [...exitCodeHelp().matchAll(/^ +(\d+) /gm)];
    expect(codes.length).toBeGreaterThan(6);
    for (const [, code = ""] of codes)
      expect(readme, code).toMatch(new RegExp(`^\\| +(\\d+, )?${code}(, \\d+)? +\\|`, "m"));
  });

  it("links to files that are there", () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)]+)\)/g)];
    expect(links.length).toBeGreaterThan(3);
    const headings = [...readme.matchAll(/^#+ (.*)$/gm)].map(([, text = ""]) =>
      text
        .toLowerCase()
        .replaceAll(/[^\w -]/g, "")
        .replaceAll(" ", "-"),
    );
    const isThere = (target: string): boolean =>
      target.startsWith("#") ? headings.includes(target.slice(1)) : existsSync(path.join(root, target));
    expect(links.flatMap(([, target = ""]) => (isThere(target) ? [] : target))).toEqual([]);
  });

  it("shows a configuration that is valid", async () => {
    const [, yaml = ""] = /## Configuration[\s\S]*?```yaml\n([\s\S]*?)```/.exec(readme) ?? [];
    const project = openProject(yaml);
    const { exit, err } = await project.run("build", "--dry-run");
    // Nothing was recorded yet: the configuration was read to its end.
    expect(err).toContain("there is no state directory");
    expect(exit).toBe(2);
    project.remove();
  });
});

/** The lines between the markers that begin with `asof`, without their comments. */
function walkthroughCommands(): readonly string[] {
  const [, text = ""] = /<!-- walkthrough -->([\s\S]*?)<!-- \/walkthrough -->/.exec(readme) ?? [];
  return text.split("\n").flatMap((line) => (line.startsWith("asof ") ? [line.replace(/\s+#.*$/, "")] : []));
}
