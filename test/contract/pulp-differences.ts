import { describe, expect, test } from "vitest";

import { addSeconds, timestampFromSeconds } from "../../src/model/timestamp.ts";
import { hrefsOf, readHtml } from "../pages/read-html.ts";
import { baseOf } from "./pulp-fixture.ts";
import type { PulpSite } from "./pulp-fixture.ts";

/** One behaviour that asof has on purpose and Pulp has not. */
interface Difference {
  readonly asof: string;
  readonly pulp: string;
  readonly reason: string;
  holds(site: ReturnType<PulpSite>): Promise<void>;
}

const base = baseOf("myfile");
const immutable = "public, max-age=31536000, immutable";

/** Every deliberate difference from Pulp's behaviour over HTTP, with its reason. What is not here is meant to be the same. */
const differences: readonly Difference[] = [
  {
    asof: "a time without its slash is one hop from its checkpoint",
    pulp: "adds the slash first and redirects then, two hops",
    reason: "clients limit and pay for every hop",
    async holds(site) {
      const [, p1, p2] = site.content.myfile;
      expect(await answer(site, `${base}${p2}`)).toMatchObject({ status: 301, location: `${base}${p1}/` });
      expect((await site.follow(`${base}${p2}`)).hops).toBe(1);
    },
  },
  {
    asof: "the query is part of every Location",
    pulp: "drops it",
    reason: "tokens and cache breakers are in queries",
    async holds(site) {
      const [, p1, p2, p3] = site.content.myfile;
      const query = "?a=1&b=%2F?x";
      expect((await answer(site, `${base}${p2}/1${query}`)).location).toBe(`${base}${p1}/1${query}`);
      expect((await answer(site, `${base}${p1}${query}`)).location).toBe(`${base}${p1}/${query}`);
      expect((await answer(site, `${base}latest/1${query}`)).location).toBe(`${base}${p3}/1${query}`);
      expect((await answer(site, `${base.slice(0, -1)}${query}`)).location).toBe(base + query);
      expect((await site.follow(`${base}${p2}/1${query}`)).text).toBe("content of 1");
    },
  },
  {
    asof: "a settled answer is a 301 that caches may keep for ever",
    pulp: "says 301 and nothing on caching",
    reason: "no checkpoint will ever be made before the horizon",
    async holds(site) {
      const [, p1, p2] = site.content.myfile;
      expect(await answer(site, `${base}${p2}/1`)).toEqual({
        status: 301,
        location: `${base}${p1}/1`,
        caching: immutable,
      });
    },
  },
  {
    asof: "an answer after the horizon is a 302 that no cache keeps",
    pulp: "says 301, which browsers keep, though a later checkpoint changes the answer",
    reason: "a second checkpoint may still be recorded before that time",
    async holds(site) {
      const [, , , p3, p4] = site.content.myfile;
      const unsettled = { status: 302, location: `${base}${p3}/1`, caching: "no-store" };
      expect(await answer(site, `${base}${p4}/1`)).toEqual(unsettled);
      expect(await answer(site, `${base}${timestampFromSeconds(Date.now() / 1000)}/1`)).toEqual(unsettled);
    },
  },
  {
    asof: "a run that found nothing new settles the answers up to its beginning",
    pulp: "keeps no record of such a run",
    reason: "a repository that changes seldom has cacheable answers, too",
    async holds(site) {
      const at = site.content.quiet;
      const quiet = baseOf("quiet");
      const to = { location: `${quiet}${at}/a` };
      const settled = { status: 301, ...to, caching: immutable };
      const unsettled = { status: 302, ...to, caching: "no-store" };
      expect(await answer(site, `${quiet}${addSeconds(at, 10)}/a`)).toEqual(settled);
      expect(await answer(site, `${quiet}${addSeconds(at, 40)}/a`)).toEqual(unsettled);
    },
  },
  {
    asof: "a time whose checkpoint was pruned is gone, on a page that names its neighbours",
    pulp: "answers with the checkpoint before, or 404",
    reason: "a build that names a time must not get other content in silence",
    async holds(site) {
      const [c1, c2, c3] = site.content.few;
      const few = baseOf("few");
      for (const path of [`${c1}/a`, `${c1}/`, c1, `${addSeconds(c1, 1)}/a`, `${c2}/a`, `${addSeconds(c2, 1)}/`]) {
        expect(await answer(site, few + path), path).toEqual({ status: 410, location: undefined, caching: "no-cache" });
      }
      const { text } = await site.follow(`${few}${c2}/a`);
      expect(hrefsOf(readHtml(text))).toEqual([`${few}${c3}/`, few]);
      expect((await answer(site, `${few}${addSeconds(c1, -1)}/`)).status).toBe(404);
    },
  },
  {
    asof: "two checkpoints within one second get two seconds",
    pulp: "serves the later one alone",
    reason: "a checkpoint that was made can be reached for ever",
    async holds(site) {
      const [first, second] = site.content.twice;
      expect(second > first).toBe(true);
      expect((await site.follow(`${baseOf("twice")}${first}/a`)).text).toBe("first");
      expect((await site.follow(`${baseOf("twice")}${second}/a`)).text).toBe("second");
    },
  },
  {
    asof: "latest leads to the newest checkpoint",
    pulp: "has no such name",
    reason: "people and scripts ask for it",
    async holds(site) {
      const [, , , p3] = site.content.myfile;
      for (const path of ["latest", "latest/"]) {
        expect(await answer(site, base + path)).toEqual({
          status: 302,
          location: `${base}${p3}/`,
          caching: "no-store",
        });
      }
      expect((await site.follow(`${base}latest/3`)).text).toBe("content of 3");
      expect((await answer(site, `${baseOf("empty")}latest/`)).status).toBe(404);
      expect((await answer(site, `${base}latest-news`)).status).toBe(404);
    },
  },
  {
    asof: "junk behind the Z is no time",
    pulp: "drops it, or takes it for a path",
    reason: "an address that nobody meant must not have content",
    async holds(site) {
      const [, p1, p2] = site.content.myfile;
      for (const path of [`${p1}foo/`, `${p1}foo`, `${p1}foo/1`, `${p2}foo/1`, `${p1}.txt`, `${p1}Z/1`]) {
        expect((await answer(site, base + path)).status, path).toBe(404);
      }
      // lighttpd takes no encoded control character at all.
      expect((await answer(site, `${base}${p1}%0a/`)).status).toBeOneOf([400, 404]);
    },
  },
  {
    asof: "what is no time is not found at once",
    pulp: "redirects anything without a slash before it says so",
    reason: "an answer costs no hop",
    async holds(site) {
      const [p0] = site.content.myfile;
      const tomorrow = timestampFromSeconds(Date.now() / 1000 + 86_400);
      for (const path of ["invalid_ts", "PULP_MANIFEST", "favicon.ico", "anything/more", p0, tomorrow]) {
        expect((await answer(site, base + path)).status, path).toBe(404);
      }
    },
  },
  {
    asof: "an answer that time will change is kept by no cache",
    pulp: "says nothing on caching",
    reason: "now that is future becomes past, and a checkpoint may be imported before the first",
    async holds(site) {
      const [p0] = site.content.myfile;
      const tomorrow = timestampFromSeconds(Date.now() / 1000 + 86_400);
      for (const path of [`${p0}/`, `${tomorrow}/1`])
        expect((await answer(site, base + path)).caching, path).toBe("no-store");
    },
  },
  {
    asof: "slashes before the time are not swallowed",
    pulp: "takes //T/ for T/",
    reason: "one address for one thing; a Location must never begin with //",
    async holds(site) {
      const [, p1, p2] = site.content.myfile;
      for (const at of [p1, p2]) expect((await answer(site, `${base}/${at}/1`)).status, at).toBe(404);
    },
  },
  {
    asof: "slashes within a path below a checkpoint are taken as one",
    pulp: "does not find it",
    reason: "every web server does so, and no file has an empty name",
    async holds(site) {
      const [, p1] = site.content.myfile;
      expect((await answer(site, `${base}${p1}//1`)).status).toBe(200);
    },
  },
  {
    asof: "the path in a Location is the one that was asked for, byte for byte",
    pulp: "decodes it, so that %3F and %23 become a query and a fragment",
    reason: "the name must survive",
    async holds(site) {
      const [first] = site.content.names;
      const names = baseOf("names");
      for (const path of ["what%3F.txt", "no%231.txt", "%6eo%231.txt", "100%2525.txt", "a%3ab.txt"]) {
        expect((await answer(site, `${names}${addSeconds(first, 1)}/${path}`)).location).toBe(
          `${names}${first}/${path}`,
        );
      }
    },
  },
  {
    asof: "an index.html of the repository is the page of its directory, and the listing stands beside the checkpoint",
    pulp: "shows its own listing for file repositories",
    reason: "a web server serves index.html, and so do the sources",
    async holds(site) {
      const at = site.content.pages;
      const pages = baseOf("pages");
      expect((await site.follow(`${pages}${at}/`)).text).toBe("own page");
      expect((await site.follow(`${pages}${at}/docs/`)).text).toBe("own page of docs");
      const { text } = await site.follow(`${pages}_asof/${at}/`);
      expect(text).toContain("PULP_MANIFEST");
    },
  },
  {
    asof: "a file of another publication is not found in a checkpoint",
    pulp: "serves it for three days from what was published lately",
    reason: "a checkpoint holds what it held",
    async holds(site) {
      const [, p1] = site.content.myfile;
      for (const name of ["2", "3", "4"]) expect((await answer(site, `${base}${p1}/${name}`)).status, name).toBe(404);
    },
  },
  {
    asof: "files of a checkpoint may be cached for ever, pages are asked for again",
    pulp: "says nothing on caching",
    reason: "the one cannot change, the other may look different tomorrow",
    async holds(site) {
      const [, p1] = site.content.myfile;
      expect((await answer(site, `${base}${p1}/1`)).caching).toBe(immutable);
      expect((await answer(site, `${base}${p1}/PULP_MANIFEST`)).caching).toBe(immutable);
      expect((await answer(site, `${base}${p1}/`)).caching).toBe("no-cache");
      expect((await answer(site, `${base}${p1}/index.html`)).caching).toBe("no-cache");
      expect((await answer(site, base)).caching).toBe("no-cache");
    },
  },
];

export function describeDifferences(site: PulpSite): void {
  describe("where asof differs from Pulp on purpose", () => {
    for (const { asof, pulp, reason, holds } of differences) {
      test(`${asof} (Pulp ${pulp}): ${reason}`, () => holds(site()));
    }
  });
}

async function answer(
  site: ReturnType<PulpSite>,
  target: string,
): Promise<{ readonly status: number; readonly location: string | undefined; readonly caching: string | undefined }> {
  const { status, headers } = await site.get(target);
  return { status, location: headers.get("location"), caching: headers.get("cache-control") };
}
