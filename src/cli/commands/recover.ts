import { Failure } from "../../failure.ts";
import { parseInstant } from "../../model/instant.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { adopt } from "../../operations/recover/adopt.ts";
import type { AdoptedRepository } from "../../operations/recover/adopt.ts";
import { applyBuild, isEmptyPlan, planBuild } from "../../operations/build/build.ts";
import { checkLostUntil, discardLostCheckpoints, loseHistory } from "../../operations/recover/lose-history.ts";
import { lostRepositories } from "../../operations/recover/plan-recovery.ts";
import type { LostRepository } from "../../operations/recover/plan-recovery.ts";
import { sweep } from "../../operations/retire/sweep.ts";
import { withWriter } from "../../operations/with-writer.ts";
import type { Workspace } from "../../operations/workspace.ts";
import { openWorkspaceIfAny } from "../../operations/workspace.ts";
import { defineCommand } from "../command.ts";
import type { Command } from "../command.ts";
import { workspaceOptions } from "../operate.ts";
import { dryRunOption, waitOption } from "../options.ts";

export const recover: Command = defineCommand({
  positionals: {},
  options: {
    adopt: { kind: "flag", description: "Take the history that the state lost from the site" },
    "lost-until": { kind: "text", description: "Give up what the state lost: answer 410 from its horizon until TIME" },
    ...dryRunOption,
    ...waitOption,
  },
  description:
    "For a state directory that is older than the site, because a backup of it was restored: every other command refuses to write then, so that no time that was answered already is answered otherwise. " +
    "With --adopt the log comes back from where the site publishes it, and content from the directories of the checkpoints, every digest checked. " +
    "With --lost-until, for a site that is lost as well or damaged, the checkpoints in between are gone for ever and their times say so.",
  examples: [
    { line: "asof recover --adopt", does: "after an old backup of state/ was restored beside a whole site" },
    { line: "asof recover --lost-until 2025-04-01T00:00:00Z", does: "when nothing else helps" },
  ],
  exitCodes: [3, 5, 75],
  async run(context) {
    const { options } = context;
    const until = lostUntil(options.adopt, options.lostUntil);
    const config = await context.loadConfig();
    const world = workspaceOptions(context, config);
    if (options.dryRun) {
      const lost = planned(openWorkspaceIfAny(world), until);
      context.print({ text: () => lost.map(planLine).join(""), json: () => ({ dryRun: true, repositories: lost }) });
      return;
    }
    const work = { ...world, waitSeconds: options.wait, purpose: "recover" };
    const adopted = await withWriter({ ...work, recovering: true }, async (workspace) => {
      const lost = planned(workspace, until);
      const done: AdoptedRepository[] = [];
      if (until !== undefined) await loseHistory(workspace, lost, until);
      else for (const one of lost) done.push(await adopt(workspace, one));
      await rebuild(workspace);
      if (discardLostCheckpoints(workspace) > 0) await workspace.store.recover();
      return done;
    });
    // Opened again, as every run after this one will find it.
    await withWriter(work, async (workspace) => {
      await rebuild(workspace);
      await sweep(workspace);
    });
    context.print({
      text: () =>
        until === undefined
          ? adopted
              .map(({ repository, checkpoints }) => `${repository}: took ${checkpoints.length} checkpoints back\n`)
              .join("")
          : `times until ${until} that are not known any more answer 410\n`,
      json: () => ({ dryRun: false, adopted, lostUntil: until ?? null }),
    });
  },
});

function lostUntil(isAdopt: boolean, text: string | undefined): Timestamp | undefined {
  if (isAdopt === (text !== undefined)) {
    throw new Failure("USAGE", "say one of --adopt and --lost-until TIME", {
      hint: "asof recover --help tells them apart",
    });
  }
  if (text === undefined) return undefined;
  const until = parseInstant(text);
  if (until !== undefined && until !== "latest") return until;
  throw new Failure("USAGE", `--lost-until ${JSON.stringify(text)} is no time`, {
    hint: "for example 2025-03-18T14:03:38Z",
  });
}

function planned(workspace: Workspace, until: Timestamp | undefined): readonly LostRepository[] {
  const lost = lostRepositories(workspace);
  if (until !== undefined) checkLostUntil(workspace, lost, until);
  return lost;
}

function planLine({ name, known, recorded }: LostRepository): string {
  return `${name}: the state knows ${known} events, the site ${recorded}\n`;
}

async function rebuild(workspace: Workspace): Promise<void> {
  const plan = planBuild(workspace);
  if (!isEmptyPlan(plan)) await applyBuild(workspace, plan);
}
