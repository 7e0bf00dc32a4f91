import { z } from "zod";

import { relativePathProblem } from "../model/relative-path.ts";
import { folder, patterns, text } from "./fields.ts";
import { remoteUrlProblem } from "./url.ts";

/** Where a repository's content comes from, as a person may write it. */
export type WrittenRemote =
  | { readonly type: "file"; readonly url: string; readonly mode: "additive" | "mirror" }
  | {
      readonly type: "directory";
      readonly path: string;
      readonly include: readonly string[];
      readonly exclude: readonly string[];
      readonly symlinks: "refuse" | "skip" | "follow-inside";
      readonly ready?: string | undefined;
    };

export const remote: z.ZodType<WrittenRemote> = z.discriminatedUnion(
  "type",
  [
    z
      .strictObject({
        type: z.literal("file").describe("A PULP_MANIFEST and the files beside it."),
        url: text(remoteUrlProblem).describe("http:, https: or file: URL of the manifest itself."),
        mode: z
          .enum(["additive", "mirror"])
          .default("additive")
          .describe(
            "additive keeps files that left the manifest; mirror drops them and keeps the upstream manifest as it is.",
          ),
      })
      .describe("A PULP_MANIFEST and the files beside it."),
    z
      .strictObject({
        type: z.literal("directory").describe("A folder on this machine."),
        path: folder.describe("The folder, relative to the configuration file."),
        include: patterns.min(1).default(["**"]).describe("Glob patterns of the files to take."),
        exclude: patterns.default([]).describe("Glob patterns of files to leave out."),
        symlinks: z
          .enum(["refuse", "skip", "follow-inside"])
          .default("refuse")
          .describe(
            "refuse stops at the first symbolic link, skip leaves links out, follow-inside takes what links inside the folder point to.",
          ),
        ready: text(relativePathProblem)
          .optional()
          .describe(
            "A file in the folder by which its writer says that all is there: without it nothing is read, and it is no content. Its writer removes it before the first change and makes it after the last.",
          ),
      })
      .describe("A folder on this machine."),
  ],
  { error: (issue) => (issue.code === "invalid_union" ? 'must be "file" or "directory"' : undefined) },
);
