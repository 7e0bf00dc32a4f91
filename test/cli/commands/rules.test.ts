import { chmodSync, existsSync, readFileSync, readdirSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { serverNames } from "../../../src/model/server-name.ts";
import { openProject } from "../../helpers/asof.ts";
import type { Project } from "../../helpers/asof.ts";
import { availableRuleServers } from "../../servers/members.ts";

const installed = availableRuleServers().map(({ server }) => server);

describe("asof rules", () => {
  let project: Project;
  const searchPath = process.env["PATH"];

  beforeEach(() => {
    project = openProject(configuration(`servers: [${serverNames.join(", ")}]`));
    project.write("in/f", "content");
  });

  afterEach(() => {
    process.env["PATH"] = searchPath;
    project.remove();
  });

  it("says for every server what it answers, which line goes where and what it needs", async () => {
    const { out } = await project.ok("rules");
    expect(out).toMatch(/^ +nginx +apache +caddy +lighttpd$/m);
    expect(out).toMatch(/^any time is sent to its checkpoint +yes +yes +yes +yes$/m);
    expect(out).toContain(`in server { }: include "${project.file("rules/nginx/server.conf")}";`);
    expect(out).toContain(`in <VirtualHost>: Include "${project.file("rules/apache/asof.conf")}"`);
    expect(out).toContain(`as the first line of the site block: import "${project.file("rules/caddy/asof.caddy")}"`);
    expect(out).toContain(`include "${project.file("rules/lighttpd/asof.conf")}"`);
    // Every number in the table has its note.
    const numbers = [...out.matchAll(/ \((\d+)\)/g)].map(([, number]) => number);
    for (const number of numbers) expect(out).toMatch(new RegExp(`^\\(${number ?? ""}\\) \\w+: \\w`, "m"));
  });

  it("speaks of the configured servers alone", async () => {
    project.write("asof.yaml", configuration("servers: [caddy]"));
    const { out } = await project.ok("rules");
    expect(out).not.toMatch(/nginx|apache|lighttpd/);
    await project.ok("update");
    expect(readdirSync(project.file("rules"))).toEqual(["caddy"]);
  });

  it("gives the same to programs", async () => {
    const { out } = await project.ok("rules", "--json");
    const printed: unknown = JSON.parse(out);
    expect(printed).toMatchObject({
      schemaVersion: 1,
      servers: [
        {
          server: "nginx",
          include: [
            { where: "in http { }", line: `include "${project.file("rules/nginx/http.conf")}";` },
            { where: "in server { }" },
          ],
          afterCheckpoint: "reload",
          answers: { between: { asAgreed: true, instead: null } },
        },
        { server: "apache" },
        { server: "caddy" },
        { server: "lighttpd" },
      ],
    });
    expect(printed).not.toHaveProperty("checks");
  });

  it("names files that a build writes", async () => {
    await project.ok("update");
    const { out } = await project.ok("rules");
    const named = [...out.matchAll(/(?:[Ii]nclude|import) "?([^\s";]+)/g)].map(([, file = ""]) => file);
    expect(named).toHaveLength(5);
    for (const file of named) expect(existsSync(file), file).toBe(true);
  });

  it.runIf(installed.length > 0)("lets each server that is installed check the rules of the moment", async () => {
    project.write("asof.yaml", configuration(`servers: [${installed.join(", ")}]`));
    await project.ok("update");
    const before = treeText(project.file("rules"));
    const { out } = await project.ok("rules", "--check");
    for (const server of installed) expect(out).toMatch(new RegExp(`^${server}: accepted \\(.*\\d\\.\\d.*\\)$`, "m"));
    expect(treeText(project.file("rules"))).toBe(before);
    expect(readdirSync(os.tmpdir()).filter((name) => name.startsWith("asof-rules-check-"))).toEqual([]);
  });

  it("says which servers are not installed", async () => {
    process.env["PATH"] = project.file("nowhere");
    project.write("asof.yaml", configuration("servers: [nginx]"));
    // Only where the usual folders have none: elsewhere it is found without the path.
    const { out } = await project.ok("rules", "--check");
    expect(out).toMatch(/^nginx: (?:not installed|accepted \(.*\))$/m);
  });

  it("ends with 5 and what the server said when one refuses", async () => {
    refusingNginx(project);
    const { exit, out, err } = await project.run("rules", "--check", "--json");
    expect(exit).toBe(5);
    expect(JSON.parse(out)).toMatchObject({ checks: [{ server: "nginx", outcome: "refused" }] });
    expect(err).toContain("the rules are refused by nginx");
    expect(err).toContain("nginx: nginx: [emerg] unknown directive");
  });
});

describe("check_rules: true", () => {
  const searchPath = process.env["PATH"];
  let project: Project;
  beforeEach(() => {
    project = openProject(configuration("servers: [nginx]"));
    project.write("in/f", "one");
  });
  afterEach(() => {
    process.env["PATH"] = searchPath;
    project.remove();
  });

  it("keeps the rules that are in place when the server refuses new ones, and tries again", async () => {
    await project.ok("update");
    const rules = treeText(project.file("rules"));
    refusingNginx(project);
    project.write("asof.yaml", configuration(`servers: [nginx]\ncheck_rules: true\nreload: [touch, reloaded]`));
    project.write("in/f", "two");
    project.setClock(Math.floor(Date.now() / 1000) + 5);

    const first = await project.run("update");
    expect(first.exit).toBe(5);
    expect(first.err).toContain("the rules are refused by nginx");
    expect(treeText(project.file("rules"))).toBe(rules);
    expect(existsSync(project.file("reloaded"))).toBe(false);
    // The checkpoint is there: rules that do not know it yet serve it by its name.
    expect(readdirSync(project.file("public/c")).filter((name) => name.endsWith("Z"))).toHaveLength(2);

    const second = await project.run("update");
    expect(second.exit).toBe(5);
    process.env["PATH"] = searchPath;
    await project.ok("update");
    expect(treeText(project.file("rules"))).not.toBe(rules);
    expect(existsSync(project.file("reloaded"))).toBe(true);
  });

  it.runIf(installed.includes("nginx"))("lets rules through that the server accepts", async () => {
    project.write("asof.yaml", configuration("servers: [nginx]\ncheck_rules: true"));
    await project.ok("update");
    expect(existsSync(project.file("rules/nginx/http.conf"))).toBe(true);
    expect(readdirSync(project.file("state/incoming"))).toEqual([]);
  });
});

function configuration(more: string): string {
  return `${more}
repositories:
  r: { remote: { type: directory, path: in } }
distributions:
  d: { repository: r, base_path: c, checkpoint: true }
`;
}

/** A program of that name that refuses whatever it is given, as a version does that lacks a module. */
function refusingNginx(project: Project): void {
  project.write(
    "bin/nginx",
    '#!/bin/sh\n[ "$1" = -v ] && { echo "nginx version: nginx/0.1" >&2; exit 0; }\necho "nginx: [emerg] unknown directive" >&2\nexit 1\n',
  );
  chmodSync(project.file("bin/nginx"), 0o755);
  project.write("asof.yaml", configuration("servers: [nginx]"));
  process.env["PATH"] = `${project.file("bin")}:${process.env["PATH"] ?? ""}`;
}

function treeText(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .toSorted()
    .map((name) => path.join(folder, name))
    .map((file) => `${file}\n${existsSync(file) && !file.includes(".") ? "" : readFileSync(file, "utf8")}`)
    .join("\n");
}
