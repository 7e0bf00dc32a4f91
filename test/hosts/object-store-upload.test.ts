import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { aMirror, after } from "../operations/mirror.ts";
import type { Mirror } from "../operations/mirror.ts";
import { treeOf } from "../operations/tree-of.ts";

const isInstalled = runs("rclone", ["version"]);

it.runIf(process.env["CI"] !== undefined)("runs where rclone is installed", () => {
  expect(isInstalled).toBe(true);
});

describe.skipIf(!isInstalled)("upload.sh for object stores", () => {
  it("brings all of a site into the store, and the next time what is new", async () => {
    const mirror = await aSite("/mirror/");
    const store = path.join(mirror.dir, "bucket/mirror");
    upload(mirror);
    expect(contentOf(store)).toEqual(contentOf(mirror.file("it's public")));

    mirror.at(60);
    mirror.offer({ a: "two", "dir/index.html": "own two" });
    await mirror.ok("update");
    upload(mirror);
    const served = contentOf(mirror.file("it's public"));
    expect(contentOf(store)).toEqual(served);
    expect(Object.keys(served)).toContain(`snapshots/repo/${after(60)}/a`);
  });

  it("brings checkpoints first and lists last, each with its own caching", async () => {
    const mirror = await aSite("/");
    const calls = upload(mirror);
    const step = (name: string): number => calls.findIndex(({ copied }) => copied.includes(name));
    const order = [
      `snapshots/repo/${after(0)}/a`,
      `snapshots/repo/${after(0)}/index.html`,
      "plain/a",
      "snapshots/repo/checkpoints.json",
    ].map(step);
    expect(order).not.toContain(-1);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    const cachingOf = (name: string): string | undefined => calls[step(name)]?.caching;
    expect(cachingOf(`snapshots/repo/${after(0)}/a`)).toBe("public, max-age=31536000, immutable");
    expect(cachingOf(`snapshots/repo/${after(0)}/index.html`)).toBe("no-cache");
    expect(cachingOf(`snapshots/repo/${after(0)}/dir/index.html`)).toBe("no-cache");
    expect(cachingOf("_asof/assets/style.css")).toBe("public, max-age=3600");
    for (const name of ["plain/a", "index.html", "404.html", "site.json", "snapshots/repo/index.html"]) {
      expect(cachingOf(name)).toBe("no-cache");
    }
  });

  it("asks for the store, and stops where one step fails", async () => {
    const mirror = await aSite("/");
    expect(runs("sh", [mirror.file("rules/hosts/object-store/upload.sh")])).toBe(false);
    expect(runs("sh", [mirror.file("rules/hosts/object-store/upload.sh"), "nowhere:bucket"])).toBe(false);
  });
});

async function aSite(mount: string): Promise<Mirror> {
  const mirror = aMirror({
    top: {
      layout: "copies",
      hosts: ["object-store"],
      servers: ["nginx"],
      output: "it's public",
      site: { url: `https://mirror.example.org${mount}` },
    },
  });
  mirror.offer({ a: "one", "dir/index.html": "own", "dir/b c": "one" });
  await mirror.ok("update");
  return mirror;
}

/** Digests by path: a store knows no modes. */
function contentOf(folder: string): Readonly<Record<string, string>> {
  const entries = Object.entries(treeOf(folder)).map(([name, text]) => [name, text.replace(/^(.) \d+/, "$1")] as const);
  return Object.fromEntries(entries);
}

interface Step {
  readonly caching: string | undefined;
  /** Paths that this step brought. */
  readonly copied: readonly string[];
}

/** Runs the script with the real rclone, to a folder in place of a bucket, and notes what each call did. */
function upload(mirror: Mirror): readonly Step[] {
  const bin = path.join(mirror.dir, "bin");
  const notes = path.join(mirror.dir, "notes");
  mkdirSync(bin, { recursive: true });
  writeFileSync(notes, "");
  const real = execFileSync("sh", ["-c", "command -v rclone"], { encoding: "utf8" }).trim();
  writeFileSync(
    path.join(bin, "rclone"),
    `#!/bin/sh\nprintf 'call %s\\n' "$3" >> '${notes}'\nexec '${real}' "$@" --config /dev/null -v --use-json-log 2>> '${notes}'\n`,
  );
  chmodSync(path.join(bin, "rclone"), 0o755);
  execFileSync("sh", [mirror.file("rules/hosts/object-store/upload.sh"), path.join(mirror.dir, "bucket")], {
    env: { ...process.env, PATH: `${bin}:${process.env["PATH"] ?? ""}` },
  });
  return readFileSync(notes, "utf8")
    .split(/^call /m)
    .slice(1)
    .map((text) => ({
      caching: /^Cache-Control: (.*)$/m.exec(text)?.[1],
      copied: [...text.matchAll(/"object":"([^"]+)"/g)].map(([, name = ""]) => name),
    }));
}

function runs(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
