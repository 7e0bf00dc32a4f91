import type { UrlVerification, VerifiedBase, VerifiedCheckpoint } from "../../operations/verify-url/verify-url.ts";
import type { BeforeSigning } from "../../operations/verify-url/unsigned-checkpoints.ts";
import { contentText } from "./quantity.ts";

/** What the caller brought along: what a result is worth depends on it. */
export interface Trust {
  readonly key: boolean;
  readonly root: boolean;
  readonly head: boolean;
}

/** What was found, what was proven and what was not, in plain words, and the head to remember. */
export function verifyUrlText(result: UrlVerification, trust: Trust): string {
  const lines: string[] = [];
  for (const { checkpoint, path, text, details = [] } of result.findings) {
    lines.push(`${path}${checkpoint === undefined || path.includes(checkpoint) ? "" : ` (${checkpoint})`}: ${text}`);
    lines.push(...details.map((line) => `  ${line}`));
  }
  if (result.findingCount > result.findings.length) {
    lines.push(`and ${result.findingCount - result.findings.length} more differences`);
  }
  for (const base of result.bases) lines.push(...baseLines(base, trust, faultLine(result)));
  return lines.map((line) => `${line}\n`).join("");
}

/** A signature that is not accepted may be the fault of whoever brought the key; anything else is the mirror's. */
function faultLine({ findings, findingCount }: UrlVerification): string | undefined {
  if (findingCount === 0) return undefined;
  return findings.length === findingCount && findings.every(({ kind }) => kind === "signature")
    ? "Nothing is proven: a signature is missing, or the check command does not accept it. In everything else that was checked the mirror agrees with itself."
    : "The mirror is not what it must be: nothing is proven.";
}

function baseLines(base: VerifiedBase, trust: Trust, fault: string | undefined): readonly string[] {
  const { url, repository, head, checkpoints, problem } = base;
  if (problem !== undefined) return [`${url}: nothing was checked: ${problem.message}`];
  if (repository === undefined || head === undefined)
    return [`${url}: the log cannot be trusted; nothing else was checked`];
  return [
    ...checkpoints.map((one) => `${url}${one.checkpoint}/ of ${repository}: ${countLine(one)}, root ${one.root}`),
    ...(fault === undefined
      ? [...provenLines(base, trust), `To remember: --head ${head.length}:${head.head}`]
      : [fault]),
  ];
}

function countLine({ filesHashed, bytesHashed, takenDown, hasSums }: VerifiedCheckpoint): string {
  const counts = `${contentText(filesHashed, bytesHashed)} hashed`;
  return `${counts}${takenDown === 0 ? "" : `, ${takenDown} taken down`}${hasSums ? "" : ", no SHA256SUMS"}`;
}

/** Only what really follows. */
function provenLines(
  { checkpoints, head, beforeSigning }: VerifiedBase,
  { key, root, head: remembered }: Trust,
): readonly string[] {
  const lines: string[] = [];
  if (checkpoints.some(isSampled)) lines.push("Only a sample of the files was hashed: nothing is said of the others.");
  if (key) lines.push("Proven by the key: whoever holds it signed exactly this content, and the history before it.");
  if (beforeSigning !== undefined) lines.push(beforeSigningLine(beforeSigning));
  if (root) lines.push("Proven by the root: the content is exactly the one whose root you gave.");
  if (remembered && checkpoints.every((one) => one.isRemembered)) {
    lines.push("Proven by the head: nothing that it covers was rewritten, these checkpoints among it.");
  } else if (remembered) {
    lines.push(
      "Proven by the head: nothing that it covers was rewritten. Of checkpoints that came after it, that says nothing.",
    );
  }
  if (lines.length > 0 && (key || root || remembered)) return lines;
  return [
    ...lines,
    `Proven: the mirror agrees with itself (${head?.length ?? 0} lines of history in one chain, and the files that it names).`,
    "Not proven: that this is what its maker published. Whoever can write the mirror can make another that agrees with itself: give --check, --root or --head.",
  ];
}

function beforeSigningLine({ checkpoints, firstSigned, provenBy }: BeforeSigning): string {
  const carry = checkpoints === 1 ? "checkpoint before it carries" : "checkpoints before it carry";
  return `Note: signatures begin with ${firstSigned}; ${checkpoints} ${carry} none. The signature of ${provenBy} covers the log, which names their content and says that none was made: whoever holds the key signed that history, and not each of them.`;
}

function isSampled({ files, filesHashed, takenDown }: VerifiedCheckpoint): boolean {
  return filesHashed + takenDown < files;
}
