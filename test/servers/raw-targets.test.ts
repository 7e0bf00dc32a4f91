import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { resolveRequest } from "../../src/model/resolve-request.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { rawTargetCases } from "../contract/raw-target-cases.ts";
import { comparable, expectedResponse } from "./expect-answer.ts";
import { availableServersAndMounts } from "./members.ts";
import { timeline } from "../model/a-timeline.ts";
import { makeRulesFolder, rulesInput } from "./rules-folder.ts";
import type { RulesFolder } from "./rules-folder.ts";
import { seenTarget } from "./server.ts";
import type { RunningServer } from "./server.ts";

const history = timeline(["20240101T000000Z", "20250318T140338Z", "20250901T000000Z"]);

describe.each(availableServersAndMounts())("raw request targets on $server mounted at $mount", ({ member, mount }) => {
  const base = `${mount}checkpoints/myfile/`;
  let folder: RulesFolder;
  let server: RunningServer;

  beforeAll(async () => {
    folder = await makeRulesFolder();
    await folder.place({
      "checkpoints/myfile/20250318T140338Z/x": "content",
      "checkpoints/myfile/20250318T140338Z/index.html": "listing",
    });
    await folder.writeRules(rulesInput(folder.publicDir, history, { mount }), member.server);
    server = await member.start({ ...folder, mount, env: { TZ: member.traits.timeZone } });
  });

  afterAll(async () => {
    await server.stop();
    await folder.remove();
  });

  const cases = rawTargetCases({ base, kept: "20250318T140338Z", between: "20250401T120000Z" });

  it.each(cases)("answers $name as the reference does", async ({ target, path, ...request }) => {
    const now = timestampFromSeconds(Date.now() / 1000);
    const response = await server.request(target, request);

    expect(response.headers.has("set-cookie")).toBe(false);
    expect(response.headers.get("location") ?? base).toSatisfy((location: string) => location.startsWith(base));
    expect(response.status >= 400 && response.headers.has("last-modified")).toBe(false);
    const seen = seenTarget(member, path === undefined || member.traits.seenTarget !== undefined ? target : path);
    if (seen === undefined && response.status >= 400) return;
    const answer = resolveRequest({ base, timeline: history }, seen ?? target, now);
    if (response.status === 400 && answer.kind !== "bad-request") return;
    const isOnDisk = answer.kind === "checkpoint" && ["", "x", "index.html"].includes(answer.path);
    const expected = expectedResponse(answer, isOnDisk);
    expect(comparable(response, expected)).toEqual(expected);
  });

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
