import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

import { Failure } from "../../failure.ts";
import type { NamedFile } from "../../model/history.ts";
import { statementName } from "../../model/statement.ts";
import type { Transaction } from "../../store/transaction.ts";
import { runCommand } from "../build/run-command.ts";
import type { Workspace } from "../workspace.ts";
import { shownCommand } from "./shown-command.ts";

/** Whoever signs with a hardware key has so long to touch it. */
const timeoutMs = 60_000;
const mostBytes = 1_048_576;

/**
 * Lets the configured command sign a statement, in a folder of the transaction, and puts the signature into the pool. Nothing was recorded yet: a checkpoint is published signed or not at
 * all. Throws SIGNATURE when the command fails, takes longer than a minute, or leaves no signature.
 */
export async function signStatement(
  { config, signal }: Pick<Workspace, "config" | "signal">,
  transaction: Transaction,
  text: string,
): Promise<readonly NamedFile[]> {
  const { sign } = config;
  if (sign === undefined) return [];
  const folder = path.join(transaction.dir, "sign");
  mkdirSync(folder, { mode: 0o700 });
  const [file, signature] = [path.join(folder, statementName), path.join(folder, sign.file)];
  writeFileSync(file, text, { mode: 0o600, flag: "wx" });

  const command = sign.command.map((word) => word.replaceAll("{file}", file).replaceAll("{signature}", signature));
  const failed = await runCommand(command, { signal, cwd: path.dirname(config.file), timeoutMs });
  const refused = (what: string, said: readonly string[] = [], cause?: unknown): Failure =>
    new Failure(
      "SIGNATURE",
      `the signing command ${what}: ${shownCommand(command)}${said.length === 0 ? "" : `: ${said.at(-1)}`}`,
      {
        cause,
        details: said.slice(-10, -1),
        hint: "nothing was published; mend sign.command, or try it by hand as the user that asof runs as",
      },
    );
  if (failed !== undefined) throw refused(`failed (${failed.how})`, failed.said, failed.cause);
  const left = statSync(signature, { throwIfNoEntry: false });
  if (left?.isFile() !== true) throw refused(`wrote no ${sign.file}`);
  if (left.size === 0) throw refused(`wrote an empty ${sign.file}`);
  if (left.size > mostBytes) throw refused(`wrote ${left.size} bytes into ${sign.file}, which is no signature`);
  if (readFileSync(file, "utf8") !== text) throw refused(`changed ${statementName}`);
  const { digest, sizeBytes } = transaction.putText(readFileSync(signature));
  return [{ name: sign.file, digest, bytes: sizeBytes }];
}
