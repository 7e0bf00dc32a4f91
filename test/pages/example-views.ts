import { createPages } from "../../src/pages/open-pages.ts";
import type { Theme } from "../../src/pages/open-pages.ts";
import { escapeHtml } from "../../src/pages/escape-html.ts";
import type {
  CheckpointListView,
  CheckpointRow,
  CheckpointYearView,
  GoneView,
  IndexView,
  ListingView,
  Pages,
} from "../../src/pages/views.ts";
import { parseTimestamp } from "../../src/model/timestamp.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";
import { openTemplates } from "../../src/templates.ts";

export const themes: readonly Theme[] = ["default", "classic"];

export function openTheme(theme: Theme, overrides?: string): Pages {
  return createPages(openTemplates({ folder: theme, escape: escapeHtml, overrides }), theme);
}

export function time(text: string): Timestamp {
  const parsed = parseTimestamp(text);
  if (parsed === undefined) throw new Error(`no timestamp: ${text}`);
  return parsed;
}

const site = { siteTitle: "Example mirror", assets: "/_asof/assets/" };

export function listingOf(names: readonly string[], more: Partial<ListingView> = {}): ListingView {
  return {
    ...site,
    heading: "/checkpoints/myfile/20250130T203000Z/",
    checkpoint: undefined,
    path: "",
    hasParent: true,
    rows: names.map((name) => ({ name, kind: "file", added: time("20250130T203000Z"), sizeBytes: 1536 })),
    ...more,
  };
}

export const listingView: ListingView = listingOf([], {
  checkpoint: time("20250130T203000Z"),
  proof: ["SHA256SUMS", "checkpoint.txt", "checkpoint.txt.asc"],
  facts: { root: "5f".repeat(32), files: 5, bytes: 1_000_079, added: 3, removed: 1, changed: 0 },
  origin: "https://mirror.example.org",
  rows: [
    { name: "1.iso", kind: "file", added: time("20250130T203000Z"), sizeBytes: 1 },
    { name: "PULP_MANIFEST", kind: "file", added: time("20250130T203000Z"), sizeBytes: 128 },
    { name: "R&D <draft>.txt", kind: "file", added: undefined, sizeBytes: undefined },
    { name: "a#b?c=100%.tar.gz", kind: "file", added: time("20241231T235959Z"), sizeBytes: 999_950 },
    { name: "dists", kind: "directory", added: time("20250129T000000Z"), sizeBytes: undefined },
  ],
});

export function checkpoint(at: string, more: Partial<CheckpointRow> = {}): CheckpointRow {
  return {
    at: time(at),
    until: time(at),
    kind: "checkpoint",
    files: 3,
    bytes: 4_500_000,
    added: 0,
    removed: 0,
    changed: 0,
    reason: undefined,
    labels: [],
    ...more,
  };
}

export const checkpointListView: CheckpointListView = {
  ...site,
  name: "myfile-snapshot",
  heading: "/checkpoints/myfile/",
  horizon: time("20250203T000000Z"),
  settled: true,
  hasFeed: true,
  checkpoints: [
    checkpoint("20250101T000000Z", { kind: "gone", until: time("20250105T120000Z"), reason: "retention keeps 3" }),
    checkpoint("20250130T203000Z", { added: 3 }),
    checkpoint("20250130T205000Z", { files: 1, bytes: 1, added: 1, removed: 3, changed: 12 }),
    checkpoint("20250131T000000Z", { kind: "gone", reason: "half-synced, as seen in 20250131T000000Z/" }),
    checkpoint("20250202T101112Z"),
  ],
};

export const checkpointYearView: CheckpointYearView = {
  ...site,
  name: "myfile-snapshot",
  heading: "/checkpoints/myfile/2025",
  isMonth: false,
  checkpoints: checkpointListView.checkpoints,
  months: [],
  older: "2023",
  newer: undefined,
};

export const indexView: IndexView = {
  ...site,
  heading: "/checkpoints/",
  path: "checkpoints",
  rows: [
    { name: "by-team", distribution: undefined },
    {
      name: "myfile",
      distribution: {
        name: "myfile-snapshot",
        checkpoint: true,
        checkpoints: 3,
        newest: time("20250202T101112Z"),
      },
    },
    { name: "new", distribution: { name: "new", checkpoint: true, checkpoints: 0, newest: undefined } },
    {
      name: "plain",
      distribution: { name: "myfile", checkpoint: false, checkpoints: 0, newest: time("20250202T101112Z") },
    },
  ],
  distributions: [
    {
      path: "by-team/a/tools",
      name: "tools",
      checkpoint: true,
      checkpoints: 1,
      newest: time("20241231T000000Z"),
      horizon: time("20250202T000000Z"),
    },
    {
      path: "myfile",
      name: "myfile-snapshot",
      checkpoint: true,
      checkpoints: 3,
      newest: time("20250202T101112Z"),
      horizon: time("20250202T101112Z"),
    },
    { path: "new", name: "new", checkpoint: true, checkpoints: 0, newest: undefined, horizon: undefined },
    {
      path: "plain",
      name: "myfile",
      checkpoint: false,
      checkpoints: 0,
      newest: time("20250202T101112Z"),
      horizon: undefined,
    },
  ],
};

export const goneView: GoneView = {
  ...site,
  base: "/checkpoints/myfile/",
  distribution: "myfile-snapshot",
  from: time("20250131T000000Z"),
  until: time("20250201T000000Z"),
  reason: "half-synced",
  cause: "retention",
  older: time("20250130T205000Z"),
  newer: undefined,
};
