import type { Workspace } from "../workspace.ts";

/** Absolute URL path of the shared assets. */
export function assetsPath({ config }: Pick<Workspace, "config">): string {
  return `${config.site.mount}_asof/assets/`;
}
