import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { timeline } from "../model/a-timeline.ts";
import { caddyAvailable, startCaddy } from "./caddy.ts";
import { rawRequest } from "./raw-request.ts";
import { makeRulesFolder, rulesInput } from "./rules-folder.ts";
import type { RulesFolder } from "./rules-folder.ts";
import type { RunningServer } from "./server.ts";

const old = timeline(["20240101T000000Z", "20250318T140338Z"], { horizon: "20250401T000000Z" });
const young = timeline(["20240101T000000Z", "20250318T140338Z", "20250501T000000Z"]);
const latest = { target: "/checkpoints/myfile/latest/f" };

describe.skipIf(!caddyAvailable())("Caddy rules that change while Caddy runs", () => {
  let folder: RulesFolder;
  let caddy: RunningServer;

  beforeEach(async () => {
    folder = await makeRulesFolder();
    await folder.writeRules(rulesInput(folder.publicDir, old), "caddy");
    caddy = await startCaddy(folder);
  });

  afterEach(async () => {
    await caddy.stop();
    await folder.remove();
  });

  it("give one of two answers to every request while they are reloaded, and no third", async () => {
    const seen = new Set<string>();
    const reloads = { over: false };
    const ask = async (): Promise<void> => {
      while (!reloads.over) {
        // Caddy closes its old socket with the connections that wait in it: those get no answer at all.
        const response = await rawRequest(caddy.port, latest).catch(() => undefined);
        if (response !== undefined) seen.add(`${response.status} ${response.headers.get("location")}`);
      }
    };
    const reload = async (): Promise<void> => {
      for (let turn = 0; turn < 6; turn++) {
        await folder.writeRules(rulesInput(folder.publicDir, turn % 2 === 0 ? young : old), "caddy");
        await caddy.reload();
      }
      reloads.over = true;
    };
    await Promise.all([ask(), ask(), reload()]);

    expect([...seen].toSorted()).toEqual([
      "302 /checkpoints/myfile/20250318T140338Z/f",
      "302 /checkpoints/myfile/20250501T000000Z/f",
    ]);
  });

  it("stay as they were when the new ones are cut in the middle", async () => {
    const file = path.join(folder.rulesDir, "caddy/asof.caddy");
    const whole = await readFile(file, "utf8");
    await writeFile(file, whole.slice(0, whole.length / 2));
    await expect(caddy.reload()).rejects.toThrow(/refuses the configuration/);

    const response = await caddy.request(latest.target);
    expect([response.status, response.headers.get("location")]).toEqual([
      302,
      "/checkpoints/myfile/20250318T140338Z/f",
    ]);
  });
});
