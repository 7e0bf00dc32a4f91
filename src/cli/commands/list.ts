import { listRepositories } from "../../operations/list.ts";
import type { RepositoryListing } from "../../operations/list.ts";
import { openWorkspace, repositoriesNamed } from "../../operations/workspace.ts";
import { checkpointJson } from "../../pages/checkpoints-json.ts";
import { defineCommand } from "../command.ts";
import type { Command } from "../command.ts";
import { workspaceOptions } from "../operate.ts";
import { contentText, countsText } from "../reports/quantity.ts";

export const list: Command = defineCommand({
  positionals: { repositories: { description: "Repositories to list (default: all)", many: true } },
  options: { versions: { kind: "flag", description: "Show versions, and whether their content is kept" } },
  description: "Shows the checkpoints of each repository, oldest first.",
  examples: [{ line: "asof list myfile --json", does: "for a program" }],
  exitCodes: [3, 5],
  async run(context) {
    const { options } = context;
    const config = await context.loadConfig();
    const listings = listRepositories(
      openWorkspace(workspaceOptions(context, config)),
      repositoriesNamed(config, options.repositories),
    );
    context.print({
      text: () =>
        listings
          .flatMap((listing) => lines(listing, options.versions))
          .map((line) => `${line}\n`)
          .join(""),
      json: () => ({ repositories: listings.map(listingJson) }),
    });
  },
});

/** Checkpoints as in checkpoints.json, so that a program reads both with one piece of code. */
function listingJson(listing: RepositoryListing): object {
  return {
    repository: listing.repository,
    distributions: listing.distributions.map(({ name, basePath, checkpoint }) => ({
      name,
      base_path: basePath,
      checkpoint,
    })),
    horizon: listing.horizon ?? null,
    latestVersion: listing.latestVersion,
    checkpoints: listing.checkpoints.map(checkpointJson),
    gone: listing.gone,
    versions: listing.versions.map(({ version, root, files, bytes, isProtected }) => ({
      version,
      root,
      files,
      bytes,
      kept: isProtected,
    })),
  };
}

function labelsText({ labels }: RepositoryListing["checkpoints"][number]): readonly string[] {
  return labels.length === 0 ? [] : [`${labels.length === 1 ? "label" : "labels"} ${labels.join(" ")}`];
}

function lines(listing: RepositoryListing, withVersions: boolean): readonly string[] {
  const { repository, checkpoints, gone, horizon } = listing;
  if (withVersions) {
    return listing.versions.map(
      (version) =>
        `${repository} version ${version.version} ${contentText(version.files, version.bytes)} ${version.isProtected ? "kept" : "cleaned up"}`,
    );
  }
  const rows = [
    ...checkpoints.map((one) => ({
      at: one.created,
      text: [contentText(one.files, one.bytes), countsText(one), ...labelsText(one)].join(", "),
    })),
    ...gone.map(({ from, until, reason }) => ({
      at: from,
      text: `gone${from === until ? "" : ` until ${until}`}: ${reason}`,
    })),
  ].toSorted((a, b) => (a.at < b.at ? -1 : 1));
  const end =
    horizon === undefined
      ? `${repository} has no checkpoint yet`
      : `${repository} answers up to ${horizon} are settled`;
  return [...rows.map(({ at, text }) => `${repository} ${at} ${text}`), end];
}
