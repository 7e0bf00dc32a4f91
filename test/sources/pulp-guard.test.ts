import { expect, onTestFinished, test } from "vitest";

import { openHttp } from "../../src/sources/http.ts";
import type { Transport } from "../../src/sources/http.ts";
import { openGuarded } from "../../src/sources/pulp-guard.ts";
import { startOrigin } from "../helpers/origin-server.ts";
import type { OriginServer } from "../helpers/origin-server.ts";

const { signal } = new AbortController();

async function guarded(): Promise<{ readonly origin: OriginServer; readonly transport: Transport }> {
  const origin = await startOrigin();
  onTestFinished(() => origin.close());
  const home = new URL(origin.url);
  const access = { headers: { authorization: "Basic c2VjcmV0" }, tls: undefined, otherTls: undefined };
  const transport = openGuarded(openHttp(home, { timeoutSeconds: 5 }), openHttp(home, { timeoutSeconds: 5, access }));
  return { origin, transport };
}

test("a password is shown to nobody who did not ask for it", async () => {
  const { origin, transport } = await guarded();
  origin.answer("/a", { kind: "bytes", body: "a" });
  (await transport.get(new URL(`${origin.url}/a`), { signal })).discard();
  await expect(transport.get(new URL(`${origin.url}/missing`), { signal })).rejects.toMatchObject({ status: 404 });
  expect(origin.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
});

test.each([401, 403])("after a %i it is shown, and from then on at once", async (status) => {
  const { origin, transport } = await guarded();
  origin.answer("/a", { kind: "status", status }, { kind: "bytes", body: "a" });
  origin.answer("/b", { kind: "bytes", body: "b" });
  (await transport.get(new URL(`${origin.url}/a`), { signal })).discard();
  (await transport.get(new URL(`${origin.url}/b`), { signal })).discard();
  const shown = "Basic c2VjcmV0";
  expect(origin.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, shown, shown]);
});

test("where it is refused, that refusal is told", async () => {
  const { origin, transport } = await guarded();
  origin.answer("/a", { kind: "status", status: 403 });
  await expect(transport.get(new URL(`${origin.url}/a`), { signal })).rejects.toMatchObject({ status: 403 });
  expect(origin.count("/a")).toBe(2);
});
