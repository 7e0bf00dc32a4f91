/**
 * The one content policy for every byte of a site, in generated rules and preview alike: mirrored content never acts as our origin. A sandboxed page has an opaque origin; the only scripts that run are
 * ours, told by their hash, because `'self'` would let a mirrored script run. Without `allow-downloads` Chromium refuses to download a file clicked in a listing.
 *
 * `scriptHashes` is one hash, or several where a host sends its own page in place of missing files. `reloadScript` is the address of the live-reload script, for pages that carry it.
 */
export function contentPolicy(scriptHashes: string | readonly string[] | undefined, reloadScript?: string): string {
  const scripts = [
    ...[scriptHashes ?? []].flat().map((hash) => `'sha256-${hash}'`),
    ...(reloadScript === undefined ? [] : [reloadScript]),
  ];
  return [
    "sandbox allow-scripts allow-downloads allow-forms",
    "default-src 'none'",
    "img-src 'self' data:",
    "style-src 'self'",
    "connect-src 'self'",
    `script-src ${scripts.length === 0 ? "'none'" : scripts.join(" ")}`,
  ].join("; ");
}
