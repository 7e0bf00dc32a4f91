import { beforeEach, describe, expect, it } from "vitest";

import { secondsOf } from "../../src/model/timestamp.ts";
import { parseTimestamp } from "../../src/model/timestamp.ts";
import { aPulp } from "../helpers/pulp-stand-in.ts";
import type { PulpStandIn } from "../helpers/pulp-stand-in.ts";
import { aMirror } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";

const created = ["2025-01-30T20:30:00.123456Z", "2025-01-30T20:50:00.654321Z", "2025-01-30T21:10:00Z"] as const;
const [c1, c2, c3] = ["20250130T203000Z", "20250130T205000Z", "20250130T211000Z"];
const now = seconds("20250130T220000Z");

let pulp: PulpStandIn;
let mirror: Mirror;

describe.each(["with the API", "by the content app alone"])("a Pulp server %s", (way) => {
  beforeEach(async () => {
    pulp = await aPulp();
    pulp.setNow(now);
    pulp.publish(created[0], { a: "one", "dir/b": "two" });
    pulp.publish(created[1], { a: "one", "dir/b": "two again", "what? #1 & <50%>.txt": "odd" });
    mirror = aMirror({
      remote: { type: "pulp", url: pulp.url, mode: undefined, ...(way === "with the API" ? { api: pulp.api } : {}) },
    });
    mirror.setClock(now);
  });

  it("is taken over whole, each checkpoint under Pulp's own second", async () => {
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([c1, c2]);
    expect(mirror.page(`snapshots/repo/${c1}/dir/b`)).toBe("two");
    expect(mirror.page(`snapshots/repo/${c2}/what? #1 & <50%>.txt`)).toBe("odd");
    const [, second] = pulp.world.publications;
    expect(mirror.page(`snapshots/repo/${c2}/PULP_MANIFEST`)).toBe(second?.published.get("PULP_MANIFEST"));
  });

  it("is asked for nothing that stands", async () => {
    await mirror.ok("update");
    expect(pulp.files().filter((target) => target.endsWith("/a")).length).toBe(1);
    pulp.targets.length = 0;
    const before = mirror.everything();
    expect((await mirror.ok("update")).out).toContain("nothing");
    expect(pulp.files()).toEqual([]);
    expect(mirror.everything()).toEqual(before);
    pulp.publish(created[2], { a: "one", "dir/b": "three" });
    await mirror.ok("update");
    expect(mirror.checkpoints()).toEqual([c1, c2, c3]);
    expect(pulp.files().map((target) => target.slice(pulp.url.length - new URL(pulp.url).origin.length))).toEqual([
      `${c3}/PULP_MANIFEST`,
      `${c3}/dir/b`,
    ]);
  });
});

function seconds(text: string): number {
  const at = parseTimestamp(text);
  if (at === undefined) throw new Error(text);
  return secondsOf(at);
}
