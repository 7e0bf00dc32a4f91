import { existsSync, rmSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { aMirror } from "./mirror.ts";

const warning = "asof: warning: rules/caddy is not written any more: remove it when no server includes it\n";

describe("rules of a server that left the configuration", () => {
  it("stay where they are, and every run says so once, until they are removed", async () => {
    const mirror = aMirror({ top: { servers: ["nginx", "caddy"] } });
    mirror.offer({ a: "one" });
    expect((await mirror.ok("update")).err).toBe("");
    mirror.configure({ top: { servers: ["nginx"] } });
    mirror.at(60);
    mirror.offer({ a: "two" });
    for (const command of ["update", "build", "update"]) expect((await mirror.ok(command)).err).toBe(warning);
    expect(existsSync(mirror.file("rules/caddy/asof.caddy"))).toBe(true);

    rmSync(mirror.file("rules/caddy"), { recursive: true });
    expect((await mirror.ok("update")).err).toBe("");
  });

  it("are named in full where they are not beside the configuration", async () => {
    const mirror = aMirror();
    const settings = (servers: readonly string[]): object => ({ rules: "../rules", servers });
    mirror.write("site/asof.yaml", JSON.stringify({ ...settings(["nginx", "caddy"]), repositories: { r: {} } }));
    await mirror.ok("build", "--config", "site/asof.yaml");
    mirror.write("site/asof.yaml", JSON.stringify({ ...settings(["nginx"]), repositories: { r: {} } }));
    const run = await mirror.ok("build", "--config", "site/asof.yaml");
    expect(run.err).toContain(`warning: ${mirror.file("rules/caddy")} is not written any more`);
  });
});

describe("a site for hosts alone", () => {
  it("has no rules for servers, and asof rules speaks of its hosts", async () => {
    const mirror = aMirror({ top: { servers: [], hosts: ["netlify"], layout: "copies" } });
    mirror.offer({ a: "one" });
    expect((await mirror.ok("update")).err).toBe("");
    expect(existsSync(mirror.file("rules/nginx"))).toBe(false);
    expect(existsSync(mirror.file("public/404.html"))).toBe(true);
    expect((await mirror.ok("rules")).out).toBe(`netlify\n  how to deploy it: ${mirror.file("rules/hosts/netlify")}\n`);
  });
});
