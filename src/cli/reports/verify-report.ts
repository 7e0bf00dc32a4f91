import path from "node:path";

import type { Config } from "../../model/config.ts";
import type { Finding, Problem } from "../../operations/verify/finding.ts";
import type { Verification } from "../../operations/verify/verify.ts";
import { formatSize } from "../../pages/format-size.ts";
import type { CommandResult } from "../command.ts";

/** What a check found, a line each, and what was checked. `isQuick` when nothing was hashed. */
export function verifyReport(
  found: Verification,
  config: Config,
  options: { readonly isQuick: boolean },
): CommandResult {
  return {
    text: () =>
      [
        ...behindSiteLines(found),
        ...found.findings.flatMap((finding) => findingLines(finding, config)),
        summary(found, options.isQuick),
      ]
        .map((line) => `${line}\n`)
        .join(""),
    json: () => ({ ...verificationJson(found), quick: options.isQuick }),
  };
}

/** Why there may be many findings and nothing to repair; none where the site knows no more than the state. */
export function behindSiteLines({ behindSite }: Pick<Verification, "behindSite">): readonly string[] {
  if (behindSite.length === 0) return [];
  return [
    ...behindSite.map(({ name, known, recorded, isOlder }) =>
      isOlder
        ? `the state is older than its site: it knows ${countText(known, "event")} of ${name}, the site was built from ${recorded}`
        : `the state has another history of ${name} than its site`,
    ),
    "asof recover is the way on, before any repair: with --adopt it takes back from the site what the state lacks. What follows may come from that alone",
  ];
}

/** `verified 20,431 objects, 3.2 GB, 4 logs, 1,204 checkpoints: no damage` */
function summary(found: Verification, isQuick: boolean): string {
  const counts = [
    countText(found.objects, "object"),
    formatSize(found.bytes),
    countText(found.logs, "log"),
    countText(found.checkpoints, "checkpoint"),
  ].join(", ");
  const outcome = found.findings.length === 0 ? "no damage" : countText(found.findings.length, "finding");
  const unchecked = found.unchecked.length === 0 ? "" : `; not checked: ${found.unchecked.join(", ")}`;
  return `${isQuick ? "looked at" : "verified"} ${counts}: ${outcome}${unchecked}${isQuick ? "; nothing was hashed" : ""}`;
}

/** The fields that every form of the JSON has; `complete` is false where `unchecked` names what was not compared; `behindSite` says of which repositories the site knows more events than the state. */
export function verificationJson({ behindSite, findings, notices, unchecked, ...found }: Verification): object {
  const { objects, bytes, records, logs, checkpoints } = found;
  const complete = unchecked.length === 0;
  return {
    objects,
    bytes,
    records,
    logs,
    checkpoints,
    complete,
    unchecked,
    notices,
    behindSite: behindSite.map(({ name, known, recorded, isOlder }) => ({
      repository: name,
      known,
      recorded,
      older: isOlder,
    })),
    findings: findings.map(findingJson),
  };
}

/** `affects` are the first thousand addresses, `affectsCount` is how many there are. */
export function findingJson(finding: Finding): object {
  const { kind, problem, path: file, digest, detail, affects } = finding;
  return { kind, problem, path: file, digest: digest ?? null, detail, affects, affectsCount: affectsCountOf(finding) };
}

function affectsCountOf({ affects, affectsCount }: Finding): number {
  return affectsCount ?? affects.length;
}

/** One line for what is wrong, and the addresses that show it, the first few of them. */
export function findingLines(finding: Finding, config: Config): readonly string[] {
  const { affects, detail, problem, kind } = finding;
  const more = affectsCountOf(finding) - shownAddresses;
  return [
    `${kind} ${shownFile(finding.path, config)}: ${sentences[problem]}${detail === "" ? "" : ` (${detail})`}`,
    ...affects.slice(0, shownAddresses).map((address) => `  ${address}`),
    ...(more > 0
      ? [
          `  and ${countText(more, "address")} more; --json lists ${affectsCountOf(finding) > affects.length ? "a thousand" : "all"}`,
        ]
      : []),
  ];
}

/** As seen from the configuration; control characters of a foreign name must not reach the terminal. */
export function shownFile(file: string, config: Config): string {
  const relative = path.relative(path.dirname(config.file), file);
  const shown = relative.startsWith("..") ? file : relative;
  return /[\p{Cc}\p{Cf}]/u.test(shown) ? JSON.stringify(shown) : shown;
}

export function countText(count: number, what: string): string {
  const plural = what.endsWith("s") ? `${what}es` : `${what}s`;
  return `${count.toLocaleString("en-US")} ${count === 1 ? what : plural}`;
}

const shownAddresses = 10;

const sentences = {
  missing: "is missing",
  bytes: "does not have the bytes that belong there",
  size: "has another size than the record says",
  mode: "has the wrong permissions",
  type: "is something else",
  target: "leads elsewhere",
  copy: "is a copy, no link to the pool",
  extra: "was not made by asof",
  unreadable: "cannot be read",
  contradiction: "contradicts the rest",
} as const satisfies Record<Problem, string>;
