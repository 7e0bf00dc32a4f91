import { Failure } from "../../failure.ts";
import { isDigest } from "../../model/digest.ts";
import type { Digest } from "../../model/digest.ts";
import { parseReason, reasonRule } from "../../model/reason.ts";
import { isoOf } from "../../model/timestamp.ts";
import { planTakeDown, takeDown as takeDownOperation } from "../../operations/retire/take-down.ts";
import type { TakeDownPlan } from "../../operations/retire/take-down.ts";
import { withWriter } from "../../operations/with-writer.ts";
import { openWorkspaceIfAny } from "../../operations/workspace.ts";
import { defineCommand } from "../command.ts";
import type { Command } from "../command.ts";
import { workspaceOptions } from "../operate.ts";
import { dryRunOption, waitOption } from "../options.ts";
import { countText } from "../reports/verify-report.ts";

export const takeDown: Command = defineCommand({
  positionals: { sha256: { description: "SHA-256 of the content that must go", required: true } },
  options: {
    reason: { kind: "text", description: "Why, for the log, which is public", required: true },
    ...dryRunOption,
    ...waitOption,
  },
  description:
    "Takes a content out of every checkpoint, every plain distribution and the pool, at once and for good: its addresses answer 404, listings name it without a link, and no source brings it back. " +
    "Checkpoints go on saying that they held it. For a whole checkpoint that must go there is asof withdraw.",
  examples: [
    {
      line: "asof take-down 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae --reason 'leaked key'",
      does: "remove these bytes wherever they are served",
    },
  ],
  exitCodes: [3, 5, 75],
  async run(context) {
    const { options } = context;
    const digest = asDigest(options.sha256);
    const reason = parseReason(options.reason);
    if (reason === undefined) throw new Failure("USAGE", `--reason must be ${reasonRule}`);
    const config = await context.loadConfig();
    const world = workspaceOptions(context, config);
    const request = { digest, reason };
    const plan = options.dryRun
      ? planTakeDown(openWorkspaceIfAny(world), request)
      : await withWriter({ ...world, purpose: "take-down", waitSeconds: options.wait }, (workspace) =>
          takeDownOperation(workspace, request),
        );
    context.print(report(plan, options.dryRun, options.verbose));
  },
});

function asDigest(text: string): Digest {
  const digest = text.toLowerCase();
  if (isDigest(digest)) return digest;
  throw new Failure("USAGE", `${JSON.stringify(text)} is not a SHA-256: 64 hex digits`, {
    hint: "sha256sum FILE prints it",
  });
}

const shownPlaces = 20;

function report(
  { digest, reason, repositories, places, done }: TakeDownPlan,
  isDryRun: boolean,
  isVerbose: boolean,
): { text: () => string; json: () => object } {
  const shown = isVerbose ? places : places.slice(0, shownPlaces);
  const more = places.length - shown.length;
  const count = countText(places.length, "place");
  return {
    text: () =>
      done === undefined ? takenDownText() : `${digest} was taken down on ${isoOf(done)}; nothing was left to do\n`,
    json: () => ({
      dryRun: isDryRun,
      sha256: digest,
      reason,
      repositories,
      paths: places.map(({ urlPath }) => urlPath),
      takenDownBefore: done ?? null,
    }),
  };

  function takenDownText(): string {
    return [
      ...shown.map(({ urlPath }) => `${isDryRun ? "would remove" : "removed"} ${JSON.stringify(urlPath)}`),
      ...(more > 0 ? [`… and ${more} more (--verbose shows them)`] : []),
      isDryRun
        ? `would take down ${digest} in ${count}`
        : `took down ${digest} in ${count}. Copies that others made stay: replicas (sync them with deletion), caches of clients and proxies, backups of state/`,
      "",
    ].join("\n");
  }
}
