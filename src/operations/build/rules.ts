import { mkdtempSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { removeSync } from "fs-extra/esm";

import type { HostName, ServerName } from "../../model/server-name.ts";
import { serverGuides } from "../../redirects/guide.ts";
import type { ServerGuide } from "../../redirects/guide.ts";
import { checkRules } from "./check-rules.ts";
import type { RulesCheck } from "./check-rules.ts";
import type { Workspace } from "../workspace.ts";

export interface RulesOverview {
  /** Of the configured servers, in the order of the documentation. */
  readonly servers: readonly ServerGuide[];
  /** Hosts of the configuration, whose files come with a text that tells how to deploy them. */
  readonly hosts: readonly HostName[];
  /** What of this machine stands in the way. */
  readonly warnings: readonly string[];
  /** Undefined when no check was asked for. */
  readonly checks: readonly RulesCheck[] | undefined;
}

/** What there is to know of the generated rules; with `check`, what the servers themselves say of those that belong to the state as it is now. */
export async function describeRules(
  workspace: Workspace,
  options: { readonly check: boolean },
): Promise<RulesOverview> {
  const { config } = workspace;
  const overview = {
    servers: config.servers.map((server) => serverGuides[server]),
    hosts: config.hosts,
    warnings: warningsFor(config.servers),
  };
  if (!options.check) return { ...overview, checks: undefined };
  // Not in the state: this needs no lock, and another run may be at work there.
  const folder = mkdtempSync(path.join(os.tmpdir(), "asof-rules-check-"));
  try {
    return { ...overview, checks: await checkRules(workspace, folder) };
  } finally {
    removeSync(folder);
  }
}

/** The time zone of this process is the one that servers have here, unless somebody set theirs apart. */
function warningsFor(servers: readonly ServerName[]): readonly string[] {
  const isUtc = [0, 6].every((month) => new Date(2026, month, 1).getTimezoneOffset() === 0);
  return isUtc || !servers.includes("apache")
    ? []
    : [
        "local time is not UTC here: unless httpd runs with TZ=UTC, Apache takes times of some hours before or after now for later or earlier ones",
      ];
}
