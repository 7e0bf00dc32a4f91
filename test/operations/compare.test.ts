import { rmSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Run } from "../helpers/launch-cli.ts";
import { startOrigin } from "../helpers/origin-server.ts";
import type { OriginServer } from "../helpers/origin-server.ts";
import { nginxAvailable, nginxServer } from "../servers/nginx.ts";
import type { RunningServer } from "../servers/server.ts";
import { after, aMirror, day, openMirror } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";

const base = "snapshots/repo";
const states = [
  { "1.iso": "one", "pool/a/2.iso": "two", "pool/b/with space.iso": "three" },
  { "1.iso": "one again", "pool/a/2.iso": "two", "pool/b/with space.iso": "three" },
  { "1.iso": "one again", "pool/a/2.iso": "two", "pool/c#?.iso": "four" },
];

/** Made in the same seconds of the same states: every answer of one is that of the other. */
async function publishedTwin(
  alter: (state: Readonly<Record<string, string>>, place: number) => object,
): Promise<Mirror> {
  const mirror = openMirror();
  for (const [place, state] of states.entries()) {
    mirror.at(place * day);
    mirror.offer(Object.fromEntries(Object.entries(alter(state, place)).map(([name, text]) => [name, String(text)])));
    await mirror.ok("update");
  }
  return mirror;
}

async function served(mirror: Mirror): Promise<RunningServer> {
  return nginxServer.start({ publicDir: mirror.file("public"), rulesDir: mirror.file("rules") });
}

describe.skipIf(!nginxAvailable())("asof compare", () => {
  let mirror: Mirror;
  let twin: Mirror;
  let other: Mirror;
  let nginx: RunningServer;
  let twinNginx: RunningServer;
  let otherNginx: RunningServer;
  let origin: OriginServer;

  beforeAll(async () => {
    mirror = await publishedTwin((state) => state);
    twin = await publishedTwin((state) => state);
    other = await publishedTwin((state, place) => (place === 1 ? { ...state, "pool/a/2.iso": "TWO" } : state));
    [nginx, twinNginx, otherNginx] = await Promise.all([served(mirror), served(twin), served(other)]);
    origin = await startOrigin();
  });
  afterAll(async () => {
    await Promise.all([nginx.stop(), twinNginx.stop(), otherNginx.stop(), origin.close()]);
    for (const one of [mirror, twin, other]) one.remove();
  });

  const compare = (a: string, b: string, ...argv: readonly string[]): Promise<Run> => {
    const anywhere = aMirror();
    rmSync(anywhere.file("asof.yaml"));
    anywhere.setClock(Date.now() / 1000);
    return anywhere.run("compare", a, b, ...argv);
  };
  const differencesOf = async (...args: Parameters<typeof compare>): Promise<readonly Told[]> => {
    const { out } = await compare(...args, "--json");
    const { differences }: { differences: readonly Told[] } = JSON.parse(out);
    return differences;
  };

  it("finds no difference between two mirrors of the same, and needs no configuration", async () => {
    const run = await compare(`${nginx.url}${base}/`, `${twinNginx.url}${base}`);
    expect(run.err).toBe("");
    expect(run.out).toContain("3 checkpoints are listed by both\n");
    expect(run.out).toMatch(/\n\d{3,} requests to each: no difference\n$/);
    expect(run.exit).toBe(0);
  });

  it("asks the preview as it asks nginx", async () => {
    const preview = mirror.begin("serve", "--port", "0");
    await expect.poll(() => preview.out, { timeout: 20_000 }).toMatch(/http:\S+/);
    const [url = ""] = /http:\/\/[^/\s]+\//.exec(preview.out) ?? [];
    const run = await compare(`${nginx.url}${base}`, url + base, "--ignore", "*:content-type", "--ignore", "*:body");
    await preview.stop();
    expect(run.out).toContain("no difference");
    expect(run.exit).toBe(0);
  });

  it("names the file that has other bytes, in the checkpoint that has it, and what follows from it", async () => {
    const found = await differencesOf(`${nginx.url}${base}`, `${otherNginx.url}${base}`);
    const files = found.filter((one) => one.case === "exact/file" && one.method === "GET");
    expect(files.map(({ target, fields }) => ({ target, fields }))).toEqual([
      { target: `/${after(day)}/pool/a/2.iso`, fields: ["body"] },
    ]);
    expect(files[0]?.a.bytes).toBe(3);
    expect(files[0]?.a.sha256).not.toBe(files[0]?.b.sha256);
    expect(found.filter((one) => one.case === "exact/manifest").map(({ target }) => target)).toEqual([
      `/${after(day)}/PULP_MANIFEST`,
    ]);
    expect((await compare(`${nginx.url}${base}`, `${otherNginx.url}${base}`, "--quiet")).exit).toBe(3);
  });

  it("ends with 0 when every difference is one that it was told to ignore, and says how many those were", async () => {
    const ignore = ["exact/*:body", "exact/root:content-length", "list", "query", "no-time", "slashes:body"].flatMap(
      (text) => ["--ignore", text],
    );
    const run = await compare(`${nginx.url}${base}`, `${otherNginx.url}${base}`, ...ignore);
    expect(run.out).toMatch(/no difference; \d+ with differences that --ignore names\n$/);
    expect(run.exit).toBe(0);
    const wrong = await compare(nginx.url, nginx.url, "--ignore", "exact/*:size");
    expect(wrong.err).toContain("size is nothing that is compared");
    expect(wrong.exit).toBe(2);
  });

  it("tells where a redirect leads that should lead elsewhere", async () => {
    const shorter = await publishedTwin((state) => state);
    await shorter.ok("withdraw", "repo", after(day), "--reason", "planted");
    const server = await served(shorter);
    const run = await compare(`${nginx.url}${base}`, `${server.url}${base}`);
    await server.stop();
    shorter.remove();
    expect(run.out).toContain("2 checkpoints are listed by both, 1 by A alone");
    expect(run.out).toMatch(new RegExp(`  GET /${after(day + 1)}/\n    status: 30[12] \\./${after(day)}/ \\| 410\n`));
    expect(run.out).toMatch(/\nexact\/root: \d of \d differ\n/);
    expect(run.exit).toBe(3);
  });

  it("finds a wrong type, a wrong length, a Location that leads out, and follows none", async () => {
    const at = after(0);
    const list = `<a href="./${at}/">${at}/</a>`;
    for (const [name, type] of [
      ["a", "text/plain"],
      ["b", "text/x-other"],
    ] as const) {
      const headers = { "content-type": type };
      origin.answer(`/${name}/`, { kind: "bytes", body: list });
      origin.answer(`/${name}/${at}/`, { kind: "bytes", body: '<a href="f">f</a> <a href="../">up</a>' });
      origin.answer(`/${name}/${at}/f`, { kind: "bytes", body: "f", headers });
    }
    origin.answer(`/a/${after(1)}/`, { kind: "redirect", to: `/a/${at}/` });
    origin.answer(`/b/${after(1)}/`, { kind: "redirect", to: `${origin.url}/elsewhere/${at}/` });
    origin.answer(`/a/${after(1)}/f`, { kind: "redirect", to: `${origin.url}/a/${at}/f` });
    origin.answer(`/b/${after(1)}/f`, { kind: "redirect", to: `../${at}/f` });

    const found = await differencesOf(`${origin.url}/a`, `${origin.url}/b`);
    const about = (target: string): readonly string[] =>
      found.filter((one) => one.target === target && one.method === "GET").flatMap(({ fields }) => fields);
    expect(about(`/${at}/f`)).toEqual(["content-type"]);
    expect(about(`/${after(1)}/`)).toEqual(["location"]);
    expect(found.find(({ target }) => target === `/${after(1)}/`)?.b.location).toBe(`/elsewhere/${at}/`);
    expect(about(`/${at}/`)).toEqual([]);
    expect(origin.targets().filter((target) => target.startsWith("/elsewhere"))).toEqual([]);
  });

  it("asks the same with the same seed, and something else with another", async () => {
    const asked = async (...argv: readonly string[]): Promise<readonly string[]> => {
      const before = origin.requests.length;
      await compare(`${origin.url}/a`, `${origin.url}/a`, "--count", "2", ...argv);
      return origin.targets().slice(before).toSorted();
    };
    // The times asked for begin at the first checkpoint and end now.
    const [first, second] = [await asked("--seed", "5"), await asked("--seed", "5")];
    const third = await asked("--seed", "6");
    expect(first.length).toBe(second.length);
    expect(third).not.toEqual(first);
  });

  it("asks for files by their exact names, whatever is in them", async () => {
    const found = await compare(`${nginx.url}${base}`, `${otherNginx.url}${base}`, "--all", "--json");
    const { cases }: { cases: readonly { case: string; asked: number; differing: number }[] } = JSON.parse(found.out);
    // Ten files, because an additive remote loses none, and of each checkpoint's one a HEAD.
    expect(cases.find((one) => one.case === "exact/file")).toEqual({ case: "exact/file", asked: 13, differing: 1 });
    expect(cases.find((one) => one.case === "between/root")?.differing).toBe(0);
  });

  it("says which server has no checkpoints, and which cannot be reached", async () => {
    const nowhere = await compare(`${nginx.url}${base}`, `${nginx.url}nothing`);
    expect(nowhere.err).toContain("nothing/ has no list of checkpoints");
    expect(nowhere.exit).toBe(4);
    expect((await compare("ftp://127.0.0.1/", nginx.url)).exit).toBe(2);
  });

  it("fails where an answer breaks off every time, and waits where it is asked to", async () => {
    const at = after(0);
    for (const name of ["whole", "broken"]) {
      origin.answer(`/${name}/`, { kind: "bytes", body: `<a href="./${at}/">${at}/</a>` });
      origin.answer(`/${name}/${at}/`, { kind: "bytes", body: '<a href="f">f</a>' });
      origin.answer(`/${name}/${at}/f`, { kind: "bytes", body: "0123456789" });
    }
    const busy = { kind: "status", status: 429, headers: { "retry-after": "0" } } as const;
    origin.answer(`/whole/${at}/`, busy, { kind: "bytes", body: '<a href="f">f</a>' });
    expect((await compare(`${origin.url}/whole`, `${origin.url}/whole`)).exit).toBe(0);
    origin.answer(`/broken/${at}/f`, { kind: "truncate", body: "0123456789", after: 4 });
    const run = await compare(`${origin.url}/whole`, `${origin.url}/broken`);
    expect(run.err).toContain(`/broken/${at}/f`);
    expect(run.exit).toBe(4);
  });
});

interface Told {
  readonly case: string;
  readonly method: string;
  readonly target: string;
  readonly fields: readonly string[];
  readonly a: ToldAnswer;
  readonly b: ToldAnswer;
}

interface ToldAnswer {
  readonly status: number;
  readonly location: string | null;
  readonly sha256: string | null;
  readonly bytes: number | null;
}
