import { existsSync, readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { aMirror } from "./mirror.ts";

const base = "public/snapshots/repo";
const foreign = [
  `${base}/checkpoints/notes.json`,
  `${base}/checkpoints/2025.json.orig`,
  `${base}/kit/README`,
  `${base}/_asof/timemap/index.html`,
  `${base}/_asof/gone/mine.html`,
  `${base}/_asof/log/notes.txt`,
  `${base}/_asof/log/folder/000000.jsonl`,
];
const stale = [
  `${base}/checkpoints/1999.json`,
  `${base}/kit/npmrc`,
  `${base}/_asof/timemap/1999`,
  `${base}/_asof/gone/19990101T000000Z.html`,
  `${base}/_asof/log/000099.jsonl`,
];

it("a build takes away what earlier builds wrote and nothing leads to, and leaves other files in the same folders", async () => {
  const mirror = aMirror({ top: { site: { url: "https://mirror.example.org/" } } });
  mirror.offer({ a: "one" });
  await mirror.ok("update");
  for (const name of [...foreign, ...stale]) mirror.write(name, "mine");
  await mirror.ok("build");
  for (const name of foreign) expect(readFileSync(mirror.file(name), "utf8")).toBe("mine");
  expect(stale.filter((name) => existsSync(mirror.file(name)))).toEqual([]);
  const { err } = await mirror.ok("verify");
  for (const name of foreign) expect(err).toContain(`${mirror.file(name)} was not made by asof`);
});
