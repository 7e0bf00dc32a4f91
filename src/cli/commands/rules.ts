import { refusedRules } from "../../operations/build/check-rules.ts";
import { describeRules } from "../../operations/build/rules.ts";
import { openWorkspaceIfAny } from "../../operations/workspace.ts";
import { defineCommand } from "../command.ts";
import type { Command } from "../command.ts";
import { workspaceOptions } from "../operate.ts";
import { rulesReport } from "../reports/rules-report.ts";

export const rules: Command = defineCommand({
  positionals: {},
  options: { check: { kind: "flag", description: "Ask each server that is installed whether it accepts its rules" } },
  description:
    "Says which line goes where in a web server's configuration, what each server needs, and where it answers otherwise than the others. " +
    "With --check each installed server's own syntax check is run on the rules that belong to the state as it is now; with check_rules: true every run does that before it replaces rules.",
  examples: [{ line: "asof rules --check", does: "nginx -t, apache2 -t, caddy validate and lighttpd -tt" }],
  exitCodes: [3, 5],
  async run(context) {
    const config = await context.loadConfig();
    const overview = await describeRules(openWorkspaceIfAny(workspaceOptions(context, config)), context.options);
    for (const warning of overview.warnings) context.terminal.err(`asof: warning: ${warning}\n`);
    context.print(rulesReport(overview, config));
    const refused = (overview.checks ?? []).filter(({ outcome }) => outcome === "refused");
    if (refused.length > 0) throw refusedRules(refused);
  },
});
