import { existsSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { aMirror } from "./mirror.ts";

const commands = [
  ["update"],
  ["update", "--dry-run"],
  ["publish", "repo", "--checkpoint"],
  ["build"],
  ["build", "--dry-run"],
  ["sync"],
  ["rules"],
];

describe("a folder that the rules cannot name", () => {
  it.each([
    ["nginx", "output", "a$b/public"],
    ["apache", "rules", "a*b/rules"],
    ["caddy", "output", "a{b/public"],
    ["caddy", "rules", "a{b/rules"],
    ["lighttpd", "rules", "a\\b/rules"],
  ])("of %s is refused as %s before anything is recorded", async (server, setting, folder) => {
    const mirror = aMirror({ top: { servers: [server], [setting]: folder } });
    mirror.offer({ a: "one" });
    for (const command of commands) {
      const run = await mirror.run(...command);
      expect(run.exit, command.join(" ")).toBe(2);
      // Without a state there is nothing that a build could be planned from.
      if (command.join(" ") === "build --dry-run") continue;
      expect(run.err, command.join(" ")).toContain(`${setting}: `);
      expect(run.err, command.join(" ")).toContain(JSON.stringify(mirror.file(folder)));
      expect(run.err, command.join(" ")).toContain(`leave out what is not used here: ${server}\n`);
    }
    expect(existsSync(mirror.file("state"))).toBe(false);
    expect(existsSync(mirror.file("public"))).toBe(false);
  });

  it("leaves a site as it is that was published under another configuration, and what can be read of it", async () => {
    const mirror = aMirror({ top: { servers: ["nginx"] } });
    mirror.offer({ a: "one" });
    await mirror.ok("update");
    const before = mirror.everything();
    mirror.offer({ a: "two" });
    mirror.at(60);
    mirror.configure({ top: { servers: ["nginx", "caddy"], rules: "{rules}" } });
    expect((await mirror.run("update")).exit).toBe(2);
    expect((await mirror.run("build", "--dry-run")).exit).toBe(2);
    expect(mirror.everything()).toEqual(before);
    await mirror.ok("list");
    // Servers that are not used here do not stand in the way.
    mirror.configure({ top: { servers: ["nginx"], rules: "{rules}" } });
    await mirror.ok("update");
  });

  it("is told once with every server that cannot name it", async () => {
    const mirror = aMirror({ top: { output: "$x/[public]" } });
    const run = await mirror.run("update");
    expect(run.err).toMatch(/^asof: output: nginx configuration cannot hold /);
    expect(run.err).toMatch(/\n {2}apache: .*\n {2}caddy: .*\nhint: .*: nginx, apache, caddy\n/);
  });
});
