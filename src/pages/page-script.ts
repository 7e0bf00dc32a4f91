import { createHash } from "node:crypto";

import type { Templates } from "../templates.ts";

/** The one inline script that pages share. */
export interface PageScript {
  readonly text: string;
  /** Base64 SHA-256 of the text, as the content policy names it. */
  readonly hash: string;
}

/**
 * The files of the theme's `script/`, joined in the order of their names; undefined where it has none. Each does nothing on pages that are not its own. Indentation and comments of a line of their own are for those who
 * read the files: none of them may have a text of several lines.
 */
export function pageScript(templates: Pick<Templates, "names" | "text">): PageScript | undefined {
  const names = templates.names("script");
  if (names.length === 0) return undefined;
  const lines = names.flatMap((name) => templates.text(`script/${name}`).split("\n")).map((line) => line.trim());
  const text = `\n${lines.filter((line) => line !== "" && !/^\/\*.*\*\/$/.test(line)).join("\n")}\n`;
  // It would end the element that it stands in, and what follows would be markup.
  if (/<(?:!--|\/?script)/i.test(text)) throw new Error("the script of the pages has markup in it");
  return { text, hash: createHash("sha256").update(text).digest("base64") };
}
