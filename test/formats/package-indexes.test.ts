import { describe, expect, it } from "vitest";

import { openStanzaReader } from "../../src/formats/deb/packages.ts";
import { parseReleaseSums } from "../../src/formats/deb/release-sums.ts";
import { openPrimaryReader } from "../../src/formats/rpm/primary.ts";
import { parseRepomd } from "../../src/formats/rpm/repomd.ts";

const [a, b] = ["a".repeat(64), "b".repeat(64)];

describe("repomd.xml", () => {
  it("names the files of repodata, with digest and size", () => {
    const xml = `<?xml version="1.0"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>1</revision>
<data type="primary"><checksum type="sha256">${a}</checksum><open-checksum type="sha256">${b}</open-checksum>
<location href="repodata/${a}-primary.xml.gz"/><timestamp>1</timestamp><size>12</size><open-size>99</open-size></data>
<data type="other"><checksum type="sha512">${a}${a}</checksum><location href="repodata/x&amp;y.xml"/></data>
</repomd>`;
    expect(parseRepomd(xml)).toEqual([
      { type: "primary", href: `repodata/${a}-primary.xml.gz`, content: { digest: a, sizeBytes: 12 } },
      { type: "other", href: "repodata/x&y.xml", content: undefined },
    ]);
  });

  it("is nothing where it is something else", () => {
    expect(parseRepomd("<html><body>not here</body></html>")).toEqual([]);
  });
});

describe("primary.xml", () => {
  const pack = (name: string, digest: string): string =>
    `<package type="rpm"><name>${name}</name><checksum type="sha256" pkgid="YES">${digest}</checksum>` +
    `<size package="7" installed="9" archive="8"/><location href="Packages/${name}.rpm"/>` +
    `<format><rpm:requires><rpm:entry name="x"/></rpm:requires></format></package>\n`;
  const xml = `<metadata packages="2">\n${pack("a", a)}${pack("b", b)}</metadata>`;
  const expected = [
    { href: "Packages/a.rpm", content: { digest: a, sizeBytes: 7 } },
    { href: "Packages/b.rpm", content: { digest: b, sizeBytes: 7 } },
  ];

  it.each([1, 10, 1000])("tells of each package once, in pieces of %d", (length) => {
    const reader = openPrimaryReader();
    const pieces = Array.from({ length: Math.ceil(xml.length / length) }, (_, index) =>
      xml.slice(index * length, (index + 1) * length),
    );
    expect(pieces.flatMap((piece) => [...reader.add(piece)])).toEqual(expected);
  });

  it("leaves out what lies elsewhere, and what has another digest", () => {
    const reader = openPrimaryReader();
    const elsewhere = pack("a", a).replace("<location ", '<location xml:base="http://other.example/" ');
    expect([...reader.add(elsewhere)]).toEqual([]);
    expect([...reader.add(pack("b", b).replace('"sha256"', '"sha1"'))]).toEqual([]);
  });

  it("is refused where a package has no end", () => {
    const reader = openPrimaryReader();
    const endless = (): void => {
      for (let count = 0; count < 40; count++) reader.add(`<package ${"x".repeat(1 << 20)}`).next();
    };
    expect(endless).toThrow(RangeError);
  });
});

describe("a Release", () => {
  it("states the digests of its SHA256 section alone", () => {
    const text = `Origin: x\nMD5Sum:\n ${"c".repeat(32)} 1 main/x\nSHA256:\n ${a} 12 main/binary-amd64/Packages\n ${b.toUpperCase()} 3 main/y\r\nSHA512:\n ${a}${a} 1 main/z\n`;
    expect([...parseReleaseSums(text)]).toEqual([
      ["main/binary-amd64/Packages", { digest: a, sizeBytes: 12 }],
      ["main/y", { digest: b, sizeBytes: 3 }],
    ]);
  });

  it("may be signed inline", () => {
    const text = `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nSHA256:\n ${a} 12 x\n-----BEGIN PGP SIGNATURE-----\n\nabc\n`;
    expect([...parseReleaseSums(text).keys()]).toEqual(["x"]);
  });
});

describe("Packages and Sources", () => {
  const text = `Package: a\nFilename: pool/a.deb\nSize: 5\nSHA256: ${a}\n\nPackage: b\nFilename: ./pool/b.deb\nSHA256: ${b}\n\n\nPackage: s\nDirectory: pool/s\nChecksums-Sha256:\n ${a} 1 s.dsc\n ${b} 2 s.tar.xz\n`;

  it.each([1, 7, 1000])("tell of each file once, in pieces of %d", (length) => {
    const reader = openStanzaReader();
    const pieces = Array.from({ length: Math.ceil(text.length / length) }, (_, index) =>
      text.slice(index * length, (index + 1) * length),
    );
    const found = [...pieces.flatMap((piece) => [...reader.add(piece)]), ...reader.end()];
    expect(found).toEqual([
      { path: "pool/a.deb", content: { digest: a, sizeBytes: 5 } },
      { path: "pool/b.deb", content: { digest: b, sizeBytes: undefined } },
      { path: "pool/s/s.dsc", content: { digest: a, sizeBytes: 1 } },
      { path: "pool/s/s.tar.xz", content: { digest: b, sizeBytes: 2 } },
    ]);
  });
});
