import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePulpManifest, printPulpManifest, unlistedReason } from "../../../src/formats/file/pulp-manifest.ts";
import type { ManifestEntry } from "../../../src/formats/file/pulp-manifest.ts";
import { compareNames } from "../../../src/model/compare-names.ts";
import { parseDigest } from "../../../src/model/digest.ts";
import { parseRelativePath } from "../../../src/model/relative-path.ts";

const A = "a".repeat(64);
const B = "b".repeat(64);
const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

function paths(text: string): readonly string[] {
  const { entries, invalid, invalidCount } = parsePulpManifest(text);
  expect(invalid).toEqual([]);
  expect(invalidCount).toBe(0);
  return entries.map(({ path }) => path);
}

function reasons(text: string): readonly string[] {
  return parsePulpManifest(text).invalid.map(({ lineNumber, reason }) => `${lineNumber}: ${reason}`);
}

describe("a manifest that Pulp takes", () => {
  it.each([
    ["LF", `a,${A},1\nb,${B},2\n`],
    ["CRLF", `a,${A},1\r\nb,${B},2\r\n`],
    ["CR", `a,${A},1\rb,${B},2\r`],
    ["mixed line ends", `a,${A},1\r\n\rb,${B},2\n\r`],
    ["no final newline", `a,${A},1\nb,${B},2`],
    ["blank lines", `\n\na,${A},1\n \t\nb,${B},2\n\n`],
    ["comments", `# one\na,${A},1\n  # two, with, commas\nb,${B},2\n#`],
    ["blanks around fields", `  a  ,\t${A} , 1 \n\u00a0b , ${B}\t,2\n`],
  ])("is read with %s", (_, text) => {
    expect(parsePulpManifest(text).entries).toEqual([
      { path: "a", digest: A, sizeBytes: 1 },
      { path: "b", digest: B, sizeBytes: 2 },
    ]);
    expect(parsePulpManifest(text).invalid).toEqual([]);
  });

  it.each(["", "\n", "# nothing\n", "\uFEFF"])("may have no entries: %j", (text) => {
    expect(parsePulpManifest(text)).toEqual({ entries: [], invalid: [], invalidCount: 0 });
  });

  it.each([
    "a,b,,c.iso",
    "a b.iso",
    '"quoted"',
    "dir/ü/日本.txt",
    "100%",
    "a#b?c+d&e",
    "%2e%2e/x",
    "x:y",
    "...",
    ".hidden",
  ])("may list %j", (name) => {
    expect(paths(`${name},${A},5\n`)).toEqual([name]);
  });

  it("is split at the last two commas", () => {
    expect(paths(`a,${B},7,${A},5`)).toEqual([`a,${B},7`]);
  });

  it("may have leading zeros in a size", () => {
    expect(parsePulpManifest(`a,${A},0005`).entries[0]?.sizeBytes).toBe(5);
  });

  it("leaves the size unchecked with 0, unless the digest is that of an empty file", () => {
    expect(parsePulpManifest(`a,${A},0\nb,${EMPTY},0`).entries.map(({ sizeBytes }) => sizeBytes)).toEqual([
      undefined,
      0,
    ]);
  });

  it("may say the same line twice", () => {
    expect(paths(`a,${A},1\nb,${B},2\n a,${A.toUpperCase()},01\n`)).toEqual(["a", "b"]);
  });
});

describe("a manifest that Pulp takes otherwise", () => {
  it("may begin with a byte order mark", () => {
    expect(paths(`\uFEFFa,${A},1\n`)).toEqual(["a"]);
    expect(paths(`\uFEFF# comment\na,${A},1\n`)).toEqual(["a"]);
  });

  it("may have digests in upper case, which are lowered", () => {
    expect(parsePulpManifest(`a,${A.toUpperCase()},1`).entries[0]?.digest).toBe(A);
  });
});

describe("a line is refused", () => {
  it.each([
    ["a", "has fewer than two commas"],
    [",", "has fewer than two commas"],
    [`a,${A}`, "has fewer than two commas"],
    [`,${A},5`, "the path is empty"],
    [` ,${A},5`, "the path is empty"],
    ["a,,5", "the digest is not a SHA-256 in 64 hexadecimal digits"],
    [`a,${A},`, "the size is not a whole number"],
    [`a,${A},5 trailing`, "the size is not a whole number"],
    [`/x,${A},5`, "the path is absolute"],
    [`d/,${A},5`, "the path ends in a slash"],
    [`a//b,${A},5`, "the path has an empty segment"],
    [`../x,${A},5`, 'the path has a segment ".."'],
    [`a/../b,${A},5`, 'the path has a segment ".."'],
    [`./a,${A},5`, 'the path has a segment "."'],
    [`.,${A},5`, 'the path has a segment "."'],
    [`..,${A},5`, 'the path has a segment ".."'],
    [`a\\b,${A},5`, "the path has a backslash"],
    [`a\u2028b,${A},5`, "the path has a control character"],
    [`a\u0085b,${A},5`, "the path has a control character"],
    [`a\u000bb,${A},5`, "the path has a control character"],
    [`a\u000c,${A},5`, "the path has a control character"],
    [`a\0b,${A},5`, "the path has a control character"],
    [`a\uFFFDb,${A},5`, "the path is not valid UTF-8"],
    [`${"x".repeat(256)},${A},5`, "the path has a segment longer than 255 bytes"],
    ["a,abc,5", "the digest is not a SHA-256 in 64 hexadecimal digits"],
    [`a,${A}${B},5`, "the digest is not a SHA-256 in 64 hexadecimal digits"],
    [`a,${"g".repeat(64)},5`, "the digest is not a SHA-256 in 64 hexadecimal digits"],
    [`a,${A},-5`, "the size is not a whole number"],
    [`a,${A},5.0`, "the size is not a whole number"],
    [`a,${A},1_000`, "the size is not a whole number"],
    [`a,${A},5²`, "the size is not a whole number"],
    [`a,${A},٥`, "the size is not a whole number"],
    [`a,${A},1e3`, "the size is not a whole number"],
    [`a,${A},0x10`, "the size is not a whole number"],
    [`a,${A},9007199254740992`, "the size is too large"],
    ["<!DOCTYPE html>", "has fewer than two commas"],
  ])("%j: %s", (line, reason) => {
    expect(reasons(`# one\n${line}\n`)).toEqual([`2: ${reason}`]);
  });

  it("when it gives an earlier path another digest or size", () => {
    expect(reasons(`a,${A},1\nb,${A},1\na,${B},1\nb,${A},2`)).toEqual([
      "3: line 1 gives the same path another digest",
      "4: line 2 gives the same path another size",
    ]);
  });

  it("when its path is both a file and a directory, in whatever order", () => {
    expect(reasons(`a,${A},1\na-b,${A},1\na/b,${B},2\nab,${A},1\nd/e/f,${A},1\nd/e,${B},1`)).toEqual([
      '3: "a" is a file on line 1 and a directory on line 3',
      '6: "d/e" is a file on line 6 and a directory on line 5',
    ]);
  });

  it("together with every other bad line, in order", () => {
    expect(reasons(`x\n\ny,${A},1\r\nz\ry/z,${A},1\n`)).toEqual([
      "1: has fewer than two commas",
      "4: has fewer than two commas",
      '5: "y" is a file on line 3 and a directory on line 5',
    ]);
  });

  it("and shown without control characters, at most 120 characters long", () => {
    const [first, second] = parsePulpManifest(`\u001b[31m\u202e\u0007\n${"x".repeat(500)}`).invalid;
    expect(first?.line).toBe("\\u{1b}[31m\\u{202e}\\u{7}");
    expect(second?.line).toBe(`${"x".repeat(120)}…`);
  });
});

describe("size", () => {
  it("of a line does not matter beyond its length", () => {
    const megabyte = 1 << 20;
    for (const line of [
      "x".repeat(megabyte),
      " ".repeat(megabyte),
      `x${" ".repeat(megabyte)}x`,
      ",".repeat(megabyte),
      "a/".repeat(megabyte / 2),
      `${"a/".repeat(megabyte / 2)}a,${A},1`,
      `a,${A},${"9".repeat(megabyte)}`,
      "\u202e".repeat(megabyte),
    ]) {
      const { entries, invalid } = parsePulpManifest(line);
      expect(entries).toEqual([]);
      expect(invalid.length).toBeLessThan(2);
    }
  });

  it("of a file of another kind does not matter: all bad lines are counted, the first thousand kept", () => {
    const { invalid, invalidCount } = parsePulpManifest("x\n".repeat(1 << 20));
    expect(invalidCount).toBe(1 << 20);
    expect(invalid.length).toBe(1000);
  });

  it("of deep paths does not multiply", () => {
    const deep = "a/".repeat(1400);
    const lines = Array.from({ length: 2000 }, (_, index) => `${index}/${deep}x,${A},1\n`);
    expect(parsePulpManifest(lines.join("")).entries.length).toBe(2000);
  });
});

describe("printing", () => {
  const segment = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
  const entry = fc
    .record({
      path: fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => parseRelativePath(segments.join("/"))),
      digest: fc
        .string({ unit: fc.constantFrom(..."0123456789abcdef".split("")), minLength: 64, maxLength: 64 })
        .map(parseDigest),
      sizeBytes: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    })
    .map(({ path, digest, sizeBytes }) =>
      path === undefined || digest === undefined ? undefined : { path, digest, sizeBytes },
    );

  it("and reading again gives the same entries, sorted by path", () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 12 }), (drawn) => {
        const entries = new Map(drawn.flatMap((one) => (one === undefined ? [] : [[String(one.path), one] as const])));
        const listed = [...entries.values()].filter(
          ({ path }) =>
            unlistedReason(path) === undefined && ![...entries.keys()].some((other) => other.startsWith(`${path}/`)),
        );
        const read: readonly ManifestEntry[] = parsePulpManifest(printPulpManifest(listed)).entries;
        expect(read).toEqual(listed.toSorted((a, b) => compareNames(a.path, b.path)));
      }),
      { numRuns: 300 },
    );
  });

  it("leaves out names that the format cannot write", () => {
    const names = ["#x", " x", "x\u00a0", "\uFEFFx", "x", "y#", "a b"];
    const entries = names.flatMap((name) => {
      const [path, digest] = [parseRelativePath(name), parseDigest(A)];
      return path === undefined || digest === undefined ? [] : [{ path, digest, sizeBytes: 3 }];
    });
    expect(entries.length).toBe(names.length);
    expect(printPulpManifest(entries)).toBe(`a b,${A},3\nx,${A},3\ny#,${A},3\n`);
  });

  it("no entries is an empty file", () => {
    expect(printPulpManifest([])).toBe("");
  });
});
