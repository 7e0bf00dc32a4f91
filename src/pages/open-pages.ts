import { createHash } from "node:crypto";

import { changesPage } from "./changes-page.ts";
import { checkpointListPage } from "./checkpoint-list-page.ts";
import { checkpointYearPage } from "./checkpoint-year-page.ts";
import type { CheckpointRowsPage } from "./checkpoint-rows.ts";
import { gonePage } from "./gone-page.ts";
import { indexPage } from "./index-page.ts";
import { kitPage } from "./kit-page.ts";
import { listingPage } from "./listing-page.ts";
import { lookUpPage } from "./look-up-page.ts";
import { pageScript } from "./page-script.ts";
import type { Pages } from "./views.ts";
import type { Config } from "../model/config.ts";
import type { Templates } from "../templates.ts";

/** The themes that asof brings along, each a folder of templates/. */
export type Theme = Config["theme"];

/** Raised whenever the code of this folder makes a page of the same view and templates look different. */
const PAGE_VERSION = 2;

/** Files that the pages of a theme link to below `assets`. */
const assetNames = { default: ["style.css"], classic: [] } as const satisfies Record<Theme, readonly string[]>;

/**
 * The pages of one theme. `templates` are those of the theme's folder, opened with `escapeHtml`, with or without a user's overrides. What each template
 * finds in `it` stands in the module of its name; for `compare.eta` and `history.eta` that is look-up-page.ts. Equal views give equal text: nothing here asks for a clock, a locale or a time zone.
 */
export function createPages(templates: Templates, theme: Theme): Pages {
  const script = pageScript(templates);
  const text = script?.text ?? "";
  // Pulp has one list of everything.
  const isOurs = theme === "default";
  const renderRows = (rows: CheckpointRowsPage): string => templates.render("checkpoint-rows", rows);
  return {
    fingerprint: createHash("sha256").update(`${PAGE_VERSION} ${theme} ${templates.fingerprint}`).digest("hex"),
    listing: (view) => templates.render("listing", listingPage(view, text)),
    checkpointList: (view) =>
      templates.render("checkpoint-list", checkpointListPage(view, renderRows, { script: text, hasYearPages: isOurs })),
    checkpointYear: isOurs ? (view) => templates.render("checkpoint-year", checkpointYearPage(view, text)) : undefined,
    index: (view) => templates.render("index", indexPage(view, text)),
    gone: (view) => templates.render("gone", gonePage(view)),
    kit: (view) => templates.render("kit", kitPage(view)),
    changes: isOurs ? (view) => templates.render("changes", changesPage(view)) : undefined,
    compare: isOurs ? (view) => templates.render("compare", lookUpPage(view, "compare", text)) : undefined,
    history: isOurs ? (view) => templates.render("history", lookUpPage(view, "history", text)) : undefined,
    script,
    assets: new Map(assetNames[theme].map((name) => [name, templates.text(name)])),
  };
}
