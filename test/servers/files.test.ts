import { lchown, mkdir, symlink, utimes, writeFile } from "node:fs/promises";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { availableServersAndMounts } from "./members.ts";
import { complaintsOf, seenTarget, serveNewFiles } from "./server.ts";
import { immutable, startServerSite, summary } from "./server-site.ts";
import type { ServerSite } from "./server-site.ts";

describe.each(availableServersAndMounts())(
  "directories and files on $server, public/ mounted at $mount",
  ({ member, mount }) => {
    let site: ServerSite;
    const get: ServerSite["get"] = (target, headers) => site.get(target, headers);

    beforeAll(async () => {
      site = await startServerSite(member, mount);
    });

    afterAll(() => site.stop());

    it.each([
      ["checkpoints/myfile", "checkpoints/myfile/"],
      ["checkpoints/myfile?x=%2F", "checkpoints/myfile/?x=%2F"],
      ["checkpoints/myfile/20250318T140338Z", "checkpoints/myfile/20250318T140338Z/"],
      ["checkpoints/myfile/20240101T000000Z?q", "checkpoints/myfile/20240101T000000Z/?q"],
      ["checkpoints/myfile/20240101T000000Z/s%75b?q", "checkpoints/myfile/20240101T000000Z/s%75b/?q"],
      ["checkpoints/myfile/20250318T140338Z/empty?x=1%202", "checkpoints/myfile/20250318T140338Z/empty/?x=1%202"],
      ["checkpoints/myfile/20250318T140338Z/%65mpty", "checkpoints/myfile/20250318T140338Z/%65mpty/"],
      ["checkpoints/myfile/20250318T140338Z/./pool/../pool", "checkpoints/myfile/20250318T140338Z/./pool/../pool/"],
      ["again?x=%2F", "again/?x=%2F"],
      ["checkpoints", "checkpoints/"],
      ["plain?x", "plain/?x"],
      ["plain/sub?x=%2F", "plain/sub/?x=%2F"],
    ])("gets its slash: %s", async (from, to) => {
      const hasIndex = !/empty|%65mpty|s(?:u|%75)b/.test(from);
      const redirect = [301, seenTarget(member, `${mount}${to}`), "no-cache"];
      expect(summary(await get(from))).toEqual(
        hasIndex || member.traits.isUploaded !== true ? redirect : [404, undefined, "no-store"],
      );
    });

    it("shows its index.html, and nothing where it has none", async () => {
      for (const target of [
        "",
        "checkpoints/",
        "checkpoints/myfile/",
        "checkpoints/myfile/20250318T140338Z/",
        "plain/",
      ]) {
        expect((await get(target)).status, target).toBe(200);
      }
      expect((await get("checkpoints/myfile/20250318T140338Z/empty/")).status).toBe(member.traits.emptyDirectory);
      expect((await get("plain/sub/")).status).toBe(member.traits.emptyDirectory);
    });

    it("leads nowhere in circles when it holds a directory called index.html", async () => {
      const checkpoint = path.join(site.publicDir, "checkpoints/myfile/20250318T140338Z");
      await mkdir(path.join(checkpoint, "odd/index.html"), { recursive: true });
      await writeFile(path.join(checkpoint, "odd/index.html/index.html"), "listing of index.html");
      await serveNewFiles(member, site.server);
      const first = await get("checkpoints/myfile/20250318T140338Z/odd/");
      expect(first.headers.get("location")).toBe(`${mount}checkpoints/myfile/20250318T140338Z/odd/index.html/`);
      const second = await get("checkpoints/myfile/20250318T140338Z/odd/index.html/");
      expect([second.status, second.body.toString()]).toEqual([200, "listing of index.html"]);
    });

    it("may be a symlink into the shared directories, which have no address of their own", async () => {
      const response = await get("checkpoints/myfile/20250318T140338Z/pool/a%2Bb%20%2541.deb");
      expect(summary(response)).toEqual([200, undefined, immutable]);
      expect(response.body.toString()).toBe("package");
      expect((await get("checkpoints/myfile/20250318T140338Z/pool/")).body.toString()).toBe("shared listing");
      for (const target of ["_asof/d/ab/cdef/", "_asof/d/ab/cdef/index.html", "_asof/p/plain/1/sub/f.txt", "_asof/"]) {
        expect(summary(await get(target)), target).toEqual([404, undefined, "no-store"]);
      }
    });

    it.skipIf(process.getuid?.() !== 0 || member.traits.isUploaded === true)(
      "is not followed when somebody else made the symlink",
      async () => {
        const link = path.join(site.publicDir, "checkpoints/myfile/20250318T140338Z/planted");
        await symlink("/etc", link);
        await lchown(link, 65_534, 65_534);
        const follows = member.traits.followsAllLinks === true;
        for (const target of ["planted/hostname", "planted", "planted/"]) {
          const { status } = await get(`checkpoints/myfile/20250318T140338Z/${target}`);
          const addsSlash = member.traits.addsSlashToLinks === true && target === "planted";
          expect(status, target).toBeOneOf(
            addsSlash ? [301] : follows && !target.endsWith("/") ? [200, 301] : [403, 404],
          );
        }
      },
    );

    it("sends every kind of file as it is stored", async () => {
      const directory = path.join(site.publicDir, "checkpoints/myfile/20240101T000000Z");
      const types: Readonly<Record<string, string>> = {
        "hello_2.10-3_amd64.deb": "application/vnd.debian.binary-package",
        "hello-2.10-1.rpm": "application/x-rpm",
        "image.iso": "application/x-iso9660-image",
        "Release.gpg": "application/octet-stream",
        "repomd.xml.asc": "text/plain; charset=utf-8",
        "Packages.xz": "application/x-xz",
        "Packages.gz": "application/gzip",
        "repo.tar.zst": "application/zstd",
        "repomd.xml": "text/xml",
        Release: "application/octet-stream",
        InRelease: "application/octet-stream",
        Packages: "application/octet-stream",
        "x.php": "application/octet-stream",
        "Packages.bz2": "application/x-bzip2",
        "data.json": "application/json",
        "style.css": "text/css",
        "logo.svg": "image/svg+xml",
        "page.shtml": "application/octet-stream",
        "évil.html": member.traits.html,
      };
      for (const name of Object.keys(types)) {
        await writeFile(path.join(directory, name), "content");
        await utimes(path.join(directory, name), 1_700_000_000, 1_700_000_000);
      }
      await serveNewFiles(member, site.server);
      for (const [name, type] of Object.entries(types)) {
        const target = `checkpoints/myfile/20240101T000000Z/${encodeURIComponent(name)}`;
        const response = await get(target, member.traits.isUploaded === true ? {} : { "Accept-Encoding": "gzip" });
        expect(response.headers.get("content-type"), name).toBe(type);
        expect(response.headers.has("content-encoding"), name).toBe(false);
        expect(response.body.toString(), name).toBe("content");
      }
    });

    it("leaves no warning in the log", async () => {
      expect(await complaintsOf(member, site.server)).toEqual([]);
    });
  },
);
