import type { Command } from "../command.ts";

/** A command by name. Only the chosen one is loaded: this table is all that `asof --help` costs. */
export interface CommandEntry {
  readonly name: string;
  /** One sentence, for the list of commands and the head of the command's own help. */
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** In the order of `asof --help`. */
export const commands: readonly CommandEntry[] = [
  { name: "init", summary: "Write an example configuration.", load: async () => (await import("./init.ts")).init },
  {
    name: "update",
    summary: "Read the sources, take checkpoints of what changed, build the site.",
    load: async () => (await import("./update.ts")).update,
  },
  {
    name: "sync",
    summary: "Read the sources and record new versions.",
    load: async () => (await import("./sync.ts")).sync,
  },
  {
    name: "publish",
    summary: "Publish a repository's latest version.",
    load: async () => (await import("./publish.ts")).publish,
  },
  { name: "prune", summary: "Apply the retention rules.", load: async () => (await import("./prune.ts")).prune },
  {
    name: "label",
    summary: "Label a checkpoint, which keeps it.",
    load: async () => (await import("./label.ts")).label,
  },
  {
    name: "withdraw",
    summary: "Take a checkpoint away that must not be served.",
    load: async () => (await import("./withdraw.ts")).withdraw,
  },
  {
    name: "take-down",
    summary: "Take a content away wherever it is served.",
    load: async () => (await import("./take-down.ts")).takeDown,
  },
  {
    name: "recover",
    summary: "Go on with an old state directory, restored from a backup.",
    load: async () => (await import("./recover.ts")).recover,
  },
  {
    name: "build",
    summary: "Make the site and the rules what the state says.",
    load: async () => (await import("./build.ts")).build,
  },
  {
    name: "serve",
    summary: "Show the site as a web server would.",
    load: async () => (await import("./serve.ts")).serve,
  },
  {
    name: "list",
    summary: "Show the checkpoints of each repository.",
    load: async () => (await import("./list.ts")).list,
  },
  {
    name: "resolve",
    summary: "Say what the mirror answers for a moment.",
    load: async () => (await import("./resolve.ts")).resolve,
  },
  {
    name: "diff",
    summary: "Show what differs between two checkpoints.",
    load: async () => (await import("./diff.ts")).diff,
  },
  {
    name: "history",
    summary: "Say when a path came, changed and went.",
    load: async () => (await import("./history.ts")).history,
  },
  {
    name: "bisect",
    summary: "Find the checkpoint that broke something.",
    load: async () => (await import("./bisect.ts")).bisect,
  },
  {
    name: "verify",
    summary: "Check that everything is as it was recorded.",
    load: async () => (await import("./verify.ts")).verify,
  },
  {
    name: "compare",
    summary: "Ask two servers the same, and show where they differ.",
    load: async () => (await import("./compare.ts")).compare,
  },
  {
    name: "rules",
    summary: "Say how to put the web server rules to work.",
    load: async () => (await import("./rules.ts")).rules,
  },
  { name: "plan", summary: "Say what the coming years will need.", load: async () => (await import("./plan.ts")).plan },
  {
    name: "import",
    summary: "Make checkpoints of dated directories.",
    load: async () => (await import("./import.ts")).importCommand,
  },
  {
    name: "remove",
    summary: "Take away a distribution that left the configuration.",
    load: async () => (await import("./remove.ts")).remove,
  },
];
