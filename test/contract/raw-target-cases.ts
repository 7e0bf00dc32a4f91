/** What a raw target is put together from. */
export interface RawTargetPlace {
  /** URL path of a checkpoint distribution, with slashes at both ends. */
  readonly base: string;
  /** A kept checkpoint. */
  readonly kept: string;
  /** A settled second between two checkpoints: it redirects. */
  readonly between: string;
}

export interface RawTargetCase {
  readonly name: string;
  /** Goes into the request line as it is, one character a byte. */
  readonly target: string;
  /** What the server takes the target for, where the request line holds more than a path. */
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly httpVersion?: "1.0" | "1.1";
}

/**
 * Hostile and odd request targets. Whatever a server makes of them: no header that the request chose, no Location that leaves the site, no name changed by a byte, and, unless the
 * server refuses the request with 400, the answer of `resolveRequest`.
 */
export function rawTargetCases({ base, kept, between }: RawTargetPlace): readonly RawTargetCase[] {
  const at = `${base}${between}`;
  const exact = `${base}${kept}`;
  const bare = base.slice(0, -1);
  return [
    // What is repeated in a Location.
    { name: "an encoded line break and a header", target: `${at}/%0d%0aSet-Cookie:%20injected=1` },
    { name: "an encoded line break in the query", target: `${at}/x?%0d%0aSet-Cookie:%20injected=1` },
    { name: "encoded slashes and a host", target: `${at}/%2F%2Fevil.example` },
    { name: "a host behind the time", target: `${at}//evil.example/` },
    { name: "an encoded question mark", target: `${at}/a%3Fy?z=%3D&w=?` },
    { name: "an encoded hash", target: `${at}/a%23b` },
    { name: "a raw hash", target: `${at}/a#b` },
    { name: "a raw hash before the query", target: `${at}/a#b?c` },
    { name: "a raw hash behind the query", target: `${at}/a?b#c` },
    { name: "an encoded space", target: `${at}/a%20b` },
    { name: "encoded UTF-8", target: `${at}/%C3%A9` },
    { name: "raw UTF-8", target: `${at}/\u00c3\u00a9` },
    { name: "raw bytes that are not UTF-8", target: `${at}/\u00ff\u0080` },
    { name: "a URL as query", target: `${at}/x?q=http://evil.example/` },
    { name: "an empty query", target: `${at}/x?` },
    { name: "a query right behind the time", target: `${at}?a=1%202&b=/../%2F` },
    { name: "no slash behind the time", target: at },
    { name: "plus, tilde, semicolon, at and colon", target: `${at}/libstdc++_1.2~rc1;x=@y:z` },
    { name: "a package name with encoded plus and colon", target: `${at}/g%2B%2b_1%3a2.deb` },
    { name: "a quote and a tag", target: `${at}/"><script>alert(1)</script>` },
    { name: "signs that configuration languages expand", target: `${at}/$1%24{x}{path}$host` },
    { name: "a percent sign as the configuration languages write it", target: `${at}/%251%25%7BHTTP_HOST%7D` },
    { name: "a backslash", target: `${at}/a\\b` },
    { name: "a pair of backslashes and a host", target: `${at}/\\\\evil.example` },
    { name: "a path of 6000 bytes", target: `${at}/${"a".repeat(6000)}` },
    { name: "an encoded NUL", target: `${at}/a%00b` },
    { name: "an escape that is none", target: `${at}/%zz` },
    { name: "half an escape at the end", target: `${at}/a%2` },
    { name: "a raw tab", target: `${at}/a\tb` },
    { name: "a raw escape character", target: `${at}/a\u001bb` },
    { name: "a raw delete character", target: `${at}/a\u007fb` },
    { name: "a raw control character in the query", target: `${at}/a?\u0001` },
    { name: "a decoded line break at the end", target: `${at}/a%0a` },
    // Dots and slashes.
    { name: "a dot segment below the time", target: `${at}/./x` },
    { name: "a dot segment before the time", target: `${base}./${between}/x` },
    { name: "two dots within the time", target: `${at}/a/../b` },
    { name: "two dots at the end", target: `${at}/a/..` },
    { name: "one dot at the end", target: `${at}/.` },
    { name: "three dots", target: `${at}/...` },
    { name: "two dots that leave the time", target: `${at}/../${kept}/x` },
    { name: "two dots that leave the time and come back", target: `${at}/../${between}/x` },
    { name: "two dots from another base", target: `/elsewhere${at}/../../..${at}/x` },
    { name: "two dots from another base into this one", target: `/a/${between}/../..${at}/x` },
    { name: "encoded dots that leave the time", target: `${at}/%2e%2E/${kept}/x` },
    { name: "encoded slash behind the dots", target: `${at}/..%2f${kept}/x` },
    { name: "more dots than there are directories", target: `${at}/../../../../../../../../etc/passwd` },
    { name: "a doubled slash in front", target: `/${at}/x` },
    { name: "a doubled slash before the time", target: `${base}/${between}/x` },
    { name: "a doubled slash below the time", target: `${at}//x` },
    { name: "an encoded slash before the time", target: `${bare}%2F${between}/x` },
    // Spellings of the time.
    { name: "an encoded digit", target: `${base}%32${between.slice(1)}/x` },
    { name: "an encoded T", target: `${base}${between.replace("T", "%54")}/x` },
    { name: "an encoded Z", target: `${base}${between.replace("Z", "%5A")}/x` },
    { name: "lower case", target: `${at.toLowerCase()}/x` },
    { name: "no Z", target: `${at.slice(0, -1)}/x` },
    { name: "junk behind the time", target: `${at}.txt` },
    { name: "junk and a path behind the time", target: `${at}foo/x` },
    { name: "a line break behind the time", target: `${at}%0a` },
    { name: "a line break and a path behind the time", target: `${at}%0a/x` },
    { name: "a hash behind the time", target: `${at}#x` },
    { name: "superscript digits", target: `${base}\u00b2${between.slice(1)}/x` },
    { name: "month 13", target: `${base}20251301T000000Z/x` },
    { name: "30 February", target: `${base}20250230T000000Z/x` },
    { name: "second 60", target: `${base}20250630T235960Z/x` },
    // Exactly a checkpoint.
    { name: "a checkpoint without its slash", target: exact },
    { name: "a checkpoint without its slash, with a query", target: `${exact}?x=%0d%0a` },
    { name: "a checkpoint left by two dots", target: `${exact}/../${between}/x` },
    { name: "an encoded digit in a checkpoint", target: `${base}%32${kept.slice(1)}/` },
    // The base path and its neighbours.
    { name: "the base path without its slash", target: bare },
    { name: "the base path without its slash, with a query", target: `${bare}?x=//evil.example` },
    { name: "the base path without its slash, behind two slashes", target: `/${bare}` },
    { name: "the base path left and entered again", target: `${bare}/..${bare}` },
    { name: "latest", target: `${base}latest` },
    { name: "latest with a path and a query", target: `${base}latest/a%2Fb?c` },
    { name: "latest with a host", target: `${base}latest//evil.example/` },
    { name: "latest left by two dots", target: `${base}latest/../${between}/x` },
    { name: "latest with an encoded letter", target: `${base}%6catest/x` },
    { name: "something that begins like latest", target: `${base}latest-news` },
    { name: "latest and a line break", target: `${base}latest%0a` },
    // Forms of the request.
    { name: "HEAD", target: `${at}/x`, method: "HEAD" },
    { name: "an evil Host", target: `${at}/x`, headers: { Host: "evil.example" } },
    {
      name: "an evil Host with a port and X-Forwarded headers",
      target: `${at}/x`,
      headers: { Host: "evil.example:99", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https" },
    },
    { name: "HTTP/1.0 without Host", target: `${at}/x`, httpVersion: "1.0" },
    { name: "a checkpoint without its slash on HTTP/1.0", target: exact, httpVersion: "1.0" },
    { name: "an absolute target", target: `http://evil.example${at}/x%2Fy?z`, path: `${at}/x%2Fy?z` },
    { name: "an absolute target without path of its own", target: `http://evil.example?${at}`, path: `/?${at}` },
  ];
}
