import { writeFile } from "node:fs/promises";
import path from "node:path";

import { Failure } from "../../failure.ts";
import type { Checkpoint, NamedFile } from "../../model/history.ts";
import { parseStatement, printStatement, statementName, statementOf } from "../../model/statement.ts";
import { runCommand } from "../build/run-command.ts";
import type { Findings, UrlFinding } from "./findings.ts";
import { sha256 } from "./mirror-client.ts";
import type { MirrorClient } from "./mirror-client.ts";
import type { PublishedLog } from "./read-log.ts";

export interface StatementCheck {
  readonly client: MirrorClient;
  readonly base: URL;
  readonly log: PublishedLog;
  readonly checkpoint: Checkpoint;
  readonly findings: Findings;
  /** Argv list that accepts or refuses a signature; it has {file} and {signature} in it and reads the statement on its standard input. */
  readonly command: readonly string[] | undefined;
  /** A folder of our own for what the command reads. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

const mostStatementBytes = 65_536;
const mostSignatureBytes = 1_048_576;

/**
 * Checks the statement about a checkpoint and its signatures. The log alone says what the statement must be, byte for byte; what the mirror shows is compared with that. Answers whether the check command
 * accepted a signature over it.
 */
export async function checkStatement(check: StatementCheck): Promise<boolean> {
  const { client, base, log, checkpoint, findings, command } = check;
  const at = checkpoint.created;
  const add = (kind: UrlFinding["kind"], name: string, text: string): void =>
    findings.add({ kind, checkpoint: at, path: `_asof/${at}/${name}`, text });
  if (checkpoint.statement === undefined) {
    if (command !== undefined)
      add("signature", statementName, "is not there: this checkpoint was made before there were any");
    return false;
  }
  const n = log.events.findIndex((event) => event.type === "publication" && event.checkpoint && event.created === at);
  const wanted = printStatement(statementOf(log.history.name, checkpoint, { n, prev: log.digests[n - 1] ?? "" }));
  if (sha256(wanted) !== checkpoint.statement.digest) {
    add(
      "log",
      statementName,
      `cannot be right: line ${n} of the log says one thing of this checkpoint and the digest of another`,
    );
  }
  const shown = await client.text(client.url(base, `_asof/${at}/${statementName}`), mostStatementBytes);
  if (!Buffer.isBuffer(shown)) {
    if (!isTakenDown(check, checkpoint.statement)) add("missing", statementName, `is not there (${shown.status})`);
  } else if (!shown.equals(Buffer.from(wanted)))
    add("altered", statementName, differenceOf(shown.toString("utf8"), wanted));

  let isAccepted = false;
  const refusals: string[] = [];
  for (const signature of checkpoint.signatures ?? []) {
    const bytes = await signatureBytes(check, signature, (kind, text) => add(kind, signature.name, text));
    if (bytes === undefined || command === undefined) continue;
    const refusal = await refusalOf(check, command, wanted, { name: signature.name, bytes });
    if (refusal === undefined) isAccepted = true;
    else refusals.push(`${signature.name} ${refusal}`);
  }
  if (command !== undefined && !isAccepted) {
    const isUnsigned = (checkpoint.signatures ?? []).length === 0;
    const text = isUnsigned
      ? "is not signed"
      : `has no signature that the check command accepts: ${refusals.join("; ")}`;
    add("signature", statementName, text);
  }
  return isAccepted;
}

async function signatureBytes(
  check: StatementCheck,
  { name, digest }: NamedFile,
  add: (kind: "altered" | "missing", text: string) => void,
): Promise<Buffer | undefined> {
  const { client, base, checkpoint } = check;
  const bytes = await client.text(client.url(base, `_asof/${checkpoint.created}/${name}`), mostSignatureBytes);
  if (!Buffer.isBuffer(bytes)) {
    if (!isTakenDown(check, { digest })) add("missing", `is not there (${bytes.status})`);
    return undefined;
  }
  if (sha256(bytes) !== digest) add("altered", "is not the signature that the log names");
  return bytes;
}

function isTakenDown({ log }: StatementCheck, { digest }: Pick<NamedFile, "digest">): boolean {
  return log.history.takenDown.has(digest);
}

/** Why the command does not accept a signature, or undefined when it does. A command that cannot be run at all is the user's to mend. */
async function refusalOf(
  { folder, signal }: StatementCheck,
  command: readonly string[],
  statement: string,
  { name, bytes }: { readonly name: string; readonly bytes: Buffer },
): Promise<string | undefined> {
  const [file, signature] = [path.join(folder, statementName), path.join(folder, name)];
  await writeFile(file, statement);
  await writeFile(signature, bytes);
  const argv = command.map((word) => word.replaceAll("{file}", file).replaceAll("{signature}", signature));
  const failed = await runCommand(argv, { signal, cwd: process.cwd(), timeoutMs: 60_000, input: statement });
  if (failed === undefined) return undefined;
  if (/^E[A-Z]+:/.test(failed.how))
    throw new Failure("USAGE", `the check command cannot be run (${failed.how}): ${command[0]}`);
  return `(${failed.how}${failed.said.length === 0 ? "" : `: ${failed.said.at(-1)}`})`;
}

/** What a statement says otherwise than it must. */
function differenceOf(shown: string, wanted: string): string {
  const statement = parseStatement(shown);
  if (statement === undefined) return "is no statement about a checkpoint";
  const lines = wanted.split("\n");
  const odd = shown.split("\n").find((line, index) => line !== lines[index]);
  return `is not what the log says: it has the line ${JSON.stringify(odd)}`;
}
