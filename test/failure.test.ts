import { describe, expect, it } from "vitest";

import { Failure, redact } from "../src/failure.ts";

describe("credentials in messages", () => {
  it.each([
    ["https://user:pass@host/x", "https://***@host/x"],
    ["https://user:p@ss@host/x", "https://***@host/x"],
    ["ftp://token@host and http://a:b@c/d", "ftp://***@host and http://***@c/d"],
    ["https://host/a@b", "https://host/a@b"],
    ["someone@example.org", "someone@example.org"],
  ])("are taken out: %s", (text, shown) => {
    expect(redact(text)).toBe(shown);
  });

  it("are taken out of everything that a failure says", () => {
    const secret = "https://user:secret@host/";
    const failure = new Failure("USAGE", secret, { hint: secret, details: [secret] });
    expect([failure.message, failure.hint, ...failure.details].join(" ")).not.toContain("secret");
  });

  it("cost a text of one long word no more than one of many", () => {
    // A quadratic scan of a million letters would run into the time limit of the test.
    expect(redact("a".repeat(1_000_000))).toHaveLength(1_000_000);
  });
});
