import { z } from "zod";

import { relativePathProblem } from "../model/relative-path.ts";
import { folder, patterns, text } from "./fields.ts";
import { pulpUrlProblem, remoteUrlProblem } from "./url.ts";

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
    }
  | {
      readonly type: "pulp";
      readonly url: string;
      readonly api?: string | undefined;
      readonly distribution?: string | undefined;
      readonly user?: string | undefined;
      readonly password_file?: string | undefined;
      readonly headers_file?: string | undefined;
      readonly ca_file?: string | undefined;
      readonly certificate_file?: string | undefined;
      readonly key_file?: string | undefined;
      readonly follow_retention: boolean;
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
    z
      .strictObject({
        type: z.literal("pulp").describe("The checkpoints of a Pulp server, each under Pulp's own second."),
        url: text(pulpUrlProblem).describe(
          "http: or https: URL at which Pulp's content app serves the checkpoint distribution.",
        ),
        api: text(pulpUrlProblem)
          .optional()
          .describe(
            "Root of the API, such as https://pulp.example.org/pulp/api/v3/: only it tells which publications are complete, and what their manifests are called.",
          ),
        distribution: text((value) => (/\p{Cc}/u.test(value) ? "has a control character" : undefined))
          .optional()
          .describe("Name of the distribution in the API, where its base_url does not tell that it is the one at url."),
        user: text((value) => (/[:\p{Cc}]/u.test(value) ? "has a colon or a control character" : undefined))
          .optional()
          .describe("User for content app and API (HTTP Basic)."),
        password_file: folder.optional().describe("File whose first line is the user's password."),
        headers_file: folder
          .optional()
          .describe("File with further headers for both, one `Name: value` a line: a token, say."),
        ca_file: folder
          .optional()
          .describe("PEM file of the authorities that may sign the server's certificate, in place of the usual ones."),
        certificate_file: folder
          .optional()
          .describe("PEM file of a client certificate, and of its key unless key_file names it."),
        key_file: folder.optional().describe("PEM file of the client certificate's key."),
        follow_retention: z
          .boolean()
          .default(false)
          .describe("Prune a checkpoint here, too, when Pulp has it no more."),
      })
      .describe("The checkpoints of a Pulp server, each under Pulp's own second."),
  ],
  { error: (issue) => (issue.code === "invalid_union" ? 'must be "file", "directory" or "pulp"' : undefined) },
);
