import { readFileSync, rmSync, writeFileSync } from "node:fs";

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import type { Run } from "../helpers/launch-cli.ts";
import { nginxAvailable, nginxServer } from "../servers/nginx.ts";
import { isInstalled } from "../servers/server.ts";
import type { RunningServer } from "../servers/server.ts";
import { after, openMirror, plainAndCheckpoints } from "./mirror.ts";
import type { Mirror } from "./mirror.ts";
import { headOf, logLines, makeKey, publishedMirror, sha256, stockTools, verifyAt } from "./signed-mirror.ts";
import type { Key, StockRun } from "./signed-mirror.ts";
import { startTamperingProxy } from "./tampering-proxy.ts";
import type { Tamper, TamperingProxy } from "./tampering-proxy.ts";

const base = "snapshots/repo/";
const [t1, t2, t3] = [after(0), after(60), after(120)];
const states = [
  { "1.iso": "one", "pool/a/2.iso": "two", "pool/b/with space.iso": "three" },
  { "1.iso": "one again", "pool/a/2.iso": "two", "pool/b/with space.iso": "three" },
  { "1.iso": "one again", "pool/a/2.iso": "two", "pool/b/with space.iso": "three", "pool/c.iso": "four" },
];

/** A published mirror, signed with a real key, served by a real server, behind a proxy that lies. */
describe.skipIf(!nginxAvailable() || !isInstalled("gpg", "--version"))("asof verify --url", () => {
  let key: Key;
  let mirror: Mirror;
  let nginx: RunningServer;
  let proxy: TamperingProxy;

  beforeAll(async () => {
    key = makeKey();
    mirror = await publishedMirror(key, states);
    nginx = await nginxServer.start({ publicDir: mirror.file("public"), rulesDir: mirror.file("rules") });
    proxy = await startTamperingProxy(nginx.url);
  });
  afterEach(() => {
    proxy.tamper = (_, body) => body;
  });
  afterAll(async () => {
    await proxy.close();
    await nginx.stop();
    mirror.remove();
    key.remove();
  });

  const verify = (...argv: readonly string[]): Promise<Run> => verifyAt(`${proxy.url}${base}`, ...argv);
  const signed = (...argv: readonly string[]): Promise<Run> => verify("--check", key.check, ...argv);

  const stock = (time: string): Promise<StockRun> => stockTools({ base: `${proxy.url}${base}`, time, key });

  it("needs no configuration, hashes every file, and says that a mirror which agrees with itself proves nothing else", async () => {
    const run = await verify();
    expect(run.err).toBe("");
    expect(run.exit).toBe(0);
    expect(run.out).toContain(`${t3}/ of repo: 5 files, `);
    expect(run.out).toContain("Not proven: that this is what its maker published.");
    expect(run.out).toContain(`To remember: --head ${headOf(mirror)}`);
  });

  it("proves with a key, a root or a head what each of them proves", async () => {
    const root = String(mirror.events().findLast(({ type }) => type === "version")?.["root"]);
    const run = await signed("--root", root, "--head", headOf(mirror));
    expect(run.out).toContain("Proven by the key");
    expect(run.out).toContain("Proven by the root");
    expect(run.out).toContain("Proven by the head");
    expect(run.exit).toBe(0);
  });

  it("takes the address of the site, of a base path or of a checkpoint, and --at and --all", async () => {
    const times = async (url: string, ...argv: readonly string[]): Promise<readonly string[]> => {
      const run = await verifyAt(url, "--json", ...argv);
      const bases: readonly { checkpoints: readonly { checkpoint: string }[] }[] = JSON.parse(run.out).bases;
      return bases.flatMap(({ checkpoints }) => checkpoints.map(({ checkpoint }) => checkpoint));
    };
    expect(await times(proxy.url)).toEqual([t3]);
    expect(await times(`${proxy.url}${base}index.html`)).toEqual([t3]);
    expect(await times(`${proxy.url}${base}${t1}`)).toEqual([t1]);
    expect(await times(proxy.url.slice(0, -1))).toEqual([t3]);
    expect(await times(`${proxy.url}/${base.slice(0, -1)}`)).toEqual([t3]);
    expect(await times(`${proxy.url}/${base.replaceAll("/", "//")}/${t2}//`)).toEqual([t2]);
    expect(proxy.asked.filter((name) => name.includes("//") || name.startsWith("/"))).toEqual([]);
    expect(await times(`${proxy.url}${base}`, "--at", after(100))).toEqual([t2]);
    expect(await times(`${proxy.url}${base}`, "--all")).toEqual([t1, t2, t3]);
  });

  it("hashes a sample of the files where one is asked for, and says so", async () => {
    const before = proxy.asked.length;
    const run = await verify("--sample", "2");
    const hashed = proxy.asked.slice(before).filter((name) => name.startsWith(`${base}${t3}/`));
    expect(hashed).toHaveLength(2);
    expect(run.out).toContain("Only a sample of the files was hashed");
  });

  const lies: readonly (readonly [string, Tamper, string])[] = [
    ["alters one byte", at(`${base}${t3}/1.iso`, (body) => flip(body)), `${t3}/1.iso: has the SHA-256`],
    [
      "makes a file longer",
      at(`${base}${t3}/1.iso`, (body) => Buffer.concat([body, body])),
      `${t3}/1.iso: is longer than its 9 bytes`,
    ],
    [
      "drops a file",
      (name, body) => (name === `${base}${t3}/pool/c.iso` ? null : body),
      `${t3}/pool/c.iso: is not there (404)`,
    ],
    [
      "adds a file to the manifest",
      async (name, body) => {
        if (name === `${base}${t3}/extra.iso`) return Buffer.from("extra");
        return name === `${base}${t3}/PULP_MANIFEST`
          ? Buffer.from(`${String(body)}extra.iso,${sha256("extra")},5\n`)
          : body;
      },
      `${t3}/PULP_MANIFEST: lists "extra.iso", which is not in the checkpoint`,
    ],
    [
      "swaps two files",
      (name, body) => {
        if (name === `${base}${t3}/pool/a/2.iso`) return proxy.original(`${base}${t3}/pool/b/with%20space.iso`);
        return name === `${base}${t3}/pool/b/with%20space.iso` ? proxy.original(`${base}${t3}/pool/a/2.iso`) : body;
      },
      `${t3}/pool/b/with space.iso: has the bytes of pool/a/2.iso`,
    ],
    [
      "replays an older statement, signature and sums under a newer time",
      (name, body) => (name.startsWith(`${base}_asof/${t3}/`) ? proxy.original(name.replace(t3, t2)) : body),
      `_asof/${t3}/checkpoint.txt: is not what the log says: it has the line "checkpoint ${t2}"`,
    ],
  ];

  it.each(lies)("finds a mirror that %s, and so do stock tools", async (_, tamper, words) => {
    proxy.tamper = tamper;
    const run = await signed();
    expect(run.out).toContain(words);
    expect(run.exit).toBe(3);
    expect(run.out).not.toContain("To remember");
    expect((await stock(t3)).exit).not.toBe(0);
  });

  it("lets an honest mirror pass, and so do stock tools", async () => {
    expect((await signed("--all")).exit).toBe(0);
    for (const time of [t1, t2, t3]) expect(await stock(time)).toMatchObject({ exit: 0 });
  });

  it.each<readonly [string, Tamper, string]>([
    [
      "a line of the log",
      at(`${base}_asof/log/000000.jsonl`, (body) => flip(body, 200)),
      "does not follow from the one before it",
    ],
    [
      "the end of the log",
      at(`${base}_asof/log/000000.jsonl`, cutLastLine),
      "is not the log that checkpoints.json announces",
    ],
    [
      "a record",
      (name, body) => (isRecord(name) && body !== null ? flip(body) : body),
      "what lies below cannot be checked",
    ],
    ["all records", (name, body) => (isRecord(name) ? null : body), "is not there (404)"],
    [
      "a digest in SHA256SUMS",
      at(`${base}_asof/${t3}/SHA256SUMS`, (body) =>
        Buffer.from(body.toString().replace(/^./, (one) => (one === "0" ? "1" : "0"))),
      ),
      "has another digest for",
    ],
    [
      "a line of SHA256SUMS",
      at(`${base}_asof/${t3}/SHA256SUMS`, (body) => Buffer.from(body.toString().split("\n").slice(1).join("\n"))),
      "does not list 1.iso",
    ],
    [
      "SHA256SUMS by a line more",
      at(`${base}_asof/${t3}/SHA256SUMS`, (body) => Buffer.from(`${body.toString()}${"0".repeat(64)}  zzz\n`)),
      'lists "zzz"',
    ],
    [
      "SHA256SUMS by rubbish",
      at(`${base}_asof/${t3}/SHA256SUMS`, (body) => Buffer.from(`${"x".repeat(40_000)}\n${body.toString()}`)),
      "line 1 is no line of it",
    ],
    [
      "the signature",
      at(`${base}_asof/${t3}/checkpoint.txt.asc`, (body) => flip(body, 100)),
      "is not the signature that the log names",
    ],
  ])("finds %s altered", async (_, tamper, words) => {
    proxy.tamper = tamper;
    const run = await signed();
    expect(run.out).toContain(words);
    expect(run.exit).toBe(3);
  });

  it("refuses a wrong root", async () => {
    const run = await verify("--root", "0".repeat(64));
    expect(run.out).toContain(`must have ${"0".repeat(64)}`);
    expect(run.exit).toBe(3);
  });

  describe("with an old checkpoint rewritten and everything signed again with the real key", () => {
    let rewritten: Mirror;
    let server: RunningServer;

    beforeAll(async () => {
      const [first, ...later] = states;
      rewritten = await publishedMirror(key, [{ ...first, "1.iso": "eno" }, ...later]);
      server = await nginxServer.start({ publicDir: rewritten.file("public"), rulesDir: rewritten.file("rules") });
    });
    afterAll(async () => {
      await server.stop();
      rewritten.remove();
    });

    it("a remembered head finds it, and nothing else can", async () => {
      const url = `${server.url}${base}`;
      expect((await verifyAt(url, "--all", "--check", key.check)).exit).toBe(0);
      const run = await verifyAt(url, "--check", key.check, "--head", headOf(mirror));
      expect(run.out).toContain("history was rewritten");
      expect(run.exit).toBe(3);
    });

    it("the root of the old checkpoint finds it, too", async () => {
      const root = String(mirror.events().find((event) => event.type === "version")?.["root"]);
      expect((await verify("--at", t1, "--root", root)).exit).toBe(0);
      expect((await verifyAt(`${server.url}${base}`, "--at", t1, "--root", root)).exit).toBe(3);
    });
  });

  it("finds history taken back: a log that is shorter than the remembered one", async () => {
    const { length } = mirror.events();
    const run = await verify("--head", `${length + 1}:${"0".repeat(64)}`);
    expect(run.out).toContain(`has ${length} lines, and had ${length + 1}`);
    expect(run.exit).toBe(3);
  });

  it("says of a head that is older than the checkpoint what it does not prove", async () => {
    const [length, head] = [2, sha256(logLines(mirror)[1] ?? "")];
    const run = await verify("--head", `${length}:${head}`);
    expect(run.out).toContain("Of checkpoints that came after it, that says nothing.");
    expect(run.exit).toBe(0);
  });

  describe("of a site with several base paths", () => {
    let several: Mirror;
    let server: RunningServer;
    let between: TamperingProxy;

    beforeAll(async () => {
      const two = (name: string): object => ({ repository: name, base_path: `other/${name}`, checkpoint: true });
      several = openMirror({
        repositories: Object.fromEntries(
          ["empty", "full"].map((name) => [name, { remote: { type: "directory", path: `tree-${name}` } }]),
        ),
        distributions: { ...plainAndCheckpoints, empty: two("empty"), full: two("full") },
      });
      several.offer({ a: "one" });
      several.write("tree-full/b", "two");
      for (const name of ["repo", "full"]) await several.ok("update", name);
      server = await nginxServer.start({ publicDir: several.file("public"), rulesDir: several.file("rules") });
      between = await startTamperingProxy(server.url);
    });
    afterEach(() => {
      between.tamper = (_, body) => body;
    });
    afterAll(async () => {
      await between.close();
      await server.stop();
      several.remove();
    });

    it("notes one that has no checkpoint, and checks the others", async () => {
      const run = await verifyAt(between.url);
      expect(run.exit, run.out + run.err).toBe(0);
      expect(run.out).toContain(
        `${between.url}other/empty/: nothing was checked: ${between.url}other/empty/ has no checkpoint`,
      );
      for (const name of ["snapshots/repo", "other/full"])
        expect(run.out).toContain(`${between.url}${name}/${t1}/ of `);
      expect((await verifyAt(`${between.url}other/empty/`)).exit).toBe(2);
      expect((await verifyAt(between.url, "--at", "1999-01-01")).exit).toBe(2);
    });

    it("ends with 4 when one cannot be read, after it told of the others", async () => {
      between.tamper = (name, body) => (name.startsWith("other/full/_asof/log") ? null : body);
      const run = await verifyAt(between.url);
      expect(run.exit).toBe(4);
      expect(run.out).toContain("other/full/: nothing was checked: there is no _asof/log/000000.jsonl");
      expect(run.out).toContain(`snapshots/repo/${t1}/ of repo`);
    });

    it("keeps the findings of the others, which decide", async () => {
      between.tamper = (name, body) => {
        if (name.startsWith("other/full/_asof/log")) return null;
        return name === `snapshots/repo/${t1}/a` && body !== null ? flip(body) : body;
      };
      const run = await verifyAt(between.url);
      expect(run.exit).toBe(3);
      expect(run.out).toContain(`${t1}/a: has the SHA-256`);
    });
  });

  describe("after a content was taken down", () => {
    const digest = sha256("two");
    let censored: Mirror;
    let server: RunningServer;

    beforeAll(async () => {
      censored = await publishedMirror(key, states);
      await censored.ok("take-down", digest, "--reason", "leaked key");
      server = await nginxServer.start({ publicDir: censored.file("public"), rulesDir: censored.file("rules") });
    });
    afterAll(async () => {
      await server.stop();
      censored.remove();
    });

    it("does not miss it", async () => {
      const run = await verifyAt(`${server.url}${base}`, "--all", "--check", key.check);
      expect(run.out).toContain("1 taken down");
      expect(run.exit).toBe(0);
    });

    it("finds it in a replica that was synced without deletion", async () => {
      const place = censored.file(`public/${base}${t2}/pool/a/2.iso`);
      writeFileSync(place, "two");
      const run = await verifyAt(`${server.url}${base}`, "--at", t2);
      rmSync(place);
      expect(run.out).toContain(`${t2}/pool/a/2.iso: was taken down, and is still served`);
      expect(run.exit).toBe(3);
    });

    it("does not miss sums that were taken down", async () => {
      const sums = readFileSync(censored.file(`public/${base}_asof/${t1}/SHA256SUMS`), "utf8");
      await censored.ok("take-down", sha256(sums), "--reason", "names a customer");
      expect((await verifyAt(`${server.url}${base}`, "--at", t1, "--check", key.check)).exit).toBe(0);
    });
  });

  it("ends with 4 where there is no mirror, or none that can be read", async () => {
    expect((await verifyAt(`${proxy.url}nothing/`)).exit).toBe(4);
    proxy.tamper = (name, body) => (name.includes("_asof/log") ? null : body);
    expect((await verify()).exit).toBe(4);
  });

  it.each([
    [["--head", "x"], "--head must be LINES:SHA256"],
    [["--head", "5:x"], "--head must be LINES:SHA256"],
    [["--head", "0".repeat(64)], "--head must be LINES:SHA256"],
    [["--root", "x"], "--root must be a SHA-256"],
    [["--check", "gpgv"], "no command with {signature}"],
    [["--check", "no-such-program {signature} {file}"], "cannot be run"],
    [["--all", "--at", t1], "--all takes every checkpoint"],
    [["--at", "1999-01-01"], "has no checkpoint"],
  ])("refuses %j", async (argv, words) => {
    const run = await verify(...argv);
    expect(run.err).toContain(words);
    expect(run.exit).toBe(2);
  });
});

function at(where: string, change: (body: Buffer) => Buffer): Tamper {
  return (name, body) => (name === where && body !== null ? change(body) : body);
}

function flip(body: Buffer, index = 0): Buffer {
  const copy = Buffer.from(body);
  copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}

function cutLastLine(body: Buffer): Buffer {
  return body.subarray(0, body.lastIndexOf(0x0a, body.length - 2) + 1);
}

function isRecord(name: string): boolean {
  return name.startsWith(`${base}_asof/tree/`);
}
