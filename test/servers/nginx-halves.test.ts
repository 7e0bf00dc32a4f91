import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Timeline } from "../../src/model/timeline.ts";
import { nginxAvailable, startNginx } from "./nginx.ts";
import { timeline } from "../model/a-timeline.ts";
import { makeRulesFolder, repository, rulesInput } from "./rules-folder.ts";
import type { RulesFolder } from "./rules-folder.ts";
import type { RunningServer } from "./server.ts";

const immutable = "public, max-age=31536000, immutable";
const old = timeline(["20240101T000000Z", "20250318T140338Z"], { horizon: "20250401T000000Z" });
const young = timeline(["20240101T000000Z", "20250318T140338Z", "20250501T000000Z"]);

describe.skipIf(!nginxAvailable())("nginx rules of which one file is older than the other", () => {
  let folder: RulesFolder;
  let nginx: RunningServer;

  beforeEach(async () => {
    folder = await makeRulesFolder();
    for (const at of ["20240101T000000Z", "20250318T140338Z", "20250501T000000Z", "20250601T000000Z"]) {
      await folder.place({
        [`checkpoints/myfile/${at}/f`]: at,
        [`checkpoints/myfile/${at}/index.html`]: `listing of ${at}`,
        [`checkpoints/myfile/${at}/sub/g`]: at,
      });
    }
  });

  afterEach(async () => {
    await nginx.stop();
    await folder.remove();
  });

  async function start(history: Timeline): Promise<void> {
    await folder.writeRules(rulesInput(folder.publicDir, history), "nginx");
    nginx = await startNginx(folder);
  }

  async function answer(target: string): Promise<string> {
    const { status, headers } = await nginx.request(`/checkpoints/myfile/${target}`);
    const location = headers.get("location")?.replace("/checkpoints/myfile/", " ") ?? "";
    return `${status}${location}, ${headers.get("cache-control")}`;
  }

  it.each(["http.conf", "server.conf"] as const)("are right when a reload sees only the new %s", async (only) => {
    await start(old);
    await folder.writeRulesFile(rulesInput(folder.publicDir, young), `nginx/${only}`);
    await nginx.reload();

    const known = only === "http.conf";
    expect(await answer("20250501T000000Z/f")).toBe(`200, ${immutable}`);
    expect(await answer("20250501T000001Z/f")).toBe(
      `302 ${known ? "20250501T000000Z" : "20250318T140338Z"}/f, no-store`,
    );
    expect(await answer("20250401T000000Z/f")).toBe(`301 20250318T140338Z/f, ${immutable}`);
    expect(await answer("20250401T000001Z/f")).toBe(
      known ? `301 20250318T140338Z/f, ${immutable}` : "302 20250318T140338Z/f, no-store",
    );
  });

  it.each(["http.conf", "server.conf"] as const)(
    "are right when only the new %s knows another repository and distribution",
    async (only) => {
      await start(old);
      const more = rulesInput(folder.publicDir, old, {
        repositories: [repository("another", young), repository("myfile", old)],
        distributions: [
          { name: "another", basePath: "checkpoints/another", repository: "another", checkpoint: true },
          { name: "myfile-snapshot", basePath: "checkpoints/myfile", repository: "myfile", checkpoint: true },
        ],
      });
      await folder.writeRulesFile(more, `nginx/${only}`);
      await nginx.reload();

      expect(await answer("20250320T000000Z/f")).toBe(`301 20250318T140338Z/f, ${immutable}`);
      expect(await answer("20250402T000000Z/f")).toBe("302 20250318T140338Z/f, no-store");
      expect(await answer("../another/20250402T000000Z/f")).toBe("404, no-store");
      const { status, headers } = await nginx.request("/checkpoints/another/20250402T000000Z/f");
      expect([status, headers.get("cache-control")]).toEqual([404, "no-store"]);
    },
  );

  it.each(["http.conf", "server.conf"] as const)(
    "promise nothing for ever that only the old half thinks settled: new %s",
    async (only) => {
      await start(old);
      await folder.writeRulesFile(rulesInput(folder.publicDir, { ...old, settled: false }), `nginx/${only}`);
      await nginx.reload();

      const caching = only === "http.conf" ? "no-cache" : immutable;
      expect(await answer("20250320T000000Z/f")).toBe(`301 20250318T140338Z/f, ${caching}`);
    },
  );
});
