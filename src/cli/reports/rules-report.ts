import path from "node:path";

import type { Config } from "../../model/config.ts";
import type { RulesCheck } from "../../operations/build/check-rules.ts";
import type { RulesOverview } from "../../operations/build/rules.ts";
import { capabilities } from "../../redirects/guide.ts";
import type { Answered, Capability, ServerGuide } from "../../redirects/guide.ts";
import type { CommandResult } from "../command.ts";

/** A table of what each server can, then a paragraph for each: what to include where, what it needs, what it does otherwise. */
export function rulesReport({ servers, hosts, checks }: RulesOverview, config: Config): CommandResult {
  return {
    text: () =>
      [
        ...(servers.length === 0 ? [] : [capabilityTable(servers)]),
        ...servers.map((guide) => paragraph(guide, config)),
        ...hosts.map((host) => `${host}\n  how to deploy it: ${path.join(config.rulesDir, "hosts", host)}`),
        ...(checks === undefined ? [] : [checks.map(checkText).join("\n")]),
      ]
        .map((block) => `${block}\n`)
        .join("\n"),
    json: () => ({
      hosts: hosts.map((host) => ({ host, folder: path.join(config.rulesDir, "hosts", host) })),
      servers: servers.map((guide) => ({
        server: guide.server,
        include: guide.include(config.rulesDir),
        needs: guide.needs,
        afterCheckpoint: guide.afterCheckpoint,
        answers: Object.fromEntries(
          capabilityNames.map((name) => [
            name,
            { asAgreed: guide.answers[name] === "yes", instead: insteadOf(guide.answers[name]) ?? null },
          ]),
        ),
      })),
      ...(checks === undefined ? {} : { checks }),
    }),
  };
}

const capabilityNames = Object.keys(capabilities).filter((name): name is Capability => name in capabilities);

/** Where a server does something else, the cell has the number of a note below. */
function capabilityTable(servers: readonly ServerGuide[]): string {
  const notes: string[] = [];
  const rows = capabilityNames.map((name) => [
    capabilities[name],
    ...servers.map(({ server, answers }) => {
      const instead = insteadOf(answers[name]);
      return instead === undefined ? "yes" : `(${notes.push(`${server}: ${instead}`)})`;
    }),
  ]);
  const table = [["", ...servers.map(({ server }) => server)], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  return [
    ...table.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    ),
    ...notes.map((note, index) => `(${index + 1}) ${note}`),
  ].join("\n");
}

function paragraph(guide: ServerGuide, config: Config): string {
  return [
    guide.server,
    ...guide.include(config.rulesDir).map(({ where, line }) => `  ${where}: ${line}`),
    ...guide.needs.map((need) => `  needs ${need}`),
    guide.afterCheckpoint === "reload" ? "  reads new rules when it is reloaded" : "  reads new times by itself",
  ].join("\n");
}

function checkText({ server, outcome, version }: RulesCheck): string {
  return `${server}: ${outcome}${version === undefined ? "" : ` (${version})`}`;
}

function insteadOf(answered: Answered): string | undefined {
  return answered === "yes" ? undefined : answered.instead;
}
