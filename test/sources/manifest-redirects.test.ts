import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { failureOf, noAbort, openManifestWorld, thousandBytes as body } from "../helpers/manifest-source.ts";
import type { ManifestWorld } from "../helpers/manifest-source.ts";
import { manifestOf, startOrigin } from "../helpers/origin-server.ts";
import type { OriginServer, Reply } from "../helpers/origin-server.ts";

let world: ManifestWorld;
let origin: OriginServer;

beforeEach(async () => {
  world = await openManifestWorld();
  ({ origin } = world);
});
afterEach(() => world.close());

const good: Reply = { kind: "bytes", body };

describe("redirects", () => {
  it("are followed for each request, up to five, and file addresses come from the configured URL", async () => {
    for (let hop = 0; hop < 4; hop++)
      origin.answer(`/hop${hop}/M`, { kind: "redirect", to: `../hop${hop + 1}/M`, status: 301 + (hop % 2) });
    origin.answer("/hop4/M", { kind: "redirect", to: `${origin.url}/real/M`, status: 308 });
    origin.answer("/real/M", { kind: "bytes", body: manifestOf({ a: body }) });
    origin.answer("/hop0/a", { kind: "redirect", to: "/real/a", status: 307 });
    origin.answer("/real/a", good);
    await world.sync(world.openSource(`${origin.url}/hop0/M`));
    expect(origin.targets().slice(-2)).toEqual(["/hop0/a", "/real/a"]);

    origin.answer("/hop5/M", { kind: "redirect", to: "/hop0/M" });
    const failure = await failureOf(world.openSource(`${origin.url}/hop5/M`).list(noAbort()));
    expect(failure).toMatchObject({ code: "SOURCE_REFUSED", message: expect.stringContaining("more than 5 times") });
  });

  it("to another origin carry no user and password, those back home do", async () => {
    const other = await startOrigin();
    try {
      const home = origin.url.replace("://", "://us%40er:canary@");
      origin.publish("/r/", { a: body });
      origin.answer("/r/a", { kind: "redirect", to: `${other.url}/a` });
      other.answer("/a", { kind: "redirect", to: `${origin.url}/back` });
      origin.answer("/back", good);
      await world.sync(world.openSource(`${home}/r/PULP_MANIFEST`));
      const authorization = `Basic ${Buffer.from("us@er:canary").toString("base64")}`;
      expect(origin.requests.map(({ headers }) => headers.authorization)).toEqual([
        authorization,
        authorization,
        authorization,
      ]);
      expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    } finally {
      await other.close();
    }
  });

  it.each([
    "http://10.0.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::ffff:a00:1]/",
    "file:///etc/passwd",
  ])("to %s are refused without a try", async (to) => {
    origin.answer("/M", { kind: "redirect", to });
    expect((await failureOf(world.openSource(`${origin.url}/M`).list(noAbort()))).code).toBe("SOURCE_REFUSED");
    expect(origin.count("/M")).toBe(1);
  });
});

describe("secrets", () => {
  it("of the URL are in no message", async () => {
    const source = world.openSource(`${origin.url.replace("://", "://user:canary@")}/M?token=canary`, { retries: 0 });
    origin.answer("/M?token=canary", { kind: "bytes", body: `x\n` });
    const bad = await failureOf(source.list(noAbort()));
    origin.answer("/M?token=canary", { kind: "bytes", body: manifestOf({ a: "a" }) });
    const missing = await failureOf(world.sync(source));
    await origin.close();
    const unreachable = await failureOf(source.list(noAbort()));
    for (const { message, hint, details, cause, stack } of [bad, missing, unreachable]) {
      expect(JSON.stringify([message, hint, details, String(cause), stack])).not.toContain("canary");
    }
    expect(missing.message).toContain("/a?...: the server answered 404");
  });
});
