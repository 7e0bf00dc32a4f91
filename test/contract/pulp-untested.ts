import { describe, expect, test } from "vitest";

import { addSeconds } from "../../src/model/timestamp.ts";
import { hrefsOf, readHtml } from "../pages/read-html.ts";
import { mount } from "./checkpoint-site.ts";
import { baseOf, oddNames } from "./pulp-fixture.ts";
import type { PulpSite } from "./pulp-fixture.ts";

/** What Pulp does and has no test for; the numbers are the cases of its source. asof does the same. */
export function describeUntested(site: PulpSite): void {
  const base = baseOf("myfile");
  const pages = baseOf("pages");
  const get = (target: string) => site().get(target);

  describe("what Pulp does without a test", () => {
    test("a distribution without checkpoints has an empty list, and no time of it is found", async () => {
      const list = await site().follow(baseOf("empty"));
      expect(list.status).toBe(200);
      expect(list.text).not.toMatch(/\d{8}T\d{6}Z/);
      const [, p1] = site().content.myfile;
      expect((await get(`${baseOf("empty")}${p1}/`)).status).toBe(404);
    });

    test.each(["1", "no-such-file", "no/such/directory/", "PULP_MANIFEST"])(
      "a path below a time between, %s, is redirected in one hop, whether or not it is there",
      async (path) => {
        const [, p1, p2] = site().content.myfile;
        const { status, headers } = await get(`${base}${p2}/${path}`);
        expect(status).toBe(301);
        expect(headers.get("location")).toBe(`${base}${p1}/${path}`);
        const { hops, status: found } = await site().follow(`${base}${p2}/${path}`);
        expect({ hops, found }).toEqual({ hops: 1, found: path.startsWith("no") ? 404 : 200 });
      },
    );

    test("Location is a path, whatever host the request names", async () => {
      const [, p1, p2] = site().content.myfile;
      for (const target of [`${base}${p2}/1`, `${base}${p1}`, base.slice(0, -1)]) {
        const { headers } = await site().get(target, { headers: { "X-Forwarded-Host": "evil.example" } });
        expect(headers.get("location"), target).toMatch(/^\/pulp\/content\/checkpoint\/myfile\//);
      }
    });

    test.each(["5", "1/", "directory/", "directory"])(
      "%s, which a checkpoint does not have, is not found",
      async (path) => {
        const [, p1] = site().content.myfile;
        expect((await get(`${base}${p1}/${path}`)).status).toBe(404);
      },
    );

    test("a directory has a listing, and its address without the slash is redirected to it", async () => {
      const at = site().content.pages;
      const { status, headers } = await get(`${pages}${at}/sub`);
      expect({ status, location: headers.get("location") }).toEqual({ status: 301, location: `${pages}${at}/sub/` });
      const { text } = await site().follow(`${pages}${at}/sub/deep/`);
      expect(hrefsOf(readHtml(text))).toEqual(["./b.txt"]);
    });

    test("a directory without its slash below a time between takes two hops: no rule looks into other checkpoints", async () => {
      const at = site().content.pages;
      const { hops, status } = await site().follow(`${pages}${addSeconds(at, 1)}/sub`);
      expect({ hops, status }).toEqual({ hops: 2, status: 200 });
    });

    test("an index.html of the repository is served under its own name", async () => {
      expect((await site().follow(`${pages}${site().content.pages}/index.html`)).text).toBe("own page");
    });

    test.each(Object.entries(oddNames))(
      "the file %s is found as %s, exactly and from a time between",
      async (name, path) => {
        const names = baseOf("names");
        const [first] = site().content.names;
        expect((await site().follow(`${names}${first}/${path}`)).text).toBe(`content of ${name}`);
        const between = `${names}${addSeconds(first, 1)}/${path}`;
        expect((await get(between)).headers.get("location")).toBe(`${names}${first}/${path}`);
        expect((await site().follow(between)).text).toBe(`content of ${name}`);
      },
    );

    test("every link of every listing leads to what it names", async () => {
      const [at] = site().content.names;
      const root = `${baseOf("names")}${at}/`;
      const found: string[] = [];
      for (const directory of [root, `${root}Gr%C3%B6%C3%9Fe/`]) {
        for (const href of hrefsOf(readHtml((await site().follow(directory)).text))) {
          const { status, text } = await site().follow(new URL(href, `http://mirror.example${directory}`).pathname);
          expect(status, href).toBe(200);
          if (text.startsWith("content of ")) found.push(text.slice("content of ".length));
        }
      }
      expect(found.toSorted()).toEqual(Object.keys(oddNames).toSorted());
    });

    test.each(["", "0/", "1", "no-such-file", "../", "../latest/"])(
      "HEAD of %s answers like GET, without a body",
      async (path) => {
        for (const at of site().content.myfile) {
          const target = `${base}${at}/${path}`;
          const [head, full] = [await site().get(target, { method: "HEAD" }), await get(target)];
          const told = (of: typeof head) => [
            of.status,
            ...["location", "cache-control", "content-type", "content-length", "etag"].map((name) =>
              // Nor does Apache tell the length of its own texts, in errors and redirects.
              name === "content-length" && (site().isUploaded || of.status >= 300)
                ? "not told with HEAD"
                : of.headers.get(name),
            ),
          ];
          expect(told(head), target).toEqual(told(full));
          expect(head.body.length, target).toBe(0);
        }
      },
    );

    test.each(["POST", "PUT", "DELETE", "OPTIONS"])("%s is not allowed anywhere", async (method) => {
      const [p0, p1, p2] = site().content.myfile;
      for (const path of ["", "latest/", `${p0}/`, `${p1}/`, `${p1}/1`, p1, `${p2}/1`, "no-such-file"]) {
        const { status, headers } = await site().get(base + path, { method });
        expect({ status, allow: headers.get("allow"), location: headers.get("location") }, path).toEqual({
          status: 405,
          allow: "GET, HEAD",
          location: undefined,
        });
      }
    });

    test("a file has a validator and can be asked for in part", async () => {
      const [, p1] = site().content.myfile;
      const target = `${base}${p1}/1`;
      const etag = (await get(target)).headers.get("etag") ?? "";
      expect((await site().get(target, { headers: { "If-None-Match": etag } })).status).toBe(304);
      const part = await site().get(target, { headers: { Range: "bytes=0-6" } });
      expect({ status: part.status, body: part.body.toString() }).toEqual(
        site().isUploaded ? { status: 200, body: "content of 1" } : { status: 206, body: "content" },
      );
    });

    test("two dots that lead from one checkpoint into another are not found", async () => {
      const [, p1, , p3] = site().content.myfile;
      // Where URLs are parsed before the server is asked, the dots never get to it.
      expect((await get(`${base}${p1}/../${p3}/1`)).status).toBe(site().isUploaded ? 200 : 404);
    });

    test("a part of a base path lists what lies below it, and has its slash added", async () => {
      const { status, headers } = await get(`${mount}checkpoint`);
      expect({ status, location: headers.get("location") }).toEqual({ status: 301, location: `${mount}checkpoint/` });
      expect(hrefsOf(readHtml((await site().follow(`${mount}checkpoint/`)).text))).toContain("./myfile/");
    });

    // Second 60, hour 24 and so on lie between two checkpoints as texts; as times they are none.
    test("a second that never was is not found, though it would lie between two checkpoints", async () => {
      const [, , p2] = site().content.myfile;
      const spellings = [
        `${p2.slice(0, 13)}60Z`,
        `${p2.slice(0, 13)}61Z`,
        `${p2.slice(0, 11)}6000Z`,
        `${p2.slice(0, 9)}240000Z`,
      ];
      for (const text of spellings) {
        for (const path of [text, `${text}/`, `${text}/1`]) expect((await get(base + path)).status, path).toBe(404);
      }
    });

    test.each([
      "20250230T000000Z",
      "20250229T000000Z",
      "20250431T000000Z",
      "20251301T000000Z",
      "20250001T000000Z",
      "20250100T000000Z",
      "20250132T000000Z",
      "00000101T000000Z",
    ])("%s, which is in no calendar, is not found", async (text) => {
      expect((await get(`${base}${text}/`)).status).toBe(404);
    });

    test("any other spelling of a checkpoint's second is not found", async () => {
      const [, p1] = site().content.myfile;
      const iso = p1.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z");
      const spellings = [
        p1.toLowerCase(),
        p1.slice(0, -1),
        p1.replace("T", ""),
        p1.slice(0, 8),
        `${p1.slice(0, 13)}Z`,
        `0${p1}`,
        `%20${p1}`,
        iso,
        `${p1.slice(0, -1)}+0000`,
        `${p1.slice(0, -1)}.5Z`,
      ];
      for (const text of spellings) expect((await get(`${base}${text}/`)).status, text).toBe(404);
    });
  });
}
