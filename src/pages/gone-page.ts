import { showTime } from "./format-date.ts";
import type { ShownTime } from "./format-date.ts";
import type { GoneView } from "./views.ts";
import type { Timestamp } from "../model/timestamp.ts";

/** What `gone.eta` finds in `it`. */
export interface GonePage {
  readonly siteTitle: string;
  readonly assets: string;
  /** Name of the distribution. */
  readonly distribution: string;
  /** Absolute path of the list of checkpoints. */
  readonly list: string;
  readonly from: ShownTime;
  /** Undefined for a single tombstone. */
  readonly until: ShownTime | undefined;
  /** "" when none was given. */
  readonly reason: string;
  readonly cause: GoneView["cause"];
  readonly older: Neighbour | undefined;
  readonly newer: Neighbour | undefined;
}

interface Neighbour {
  /** An absolute path: the page is served at any depth below the distribution, where no relative link would be right. */
  readonly href: string;
  readonly at: ShownTime;
}

export function gonePage(view: GoneView): GonePage {
  const { siteTitle, assets, distribution, base, reason, cause } = view;
  const neighbour = (at: Timestamp | undefined): Neighbour | undefined =>
    at === undefined ? undefined : { href: `${base}${at}/`, at: showTime(at) };
  return {
    siteTitle,
    assets,
    distribution,
    list: base,
    from: showTime(view.from),
    until: view.until === view.from ? undefined : showTime(view.until),
    reason,
    cause,
    older: neighbour(view.older),
    newer: neighbour(view.newer),
  };
}
