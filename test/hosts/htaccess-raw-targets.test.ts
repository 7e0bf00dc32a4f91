import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { resolveRequest } from "../../src/model/resolve-request.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { rawTargetCases } from "../contract/raw-target-cases.ts";
import { timeline } from "../model/a-timeline.ts";
import { comparable, expectedResponse } from "../servers/expect-answer.ts";
import type { ExpectedResponse } from "../servers/expect-answer.ts";
import type { RawResponse } from "../servers/raw-request.ts";
import { makeRulesFolder, rulesInput } from "../servers/rules-folder.ts";
import type { RulesFolder } from "../servers/rules-folder.ts";
import { apacheAvailable, htaccessFiles, startHtaccess, writeHtaccess } from "./htaccess-server.ts";
import type { HtaccessServer } from "./htaccess-server.ts";

const history = timeline(["20240101T000000Z", "20250318T140338Z", "20250901T000000Z"]);

const undecided = { location: undefined, cacheControl: undefined };

/**
 * Where Apache decides before it reads any .htaccess file: by name, what it answers instead. None of it is a redirect, and none of it may be kept: there is nothing that a cache could reckon from
 * how long it lasts.
 */
const deviations: Readonly<Record<string, ExpectedResponse>> = {
  // AllowEncodedSlashes is Off unless the host's own configuration says otherwise.
  "encoded slashes and a host": { status: 404, ...undecided },
  "encoded slash behind the dots": { status: 404, ...undecided },
  "an encoded slash before the time": { status: 404, ...undecided },
  "latest with a path and a query": { status: 404, ...undecided },
  "an absolute target": { status: 404, ...undecided },
  "an encoded NUL": { status: 404, ...undecided },
  // No file system has a name of 6000 bytes: Apache says that it may not look for it.
  "a path of 6000 bytes": { status: 403, ...undecided },
};

describe.skipIf(!apacheAvailable()).each(["/", "/mirror/"])("raw request targets, public/ mounted at %s", (mount) => {
  const base = `${mount}checkpoints/myfile/`;
  let folder: RulesFolder;
  let server: HtaccessServer;

  beforeAll(async () => {
    folder = await makeRulesFolder();
    await folder.place({
      "checkpoints/myfile/20250318T140338Z/x": "content",
      "checkpoints/myfile/20250318T140338Z/index.html": "listing",
    });
    await writeHtaccess(folder.publicDir, htaccessFiles(rulesInput(folder.publicDir, history, { mount })));
    server = await startHtaccess({ ...folder, mount });
  });

  afterAll(async () => {
    await server.stop();
    await folder.remove();
  });

  it.each(rawTargetCases({ base, kept: "20250318T140338Z", between: "20250401T120000Z" }))(
    "answers $name as the reference does",
    async ({ name, target, path, ...request }) => {
      const now = timestampFromSeconds(Date.now() / 1000);
      const response = await server.request(target, request);

      expect(response.headers.has("set-cookie")).toBe(false);
      expect(response.headers.get("location") ?? base).toSatisfy((location: string) => location.startsWith(base));
      expect(response.status >= 400 && response.headers.has("last-modified")).toBe(false);
      const answer = resolveRequest({ base, timeline: history }, path ?? target, now);
      if (response.status === 400 && answer.kind !== "bad-request") return;
      const isOnDisk = answer.kind === "checkpoint" && ["", "x", "index.html"].includes(answer.path);
      const expected = deviations[name] ?? expectedResponse(answer, isOnDisk);
      const actual = { ...comparable(response, expected), ...(name in deviations ? cachingOf(response) : {}) };
      expect(actual).toEqual(expected);
    },
  );

  it.each(["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"])(
    "refuses %s everywhere with 405",
    async (method) => {
      for (const path of ["20250401T120000Z/x", "20250318T140338Z/x", "20250318T140338Z", "latest", "", "nothing"]) {
        const response = await server.request(`${base}${path}`, { method });
        expect(response.status, path).toBe(405);
        expect(response.headers.get("allow"), path).toBe("GET, HEAD");
        expect(response.headers.get("location"), path).toBeUndefined();
      }
      expect((await server.request(base.slice(0, -1), { method })).status).toBe(405);
    },
  );
});

function cachingOf({ headers }: RawResponse): Pick<ExpectedResponse, "cacheControl"> {
  return { cacheControl: headers.get("cache-control") };
}
