import { createHash } from "node:crypto";

import { describe, expect, it } from "vitest";

import { said } from "./mirror.ts";
import { aPulpMirror, c1, c2, t1, t2 } from "./pulp-mirror.ts";

type Files = Readonly<Record<string, string>>;

describe.each([
  ["rpm", "rpm/rpm", rpm, "repodata/repomd.xml"],
  ["Debian", "deb/apt", deb, "dists/stable/Release"],
] as const)("a checkpoint of %s packages", (_, plugin, make, root) => {
  describe.each([true, false])("(API: %s)", (withApi) => {
    it("is taken over by its listings, each package once", async () => {
      const { pulp, mirror } = await aPulpMirror({ withApi, server: { plugin } });
      pulp.publish(t1, make({ "a-1": "package a", "b-1": "package b" }));
      pulp.publish(t2, make({ "a-1": "package a", "b-2": "package b, newer" }));
      await mirror.ok("update");
      expect(mirror.checkpoints()).toEqual([c1, c2]);
      expect(pulp.files().filter((target) => /a-1/.test(target))).toHaveLength(1);
      // An index is asked for once, although it is read and stored.
      expect(pulp.files().filter((target) => target.includes(`${c2}/${root}`))).toHaveLength(1);
      pulp.targets.length = 0;
      await mirror.ok("update");
      expect(pulp.files()).toEqual([]);
      await mirror.ok("verify");
    });

    it("with a package that is not what the index states is refused", async () => {
      const { pulp, mirror } = await aPulpMirror({ withApi, server: { plugin } });
      const files = make({ "a-1": "package a", "b-1": "package b" });
      const path = Object.keys(files).find((name) => name.includes("b-1")) ?? "";
      pulp.publish(t1, { ...files, [path]: "package x" });
      const run = await mirror.run("update");
      expect(run, said(run)).toMatchObject({ exit: 4, err: expect.stringContaining("SHA-256") });
      expect(run.err).toContain("b-1");
    });

    it("with an index that is not what the one above it states is refused", async () => {
      const { pulp, mirror } = await aPulpMirror({ withApi, server: { plugin } });
      const files = make({ "a-1": "package a" });
      const path = Object.keys(files).find((name) => /primary|Packages$/.test(name)) ?? "";
      pulp.publish(t1, { ...files, [path]: `${files[path]}\n` });
      expect(await mirror.run("update")).toMatchObject({ exit: 4, err: expect.stringContaining("index above it") });
    });
  });

  it("without one of its packages is not whole for the content app alone", async () => {
    const { pulp, mirror } = await aPulpMirror({ withApi: false, server: { plugin } });
    const files = make({ "a-1": "package a", "b-1": "package b" });
    const path = Object.keys(files).find((name) => name.includes("b-1")) ?? "";
    const half = Object.fromEntries(Object.entries(files).filter(([name]) => name !== path));
    const publication = pulp.publish(t1, half, { complete: false });
    expect((await mirror.ok("update")).err).toContain("left for the next run");
    publication.published.set(path, files[path] ?? "");
    pulp.finish(publication);
    await mirror.ok("update");
    expect(mirror.page(`snapshots/repo/${c1}/${path}`)).toBe("package b");
  });
});

describe("a checkpoint of which no digest is known", () => {
  const plain = { manifest: null };

  it("is taken over by its listings, and what the server knows to be the same is not sent again", async () => {
    const { pulp, mirror } = await aPulpMirror();
    pulp.publish(t1, { a: "one", "dir/b": "two", "dir/c": "x" }, plain);
    pulp.publish(t2, { a: "one", "dir/b": "owt", "dir/c": "x" }, plain);
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([c1, c2]);
    expect(mirror.page(`snapshots/repo/${c2}/a`)).toBe("one");
    expect(mirror.page(`snapshots/repo/${c2}/dir/b`)).toBe("owt");
    expect(
      pulp
        .sent()
        .map((target) => target.replace(/^.*myfile\//, ""))
        .toSorted(),
    ).toEqual([`${c1}/a`, `${c1}/dir/b`, `${c1}/dir/c`, `${c2}/dir/b`]);
  });

  it("is known again by another run", async () => {
    const { pulp, mirror } = await aPulpMirror();
    pulp.publish(t1, { a: "one" }, plain);
    await mirror.ok("update");
    pulp.publish(t2, { a: "one", b: "two" }, plain);
    await mirror.ok("update");
    expect(pulp.sent().map((target) => target.replace(/^.*myfile\//, ""))).toEqual([`${c1}/a`, `${c2}/b`]);
  });

  it("is asked for anew where the pool has it no more", async () => {
    const { pulp, mirror, at } = await aPulpMirror({ top: { grace: "0s" } });
    pulp.publish(t1, { a: "one" }, plain);
    await mirror.ok("update");
    await mirror.ok("withdraw", "snapshots", c1, "--reason", "tried");
    await mirror.ok("update");
    pulp.publish(t2, { a: "one", b: "other" }, plain);
    at("20250130T230000Z");
    await mirror.ok("update");
    expect(mirror.page(`snapshots/repo/${c2}/a`)).toBe("one");
  });

  it("needs the length of each file", async () => {
    const { pulp, mirror } = await aPulpMirror();
    pulp.publish(t1, { a: "one" }, plain);
    pulp.fault(`${c1}/a`, { endAfter: 2 });
    expect(await mirror.run("update")).toMatchObject({ exit: 4, err: expect.stringContaining("how long") });
  });

  it("is nothing whole to the content app alone, unless the configuration says that there is no manifest", async () => {
    const { pulp, mirror, remote } = await aPulpMirror({ withApi: false });
    pulp.publish(t1, { a: "one" }, plain);
    expect((await mirror.ok("update")).err).toContain("has no PULP_MANIFEST yet");
    mirror.configure({ remote, repository: { manifest: null } });
    await mirror.ok("update");
    expect(mirror.page(`snapshots/repo/${c1}/a`)).toBe("one");
  });
});

function rpm(packages: Files): Files {
  const paths = Object.fromEntries(
    Object.entries(packages).map(([name, body]) => [`Packages/${name[0]}/${name}.rpm`, body]),
  );
  const items = Object.entries(paths).map(
    ([path, body]) =>
      `<package type="rpm"><checksum type="sha256" pkgid="YES">${sha256(body)}</checksum><size package="${body.length}"/><location href="${path}"/></package>`,
  );
  const primary = `<metadata>${items.join("")}</metadata>`;
  const name = `repodata/${sha256(primary)}-primary.xml`;
  const repomd = `<repomd><data type="primary"><checksum type="sha256">${sha256(primary)}</checksum><location href="${name}"/><size>${primary.length}</size></data></repomd>`;
  return { ...paths, [name]: primary, "repodata/repomd.xml": repomd };
}

function deb(packages: Files): Files {
  const paths = Object.fromEntries(
    Object.entries(packages).map(([name, body]) => [`pool/main/${name[0]}/${name}.deb`, body]),
  );
  const index = Object.entries(paths)
    .map(([path, body]) => `Package: x\nFilename: ${path}\nSize: ${body.length}\nSHA256: ${sha256(body)}\n`)
    .join("\n");
  const release = `Suite: stable\nSHA256:\n ${sha256(index)} ${index.length} main/binary-amd64/Packages\n ${sha256("z")} 1 main/binary-amd64/Packages.xz\n`;
  return { ...paths, "dists/stable/main/binary-amd64/Packages": index, "dists/stable/Release": release };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
