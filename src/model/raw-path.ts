/**
 * The path that a server means by a raw request path, as nginx computes `$uri`: percent-decoded (once, `%2F` and `%2E` included),
 * `//` merged, `.` and `..` resolved, cut at `#`. Undefined where nginx answers 400: a raw control character or space, an escape that is none, NUL, `..` above the root, no leading
 * slash.
 * Text in and out is Latin-1, one character a byte.
 */
export function normalizeRawPath(rawPath: string): string | undefined {
  if (hasControlOrSpace(rawPath)) return undefined;
  const fragment = rawPath.indexOf("#");
  const decoded = percentDecode(fragment < 0 ? rawPath : rawPath.slice(0, fragment));
  if (decoded === undefined || !decoded.startsWith("/")) return undefined;
  const segments: string[] = [];
  const parts = decoded.split("/");
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    if (part === "..") {
      if (segments.length === 0) return undefined;
      segments.pop();
    } else if (part !== "" && part !== ".") {
      segments.push(part);
      continue;
    }
    if (isLast) segments.push("");
  }
  return `/${segments.join("/")}`;
}

/** Whether `text` holds a byte that no request target may: it would end the request line, or the header line that repeats it. */
export function hasControlOrSpace(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code <= 0x20 || code === 0x7f) return true;
  }
  return false;
}

function percentDecode(text: string): string | undefined {
  let decoded = "";
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (character !== "%") {
      decoded += character;
      continue;
    }
    const hex = text.slice(index + 1, index + 3);
    if (!/^[0-9A-Fa-f]{2}$/.test(hex) || hex === "00") return undefined;
    decoded += String.fromCharCode(Number.parseInt(hex, 16));
    index += 2;
  }
  return decoded;
}
