import { describe, expect, it } from "vitest";

import { parseDigest } from "../../src/model/digest.ts";
import { isSignatureName, parseStatement, printStatement } from "../../src/model/statement.ts";
import type { Statement } from "../../src/model/statement.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";

const whole: Statement = {
  repository: "repo",
  checkpoint: timestampFromSeconds(1_742_306_618),
  root: digest("a"),
  files: 3,
  bytes: 3072,
  sums: digest("b"),
  manifest: { name: "a list of all", digest: digest("c"), bytes: 200 },
  log: { n: 4, prev: digest("d") },
};

describe("the statement about a checkpoint", () => {
  it("is a line for each fact", () => {
    expect(printStatement(whole)).toBe(
      [
        "asof-checkpoint 1",
        "repository repo",
        "checkpoint 20250318T140338Z",
        `root ${digest("a")}`,
        "files 3",
        "bytes 3072",
        `sums ${digest("b")}`,
        `manifest ${digest("c")} 200 a list of all`,
        `log 4 ${digest("d")}`,
        "",
      ].join("\n"),
    );
  });

  it("is read back, with and without what may be left out", () => {
    for (const statement of [whole, { ...whole, sums: undefined }, { ...whole, manifest: undefined }]) {
      expect(parseStatement(printStatement(statement))).toEqual(statement);
    }
  });

  it.each([
    ["another version", (text: string) => text.replace("checkpoint 1", "checkpoint 2")],
    ["a number in another form", (text: string) => text.replace("files 3", "files 03")],
    ["no line end", (text: string) => text.trimEnd()],
    ["more behind it", (text: string) => `${text}more\n`],
    ["lines in another order", (text: string) => text.replace(/(files.*\n)(bytes.*\n)/, "$2$1")],
    ["no real second", (text: string) => text.replace("20250318T", "20250399T")],
    ["half a digest", (text: string) => text.replace(/root .*/, "root abc")],
    ["CRLF", (text: string) => text.replaceAll("\n", "\r\n")],
  ])("is not one with %s", (_, change) => {
    expect(parseStatement(change(printStatement(whole)))).toBeUndefined();
  });

  it("has signatures whose names stand beside nothing else", () => {
    for (const name of ["checkpoint.txt.asc", "checkpoint.txt.sig", "checkpoint.txt.minisig"])
      expect(isSignatureName(name)).toBe(true);
    for (const name of [
      "checkpoint.txt",
      "checkpoint.txt.",
      "checkpoint.txt.a/b",
      "../checkpoint.txt.asc",
      "SHA256SUMS",
      "index.html",
    ]) {
      expect(isSignatureName(name)).toBe(false);
    }
  });
});

function digest(digit: string): NonNullable<ReturnType<typeof parseDigest>> {
  const parsed = parseDigest(digit.repeat(64));
  if (parsed === undefined) throw new Error(`${digit} is no hexadecimal digit`);
  return parsed;
}
