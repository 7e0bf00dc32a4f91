import { describe, expect, it } from "vitest";
import { redirectTarget } from "../../src/sources/http-redirect.ts";

const from = new URL("https://mirror.test/dir/PULP_MANIFEST?token=1");

describe("a redirect", () => {
  it.each([
    ["https://other.test/x", "https://other.test/x"],
    ["/x?y=1", "https://mirror.test/x?y=1"],
    ["../x", "https://mirror.test/x"],
    ["//other.test/x", "https://other.test/x"],
    ["https://user:secret@other.test/x", "https://other.test/x"],
    ["/a b", "https://mirror.test/a%20b"],
    ["/%E4", "https://mirror.test/%E4"],
    ["/\u00c3\u00a4", "https://mirror.test/%c3%a4"],
    ["/\u00e4", "https://mirror.test/%e4"],
  ])("to %j leads to %s", (location, target) => {
    expect(redirectTarget(from, location).href).toBe(target);
  });

  it.each([
    [undefined, "without a usable Location"],
    ["https://", "without a usable Location"],
    ["http://mirror.test/x", "from https to http"],
    ["file:///etc/passwd", "to a file: address"],
    ["ftp://mirror.test/x", "to a ftp: address"],
    ["data:,x", "to a data: address"],
  ])("to %j is refused", (location, reason) => {
    expect(() => redirectTarget(from, location)).toThrow(reason);
  });

  it("may lead from http to https", () => {
    expect(redirectTarget(new URL("http://mirror.test/x"), "https://mirror.test/x").protocol).toBe("https:");
  });
});
