import { describe, expect, it } from "vitest";

import { listedSeconds, parseListing } from "../../../src/formats/pulp/listing.ts";

/** As Pulp 3.123 renders it. */
function listing(...lines: readonly string[]): string {
  return `
<html>
<head><title>Index of /pulp/content/x/</title></head>
<body bgcolor="white">
<h1>Index of /pulp/content/x/</h1>
<hr><pre><a href="../">../</a>
${lines.map((line) => `${line}\n`).join("")}</pre><hr></body>
</html>`;
}

describe("a listing of Pulp", () => {
  it("has names with and without a slash, dates and rounded sizes", () => {
    const pad = " ".repeat(90);
    expect(
      parseListing(
        listing(
          `<a href="./dir/">dir/</a>${pad}30-Jan-2025 20:30  1.5 kB`,
          `<a href="./a b">a b</a>${pad}30-Jan-2025 20:30  1 Byte`,
          `<a href="./${"x".repeat(101)}">${"x".repeat(101)}</a>30-Jan-2025 20:30  999 Bytes`,
          `<a href="./undated">undated</a>${pad}  `,
          `<a href="old">old</a>${pad}30-Jan-2025 20:30  0 Bytes`,
        ),
      ),
    ).toEqual([
      { name: "dir", isDirectory: true, date: "30-Jan-2025 20:30", size: "1.5 kB" },
      { name: "a b", isDirectory: false, date: "30-Jan-2025 20:30", size: "1 Byte" },
      { name: "x".repeat(101), isDirectory: false, date: "30-Jan-2025 20:30", size: "999 Bytes" },
      { name: "undated", isDirectory: false, date: "", size: "" },
      { name: "old", isDirectory: false, date: "30-Jan-2025 20:30", size: "0 Bytes" },
    ]);
  });

  it("has names that are escaped for HTML and not for a URL", () => {
    const shown = "./a%20b#1?x&amp;y&lt;z&gt;&#34;&#39;:.txt";
    expect(parseListing(listing(`<a href="${shown}">${shown.slice(2)}</a>  `))).toMatchObject([
      { name: "a%20b#1?x&y<z>\"':.txt" },
    ]);
    expect(parseListing(listing('<a href="./&amp;lt;">&amp;lt;</a>'))).toMatchObject([{ name: "&lt;" }]);
  });

  it("names the seconds of a checkpoint distribution, and nothing that only looks like one", () => {
    const line = (name: string): string => `<a href="./${name}">${name}</a>   30-Jan-2025 20:30  `;
    const names = parseListing(
      listing(
        line("20250130T205000Z/"),
        line("20250130T203000Z/"),
        line("20250230T203000Z/"),
        line("20250130T210000Z"),
      ),
    );
    expect(Array.isArray(names) && listedSeconds(names)).toEqual(["20250130T203000Z", "20250130T205000Z"]);
  });

  it("may be empty", () => {
    expect(parseListing(listing())).toEqual([]);
  });

  it.each([
    ["another page", "<html><h1>Welcome</h1></html>", "no listing"],
    ["nothing", "", "no listing"],
    ["broken off in a line", listing('<a href="./a">a</a>  ').slice(0, -30), "breaks off"],
    ["broken off behind the list", listing('<a href="./a">a</a>  ').slice(0, -9), "breaks off"],
    ["a line of another kind", listing("hello"), "a line that is none: hello"],
    ["a name that leads elsewhere than it says", listing('<a href="./a">b</a>  '), "a line that is none"],
    ["a link with an attribute", listing('<a href="./a" onclick="x">a</a>  '), "a line that is none"],
    ["a name with nothing in it", listing('<a href="./">./</a>'), "a line that is none"],
    ["one name twice", listing('<a href="./a">a</a>  ', '<a href="./a">a</a>  '), "twice"],
    ["a file and a directory of one name", listing('<a href="./a">a</a>  ', '<a href="./a/">a/</a>  '), "twice"],
  ])("is not %s", (_, html, problem) => {
    expect(parseListing(html)).toMatchObject({ problem: expect.stringContaining(problem) });
  });

  it("is read in linear time", () => {
    const many = Array.from({ length: 20_000 }, (_, index) => `<a href="./f${index}">f${index}</a>  `);
    expect(parseListing(listing(...many))).toHaveLength(20_000);
    expect(parseListing(listing(`<a href="./${"&".repeat(1 << 20)}`))).toHaveProperty("problem");
    expect(parseListing(listing(`<a href="./a">a</a>${" ".repeat(1 << 20)}x`))).toHaveProperty("problem");
  });
});
