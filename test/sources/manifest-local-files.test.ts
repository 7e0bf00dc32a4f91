import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openManifestUrl } from "../../src/sources/manifest-url.ts";
import type { Source } from "../../src/sources/source.ts";
import { manifestOf, sha256Of } from "../helpers/origin-server.ts";
import { openTempSink } from "../helpers/temp-sink.ts";
import type { TempSink } from "../helpers/temp-sink.ts";

let directory: string;
let sink: TempSink;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "asof-manifest-"));
  sink = await openTempSink();
});
afterEach(async () => {
  await rm(directory, { recursive: true });
  await sink.remove();
});

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, body] of Object.entries({ ...files, "PULP #MANIFEST": manifestOf(files) })) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), body);
  }
}

function openSource(): Source {
  return openManifestUrl(
    { type: "file", url: pathToFileURL(join(directory, "PULP #MANIFEST")).href, mode: "mirror" },
    { concurrency: 2, retries: 1, timeoutSeconds: 5, maxManifestBytes: 1 << 20 },
    { timing: { random: () => 0, wait: () => Promise.resolve() } },
  );
}

const noAbort = (): AbortSignal => new AbortController().signal;

async function sync(source: Source): Promise<readonly string[]> {
  const { entries } = await source.list(noAbort());
  return [...(await source.fetch(entries, sink, { signal: noAbort() })).keys()].toSorted();
}

describe("a manifest on disk", () => {
  it("gives its files whatever they are called", async () => {
    const names = ["a b", "100%", "%2F", "%2e%2e", "ü", "d/e#f?g", "C|x", "C:/x"];
    await write(Object.fromEntries(names.map((name) => [name, name])));
    expect(await sync(openSource())).toEqual(names.toSorted());
    expect(await sink.stored()).toEqual(names.map(sha256Of).toSorted());
  });

  it("is kept byte for byte in mirror mode, and states no clock", async () => {
    await write({ a: "a" });
    const { manifest, serverSeconds } = await openSource().list(noAbort());
    expect(Buffer.from(manifest ?? []).toString()).toBe(manifestOf({ a: "a" }));
    expect(serverSeconds).toBeUndefined();
  });

  it("may list links to files elsewhere", async () => {
    await write({ a: "a" });
    await rm(join(directory, "a"));
    await mkdir(join(directory, "pool"));
    await writeFile(join(directory, "pool", "1"), "a");
    await symlink("pool/1", join(directory, "a"));
    expect(await sync(openSource())).toEqual(["a"]);
  });

  it.each([
    ["is not there", (path: string) => rm(path), "SOURCE_REFUSED", "ENOENT"],
    ["is a directory", (path: string) => rm(path).then(() => mkdir(path)), "SOURCE_REFUSED", "not a regular file"],
    [
      "is a pipe",
      (path: string) => rm(path).then(() => execFileSync("mkfifo", [path])),
      "SOURCE_REFUSED",
      "not a regular file",
    ],
    ["has another size", (path: string) => writeFile(path, "longer"), "SOURCE_BAD_DATA", "expected 1 bytes"],
    ["has other content", (path: string) => writeFile(path, "b"), "SOURCE_BAD_DATA", "expected SHA-256"],
  ])("fails when a file %s", async (_, damage, code, reason) => {
    await write({ a: "a" });
    await damage(join(directory, "a"));
    await expect(sync(openSource())).rejects.toMatchObject({ code, message: expect.stringContaining(reason) });
    expect(await sink.stored()).toEqual([]);
  });

  it("that changes in between is told from a bad one", async () => {
    await write({ a: "a" });
    const source = openSource();
    const { entries } = await source.list(noAbort());
    await write({ a: "b" });
    await expect(source.fetch(entries, sink, { signal: noAbort() })).rejects.toMatchObject({ code: "SOURCE_MOVED" });
  });

  it("that is missing fails", async () => {
    await expect(openSource().list(noAbort())).rejects.toMatchObject({ code: "SOURCE_REFUSED" });
  });
});
