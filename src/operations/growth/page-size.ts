import type { Change } from "../../model/difference.ts";
import type { GrowingRepository } from "../../model/growth.ts";
import { earliestSecond } from "../../model/timestamp.ts";
import { renderChangesJson } from "../../pages/changes-json.ts";
import { rowsToSort } from "../../pages/listing-page.ts";
import type { ListingRow, ListingView } from "../../pages/views.ts";
import { assetsPath } from "../build/assets-path.ts";
import type { Workspace } from "../workspace.ts";
import { anyDigest } from "./simulated-checkpoint.ts";

/** How large the theme's listing pages are. Read off some that it renders. */
export function pageSize({ config, pages }: Workspace): GrowingRepository["page"] {
  const row: ListingRow = { name: "a-usual_1.0-1_amd64.deb", kind: "file", added: undefined, sizeBytes: 123_456 };
  const bytes = (rows: number, root: Partial<ListingView> = {}): number =>
    Buffer.byteLength(
      pages.listing({
        heading: "/a/usual/path/",
        siteTitle: config.site.title,
        assets: assetsPath({ config }),
        rows: Array.from({ length: rows }, () => row),
        checkpoint: undefined,
        path: "a/usual/path",
        hasParent: true,
        ...root,
      }),
    );
  const each = (bytes(200) - bytes(100)) / 100;
  const facts = { root: anyDigest, files: 1, bytes: 1, added: 1, removed: 0, changed: 0 };
  const checkpoint = { path: "", checkpoint: earliestSecond, facts, proof: ["SHA256SUMS", "checkpoint.txt"] };
  return {
    empty: bytes(0),
    row: each,
    manyRows: rowsToSort,
    ofMany: bytes(100) - bytes(0) - 100 * each,
    ofRoot: bytes(100, checkpoint) - bytes(100),
    ofSmallRoot: bytes(0, checkpoint) - bytes(0),
  };
}

/** The same of what tells the changes of a checkpoint: a JSON file, and where the theme has one a page in a folder of its own. */
export function changesSize({ config, pages }: Workspace): GrowingRepository["changes"] {
  const at = earliestSecond;
  const usual = { digest: anyDigest, sizeBytes: 123_456 };
  const row: Change = {
    kind: "changed",
    path: "a/usual/path/a-usual_1.0-1_amd64.deb",
    ...usual,
    since: at,
    was: usual,
  };
  const counts = { added: 0, removed: 0, changed: 100 };
  const place = { counts, part: 1, parts: 1 };
  const bytes = (rows: number): number => {
    const changes = Array.from({ length: rows }, () => row);
    const page = pages.changes?.({
      ...place,
      changes,
      siteTitle: config.site.title,
      assets: assetsPath({ config }),
      heading: "/a/usual/path/",
      from: at,
      to: at,
      isTakenDown: () => false,
    });
    const compared = { distribution: "usual-checkpoints", repository: "usual", from: at, to: at };
    return Buffer.byteLength(page ?? "") + Buffer.byteLength(renderChangesJson(compared, place, changes));
  };
  const empty = bytes(0);
  return { inodes: pages.changes === undefined ? 1 : 3, empty, row: (bytes(100) - empty) / 100 };
}
