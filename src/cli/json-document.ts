/** A result for `--json`: one document on one line, with the version of its shape first. A field that changes its meaning raises the version. */
export function jsonDocument(body: object): string {
  return `${JSON.stringify({ schemaVersion: 1, ...body })}\n`;
}
