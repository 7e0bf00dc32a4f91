import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, test } from "vitest";

import { nginxAvailable } from "../servers/nginx.ts";
import { aClientSite } from "./client-site.ts";
import type { ClientSite } from "./client-site.ts";
import { aFolder, areInstalled, ok } from "./client.ts";

/** Names that a link has to spell otherwise, a directory in a directory, and more names than the script of the pages waits for. */
const content: Readonly<Record<string, string>> = {
  "notes.txt": "notes",
  "R&D #1 <draft>.txt": "draft",
  "100%.bin": "percent",
  "dists/stable/main/Release": "release",
  "dists/stable/empty.txt": "",
  ...Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => [`pool/package-${index}_1.0.deb`, `package ${index}`]),
  ),
};

describe.skipIf(!nginxAvailable() || !areInstalled("lftp", "wget", "lynx"))("programs that walk listings", () => {
  test("lftp mirrors a checkpoint, and no other", async () => {
    const { site, early } = await twoCheckpoints();
    const folder = aFolder();
    ok("lftp", ["-c", `set cmd:fail-exit yes; set net:max-retries 1; mirror ${site.at(early)} here`], { cwd: folder });
    expect(contentOf(path.join(folder, "here"))).toEqual(content);
    expect(otherCheckpoints(site, early)).toEqual([]);
  });

  test("wget mirrors a checkpoint, and no other", async () => {
    const { site, early } = await twoCheckpoints();
    const folder = aFolder();
    ok("wget", ["--quiet", "-m", "-np", "-nH", "--cut-dirs=3", site.at(early)], { cwd: folder });
    expect(contentOf(folder)).toEqual(content);
    expect(otherCheckpoints(site, early)).toEqual([]);
  });

  test("lynx shows every name and every checkpoint as text", async () => {
    const { site, early, late } = await twoCheckpoints();
    const dump = (url: string): string => ok("lynx", ["-dump", "-width=200", url]);
    const root = dump(site.at(early));
    expect(root).toMatch(/\]notes\.txt\s+2025-03-18 14:0\d:\d\d\s+5 Bytes\s+5$/m);
    expect(root).toContain("R&D #1 <draft>.txt");
    expect(dump(`${site.at(early)}pool/`)).toMatch(/\]package-29_1\.0\.deb\s/);
    const list = dump(`${site.url}checkpoints/live/`);
    for (const at of [early, late]) expect(list).toContain(`${site.at(at)}\n`);
    expect(list).toMatch(/\+1 ~1/);
  });
});

async function twoCheckpoints(): Promise<{ readonly site: ClientSite; readonly early: string; readonly late: string }> {
  const site = await aClientSite();
  for (const [name, text] of Object.entries(content)) site.write(name, text);
  const early = await site.checkpoint();
  site.write("notes.txt", "other notes");
  site.write("new.txt", "new");
  const late = await site.checkpoint();
  site.requests();
  return { site, early, late };
}

/** What was asked for below a time that is not the one. */
function otherCheckpoints(site: ClientSite, at: string): readonly string[] {
  return site.requests().filter((line) => /\d{8}T\d{6}Z/.test(line) && !line.includes(`/checkpoints/live/${at}/`));
}

/** Files with their text, but for what asof made: pages and the manifest. */
function contentOf(folder: string): Readonly<Record<string, string>> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map((entry) => path.join(entry.parentPath, entry.name));
  return Object.fromEntries(
    files
      .map((file) => [path.relative(folder, file), readFileSync(file, "utf8")] as const)
      .filter(([name]) => !/(?:^|\/)(?:index\.html|PULP_MANIFEST)$/.test(name))
      .toSorted(),
  );
}
