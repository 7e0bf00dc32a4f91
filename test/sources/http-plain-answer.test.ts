import { describe, expect, it } from "vitest";

import { parsePlainHead } from "../../src/sources/http-plain-answer.ts";

describe("a plain answer", () => {
  it.each<readonly [string, number, boolean]>([
    ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 5, false],
    ["HTTP/1.1 200\r\ncontent-length:5\r\n\r\n", 5, false],
    ["HTTP/1.1 200 \r\nCONTENT-LENGTH:\t 005 \r\n\r\n", 5, false],
    ["HTTP/1.1 200 Très bien\r\nX-Empty:\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n", 0, false],
    ["HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Length: 5\r\nConnection: close\r\n\r\n", 5, true],
    ["HTTP/1.1 200 OK\r\nConnection: keep-alive, close\r\nContent-Length: 5\r\n\r\n", 5, true],
  ])("%j says how long it is", (head, bodyBytes, isLast) => {
    const expected = { headBytes: Buffer.byteLength(head, "latin1"), bodyBytes, isLast };
    expect(parsePlainHead(Buffer.from(`${head}HTTP/1.1 404`, "latin1"))).toEqual(expected);
  });

  it.each(["", "H", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r"])("may begin with %j", (begun) => {
    expect(parsePlainHead(Buffer.from(begun))).toBe("incomplete");
  });

  it.each([
    "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.1 2000\r\nContent-Length: 5\r\n\r\n",
    "HTTP/2 200\r\n",
    "S",
    "HTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: identity\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Encoding: gzip\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n folded\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\nX: y\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: \0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nno header\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n: nameless\r\n\r\n",
    `HTTP/1.1 200 OK\r\nX: ${"x".repeat(16_384)}`,
  ])("is not %j", (head) => {
    expect(parsePlainHead(Buffer.from(head))).toBe("other");
  });

  it("is told from a hostile one in linear time", () => {
    for (const piece of [" ", "\t", "X:", "X: y\r\n", "Connection: \r\n"]) {
      const head = `HTTP/1.1 200 OK\r\n${piece.repeat(16_000 / piece.length)}\r\n\r\n`;
      expect(parsePlainHead(Buffer.from(head))).toBe("other");
    }
  });
});
