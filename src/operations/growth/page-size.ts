import type { ListingRow } from "../../pages/views.ts";
import type { Workspace } from "../workspace.ts";

/** How large the theme's listing pages are: one without a row, and each row. Read off two pages that it renders. */
export function pageSize({ config, pages }: Workspace): { readonly empty: number; readonly row: number } {
  const row: ListingRow = { name: "a-usual_1.0-1_amd64.deb", kind: "file", added: undefined, sizeBytes: 123_456 };
  const bytes = (rows: number): number =>
    Buffer.byteLength(
      pages.listing({
        heading: "a/usual/path/",
        siteTitle: config.site.title,
        assets: `${config.site.mount}_asof/assets/`,
        rows: Array.from({ length: rows }, () => row),
        checkpoint: undefined,
        path: "a/usual/path",
        hasParent: true,
      }),
    );
  // Pages with many rows carry the script as well.
  return { empty: bytes(0), row: (bytes(200) - bytes(100)) / 100 };
}
