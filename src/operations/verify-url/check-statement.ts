import { writeFile } from "node:fs/promises";
import path from "node:path";

import type { Checkpoint, NamedFile } from "../../model/history.ts";
import { parseStatement, printStatement, statementName, statementOf } from "../../model/statement.ts";
import { runCommand } from "../build/run-command.ts";
import type { Findings, UrlFinding } from "./findings.ts";
import { sha256 } from "./mirror-client.ts";
import type { MirrorClient } from "./mirror-client.ts";
import type { PublishedLog } from "./read-log.ts";
import { refusalOf } from "./refusal.ts";
import type { Refusal } from "./refusal.ts";
import { hasSignature } from "./unsigned-checkpoints.ts";

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

/** What the check command says of a checkpoint; `unsigned` where the log has no signature that it could be asked about, which is no finding yet. */
export type SignatureVerdict = "accepted" | "refused" | "unsigned" | "not-asked";

/**
 * Checks the statement about a checkpoint and its signatures. The log alone says what the statement must be, byte for byte; what the mirror shows is compared with that, and the check command is asked
 * about it.
 */
export async function checkStatement(check: StatementCheck): Promise<SignatureVerdict> {
  const { client, base, log, checkpoint, findings, command } = check;
  const at = checkpoint.created;
  const add = (kind: UrlFinding["kind"], name: string, text: string, details?: readonly string[]): void =>
    findings.add({
      kind,
      checkpoint: at,
      path: `_asof/${at}/${name}`,
      text,
      ...(details === undefined ? {} : { details }),
    });
  const unsigned = command === undefined ? "not-asked" : "unsigned";
  if (checkpoint.statement === undefined) return unsigned;
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

  if (!hasSignature(checkpoint)) return unsigned;
  let isAccepted = false;
  const refusals: Refusal[] = [];
  for (const signature of checkpoint.signatures ?? []) {
    const bytes = await signatureBytes(check, signature, (kind, text) => add(kind, signature.name, text));
    if (bytes === undefined || command === undefined) continue;
    const refusal = await askCommand(check, command, wanted, { name: signature.name, bytes });
    if (refusal === undefined) isAccepted = true;
    else refusals.push(refusal);
  }
  if (command === undefined) return "not-asked";
  if (isAccepted) return "accepted";
  const whys = refusals.length === 0 ? ["there is none to ask it about"] : new Set(refusals.map(({ why }) => why));
  add(
    "signature",
    statementName,
    `has no signature that the check command accepts: ${[...whys].join("; ")}`,
    refusals.flatMap(({ lines }) => lines),
  );
  return "refused";
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

/** Why the command does not accept a signature, or undefined when it does. */
async function askCommand(
  { folder, signal }: StatementCheck,
  command: readonly string[],
  statement: string,
  { name, bytes }: { readonly name: string; readonly bytes: Buffer },
): Promise<Refusal | undefined> {
  const [file, signature] = [path.join(folder, statementName), path.join(folder, name)];
  await writeFile(file, statement);
  await writeFile(signature, bytes);
  const argv = command.map((word) => word.replaceAll("{file}", file).replaceAll("{signature}", signature));
  const failed = await runCommand(argv, { signal, cwd: process.cwd(), timeoutMs: 60_000, input: statement });
  return failed === undefined ? undefined : refusalOf(failed, command[0] ?? "", name);
}

/** What a statement says otherwise than it must. */
function differenceOf(shown: string, wanted: string): string {
  const statement = parseStatement(shown);
  if (statement === undefined) return "is no statement about a checkpoint";
  const lines = wanted.split("\n");
  const odd = shown.split("\n").find((line, index) => line !== lines[index]);
  return `is not what the log says: it has the line ${JSON.stringify(odd)}`;
}
