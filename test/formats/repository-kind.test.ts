import { describe, expect, test } from "vitest";

import { recognizeRepository } from "../../src/formats/repository-kind.ts";
import type { AptSuite, RepositoryKind } from "../../src/model/repository-kind.ts";
import { emptyFiles, treeInMemory } from "./tree-in-memory.ts";

const nothing: RepositoryKind = { apt: [], rpm: [], pacman: [], python: [], npm: [], complete: true };

function kindOf(...names: readonly string[]): RepositoryKind {
  const tree = treeInMemory(emptyFiles(...names));
  return recognizeRepository(tree.root, tree);
}

function suite(more: Partial<AptSuite>): AptSuite {
  return {
    directory: "",
    name: "stable",
    components: ["main"],
    architectures: ["amd64"],
    expires: false,
    snapshotsElsewhere: false,
    ...more,
  };
}

describe("recognizeRepository", () => {
  test("sees nothing in a repository of files", () => {
    expect(kindOf("1.iso", "PULP_MANIFEST", "docs/index.html", "data/users.db", "pool/a/b.deb")).toEqual(nothing);
    expect(kindOf()).toEqual(nothing);
  });

  test("reads suites, components and architectures of a Debian archive from its directories", () => {
    const kind = kindOf(
      "dists/stable/InRelease",
      "dists/stable/main/binary-amd64/Packages.xz",
      "dists/stable/main/binary-all/Packages.xz",
      "dists/stable/main/debian-installer/binary-amd64/Packages.xz",
      "dists/stable/main/by-hash/SHA256/ab",
      "dists/stable/contrib/binary-amd64/Packages",
      "dists/stable/contrib/source/Sources",
      "dists/sid/Release",
      "dists/sid/main/binary-riscv64/Packages",
      "pool/main/h/hello/hello_1_amd64.deb",
    );
    expect(kind).toEqual({
      ...nothing,
      apt: [
        suite({ name: "sid", architectures: ["riscv64"] }),
        suite({ components: ["contrib", "main"], architectures: ["all", "amd64"] }),
      ],
    });
  });

  test("takes no directory of dists/ without a Release file, or without a component, for a suite", () => {
    expect(kindOf("dists/a/main/binary-amd64/Packages", "dists/b/InRelease", "dists/README").apt).toEqual([]);
  });

  test("knows suites and components of two parts", () => {
    expect(
      kindOf("dists/stretch/updates/Release", "dists/stretch/updates/updates/main/binary-amd64/Packages").apt,
    ).toEqual([suite({ name: "stretch/updates", components: ["updates/main"] })]);
  });

  test("knows flat Debian repositories, at the root and below", () => {
    const flat = { name: "/", components: [], architectures: [] };
    expect(kindOf("Packages.gz", "InRelease", "hello.deb").apt).toEqual([suite(flat)]);
    expect(kindOf("Debian_12/Packages", "Debian_12/Release").apt).toEqual([suite({ ...flat, directory: "Debian_12" })]);
    expect(kindOf("Packages.gz", "hello.deb").apt).toEqual([]);
  });

  test("tells by the Release file whether it runs out, and whether apt looks for its past elsewhere", () => {
    const of = (release: string): Pick<AptSuite, "expires" | "snapshotsElsewhere"> | undefined => {
      const files = { "dists/stable/InRelease": release, "dists/stable/main/binary-amd64/Packages": "" };
      const tree = treeInMemory(files);
      const [only] = recognizeRepository(tree.root, tree).apt;
      return only === undefined ? undefined : { expires: only.expires, snapshotsElsewhere: only.snapshotsElsewhere };
    };
    const signed = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n";
    expect(of(`${signed}Origin: Example\nLabel: Debian\nSuite: stable\n`)).toEqual({
      expires: false,
      snapshotsElsewhere: false,
    });
    expect(of(`${signed}Origin: Debian\r\nValid-Until: Sat, 01 Mar 2025 00:00:00 UTC\r\nSHA256:\r\n`)).toEqual({
      expires: true,
      snapshotsElsewhere: true,
    });
    expect(of("Origin: Ubuntu\n")?.snapshotsElsewhere).toBe(true);
    expect(of("Label: Debian-Security\n")?.snapshotsElsewhere).toBe(true);
    expect(of("Snapshots: https://elsewhere.example/@SNAPSHOTID@/\n")?.snapshotsElsewhere).toBe(true);
    expect(of("SHA256:\n 00 1 x\nValid-Until: never\n")?.expires).toBe(false);
  });

  test("finds RPM repositories as deep as mirrors keep them", () => {
    expect(kindOf("repodata/repomd.xml", "a.rpm").rpm).toEqual([""]);
    expect(
      kindOf("BaseOS/x86_64/os/repodata/repomd.xml", "BaseOS/aarch64/os/repodata/repomd.xml", "repodata/README").rpm,
    ).toEqual(["BaseOS/aarch64/os", "BaseOS/x86_64/os"]);
  });

  test("finds pacman databases by the archive beside their name", () => {
    const names = ["core/os/x86_64/core.db", "core/os/x86_64/core.db.tar.gz", "core/os/x86_64/core.files"];
    expect(kindOf(...names, "cache.db").pacman).toEqual([{ directory: "core/os/x86_64", name: "core" }]);
  });

  test("finds simple indexes with pages, and those whose listings will be their pages", () => {
    expect(kindOf("simple/index.html", "simple/demo/index.html").python).toEqual(["simple"]);
    expect(kindOf("pypi/simple/demo/demo-1.0-py3-none-any.whl").python).toEqual(["pypi/simple"]);
    expect(kindOf("simple/readme.txt", "simple/notes/readme.txt").python).toEqual([]);
  });

  test("finds an npm registry by a package document that plain files can answer with", () => {
    expect(kindOf("left/index.html", "left/-/left-1.0.0.tgz", "other/index.html").npm).toEqual([""]);
    expect(kindOf("npm/left/index.html", "npm/left/-/left-1.0.0.tgz").npm).toEqual(["npm"]);
    expect(kindOf("left/package.json", "left/-/left-1.0.0.tgz", "@a/b/index.html", "@a/b/-/b-1.0.0.tgz").npm).toEqual(
      [],
    );
  });

  test("finds several kinds in one tree", () => {
    const kind = kindOf(
      "deb/dists/stable/InRelease",
      "deb/dists/stable/main/binary-amd64/Packages",
      "rpm/repodata/repomd.xml",
      "simple/demo/index.html",
    );
    expect(kind).toEqual({ ...nothing, apt: [suite({ directory: "deb" })], rpm: ["rpm"], python: ["simple"] });
  });

  test("looks at a bounded number of directories, nearest to the root first, and says so", () => {
    const wide = Array.from({ length: 3000 }, (_, index) => `packages/${index}/file`);
    const tree = treeInMemory(emptyFiles(...wide, "zzz/repodata/repomd.xml"));
    const kind = recognizeRepository(tree.root, tree);
    expect(kind).toEqual({ ...nothing, rpm: ["zzz"], complete: false });
    expect(tree.read.trees).toBeLessThanOrEqual(250);
  });

  test("opens no file but Release files, and no directory of a pool", () => {
    const pool = Array.from({ length: 1000 }, (_, index) => `pool/main/${index}/p.deb`);
    const tree = treeInMemory(emptyFiles(...pool, "dists/s/InRelease", "dists/s/main/binary-all/Packages", "doc/a"));
    expect(recognizeRepository(tree.root, tree)).toMatchObject({ complete: true, apt: [{ name: "s" }] });
    expect(tree.read).toEqual({ trees: 5, heads: 1 });
  });
});
