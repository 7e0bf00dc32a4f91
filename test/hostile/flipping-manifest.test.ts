import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { seededRandom } from "../servers/random-history.ts";
import { manifestOf } from "../helpers/origin-server.ts";
import { openMirror, said } from "../operations/mirror.ts";
import type { Mirror } from "../operations/mirror.ts";
import { startRawUpstream, whole } from "./raw-upstream.ts";
import type { RawUpstream } from "./raw-upstream.ts";

/** `ASOF_HOSTILE=full` flips 200 times. */
const flips = process.env["ASOF_HOSTILE"] === "full" ? 200 : 12;
const names = ["a", "b", "c", "d/e", "d/f"];

describe("a manifest that flips while its files are fetched", () => {
  let upstream: RawUpstream;
  let mirror: Mirror;
  /** The edition that the upstream shows, asked for each request by its number. */
  let editionAt: (request: number) => string = () => "one";
  beforeEach(async () => {
    upstream = await startRawUpstream();
    let requests = 0;
    upstream.answer("/r/PULP_MANIFEST", (socket) =>
      whole("200 OK", manifestOf(filesOf(editionAt(requests++))))(socket),
    );
    for (const name of names) {
      upstream.answer(`/r/${name}`, (socket) => whole("200 OK", contentOf(name, editionAt(requests++)))(socket));
    }
    mirror = openMirror({
      remote: { url: `${upstream.url}/r/PULP_MANIFEST`, mode: "mirror" },
      repository: { fetch: { retries: 0, concurrency: 1 } },
    });
    mirror.setClock(Date.now() / 1000);
    editionAt = () => "zero";
    await mirror.ok("update");
    requests = 0;
  });
  afterEach(async () => {
    mirror.remove();
    await upstream.close();
  });

  it("once is read again, and what is published is of the second", async () => {
    editionAt = (request) => (request < 3 ? "one" : "two");
    await mirror.ok("update");
    expectEdition("two");
  });

  it("with every request fails with 4, and nothing is published", async () => {
    const untouched = mirror.everything();
    editionAt = (request) => `edition ${request}`;
    const run = await mirror.run("update");
    expect(run.exit, said(run)).toBe(4);
    expect(run.err).toContain("changed while its files were being fetched");
    expect(mirror.everything()).toEqual({ ...untouched, state: expect.objectContaining(untouched.state) });
    expect(upstream.count("/r/PULP_MANIFEST")).toBeLessThan(10);
    // With the upstream at rest, the next run is a run like any other.
    editionAt = () => "rest";
    await mirror.ok("update");
    expectEdition("rest");
  });

  it(`is never published mixed: ${flips} syncs with flips at random requests`, async () => {
    const random = seededRandom(20250318);
    for (let round = 0; round < flips; round++) {
      const at = Math.floor(random() * 14);
      let seen = 0;
      editionAt = () => (seen++ < at ? `before ${round}` : `after ${round}`);
      await mirror.run("update", "--accept-clock");
      expect(new Set(names.map((name) => mirror.page(`plain/${name}`).split(" of ")[0])).size).toBe(1);
    }
  });

  function expectEdition(edition: string): void {
    for (const name of names) expect(mirror.page(`plain/${name}`)).toBe(contentOf(name, edition));
  }
});

function contentOf(name: string, edition: string): string {
  return `${edition} of ${name}`;
}

function filesOf(edition: string): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, contentOf(name, edition)]));
}
