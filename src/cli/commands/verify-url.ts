import { Failure } from "../../failure.ts";
import { parseDigest } from "../../model/digest.ts";
import type { Digest } from "../../model/digest.ts";
import { parseInstant } from "../../model/instant.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { verifyUrl } from "../../operations/verify-url/verify-url.ts";
import type { LogHead } from "../../operations/verify-url/verify-url.ts";
import type { CommandContext } from "../command.ts";
import { exitCodeOfFailure } from "../exit-code.ts";
import type { ExitCode } from "../exit-code.ts";
import type { OptionValues } from "../options.ts";
import { verifyUrlText } from "../reports/verify-url-report.ts";

/** Options of `verify` that ask about a published mirror. */
export const verifyUrlOptions = {
  url: {
    kind: "text",
    description: "Check a published mirror over HTTP: the address of a base path, of a checkpoint, or of the site",
  },
  at: {
    kind: "text",
    description: "With --url: the newest checkpoint at or before this time, instead of the newest of all",
  },
  all: { kind: "flag", description: "With --url: every checkpoint" },
  sample: {
    kind: "number",
    least: 1,
    description: "With --url: hash so many files of each checkpoint, chosen by chance",
  },
  check: {
    kind: "text",
    description:
      "With --url: command that ends with 0 for a good signature; it finds {file} and {signature}, and the statement on its standard input",
  },
  root: { kind: "text", description: "With --url: the SHA-256 that the checkpoint's root must have" },
  head: { kind: "text", description: "With --url: LINES:SHA256, a head that an earlier check told to remember" },
} as const;

type UrlOptions = OptionValues<typeof verifyUrlOptions>;

/** `asof verify --url`: needs neither a configuration nor a state. */
export async function runVerifyUrl(context: CommandContext<UrlOptions>, url: string): Promise<ExitCode> {
  const { options, signal, progress } = context;
  if (options.all && (options.at ?? options.root) !== undefined) {
    throw new Failure("USAGE", "--all takes every checkpoint; --at and --root are about one");
  }
  const check = options.check === undefined ? undefined : commandOf(options.check);
  const result = await verifyUrl({
    url,
    at: options.at === undefined ? undefined : timeOf(options.at),
    all: options.all,
    sample: options.sample,
    check,
    root: options.root === undefined ? undefined : rootOf(options.root),
    head: options.head === undefined ? undefined : headOf(options.head),
    signal,
    onProgress: ({ files, total, bytes }) => progress.update({ label: "verify", done: files, total, bytes }),
  });
  const trust = { key: check !== undefined, root: options.root !== undefined, head: options.head !== undefined };
  context.print({ text: () => verifyUrlText(result, trust), json: () => ({ ...result, trust }) });
  if (result.findingCount > 0) return 3;
  // A base path without a checkpoint is no fault; one that could not be read was not checked.
  const unread = result.bases.find(({ problem }) => problem !== undefined && problem.code !== "USAGE")?.problem;
  return unread === undefined ? 0 : exitCodeOfFailure(unread.code);
}

/** A JSON list, or words between blanks: no shell reads it. */
function commandOf(text: string): readonly string[] {
  const words: unknown = text.startsWith("[") ? parseJson(text) : text.split(/\s+/).filter((word) => word !== "");
  const isList =
    Array.isArray(words) && words.length > 0 && words.every((word): word is string => typeof word === "string");
  if (isList && words.some((word) => word.includes("{signature}"))) return words;
  throw new Failure("USAGE", `--check ${text} is no command with {signature} in it`, {
    hint: 'for example --check "gpgv --keyring /path/to/key.gpg {signature} {file}", or the same as a JSON list',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function timeOf(text: string): Timestamp | undefined {
  const at = parseInstant(text);
  if (at === undefined)
    throw new Failure("USAGE", `--at ${text} is no time`, { hint: "write 20250318T140338Z or 2025-03-18" });
  return at === "latest" ? undefined : at;
}

function rootOf(text: string): Digest {
  const digest = parseDigest(text.toLowerCase());
  if (digest === undefined) throw new Failure("USAGE", "--root must be a SHA-256, 64 hexadecimal digits");
  return digest;
}

function headOf(text: string): LogHead {
  const [, length = "", hex = ""] = /^([1-9]\d{0,9}):(.+)$/.exec(text) ?? [];
  const head = parseDigest(hex.toLowerCase());
  if (head !== undefined) return { length: Number(length), head };
  throw new Failure(
    "USAGE",
    "--head must be LINES:SHA256: how many lines the log had, a colon, and the 64 hexadecimal digits of the last one's SHA-256",
    { hint: 'an earlier check printed it after "To remember:"; checkpoints.json has both under "log"' },
  );
}
