import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { nginxAvailable, nginxServer } from "../servers/nginx.ts";
import { isInstalled } from "../servers/server.ts";
import type { RunningServer } from "../servers/server.ts";
import { after, openMirror } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";
import { sha256, stockTools } from "./signed-mirror.ts";
import { startTamperingProxy } from "./tampering-proxy.ts";
import type { TamperingProxy } from "./tampering-proxy.ts";

/** Names that shells, URLs, curl's configuration and sha256sum have their own ideas about. */
const awkward = [
  "index.html",
  "pool/index.html",
  "with space.iso",
  " leading",
  "trailing ",
  "100%.txt",
  "%41%2f%2e%2e.txt",
  "a#b",
  "what?.txt",
  "a?b=c&d=e",
  "one+two",
  "ünïcödé/日本語 🎉.txt",
  `quote"s and 'others'`,
  "semi;colon:and,comma",
  "[glob]{1,2}*",
  "$HOME `id` $(id)",
  "-",
  "--help",
  "..name/...",
  "~tilde^caret|pipe<less>",
  `long/${"x".repeat(250)}`,
];

/** The lines of the README that need no asof, against a real server. */
describe.skipIf(!nginxAvailable() || !isInstalled("curl", "--version"))("checking a mirror with stock tools", () => {
  let mirror: Mirror;
  let nginx: RunningServer;
  let proxy: TamperingProxy;

  beforeAll(async () => {
    mirror = openMirror({
      repositories: { odd: { remote: { type: "directory", path: "odd" } } },
      distributions: { odd: { repository: "odd", base_path: "snapshots/odd", checkpoint: true } },
    });
    for (const name of awkward) mirror.write(`odd/${name}`, `content of ${name}`);
    await mirror.ok("update", "odd");
    mirror.at(60);
    await mirror.ok("publish", "odd", "--checkpoint");
    nginx = await nginxServer.start({ publicDir: mirror.file("public"), rulesDir: mirror.file("rules") });
    proxy = await startTamperingProxy(nginx.url);
  });
  afterAll(async () => {
    await proxy.close();
    await nginx.stop();
    mirror.remove();
  });

  const check = (time: string) =>
    stockTools({ base: `${proxy.url}snapshots/odd/`, time, repository: "odd", key: undefined });

  it("fetches and checks files of every name, also where the repository has an index.html of its own", async () => {
    const run = await check(after(0));
    expect(run.said).not.toContain("FAILED");
    expect(run.exit, run.said).toBe(0);
    expect(run.fetched).toEqual([...awkward, "PULP_MANIFEST"].toSorted());
  });

  it("writes nothing outside its folder, whatever names a hostile mirror lists", async () => {
    const hostile = [`../../escaped`, `a/../../escaped`, `x"\\noutput = "/tmp/asof-escaped`];
    const sums = Buffer.from(hostile.map((name) => `${sha256("evil")}  ${name}\n`).join(""));
    const statement = (text: string): string => text.replace(/^sums .*$/m, `sums ${sha256(sums.toString())}`);
    proxy.tamper = (name, body) => {
      if (name.endsWith("SHA256SUMS")) return sums;
      return name.endsWith("checkpoint.txt") ? Buffer.from(statement(String(body))) : Buffer.from("evil");
    };
    const run = await check(after(0));
    proxy.tamper = (_, body) => body;
    expect(run.exit).not.toBe(0);
    expect(run.fetched).toEqual([hostile[2]]);
    expect(proxy.asked.filter((name) => name.includes("/escaped"))).toEqual([]);
  });

  it("says of a file that was taken down that it is missing", async () => {
    await mirror.ok("take-down", sha256("content of a#b"), "--reason", "leaked key");
    const run = await check(after(60));
    expect(run.exit).not.toBe(0);
    expect(run.said).toMatch(/^a#b: FAILED open or read$/m);
    expect(run.said.match(/FAILED/g)).toHaveLength(1);
  });
});
