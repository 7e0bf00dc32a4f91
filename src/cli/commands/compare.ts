import { compareServers } from "../../operations/compare/compare.ts";
import { parseIgnored } from "../../operations/compare/ignored.ts";
import { defineCommand } from "../command.ts";
import type { Command } from "../command.ts";
import { comparisonReport } from "../reports/compare-report.ts";

export const compare: Command = defineCommand({
  positionals: {
    "url-a": { description: "Base path below which one server has its checkpoints", required: true },
    "url-b": { description: "The same of the other server", required: true },
  },
  options: {
    count: {
      kind: "number",
      default: 20,
      least: 1,
      most: 1_000_000,
      description: "So many checkpoints, of each so many files and folders, and so many random times",
    },
    all: { kind: "flag", description: "Every checkpoint, file and folder instead" },
    seed: { kind: "number", default: 1, description: "Another number chooses others, and other times" },
    ignore: {
      kind: "texts",
      description: "Differences that are known: a case as printed, or CASE:FIELD; * at the end of a case is anything",
    },
  },
  description: `Asks two servers the same and prints where they differ: status, where a redirect leads to (below each one's own base path), and for what is there the bytes, Content-Type and Content-Length. It follows no redirect. Asked are the checkpoints that the two list, with and without slash, their files, folders and manifests, the seconds beside and between them, before the first, after the last, now and tomorrow, random times, what is missing, queries, HEAD and POST, times that are none, and unusual spellings. Any two will do: a Pulp and a mirror of it, two mirrors, one mirror behind two web servers.

A case says where a time lies (exact, between, before-first, after-last, future) and what is behind it (root, file, folder, missing, ...), or what else is asked (list, query, bad-time, ...). Nothing is changed on either server; POST is sent without a body.`,
  examples: [
    {
      line: "asof compare https://pulp.example.org/pulp/content/checkpoint/myfile/ https://mirror.example.org/checkpoints/myfile/",
      does: "does the mirror answer as Pulp does?",
    },
    {
      line: "asof compare http://old.example.org/checkpoints/myfile http://new.example.org/checkpoints/myfile --all --quiet",
      does: "for a script: exit code 0 when every answer is the same",
    },
    {
      line: "asof compare URL-A URL-B --ignore 'between/*:status' --ignore query",
      does: "301 or 302 for times between is no matter, nor what becomes of a query",
    },
  ],
  exitCodes: [3, 4],
  async run({ options, now, signal, progress, print }) {
    const result = await compareServers({
      a: options.urlA,
      b: options.urlB,
      now: now(),
      seed: options.seed,
      count: options.all ? undefined : options.count,
      ignored: parseIgnored(options.ignore),
      signal,
      onProgress: ({ asked }) => progress.update({ label: "compare", done: asked }),
    });
    print(comparisonReport(result));
    return result.differing > 0 ? 3 : 0;
  },
});
