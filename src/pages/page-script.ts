import { createHash } from "node:crypto";

import { Failure } from "../failure.ts";
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
  const names = templates.names("script").filter((name) => name.endsWith(".js"));
  if (names.length === 0) return undefined;
  // A browser hashes each line end as one newline.
  const lines = names.flatMap((name) => templates.text(`script/${name}`).split(/\r\n?|\n/)).map((line) => line.trim());
  const text = `\n${lines.filter((line) => line !== "" && !isComment(line)).join("\n")}\n`;
  // It would end the element that it stands in, and what follows would be markup.
  if (/<(?:!--|\/?script)/i.test(text)) {
    throw new Failure("CONFIG", "the script of the pages has markup in it", {
      hint: "mend the files of the folder script among your templates: they may not spell a tag of a script or a comment",
    });
  }
  return { text, hash: createHash("sha256").update(text).digest("base64") };
}

function isComment(line: string): boolean {
  return /^(?:\/\/|\/\*.*\*\/$)/.test(line);
}
