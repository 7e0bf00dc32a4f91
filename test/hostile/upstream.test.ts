import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { readdirSync } from "node:fs";
import { gzipSync } from "node:zlib";

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";

import { manifestOf, sha256Of } from "../helpers/origin-server.ts";
import { openMirror, said } from "../operations/mirror.ts";
import type { Mirror } from "../operations/mirror.ts";
import { bytes, endless, redirect, reset, stalling, startRawUpstream, whole } from "./raw-upstream.ts";
import type { Misbehaviour, RawUpstream } from "./raw-upstream.ts";

const good = { "a.iso": "content of a", "sub/b.iso": "content of b" };
const next = { ...good, "c.iso": "content of c" };
const nextManifest = manifestOf(next);

/** Ways to answer wrongly, whatever is asked for; `right` is what the answer should have been. */
const anywhere: Readonly<Record<string, (right: string) => Misbehaviour>> = {
  "breaks off": (right) => bytes(`HTTP/1.1 200 OK\r\nContent-Length: ${right.length}\r\n\r\n${right.slice(0, 5)}`),
  "breaks off a chunk": (right) =>
    bytes(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n${right.slice(0, 5)}`),
  "says nothing": () => stalling(""),
  "stops in its status line": () => stalling("HTTP/1.1 2"),
  "stops in its headers": () => stalling("HTTP/1.1 200 OK\r\nX-"),
  "stops in its body": (right) => stalling(`HTTP/1.1 200 OK\r\nContent-Length: ${right.length}\r\n\r\nc`),
  "drips headers": () => endless("HTTP/1.1 200 OK\r\n", "X-More: x\r\n", 50),
  "drips a header": () => endless("HTTP/1.1 200 OK\r\nX-More: ", "x", 50),
  "drips its body": () => endless("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", "x", 50),
  "drips chunks": () => endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", 50),
  "drips extensions of a chunk": () => endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", "x", 50),
  "has no end": () => endless("HTTP/1.1 200 OK\r\n\r\n", Buffer.alloc(65_536, "x")),
  "has chunks without end": () =>
    endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", `1000\r\n${"x".repeat(4096)}\r\n`),
  "has headers without end": () => endless("HTTP/1.1 200 OK\r\n", "X-More: x\r\n"),
  "has one header without end": () => endless("HTTP/1.1 200 OK\r\nX-More: ", "x".repeat(4096)),
  "announces itself without end": () => endless("", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", 20),
  "says go on without end": () => endless("", "HTTP/1.1 100 Continue\r\n\r\n", 20),
  "announces eight exabytes": () => bytes("HTTP/1.1 200 OK\r\nContent-Length: 9000000000000000000\r\n\r\nx"),
  "announces a terabyte": () => bytes("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\nx"),
  "announces less than nothing": () => bytes("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx"),
  "announces two lengths": (right) =>
    bytes(`HTTP/1.1 200 OK\r\nContent-Length: ${right.length}\r\nContent-Length: 1\r\n\r\n${right}`),
  "has a chunk of 16 exabytes": () =>
    bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx"),
  "has chunks that are none": () => bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nx\r\n0\r\n\r\n"),
  "is compressed": (right) => whole("200 OK", gzipSync(right), ["Content-Encoding: gzip"]),
  "is a bomb": () => whole("200 OK", gzipSync(Buffer.alloc(64 << 20)), ["Content-Encoding: gzip"]),
  "is compressed twice": (right) => whole("200 OK", gzipSync(gzipSync(right)), ["Content-Encoding: gzip, gzip"]),
  "has an unknown encoding": () => whole("200 OK", "x", ["Content-Encoding: rot13"]),
  "is no HTTP": () => bytes("SSH-2.0-OpenSSH_9.2\r\n"),
  "is TLS": () => bytes(Buffer.from("15030100020228", "hex")),
  "is empty": () => bytes(),
  "is reset": () => reset(),
  "has NUL in a header": () => bytes("HTTP/1.1 200 OK\r\nX: \0\r\nContent-Length: 1\r\n\r\nx"),
  "has a status of four digits": () => bytes("HTTP/1.1 2000 OK\r\nContent-Length: 1\r\n\r\nx"),
  "is HTTP/0.9": (right) => bytes(right),
  "switches protocols": () => bytes("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nx"),
  "is a web page": () => whole("200 OK", "<!doctype html><title>Sign in</title>", ["Content-Type: text/html"]),
  ...Object.fromEntries(
    [
      "201 Created",
      "203 Non-Authoritative Information",
      "204 No Content",
      "205 Reset Content",
      "206 Partial Content",
      "300 Multiple Choices",
      "304 Not Modified",
      "401 Unauthorized",
      "403 Forbidden",
      "404 Not Found",
      "407 Proxy Authentication Required",
      "416 Range Not Satisfiable",
      "429 Too Many Requests",
      "500 Internal Server Error",
      "503 Service Unavailable",
      "599 Odd",
    ].map((status) => [
      `has status ${status.slice(0, 3)} and the right bytes`,
      (right: string) =>
        whole(status, right, ["Retry-After: 999999999", `Content-Range: bytes 0-${right.length - 1}/${right.length}`]),
    ]),
  ),
  ...Object.fromEntries(
    [
      "file:///etc/passwd",
      "ftp://127.0.0.1/x",
      "data:text/plain,x",
      "javascript:1",
      "gopher://127.0.0.1/x",
      "blob:x",
      "http://10.0.0.1/",
      "http://167772161/",
      "http://0x0a000001/",
      "http://012.0.0.1/",
      "http://10.1/",
      "http://\u00ef\u00bc\u0091\u00ef\u00bc\u0090.0.0.1/",
      "http://[::ffff:10.0.0.1]/",
      "http://[64:ff9b::a00:1]/",
      "http://172.16.0.1/",
      "http://192.168.0.1/",
      "http://100.64.0.1/",
      "http://169.254.169.254/latest/meta-data/",
      "http://[fd00:ec2::254]/latest/meta-data/",
      "http://[fe80::1]/",
      "http://224.0.0.1/",
      "http://[2002:7f00:1::]/",
      "http://user@10.0.0.1/",
      "//10.0.0.1/x",
      "/\\10.0.0.1/x",
      "http://",
      "http://[::1",
      "",
    ].map((to) => [`is sent to ${JSON.stringify(to)}`, () => redirect(to)]),
  ),
};

const ofFiles: Readonly<Record<string, (right: string) => Misbehaviour>> = {
  "ends early as if whole": (right) => bytes(`HTTP/1.1 200 OK\r\n\r\n${right.slice(0, 5)}`),
  "has a byte too few": (right) => whole("200 OK", right.slice(1)),
  "has a byte too many": (right) => whole("200 OK", `${right}x`),
  "has one bit wrong": (right) => whole("200 OK", right.replace("c", "b")),
  "is another file of the same size": () => whole("200 OK", "content of a"),
  "is nothing": () => whole("200 OK", ""),
};

const digest = sha256Of("content of c");
/** Lines of a manifest that no repository may have. */
const badLines: readonly string[] = [
  `../x,${digest},12`,
  `a/../../x,${digest},12`,
  `a/./x,${digest},12`,
  `./x,${digest},12`,
  `..,${digest},12`,
  `.,${digest},12`,
  `/etc/passwd,${digest},12`,
  `//host/x,${digest},12`,
  `a//x,${digest},12`,
  `a/,${digest},12`,
  `..\\x,${digest},12`,
  `C:\\x,${digest},12`,
  `a\\..\\b,${digest},12`,
  `a\u0000b,${digest},12`,
  `a\tb,${digest},12`,
  `a\u000bb,${digest},12`,
  `a\u001b[2Jb,${digest},12`,
  `a\u007fb,${digest},12`,
  `a\u0085b,${digest},12`,
  `a\u2028b,${digest},12`,
  `a\ufffdb,${digest},12`,
  `${"x".repeat(256)},${digest},12`,
  `${"é".repeat(128)},${digest},12`,
  `${"x/".repeat(1600)}x,${digest},12`,
  `,${digest},12`,
  ` ,${digest},12`,
  `x,${digest}`,
  "x",
  `x,${digest},`,
  `x,${digest},-1`,
  `x,${digest},1e1`,
  `x,${digest},0x10`,
  `x,${digest},1.5`,
  `x,${digest},\u0661\u0662`,
  `x,${digest},\uff11\uff12`,
  `x,${digest},9007199254740993`,
  `x,${digest.slice(1)},12`,
  `x,${digest}0,12`,
  `x,${digest.slice(1)}g,12`,
  `x,sha256:${digest},12`,
  `x,${digest.slice(32)},12`,
  `x,,12`,
  `a.iso,${digest},12`,
  `a.iso,${sha256Of("content of a")},13`,
  `a.iso/below,${digest},12`,
  `sub,${digest},12`,
  `PULP_MANIFEST,${digest},12`,
  "<!doctype html>",
];

describe("an upstream that misbehaves", () => {
  let upstream: RawUpstream;
  let mirror: Mirror;
  let untouched: ReturnType<Mirror["everything"]>;
  const connected: string[] = [];
  const note = (message: unknown): void => {
    connected.push(connection.parse(message).connectParams.hostname);
  };

  beforeAll(async () => {
    upstream = await startRawUpstream();
    mirror = openMirror({
      remote: { url: `${upstream.url}/r/PULP_MANIFEST`, mode: "mirror" },
      repository: { fetch: { retries: 0, timeout: "1s", max_manifest: "1MB" } },
    });
    mirror.setClock(Date.now() / 1000 - 3600);
    offer(good);
    await mirror.ok("update");
    untouched = mirror.everything();
    mirror.setClock(Date.now() / 1000);
    subscribe("undici:client:beforeConnect", note);
  });
  afterAll(async () => {
    unsubscribe("undici:client:beforeConnect", note);
    mirror.remove();
    await upstream.close();
  });

  function offer(files: Readonly<Record<string, string>>): void {
    upstream.answer("/r/PULP_MANIFEST", whole("200 OK", manifestOf(files)));
    for (const [name, body] of Object.entries(files)) upstream.answer(`/r/${name}`, whole("200 OK", body));
  }

  /** A run that is refused with 4, in a time that a person would wait, and leaves all as it was. */
  async function expectRefusal(...reasons: readonly (string | RegExp)[]): Promise<void> {
    const sent = upstream.sentBytes();
    const run = await mirror.runUntil(AbortSignal.timeout(20_000), "update");
    expect(run.exit, said(run)).toBe(4);
    for (const reason of reasons) expect(run.err).toMatch(reason);
    expect(run.err).not.toMatch(/(?![\n])\p{Cc}/u);
    expect(mirror.everything()).toEqual(untouched);
    expect(readdirSync(mirror.file("state/incoming"))).toEqual([]);
    expect(new Set(connected)).toEqual(new Set(["127.0.0.1"]));
    // What is in the buffers of both ends of a connection comes on top of what is read.
    expect(upstream.sentBytes() - sent).toBeLessThan(32 << 20);
  }

  it.each(Object.keys(anywhere))("in its manifest, which %s, is refused", async (what) => {
    offer(next);
    upstream.answer("/r/PULP_MANIFEST", anywhere[what]?.(nextManifest) ?? reset());
    await expectRefusal("/r/PULP_MANIFEST");
  });

  it.each(Object.keys({ ...anywhere, ...ofFiles }))("in a file, which %s, is refused", async (what) => {
    offer(next);
    upstream.answer("/r/c.iso", (anywhere[what] ?? ofFiles[what])?.(next["c.iso"]) ?? reset());
    await expectRefusal("/r/c.iso");
  });

  it.each(badLines.map((line) => [shortened(line), line]))(
    "in a line of its manifest is refused: %s",
    async (_, line) => {
      offer(next);
      upstream.answer("/r/PULP_MANIFEST", whole("200 OK", `${manifestOf(good)}${line}\n`));
      await expectRefusal(/PULP_MANIFEST/, /line 3: |lists itself/);
    },
  );

  it("in a manifest that is not UTF-8 is refused", async () => {
    offer(next);
    upstream.answer("/r/PULP_MANIFEST", whole("200 OK", Buffer.from(`a\xff,${digest},12\n`, "latin1")));
    await expectRefusal("is not UTF-8 text");
  });

  it.each([
    ["lines that are none", "x\n".repeat(499_000)],
    ["one line", "x".repeat(999_000)],
    ["commas", ",".repeat(999_000)],
    ["blanks", `${" ".repeat(999_000)}x`],
    ["line ends and a bad line", `${"\r".repeat(999_000)}x`],
    ["one path as deep as can be, again and again", `${"a/".repeat(1400)}x,${digest},12\n`.repeat(300) + "x"],
    ["files that are directories of each other", directoriesOfEachOther()],
    ["more than it may have", "#".repeat(1_000_001)],
  ])("in a manifest of %s is refused", async (_what, body) => {
    offer(next);
    upstream.answer("/r/PULP_MANIFEST", whole("200 OK", body));
    await expectRefusal("/r/PULP_MANIFEST");
  });

  it("by sending each request on is refused after five", async () => {
    offer(next);
    upstream.answer("/r/c.iso", redirect("/r/c.iso", "307 Temporary Redirect"));
    const before = upstream.count("/r/c.iso");
    await expectRefusal("more than 5 times");
    expect(upstream.count("/r/c.iso") - before).toBe(6);
  });

  it("is read to its end once it behaves", async () => {
    offer(next);
    const run = await mirror.ok("update");
    expect(run.out).toContain("(3 files, 36 bytes, +1 -0 ~0)");
    expect(mirror.page("plain/c.iso")).toBe("content of c");
  });
});

function directoriesOfEachOther(): string {
  return Array.from({ length: 3000 }, (_, index) => `${"a/".repeat(index % 60)}a,${digest},12\n`).join("");
}

/** For a title. */
function shortened(line: string): string {
  const shown = JSON.stringify(line.replace(digest, "…"));
  return shown.length > 60 ? `${shown.slice(0, 60)}…` : shown;
}

const connection = z.object({ connectParams: z.object({ hostname: z.string() }) });
