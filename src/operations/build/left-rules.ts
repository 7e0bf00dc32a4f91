import { existsSync } from "node:fs";
import path from "node:path";

import { serverNames } from "../../model/server-name.ts";
import type { Workspace } from "../workspace.ts";

/** What to tell of rules whose server left `servers`. They are not removed here: a server that runs may include them, and does not start again without them. */
export function leftRules({ config }: Pick<Workspace, "config">): readonly string[] {
  return serverNames
    .filter((server) => !config.servers.includes(server))
    .map((server) => path.join(config.rulesDir, server))
    .filter((folder) => existsSync(folder))
    .map((folder) => {
      const relative = path.relative(path.dirname(config.file), folder);
      return `${relative.startsWith("..") ? folder : relative} is not written any more: remove it when no server includes it`;
    });
}
