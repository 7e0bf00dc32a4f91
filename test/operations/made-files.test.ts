import { existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { readSealed, writeSealed } from "../../src/store/sealed-file.ts";
import { aMirror, day } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";

const servers = ["nginx", "apache", "caddy", "lighttpd"];

/** Checkpoints in three years, of which some are pruned, withdrawn and labelled, with a build after each. */
async function grown(): Promise<Mirror> {
  const mirror = aMirror({ top: { grace: "0s", servers }, repository: { retain: { checkpoints: 4 } } });
  for (let number = 0; number < 7; number++) {
    mirror.at(number * 150 * day);
    mirror.offer({ "sub/a": `content ${number}` });
    await mirror.ok("update");
  }
  const [, second = "", third = ""] = mirror.checkpoints();
  await mirror.ok("label", "repo", second, "kept");
  await mirror.ok("withdraw", "snapshots", third, "--reason", "a mistake");
  return mirror;
}

describe("generated files", () => {
  it("come out the same whether or not earlier builds are remembered", async () => {
    const mirror = await grown();
    await mirror.ok("update");
    const { site, rules } = mirror.everything();
    for (const name of ["made.json", "snapshots+repo.rows"]) {
      rmSync(mirror.file(`state/cache/${name}`));
      expect((await mirror.ok("build", "--dry-run")).out).toBe("nothing to do\n");
    }
    rmSync(mirror.file("rules"), { recursive: true });
    for (const name of ["snapshots/repo/checkpoints", "snapshots/repo/_asof/log", "snapshots/repo/_asof/gone"])
      rmSync(mirror.file(`public/${name}`), { recursive: true });
    await mirror.ok("build");
    const after = mirror.everything();
    expect(after.rules).toEqual(rules);
    expect(after.site).toEqual(site);
  });

  it("are made of the rows of earlier years as they were rendered, unless those were damaged, and verify takes nothing from them", async () => {
    const mirror = await grown();
    const memory = mirror.file("state/cache/snapshots+repo.rows");
    const label = /^.*(?= [0-9a-f]{64}$)/m.exec(readFileSync(memory, "utf8"))?.[0] ?? "";
    const body = readSealed(memory, label)?.toString("utf8") ?? "";
    writeSealed(memory, label, [Buffer.from(body.replaceAll("<time", "<TIME"))]);
    mirror.at(901 * day);
    mirror.offer({ "sub/a": "one more" });
    await mirror.ok("update");
    const page = (): string => readFileSync(mirror.file("public/snapshots/repo/index.html"), "utf8");
    expect(page()).toContain("<TIME");
    expect(page()).toContain("<time");
    expect((await mirror.run("verify")).out).toContain("snapshots/repo/index.html");
    writeFileSync(memory, readFileSync(memory, "utf8").replace("<TIME", "<TIMe"));
    mirror.at(902 * day);
    mirror.offer({ "sub/a": "and one more" });
    await mirror.ok("update");
    expect(page()).not.toContain("<TIM");
    await mirror.ok("verify");
  });

  it("that the reload command changed after they were written are made again by the next build", async () => {
    const once = "test -e done || { touch done; sed -i s/immutable/changed/ rules/nginx/http.conf; }";
    const mirror = aMirror({ top: { reload: ["sh", "-c", once], servers: ["nginx"] } });
    mirror.offer({ a: "1" });
    await mirror.ok("update");
    const rules = mirror.file("rules/nginx/http.conf");
    expect(readFileSync(rules, "utf8")).not.toContain("immutable");
    await mirror.ok("build");
    expect(readFileSync(rules, "utf8")).toContain("immutable");
    expect((await mirror.ok("build")).out).toBe("nothing to do\n");
  });

  it.each([
    "public/snapshots/repo/checkpoints/2026.json",
    "public/snapshots/repo/index.html",
    "public/snapshots/repo/_asof/log/000000.jsonl",
    "rules/nginx/http.conf",
    "rules/apache/asof.conf",
  ])("that somebody changed without changing size or time are made again: %s", async (name) => {
    const mirror = await grown();
    const file = mirror.file(name);
    const before = readFileSync(file, "utf8");
    const { atime, mtime, size } = statSync(file);
    writeFileSync(
      file,
      before.replace(/[a-z]/, (letter) => (letter === "x" ? "y" : "x")),
    );
    utimesSync(file, atime, mtime);
    expect(statSync(file).size).toBe(size);
    await mirror.ok("build");
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  it("that were removed are made again, records of directories with them", async () => {
    const mirror = await grown();
    const root = String(mirror.events().findLast(({ type }) => type === "version")?.["root"]);
    const removed = [
      `public/snapshots/repo/_asof/tree/${root.slice(0, 2)}/${root}`,
      "public/snapshots/repo/timemap",
      "rules/lighttpd/asof.conf",
    ].map((name) => mirror.file(name));
    for (const file of removed) rmSync(file);
    await mirror.ok("build");
    expect(removed.filter((file) => !existsSync(file))).toEqual([]);
  });

  it("cost no write when nothing is new", async () => {
    const mirror = await grown();
    for (const argv of [["update"], ["build"]]) await mirror.ok(...argv);
    const made = statSync(mirror.file("state/cache/made.json"), { bigint: true });
    for (const argv of [["update"], ["build"]]) await mirror.ok(...argv);
    expect(statSync(mirror.file("state/cache/made.json"), { bigint: true }).ctimeNs).toBe(made.ctimeNs);
  });
});
