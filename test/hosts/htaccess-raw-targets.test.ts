import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { rawTargetCases } from "../contract/raw-target-cases.ts";
import { htaccessServer } from "../servers/htaccess.ts";
import { seenTarget } from "../servers/server.ts";
import { startServerSite, summary } from "../servers/server-site.ts";
import type { ServerSite } from "../servers/server-site.ts";

/**
 * Where Apache decides before it reads any .htaccess file: by name of the raw target, the status that it answers. None of it is a redirect, and none of it may be kept: there is nothing that a
 * cache could reckon from how long it lasts.
 */
const decidedBefore: Readonly<Record<string, number>> = {
  // AllowEncodedSlashes is Off unless the host's own configuration says otherwise.
  "encoded slashes and a host": 404,
  // No file system has a name of 6000 bytes: Apache says that it may not look for it.
  "a path of 6000 bytes": 403,
  "an encoded NUL": 404,
  "encoded slash behind the dots": 404,
  "an encoded slash before the time": 404,
  "latest with a path and a query": 404,
  "an absolute target": 404,
};

describe.skipIf(!htaccessServer.isAvailable()).each(["/", "/mirror/"])(
  "raw targets that no .htaccess file sees, public/ mounted at %s",
  (mount) => {
    const place = { base: `${mount}checkpoints/myfile/`, kept: "20250318T140338Z", between: "20240401T120000Z" };
    const unseen = rawTargetCases(place).filter(({ target }) => seenTarget(htaccessServer, target) === undefined);
    let site: ServerSite;

    beforeAll(async () => {
      site = await startServerSite(htaccessServer, mount);
    });

    afterAll(() => site.stop());

    it("are those of the table and no others", () => {
      expect(unseen.map(({ name }) => name)).toEqual(Object.keys(decidedBefore));
    });

    it.each(unseen)("are refused by Apache itself: $name", async ({ name, target }) => {
      const response = await site.server.request(target);
      expect(summary(response)).toEqual([decidedBefore[name], undefined, undefined]);
      expect(response.headers.has("last-modified")).toBe(false);
    });
  },
);
