import { escapeHtml } from "./escape-html.ts";

/**
 * The spaces between a name and its date in Pulp's listing: 100 less the length of the escaped name (as shown, with a directory's slash), counted in
 * code points as Python counts; none from 100 on.
 */
export function classicPadding(shownName: string): string {
  return " ".repeat(Math.max(0, 100 - codePoints(escapeHtml(shownName))));
}

function codePoints(text: string): number {
  let count = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0xdc00 && unit <= 0xdfff) count--;
  }
  return count;
}
