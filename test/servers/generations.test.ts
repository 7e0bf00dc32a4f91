import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Timeline } from "../../src/model/timeline.ts";
import { availableServers } from "./members.ts";
import { timeline } from "../model/a-timeline.ts";
import { makeRulesFolder, rulesInput } from "./rules-folder.ts";
import type { RulesFolder } from "./rules-folder.ts";
import type { RunningServer } from "./server.ts";
import { immutable, summary } from "./server-site.ts";

const old = timeline(["20240101T000000Z", "20250318T140338Z"], { horizon: "20250401T000000Z" });
const young = timeline(["20240101T000000Z", "20250318T140338Z", "20250501T000000Z"]);

describe.each(availableServers())("rules of $server that are older than the tree around them", (member) => {
  let folder: RulesFolder;
  let server: RunningServer;

  beforeEach(async () => {
    folder = await makeRulesFolder();
    for (const at of ["20240101T000000Z", "20250318T140338Z", "20250501T000000Z", "20250601T000000Z"]) {
      await folder.place({
        [`checkpoints/myfile/${at}/f`]: at,
        [`checkpoints/myfile/${at}/index.html`]: `listing of ${at}`,
        [`checkpoints/myfile/${at}/sub/g`]: at,
        [`checkpoints/myfile/${at}/sub/index.html`]: `listing of sub in ${at}`,
      });
    }
  });

  afterEach(async () => {
    await server.stop();
    await folder.remove();
  });

  async function start(history: Timeline): Promise<void> {
    await folder.writeRules(rulesInput(folder.publicDir, history), member.server);
    server = await member.start({ ...folder, env: { TZ: member.traits.timeZone } });
  }

  async function answer(target: string): Promise<string> {
    const [status, location = "", caching] = summary(await server.request(`/checkpoints/myfile/${target}`));
    return `${status}${location.replace("/checkpoints/myfile/", " ")}, ${caching}`;
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
      "checkpoints/myfile/20240319T000000Z/f": "stale",
      "checkpoints/myfile/20230101T000000Z/f": "stale",
    });
    await start(old);

    expect(await answer("20250319T000000Z/f")).toBe(`301 20250318T140338Z/f, ${immutable}`);
    expect(await answer("20240319T000000Z/f")).toBe(`301 20240101T000000Z/f, ${immutable}`);
    expect(await answer("20230101T000000Z/f")).toBe("404, no-store");
  });

  it("know a new checkpoint after a reload", async () => {
    await start(old);
    expect(await answer("20250425T000000Z/f")).toBe("302 20250318T140338Z/f, no-store");
    await folder.writeRules(rulesInput(folder.publicDir, young), member.server);
    await server.reload();

    expect(await answer("20250425T000000Z/f")).toBe(`301 20250318T140338Z/f, ${immutable}`);
    expect(await answer("20250501T000000Z/f")).toBe(`200, ${immutable}`);
    expect(await answer("20250501T000001Z/f")).toBe("302 20250501T000000Z/f, no-store");
    expect(await answer("latest")).toBe("302 20250501T000000Z/, no-store");
  });

  it("are valid without any distribution or repository", async () => {
    await folder.writeRules(rulesInput(folder.publicDir, old, { repositories: [], distributions: [] }), member.server);
    server = await member.start({ ...folder, env: { TZ: member.traits.timeZone } });

    expect((await server.request("/_asof/d/x")).status).toBe(404);
  });
});
