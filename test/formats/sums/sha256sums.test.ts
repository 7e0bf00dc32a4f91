import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { parseSumsLine, sumsLine } from "../../../src/formats/sums/sha256sums.ts";
import { parseDigest } from "../../../src/model/digest.ts";

const names = [
  "a",
  "with space",
  " begins",
  "ends ",
  "-",
  "--check",
  "#x",
  "*x",
  "caf\u00e9",
  "\u65e5\u672c",
  "back\\slash",
  "new\nline",
  "re\rturn",
  "\\n",
  "a\u2028b",
];

describe("SHA256SUMS", () => {
  it("is taken by sha256sum for every name that a file system takes", () => {
    const dir = mkdtempSync(path.join(os.tmpdir(), "asof-sums-"));
    for (const name of names) writeFileSync(path.join(dir, name), `content of ${name}`);
    writeFileSync(
      path.join(dir, "SHA256SUMS"),
      names.map((name) => sumsLine(name, digestOf(`content of ${name}`))).join(""),
    );
    const said = execFileSync("sha256sum", ["--strict", "-c", "SHA256SUMS"], { cwd: dir, encoding: "utf8" });
    expect(said.match(/: OK$/gm)).toHaveLength(names.length);
    rmSync(dir, { recursive: true });
  });

  it("spells every name but a carriage return and a dash as sha256sum does", () => {
    const dir = mkdtempSync(path.join(os.tmpdir(), "asof-sums-"));
    // Older coreutils write a carriage return as it is, and take both.
    for (const name of names.filter((one) => one !== "re\rturn" && one !== "-")) {
      writeFileSync(path.join(dir, name), name);
      const said = execFileSync("sha256sum", ["--", name], { cwd: dir, encoding: "utf8" });
      expect(sumsLine(name, digestOf(name))).toBe(said);
    }
    expect(readFileSync(path.join(dir, "a"), "utf8")).toBe("a");
    rmSync(dir, { recursive: true });
  });

  it("is read back", () => {
    for (const name of names) {
      const line = sumsLine(name, digestOf(name)).slice(0, -1);
      expect(parseSumsLine(line)).toEqual({ path: name, digest: digestOf(name) });
    }
    expect(parseSumsLine(`${digestOf("a")} *a`)).toEqual({ path: "a", digest: digestOf("a") });
  });

  it.each(["", "x", `${"0".repeat(63)}  a`, `${"0".repeat(64)} a`, `${"0".repeat(64)}  `, `\\${"0".repeat(64)}  a\\b`])(
    "is not %j",
    (line) => {
      expect(parseSumsLine(line)).toBeUndefined();
    },
  );
});

function digestOf(content: string): NonNullable<ReturnType<typeof parseDigest>> {
  const digest = parseDigest(createHash("sha256").update(content).digest("hex"));
  if (digest === undefined) throw new Error("a SHA-256 is a digest");
  return digest;
}
