import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startOrigin } from "../helpers/origin-server.ts";
import type { OriginServer } from "../helpers/origin-server.ts";
import { openMirror } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";

describe("a sync after one that failed", () => {
  let origin: OriginServer;
  let mirror: Mirror;
  beforeAll(async () => {
    origin = await startOrigin();
    mirror = openMirror({
      remote: { url: `${origin.url}/r/PULP_MANIFEST` },
      // The good file ends before the bad one is asked for.
      repository: { fetch: { concurrency: 1 } },
    });
    mirror.setClock(Date.now() / 1000);
  });
  afterAll(async () => {
    await origin.close();
    mirror.remove();
  });

  it("does not fetch again what came whole, and publishes nothing before all is there", async () => {
    const files = { "good.iso": "good", "late.iso": "late" };
    origin.publish("/r/", files);
    origin.answer("/r/late.iso", { kind: "status", status: 404 });
    expect((await mirror.run("update")).exit).toBe(4);
    expect(Object.keys(mirror.everything().site).filter((name) => name.includes("iso"))).toEqual([]);

    origin.publish("/r/", files);
    await mirror.ok("update");
    expect(origin.count("/r/good.iso")).toBe(1);
  });
});
