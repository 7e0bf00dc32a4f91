import type { IncomingHttpHeaders } from "node:http";

/** What a file can be told by. */
export interface Validators {
  /** Strong, with its quotes. */
  readonly etag: string;
  /** Whole seconds since 1970. */
  readonly modified: number;
  readonly sizeBytes: number;
}

export type Verdict =
  | { readonly status: 200 | 304 | 412 | 416 }
  /** Both ends included. */
  | { readonly status: 206; readonly first: number; readonly last: number };

/**
 * What a GET or HEAD with these headers gets of a file that is there: RFC 9110, sections 13.2.2 and 14.2. Whatever is malformed is ignored, as are several ranges at
 * once, and any range of a HEAD.
 */
export function evaluateConditions(method: string, headers: IncomingHttpHeaders, file: Validators): Verdict {
  const ifMatch = headers["if-match"];
  if (ifMatch !== undefined) {
    if (!listsEtag(ifMatch, file.etag, "strong")) return { status: 412 };
  } else {
    const unmodifiedSince = parseHttpDate(headers["if-unmodified-since"]);
    if (unmodifiedSince !== undefined && file.modified > unmodifiedSince) return { status: 412 };
  }

  const ifNoneMatch = headers["if-none-match"];
  if (ifNoneMatch !== undefined) {
    if (listsEtag(ifNoneMatch, file.etag, "weak")) return { status: 304 };
  } else {
    const modifiedSince = parseHttpDate(headers["if-modified-since"]);
    if (modifiedSince !== undefined && file.modified <= modifiedSince) return { status: 304 };
  }

  if (method !== "GET" || headers.range === undefined || !rangeStillHolds(headers["if-range"], file)) {
    return { status: 200 };
  }
  return selectRange(headers.range, file.sizeBytes);
}

function selectRange(header: string, size: number): Verdict {
  const match = /^bytes=(?:(\d+)-(\d*)|-(\d+))$/i.exec(header.trim());
  if (match === null || size === 0) return { status: 200 };
  const [, from, to, tail] = match;
  if (tail !== undefined) {
    const length = Math.min(Number(tail), size);
    return length === 0 ? { status: 416 } : { status: 206, first: size - length, last: size - 1 };
  }
  const first = Number(from);
  const last = to === undefined || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== undefined && to !== "" && Number(to) < first) return { status: 200 };
  return first >= size ? { status: 416 } : { status: 206, first, last };
}

function rangeStillHolds(ifRange: string | readonly string[] | undefined, file: Validators): boolean {
  if (ifRange === undefined) return true;
  if (typeof ifRange !== "string") return false;
  return ifRange.startsWith('"') ? ifRange === file.etag : parseHttpDate(ifRange) === file.modified;
}

function listsEtag(header: string, etag: string, comparison: "strong" | "weak"): boolean {
  if (header.trim() === "*") return true;
  const tags = header.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return tags.some((tag) => tag === etag || (comparison === "weak" && tag === `W/${etag}`));
}

/** Seconds since 1970 of the one date form that clients write; Date.parse alone would take `1` for a year. */
function parseHttpDate(text: string | undefined): number | undefined {
  if (text === undefined || !/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) {
    return undefined;
  }
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
}
