/** Writes the files that a list holds, each under a new name that takes the old one's place by rename, and makes them durable with one syncfs: what a full rebuild of pages has to do at least. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import process from "node:process";

const [list = "", folder = ""] = process.argv.slice(2);
mkdirSync(folder);
const files = readFileSync(list, "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line));
for (const [index, { content }] of files.entries()) writeFileSync(`${folder}/${index}`, content, { flag: "wx" });
execFileSync("sync", ["-f", folder]);
for (const [index, { path }] of files.entries()) renameSync(`${folder}/${index}`, path);
execFileSync("sync", ["-f", folder]);
