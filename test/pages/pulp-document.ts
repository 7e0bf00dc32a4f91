/**
 * Pulp's listing written a second time, from the description of its output alone, so that the classic theme has something to be compared with. Shares no
 * code with src/pages. Dates and sizes arrive as text.
 */
export function pulpDocument(options: {
  readonly path: string;
  readonly root?: boolean;
  readonly rows: readonly PulpRow[];
}): string {
  const rows = options.rows.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  return [
    "",
    "<html>",
    `<head><title>Index of ${options.path}</title></head>`,
    '<body bgcolor="white">',
    `<h1>Index of ${options.path}</h1>`,
    `<hr><pre>${options.root === true ? "" : '<a href="../">../</a>'}`,
    ...rows.map(pulpLine),
    "</pre><hr></body>",
    "</html>",
  ].join("\n");
}

interface PulpRow {
  /** A directory ends in a slash. */
  readonly name: string;
  /** `30-Jan-2025 20:30`, or "". */
  readonly date: string;
  /** `1.5 kB`, or "". */
  readonly size: string;
}

function pulpLine({ name, date, size }: PulpRow): string {
  const escaped = Array.from(name, (character) => entityOf(character)).join("");
  let line = `<a href="./${escaped}">${escaped}</a>`;
  for (let width = Array.from(escaped).length; width < 100; width++) line += " ";
  return `${line}${date}  ${size}`;
}

function entityOf(character: string): string {
  switch (character) {
    case "&":
      return "&amp;";
    case "<":
      return "&lt;";
    case ">":
      return "&gt;";
    case '"':
      return "&#34;";
    case "'":
      return "&#39;";
    default:
      return character;
  }
}
