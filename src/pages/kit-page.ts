import { classicPadding } from "./classic-padding.ts";
import { hrefOf } from "./encode-segment.ts";
import { showTime } from "./format-date.ts";
import type { ShownTime } from "./format-date.ts";
import { showSize } from "./listing-page.ts";
import type { ShownSize } from "./listing-page.ts";
import type { KitView } from "./views.ts";

/** What `kit.eta` finds in `it`. */
export interface KitPage {
  readonly heading: string;
  readonly siteTitle: string;
  readonly assets: string;
  readonly newest: ShownTime;
  readonly files: readonly {
    readonly href: string;
    readonly name: string;
    readonly padding: string;
    /** Who reads it: `apt (Debian, Ubuntu)`. */
    readonly client: string;
    readonly size: ShownSize;
  }[];
  readonly notes: readonly string[];
}

export function kitPage({ heading, siteTitle, assets, kit }: KitView): KitPage {
  return {
    heading,
    siteTitle,
    assets,
    newest: showTime(kit.newest),
    files: kit.clients.flatMap(({ title, files }) =>
      files.map(({ name, text }) => ({
        href: hrefOf(name, "file"),
        name,
        padding: classicPadding(name),
        client: title,
        size: showSize(Buffer.byteLength(text)),
      })),
    ),
    notes: kit.clients.flatMap(({ note }) => note ?? []),
  };
}
