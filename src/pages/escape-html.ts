/**
 * Text for an HTML text node or a quoted attribute. The entities are those of Pulp's listings (`&#34;`, not `&quot;`), because the classic theme pads by
 * the length of the escaped name.
 */
export function escapeHtml(text: string): string {
  return special.test(text) ? text.replace(everySpecial, (character) => entities[character] ?? character) : text;
}

const special = /[&<>"']/;
const everySpecial = /[&<>"']/g;

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
};
