import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Timeline } from "../../src/model/timeline.ts";
import { nginxAvailable, startNginx } from "./nginx.ts";
import type { RunningNginx } from "./nginx.ts";
import { timeline } from "../model/a-timeline.ts";
import { makeRulesFolder, repository, rulesInput } from "./rules-folder.ts";
import type { RulesFolder } from "./rules-folder.ts";

const immutable = "public, max-age=31536000, immutable";
const old = timeline(["20240101T000000Z", "20250318T140338Z"], { horizon: "20250401T000000Z" });
const young = timeline(["20240101T000000Z", "20250318T140338Z", "20250501T000000Z"]);

describe.skipIf(!nginxAvailable())("nginx rules that are older or newer than what is around them", () => {
  let folder: RulesFolder;
  let nginx: RunningNginx;

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
    await folder.writeRules(rulesInput(folder.publicDir, history));
    nginx = await startNginx(folder);
  }

  async function answer(target: string): Promise<string> {
    const { status, headers } = await nginx.request(`/checkpoints/myfile/${target}`);
    const location = headers.get("location")?.replace("/checkpoints/myfile/", " ") ?? "";
    return `${status}${location}, ${headers.get("cache-control")}`;
  }

  it("serve checkpoints that they do not know yet by their exact names, and nothing else differently", async () => {
    await start(old);

    expect(await answer("20250501T000000Z/f")).toBe(`200, ${immutable}`);
    expect(await answer("20250601T000000Z/")).toBe("200, no-cache");
    expect(await answer("20250601T000000Z?q")).toBe("301 20250601T000000Z/?q, no-cache");
    expect(await answer("20250601T000000Z/sub?q")).toBe("301 20250601T000000Z/sub/?q, no-cache");
    expect(await answer("20250601T000000Z/none")).toBe("404, no-store");

    expect(await answer("20250501T000001Z/f")).toBe("302 20250318T140338Z/f, no-store");
    expect(await answer("20250601T000001Z/f")).toBe("302 20250318T140338Z/f, no-store");
    expect(await answer("latest")).toBe("302 20250318T140338Z/, no-store");
    expect(await answer("20250320T000000Z/f")).toBe(`301 20250318T140338Z/f, ${immutable}`);
  });

  it("serve the first checkpoint before they know of any", async () => {
    await start(timeline([]));

    expect(await answer("20240101T000000Z/f")).toBe(`200, ${immutable}`);
    expect(await answer("20240101T000001Z/f")).toBe("404, no-store");
    expect(await answer("latest")).toBe("404, no-store");
  });

  it("serve a checkpoint that follows a withdrawn one", async () => {
    await start(timeline(["20240101T000000Z", "-20250318T140338Z"]));

    expect(await answer("20250318T140338Z/f")).toBe("410, no-cache");
    expect(await answer("20250501T000000Z/f")).toBe(`200, ${immutable}`);
    expect(await answer("20250501T000001Z/f")).toBe("410, no-cache");
  });

  it("serve no directory that lies before their horizon and is none of theirs", async () => {
    await folder.place({
      "checkpoints/myfile/20250319T000000Z/f": "stale",
      "checkpoints/myfile/20230101T000000Z/f": "stale",
    });
    await start(old);

    expect(await answer("20250319T000000Z/f")).toBe(`301 20250318T140338Z/f, ${immutable}`);
    expect(await answer("20230101T000000Z/f")).toBe("404, no-store");
  });

  it("know a new checkpoint after a reload", async () => {
    await start(old);
    await folder.writeRules(rulesInput(folder.publicDir, young));
    await nginx.reload();

    expect(await answer("20250425T000000Z/f")).toBe(`301 20250318T140338Z/f, ${immutable}`);
    expect(await answer("20250501T000000Z/f")).toBe(`200, ${immutable}`);
    expect(await answer("20250501T000001Z/f")).toBe("302 20250501T000000Z/f, no-store");
    expect(await answer("latest")).toBe("302 20250501T000000Z/, no-store");
  });

  it.each(["http.conf", "server.conf"] as const)("are right when a reload sees only the new %s", async (only) => {
    await start(old);
    await folder.writeRules(rulesInput(folder.publicDir, young), only);
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
      await folder.writeRules(more, only);
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
      await folder.writeRules(rulesInput(folder.publicDir, { ...old, settled: false }), only);
      await nginx.reload();

      const caching = only === "http.conf" ? "no-cache" : immutable;
      expect(await answer("20250320T000000Z/f")).toBe(`301 20250318T140338Z/f, ${caching}`);
    },
  );

  it("are valid without any distribution or repository", async () => {
    await folder.writeRules(rulesInput(folder.publicDir, old, { repositories: [], distributions: [] }));
    nginx = await startNginx(folder);

    expect((await nginx.request("/_asof/d/x")).status).toBe(404);
  });
});
