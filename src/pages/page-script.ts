import { createHash } from "node:crypto";

import type { Templates } from "../templates.ts";

/** The one inline script of a theme's pages, verbatim, and how the content policy knows it. */
export interface PageScript {
  readonly text: string;
  /** Base64 SHA-256 of the text. */
  readonly sha256: string;
}

/** The files of the theme's folder `script`, joined in the order of their names; undefined for a theme without one. */
export function pageScript(templates: Pick<Templates, "names" | "text">): PageScript | undefined {
  const names = templates.names("script").filter((name) => name.endsWith(".js"));
  if (names.length === 0) return undefined;
  const text = `\n${names.map((name) => withoutMargins(templates.text(`script/${name}`))).join("")}`;
  return { text, sha256: createHash("sha256").update(text).digest("base64") };
}

/** Every page carries the script: without the beginnings of its lines, and without lines that are comments. A browser hashes each line end as one newline. */
function withoutMargins(text: string): string {
  const lines = text.split(/\r\n?|\n/).map((line) => line.trim());
  return lines
    .filter((line) => line !== "" && !/^(?:\/\/|\/\*\*.*\*\/$)/.test(line))
    .map((line) => `${line}\n`)
    .join("");
}
