import { z } from "zod";

import { basePathProblem } from "../model/base-path.ts";
import { commandLine, duration, folder, manifestName, name, size, text } from "./fields.ts";
import { labelProblem } from "../model/label.ts";
import { hostNames, serverNames } from "../model/server-name.ts";
import type { HostName, ServerName } from "../model/server-name.ts";
import { isSignatureName } from "../model/statement.ts";
import { siteUrlProblem } from "./url.ts";
import { remote } from "./written-remote.ts";
import type { WrittenRemote } from "./written-remote.ts";

/**
 * What a person may write, each value sound by itself and every default filled in; what must hold between values is asked by rules.ts.
 * Durations are seconds, sizes bytes, paths still as written.
 */
export interface WrittenConfig {
  readonly site: { readonly name: string; readonly title: string; readonly url?: string | undefined };
  readonly state: string;
  readonly output: string;
  readonly rules: string;
  readonly templates?: string | undefined;
  readonly theme: "default" | "classic";
  readonly servers: readonly ServerName[];
  readonly hosts: readonly HostName[];
  readonly check_rules: boolean;
  readonly reload?: readonly string[] | undefined;
  readonly sign?: { readonly command: readonly string[]; readonly file: string } | undefined;
  readonly layout: "shared" | "hardlinks" | "copies";
  readonly pruned: "gone" | "redirect";
  readonly grace: number;
  readonly grace_plain: number;
  readonly repositories: Readonly<Record<string, WrittenRepository>>;
  readonly distributions: Readonly<Record<string, WrittenDistribution>>;
}

export interface WrittenRepository {
  readonly remote?: WrittenRemote | undefined;
  readonly manifest: string | null;
  readonly sums: boolean;
  readonly history: boolean;
  readonly retain: WrittenRetention;
  readonly settled: boolean;
  readonly horizon_step: number;
  readonly max_shrink: number;
  readonly fetch: {
    readonly concurrency: number;
    readonly retries: number;
    readonly timeout: number;
    readonly max_manifest: number;
  };
}

/** Null: no such rule; `within` in seconds. */
export interface WrittenRetention {
  readonly checkpoints: number | null;
  readonly last: number | null;
  readonly hourly: number | null;
  readonly daily: number | null;
  readonly weekly: number | null;
  readonly monthly: number | null;
  readonly yearly: number | null;
  readonly within: number | null;
  readonly labels: readonly string[] | null;
}

export interface WrittenDistribution {
  readonly repository: string;
  readonly base_path: string;
  readonly checkpoint: boolean;
}

function keepCount(description: string): z.ZodDefault<z.ZodNullable<z.ZodInt>> {
  return z.int().min(1).nullable().default(null).describe(description);
}

const repository = z.strictObject({
  remote: remote.optional().describe("Where content comes from. Without it only `asof import` fills the repository."),
  manifest: manifestName
    .nullable()
    .default("PULP_MANIFEST")
    .describe("Name of the manifest that asof writes into every publication; null writes none."),
  sums: z
    .boolean()
    .default(true)
    .describe("Write SHA256SUMS for every checkpoint, so that sha256sum can check a copy of it."),
  history: z
    .boolean()
    .default(true)
    .describe(
      "Write files in which visitors find since when each path is as it is, under every checkpoint distribution.",
    ),
  retain: z
    .strictObject({
      checkpoints: keepCount("Keep the newest N checkpoints; null: no such rule."),
      last: keepCount("The same, under restic's name."),
      hourly: keepCount("Keep the newest checkpoint of each of the last N hours (UTC) that have one."),
      daily: keepCount("Keep the newest checkpoint of each of the last N days (UTC) that have one."),
      weekly: keepCount("Keep the newest checkpoint of each of the last N ISO weeks (UTC) that have one."),
      monthly: keepCount("Keep the newest checkpoint of each of the last N months (UTC) that have one."),
      yearly: keepCount("Keep the newest checkpoint of each of the last N years (UTC) that have one."),
      within: duration("1s", "36500d")
        .nullable()
        .default(null)
        .describe("Keep checkpoints less than so long before the newest one."),
      labels: z
        .array(text(labelProblem))
        .nullable()
        .default(null)
        .describe("Labels that keep a checkpoint; null: every label does."),
    })
    .prefault({})
    .describe(
      "Which checkpoints `asof prune` keeps: those that any of these rules keeps, and the newest. Without a rule, all.",
    ),
  settled: z
    .boolean()
    .default(true)
    .describe(
      "Promise that the answer for a time up to the horizon never changes, so that clients may cache it for ever.",
    ),
  horizon_step: duration("1s", "366d")
    .prefault("1d")
    .describe("A run that found nothing new moves the horizon at most once in this time."),
  max_shrink: z
    .int()
    .min(0)
    .max(100)
    .default(50)
    .describe(
      "Percent of the files that one sync may lose without --allow-shrink; losing ten or fewer is never refused, losing all always.",
    ),
  fetch: z
    .strictObject({
      concurrency: z
        .int()
        .min(1)
        .max(64)
        .default(10)
        .describe(
          "Requests at the same time. Many small files over plain http are asked for ahead, on at most four connections.",
        ),
      retries: z.int().min(0).max(20).default(3).describe("How often a failed request is tried again."),
      timeout: duration("1s", "1h").prefault("30s").describe("A request without a byte for so long is given up."),
      max_manifest: size("1kB", "1GiB").prefault("64 MiB").describe("A longer manifest is refused."),
    })
    .prefault({})
    .describe("How a file remote is read."),
});

const distribution = z.strictObject({
  repository: z.string().describe("Name of the repository that is served."),
  base_path: text(basePathProblem)
    .max(200, "is longer than 200 characters")
    .describe("Where it is served, below site.url: segments of A-Z a-z 0-9 . _ ~ - joined by slashes."),
  checkpoint: z
    .boolean()
    .default(false)
    .describe("true serves every checkpoint below <base_path>/<timestamp>/, false the newest publication."),
});

/** Read by editors (the shipped JSON Schema is made from it) and by `checkWritten`. */
const schema = z
  .strictObject({
    $schema: z.string().optional().describe("Where editors find the schema of this file."),
    site: z
      .strictObject({
        name: z
          .string()
          .max(32, "is longer than 32 characters")
          .regex(/^[a-z0-9]+$/, "may have a-z and 0-9 only")
          .default("main")
          .describe("Prefix of the names in generated server rules, so that several sites fit into one server."),
        title: text((value) => (/\p{Cc}/u.test(value) ? "has a control character" : undefined))
          .max(200, "is longer than 200 characters")
          .default("Package archive")
          .describe("Heading of the pages."),
        url: text(siteUrlProblem).optional().describe("Public address; its path is where the output is mounted."),
      })
      .prefault({})
      .describe("The site as visitors see it."),
    state: folder.default("state").describe("Private folder with the history; on one file system with output."),
    output: folder.default("public").describe("Document root of the web server; all of it is generated."),
    rules: folder.default("rules").describe("Folder for the generated server configuration."),
    templates: folder.optional().describe("Folder with templates that replace built-in ones of the same name."),
    theme: z.enum(["default", "classic"]).default("default").describe("Look of the pages."),
    servers: z
      .array(z.enum(serverNames))
      .default([...serverNames])
      .describe("Web servers that rules are generated for; none, [], where hosts names what serves the site."),
    hosts: z
      .array(z.enum(hostNames))
      .default([])
      .describe("Hosts without a rule language, whose own files are written beside the site; needs layout: copies."),
    check_rules: z
      .boolean()
      .default(false)
      .describe("Let each server of `servers` that is installed check new rules before they replace the old ones."),
    reload: commandLine.optional().describe("Command and arguments, run after the rules changed, without a shell."),
    sign: z
      .strictObject({
        command: commandLine
          .refine((words) => words.some((word) => word.includes("{file}")), 'has no "{file}"')
          .describe(
            "Command and arguments, run without a shell before a checkpoint is recorded: {file} is the statement to sign, {signature} where its signature must be afterwards.",
          ),
        file: text((value) =>
          isSignatureName(value) ? undefined : 'is not "checkpoint.txt." and a-z or 0-9 behind it',
        )
          .default("checkpoint.txt.sig")
          .describe(
            "Name of the signature beside the statement: checkpoint.txt.asc, checkpoint.txt.sig, checkpoint.txt.minisig.",
          ),
      })
      .optional()
      .describe("Sign the statement about each checkpoint."),
    layout: z
      .enum(["shared", "hardlinks", "copies"])
      .default("shared")
      .describe("How checkpoints share files: links to shared folders, hard links only, or copies."),
    pruned: z
      .enum(["gone", "redirect"])
      .default("gone")
      .describe("Answer for a pruned checkpoint: 410, or a redirect to the one before (needs settled: false)."),
    grace: duration("0s", "3650d")
      .prefault("1h")
      .describe("How long a pruned checkpoint stays on disk after the rules stopped naming it."),
    grace_plain: duration("0s", "3650d")
      .prefault("3d")
      .describe("How long a plain distribution goes on serving files that its newest publication dropped."),
    repositories: z
      .record(name, repository)
      .refine((value) => Object.keys(value).length > 0, "needs at least one repository")
      .describe("Repositories by name."),
    distributions: z.record(name, distribution).default({}).describe("What is served where, by name."),
  })
  .describe("Configuration of asof");

export type WrittenCheck =
  | { readonly ok: true; readonly written: WrittenConfig }
  | { readonly ok: false; readonly issues: readonly z.core.$ZodIssue[] };

/** Whether `value` is a configuration that a person may write; otherwise everything that is wrong with it. */
export function checkWritten(value: unknown): WrittenCheck {
  const result = schema.safeParse(value, { reportInput: true });
  return result.success ? { ok: true, written: result.data } : { ok: false, issues: result.error.issues };
}

/** The schema itself, for those who walk it: known-keys.ts, and the test that keeps the shipped JSON Schema current. */
export function writtenSchema(): z.ZodType<WrittenConfig> {
  return schema;
}
