import { crumbsBelow } from "./crumbs.ts";
import type { Crumb } from "./crumbs.ts";
import type { LookUpView } from "./views.ts";

/** What `compare.eta` and `history.eta` find in `it`. */
export interface LookUpPage extends LookUpView {
  readonly script: string;
  readonly crumbs: readonly Crumb[];
}

/** A page below `_asof/NAME/`: its script needs nothing but its own address. */
export function lookUpPage(view: LookUpView, name: string, script: string): LookUpPage {
  const { heading, assets } = view;
  return { ...view, script, crumbs: crumbsBelow(heading, assets, 2, [{ text: name, href: "" }]) };
}
