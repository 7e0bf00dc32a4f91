/** A SHA-256 in 64 lower-case hex digits. */
export type Digest = string & { readonly [digest]: true };
declare const digest: unique symbol;

export function isDigest(text: string): text is Digest {
  return /^[0-9a-f]{64}$/.test(text);
}

export function parseDigest(text: string): Digest | undefined {
  return isDigest(text) ? text : undefined;
}
