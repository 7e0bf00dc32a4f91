/** The head of an answer that needs no thought: HTTP/1.1, 200, one announced length, nothing encoded. */
export interface PlainHead {
  /** Where the body begins. */
  readonly headBytes: number;
  /** How long the body is. */
  readonly bodyBytes: number;
  /** The server closes the connection after this answer. */
  readonly isLast: boolean;
}

/**
 * Reads the head at the beginning of `received`. "incomplete" while it may still become a plain one; "other" for everything else, right or wrong: who understands all of HTTP
 * looks at that.
 */
export function parsePlainHead(received: Buffer): PlainHead | "incomplete" | "other" {
  const begun = received.toString("latin1", 0, beginning.length);
  if (!beginning.startsWith(begun)) return "other";
  const end = received.subarray(0, longestHead).indexOf("\r\n\r\n");
  if (end < 0) return received.length < longestHead ? "incomplete" : "other";
  const head = received.toString("latin1", 0, end);
  if (!wellFormed.test(head)) return "other";
  let bodyBytes: number | undefined;
  let isLast = false;
  for (const [, name = "", text = ""] of head.matchAll(telling)) {
    const value = text.trim().toLowerCase();
    switch (name.toLowerCase()) {
      case "content-length":
        if (bodyBytes !== undefined || !/^[0-9]{1,15}$/.test(value)) return "other";
        bodyBytes = Number(value);
        break;
      case "content-encoding":
        if (value !== "identity") return "other";
        break;
      case "connection":
        isLast ||= value !== "keep-alive";
        break;
      default:
        return "other";
    }
  }
  return bodyBytes === undefined ? "other" : { headBytes: end + 4, bodyBytes, isLast };
}

const beginning = "HTTP/1.1 200";
const longestHead = 16_384;
/** No control character but a tab, and no line that goes on the one before. */
const wellFormed = /^HTTP\/1\.1 200(?: [\t\x20-\x7e\x80-\xff]*)?(?:\r\n[\w!#$%&'*+.^`|~-]+:[\t\x20-\x7e\x80-\xff]*)*$/;
/** The headers that say how long the answer is, and how to read it. */
const telling = /\r\n(content-length|transfer-encoding|content-encoding|connection):([^\r\n]*)/gi;
