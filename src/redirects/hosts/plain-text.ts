/**
 * The escape function of everything that hosts are given: text that means itself in HTML, in a shell, in TOML and in the host's own small languages. Names and paths of the
 * configuration are made of such characters only; whatever else gets here is a bug and throws.
 */
export function plainText(text: string): string {
  if (/^[A-Za-z0-9._~/+=:,-]*$/.test(text)) return text;
  throw new Error(`${JSON.stringify(text)} needs quotes somewhere`);
}
