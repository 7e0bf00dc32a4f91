/** A SHA-256 in 64 lower-case hex digits. */
export type Digest = string & { readonly [digest]: true };
declare const digest: unique symbol;

/** Asked of hundreds of thousands, of which a pattern would take several times as long. */
export function isDigest(text: string): text is Digest {
  if (text.length !== 64) return false;
  for (let index = 0; index < 64; index++) {
    const unit = text.charCodeAt(index);
    if ((unit < 0x30 || unit > 0x39) && (unit < 0x61 || unit > 0x66)) return false;
  }
  return true;
}

export function parseDigest(text: string): Digest | undefined {
  return isDigest(text) ? text : undefined;
}
