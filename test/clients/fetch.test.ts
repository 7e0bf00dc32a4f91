import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, test } from "vitest";

import { addSeconds } from "../../src/model/timestamp.ts";
import { nginxAvailable } from "../servers/nginx.ts";
import { aClientSite } from "./client-site.ts";
import { aFolder, areInstalled, ok, run } from "./client.ts";
import type { ClientRun } from "./client.ts";

describe.skipIf(!nginxAvailable() || !areInstalled("curl", "wget", "awk"))("the script of a client kit", () => {
  test.each(["curl", "wget"])("fetches with %s what was there at each checkpoint", async (tool) => {
    const site = await aClientSite();
    site.write("docs/a,b/notes.txt", "not this one");
    site.write("docs/notes.txt", "one");
    const early = await site.checkpoint();
    const first = site.kit("fetch.sh");
    site.write("docs/notes.txt", "two");
    await site.checkpoint();
    const env = { PATH: pathWithout(tool === "curl" ? "wget" : "curl") };
    expect(fetched(first, ["docs/notes.txt"], env).files).toEqual({ "notes.txt": "one" });
    expect(fetched(site.kit("fetch.sh"), ["docs/notes.txt"], env).files).toEqual({ "notes.txt": "two" });
    const between = { ...env, SNAPSHOT: addSeconds(early, 5) };
    expect(fetched(site.kit("fetch.sh"), ["docs/notes.txt"], between).files).toEqual({ "notes.txt": "one" });
  });

  test("keeps no file whose digest is not that of the manifest", async () => {
    const site = await aClientSite();
    site.write("notes.txt", "one");
    site.write("whole.txt", "whole");
    await site.checkpoint();
    const script = site.kit("fetch.sh");
    // Another file in place of the one that was asked for, as from a cache gone wrong.
    const wrong = script.replace('get "$path" "$file.part"', 'get whole.txt "$file.part"');
    expect(wrong).not.toBe(script);
    const { exit, files } = fetched(wrong, ["notes.txt"]);
    expect(exit).toBe(1);
    expect(files).toEqual({});
  });

  test("says what it cannot fetch", async () => {
    const site = await aClientSite();
    site.write("notes.txt", "one");
    await site.checkpoint();
    const script = site.kit("fetch.sh");
    expect(fetched(script, []).said).toContain("usage: sh fetch.sh PATH...");
    expect(fetched(script, ["absent.txt"])).toMatchObject({ exit: 1, said: "absent.txt: not in the manifest\n" });
    expect(fetched(script, ["notes"])).toMatchObject({ exit: 1, said: "notes: not in the manifest\n" });
    expect(fetched(script, ["$(touch x).txt"])).toMatchObject({ exit: 2, files: {} });
    expect(fetched(script, ["notes.txt"], { SNAPSHOT: "20200101T000000Z" }).exit).not.toBe(0);
  });
});

interface Fetched extends ClientRun {
  readonly files: Readonly<Record<string, string>>;
}

/** What the script leaves in an empty folder. */
function fetched(script: string, paths: readonly string[], env: Readonly<Record<string, string>> = {}): Fetched {
  const folder = path.join(aFolder(), "here");
  mkdirSync(folder);
  writeFileSync(path.join(folder, "../fetch.sh"), script);
  const ended = run("sh", ["../fetch.sh", ...paths], { cwd: folder, env });
  const files = readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), "utf8")] as const);
  return { ...ended, files: Object.fromEntries(files) };
}

/** A PATH with everything that the script uses but one program. */
function pathWithout(absent: string): string {
  const folder = aFolder();
  for (const name of ["sh", "curl", "wget", "mktemp", "rm", "awk", "mv", "sha256sum"]) {
    if (name !== absent) symlinkSync(ok("sh", ["-c", `command -v ${name}`]).trim(), path.join(folder, name));
  }
  return folder;
}
