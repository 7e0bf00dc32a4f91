import { once } from "node:events";

import { loadConfig } from "../../config/load.ts";
import type { Config } from "../../model/config.ts";
import { addressesToTry, startPreview } from "../../operations/preview/preview.ts";
import { watchPages } from "../../operations/preview/watch-pages.ts";
import { openWorkspace } from "../../operations/workspace.ts";
import { defineCommand } from "../command.ts";
import type { Command, CommandWorld } from "../command.ts";
import { errorText, reportOf } from "../error-report.ts";
import { workspaceOptions } from "../operate.ts";
import { waitOption } from "../options.ts";
import { shownPath } from "../shown-path.ts";
import { painter } from "../terminal.ts";

export const serve: Command = defineCommand({
  positionals: {},
  options: {
    host: { kind: "text", default: "127.0.0.1", description: "Address to listen on" },
    port: {
      kind: "number",
      alias: "p",
      default: 8080,
      most: 65_535,
      description: "Port; when it is taken, the next free one",
    },
    "strict-port": { kind: "flag", description: "Fail when the port is taken" },
    "allowed-host": { kind: "texts", description: "A further name by which browsers may call this server" },
    watch: {
      kind: "flag",
      alias: "w",
      description: "Render again when configuration or templates change, and reload open pages",
    },
    "allow-unsafe-owner": waitOption["allow-unsafe-owner"],
  },
  description:
    "A preview on this machine that answers as the generated rules do. It never publishes: asof update --watch does. For visitors use a web server.",
  examples: [{ line: "asof serve --watch", does: "while changing templates" }],
  exitCodes: [3, 5],
  async run(context) {
    const { options, signal } = context;
    let config: Config = await context.loadConfig();
    const world = workspaceOptions(context, config);
    const complain = complainer(context);
    await using server = await startPreview(world, {
      host: options.host,
      port: options.port,
      strictPort: options.strictPort,
      allowedHosts: options.allowedHost,
      liveReload: options.watch,
      config: () => config,
      onError: complain,
    });
    const workspace = openWorkspace(world);
    context.print({
      text: () =>
        [
          `Serving ${config.site.title} at ${server.url}`,
          ...addressesToTry(workspace).map(({ path, what }) => `  ${server.url}${path}   ${what}`),
          "Ctrl-C stops it.",
          "",
        ].join("\n"),
      json: () => ({
        url: server.url,
        port: server.port,
        addresses: addressesToTry(workspace).map(({ path, what }) => ({ url: `${server.url}${path}`, what })),
      }),
    });
    if (options.watch) {
      await watchPages(world, {
        loadConfig: async () =>
          (await loadConfig(config.file, { shownAs: shownPath(context.cwd, config.file) })).config,
        onRendered: (next) => {
          config = next;
          server.reload();
        },
        onError: complain,
        onReady: () => context.note(`Watching ${shownPath(context.cwd, config.file)} and templates.`),
      });
    } else if (!signal.aborted) await once(signal, "abort");
    return 0;
  },
});

function complainer({ terminal, signal }: CommandWorld): (error: unknown) => void {
  return (error) =>
    terminal.err(errorText(reportOf(error, signal), { paint: painter(terminal.color.err), verbose: false }));
}
