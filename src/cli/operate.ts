import { setTimeout as sleep } from "node:timers/promises";

import type { Config } from "../model/config.ts";
import type { WorkspaceOptions } from "../operations/workspace.ts";
import type { CommandWorld } from "./command.ts";

/** What operations need, from what a command has. */
export function workspaceOptions(world: CommandWorld, config: Config): WorkspaceOptions {
  return {
    config,
    signal: world.signal,
    allowUnsafeOwner: world.allowUnsafeOwner,
    clock: {
      now: world.now,
      sleep: async (milliseconds, signal) => {
        await sleep(milliseconds, undefined, { signal });
      },
    },
    onProgress: (event) => {
      switch (event.kind) {
        case "transfer":
          world.progress.update({
            label: `sync ${event.repository}`,
            done: event.filesDone,
            total: event.filesTotal,
            bytes: event.bytesDone,
          });
          break;
        case "verified":
          world.progress.update({
            label: `verify ${event.what}`,
            done: event.done,
            total: event.total,
            bytes: event.bytes,
          });
          break;
        case "note":
          world.detail(event.text);
          break;
        case "warning":
          world.terminal.err(`asof: warning: ${event.text}\n`);
          break;
      }
    },
  };
}
