import { createHash } from "node:crypto";

import { assetsPath } from "./assets-path.ts";
import type { Workspace } from "../workspace.ts";

/** Of everything that listing pages depend on besides their directory. */
export function pagesFingerprint(workspace: Workspace): string {
  const { pages, config } = workspace;
  // The address stands in what pins clients to a checkpoint.
  return hashOf([pages.fingerprint, config.site.title, config.site.url ?? config.site.mount, assetsPath(workspace)]);
}

export function hashOf(parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part}\0`);
  return hash.digest("hex");
}
