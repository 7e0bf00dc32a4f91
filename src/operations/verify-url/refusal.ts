import { Failure } from "../../failure.ts";
import type { FailedCommand } from "../build/run-command.ts";

/** Why a check command did not accept a signature. */
export interface Refusal {
  /** A clause about it: whose fault it may be, as far as that is known. */
  readonly why: string;
  /** How it ended and what it said, a line each; safe to show. */
  readonly lines: readonly string[];
}

/**
 * Judges a check command that did not end with 0. What a mirror sends can make it refuse, but not make it impossible to run: that is the user's to mend, and throws USAGE.
 */
export function refusalOf(failed: FailedCommand, program: string, signature: string): Refusal {
  const { how } = failed;
  // ssh-keygen says some of it on its standard output.
  const said = shownLines([...failed.said, ...failed.printed]);
  // A shell, env and their like end so for the program that they were to run.
  if (/^E[A-Z]+:/.test(how) || how === "exit code 126" || how === "exit code 127") {
    throw new Failure("USAGE", `the check command cannot be run (${how}): ${program}`, {
      details: said,
      hint: "mend --check; nothing was found out about the mirror",
    });
  }
  const lines = [`${signature}: the command ended with ${how}`, ...said.map((line) => `  ${line}`)];
  if (!how.startsWith("exit code ")) return { why: "it did not come to its end", lines };
  const known = knownWords.find(({ words }) => failed.said.some((line) => words.test(line)));
  return { why: known?.why ?? "either the key that it was given is wrong, or the signature", lines };
}

/** What gpgv, ssh-keygen and minisign say of a key that they cannot find, in English. A mirror may make a command say them, too: they decide words only. */
const knownWords: readonly { readonly words: RegExp; readonly why: string }[] = [
  {
    words: /keyblock resource|allowed keys file|no such file or directory|permission denied/i,
    why: "it could not open a file, perhaps the one with the key: without the right key nothing is known of the signature",
  },
  {
    words: /no public key|key id in the public key/i,
    why: "it says that it lacks the key: either it was given another one, or somebody else signed",
  },
];

const mostLines = 20;
const mostCharacters = 300;

/** A signature may make a command say anything, also what moves a terminal's cursor. */
function shownLines(lines: readonly string[]): readonly string[] {
  const shown = lines.slice(0, mostLines).map((line) => {
    const cut = line.length > mostCharacters ? `${line.slice(0, mostCharacters)}…` : line;
    return cut.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => {
      return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
    });
  });
  return lines.length > mostLines ? [...shown, `and ${lines.length - mostLines} more lines`] : shown;
}
