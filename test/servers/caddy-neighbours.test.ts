import { mkdir, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { timeline } from "../model/a-timeline.ts";
import { caddyAvailable, startCaddy } from "./caddy.ts";
import type { CaddyOptions } from "./caddy.ts";
import { makeRulesFolder, rulesInput } from "./rules-folder.ts";
import type { RulesFolder } from "./rules-folder.ts";
import type { RunningServer } from "./server.ts";

const history = timeline(["-20230101T000000Z", "20240101T000000Z", "20250318T140338Z"]);
const base = "/checkpoints/myfile";
const kept = `${base}/20250318T140338Z`;
const immutable = "public, max-age=31536000, immutable";
const plain = { name: "plain", basePath: "plain", repository: "myfile", checkpoint: false };
const snapshot = { name: "snapshot", basePath: "checkpoints/myfile", repository: "myfile", checkpoint: true };
const compressible = "compressible ".repeat(200);

describe.skipIf(!caddyAvailable())("Caddy rules inside somebody's site block", () => {
  let folder: RulesFolder;
  let caddy: RunningServer | undefined;

  beforeEach(async () => {
    folder = await makeRulesFolder();
    await folder.place({
      "checkpoints/myfile/index.html": "list {{.Req.Method}}",
      "checkpoints/myfile/20250318T140338Z/index.html": "listing {{env `HOME`}}",
      "checkpoints/myfile/20250318T140338Z/x.php": "<?php evil();",
      "checkpoints/myfile/20250318T140338Z/notes.txt": "{{env `HOME`}}",
      "checkpoints/myfile/20250318T140338Z/page.html": "{{env `HOME`}}",
      "checkpoints/myfile/20250318T140338Z/big.txt": compressible,
      "checkpoints/myfile/20250318T140338Z/big.json": JSON.stringify([compressible]),
      "checkpoints/myfile/20250318T140338Z/Packages": "plain",
      "checkpoints/myfile/20250318T140338Z/Packages.gz": "compressed",
      "checkpoints/myfile/20250318T140338Z/sub/f": "f",
      "checkpoints/myfile/20250318T140338Z/od[d]/f": "f",
      "plain/x.php": "<?php evil();",
      "plain/index.php": "<?php evil();",
      "_asof/assets/x.php": "asset",
      "404.html": "somebody's page",
      "index.html": "{{.Req.Method}} of somebody's front page",
      "index.php": "<?php theirs();",
      "site.json": '{"distributions":[]}',
    });
  });

  afterEach(async () => {
    await caddy?.stop();
    caddy = undefined;
    await folder.remove();
  });

  async function start(options: Partial<CaddyOptions>): Promise<void> {
    await folder.writeRules(rulesInput(folder.publicDir, history, { distributions: [snapshot, plain] }), "caddy");
    caddy = await startCaddy({ ...folder, ...options });
  }

  async function ask(target: string, headers: Readonly<Record<string, string>> = {}): Promise<readonly unknown[]> {
    if (caddy === undefined) throw new Error("Caddy was not started");
    const response = await caddy.request(target, { headers });
    return [
      response.status,
      response.headers.get("location"),
      response.headers.get("cache-control"),
      response.headers.get("content-type"),
      response.body.toString(),
    ];
  }

  /** What every target of the rules answers, whatever stands around them. */
  async function expectOurAnswers(): Promise<void> {
    const octets = "application/octet-stream";
    const text = "text/plain; charset=utf-8";
    const listing = "text/html; charset=utf-8";
    expect(await ask(`${base}/`)).toEqual([200, undefined, "no-cache", listing, "list {{.Req.Method}}"]);
    expect(await ask(`${kept}/`)).toEqual([200, undefined, "no-cache", listing, "listing {{env `HOME`}}"]);
    expect(await ask(`${kept}/x.php`)).toEqual([200, undefined, immutable, octets, "<?php evil();"]);
    expect(await ask(`${kept}/notes.txt`)).toEqual([200, undefined, immutable, text, "{{env `HOME`}}"]);
    expect(await ask(`${kept}/page.html`)).toEqual([200, undefined, immutable, "text/html", "{{env `HOME`}}"]);
    expect(await ask(`${kept}/Packages`)).toEqual([200, undefined, immutable, octets, "plain"]);
    expect(await ask(`${kept}/sub/`)).toEqual([404, undefined, "no-store", text, "Not found.\n"]);
    expect((await ask(`${kept}/sub?q`)).slice(0, 3)).toEqual([301, `${kept}/sub/?q`, "no-cache"]);
    expect(await ask(`${kept}/none.php`)).toEqual([404, undefined, "no-store", text, "Not found.\n"]);
    expect((await ask(`${base}/20250317T000000Z/x.php`)).slice(0, 3)).toEqual([
      301,
      `${base}/20240101T000000Z/x.php`,
      immutable,
    ]);
    expect((await ask(`${base}/20250319T000000Z/x.php?q`)).slice(0, 3)).toEqual([302, `${kept}/x.php?q`, "no-store"]);
    expect(await ask(`${base}/20230601T000000Z/x.php`)).toEqual([
      410,
      undefined,
      "no-cache",
      text,
      "This checkpoint was removed.\n",
    ]);
    expect((await ask(`${base}/20220101T000000Z/x.php`)).slice(0, 3)).toEqual([404, undefined, "no-store"]);
    expect(await ask("/plain/x.php")).toEqual([200, undefined, "no-cache", octets, "<?php evil();"]);
    expect((await ask("/plain/")).slice(0, 3)).toEqual([404, undefined, "no-store"]);
    expect(await ask("/_asof/assets/x.php")).toEqual([200, undefined, "public, max-age=3600", octets, "asset"]);
    expect(await ask("/site.json")).toEqual([200, undefined, "no-cache", "application/json", '{"distributions":[]}']);
    expect((await ask(base)).slice(0, 3)).toEqual([301, `${base}/`, "no-cache"]);
    const big = await caddy?.request(`${kept}/big.txt`, { headers: { "Accept-Encoding": "gzip, zstd" } });
    expect(big?.headers.get("content-encoding")).toBeUndefined();
    expect(big?.body.toString()).toBe(compressible);
  }

  it("answer the same in an empty one", async () => {
    await start({});
    await expectOurAnswers();
  });

  describe.each(["extra", "extraAfter"] as const)("with directives where the import is (%s)", (where) => {
    it.each([
      ["encode", "encode gzip zstd", "/404.html"],
      ["encode of everything", "encode gzip {\n minimum_length 1\n match {\n status 2xx 3xx 4xx\n }\n }", "/404.html"],
      ["file_server browse", "file_server browse", "/404.html"],
      ["try_files", "try_files {path} {path}/ /index.html", "/nothing"],
      ["a rewrite of everything", "rewrite * /404.html", "/nothing"],
      [
        "a header of every kind",
        'header {\n Cache-Control "max-age=60"\n Content-Type text/x-theirs\n X-Theirs yes\n }',
        "/404.html",
      ],
      ["deferred headers", 'header {\n Cache-Control "max-age=60"\n X-Theirs yes\n -Server\n defer\n }', "/404.html"],
      ["templates", "templates", "/"],
      ["templates for all types", "templates {\n mime text/ application/json application/atom\n }", "/"],
      ["a root of its own", "root * /nonexistent", "/nothing"],
      ["handle_errors", 'handle_errors {\n respond "somebody\'s page" 299\n }', "/nothing"],
      ["handle without a path", 'handle {\n respond "somebody\'s page" 299\n }', "/nothing"],
      ["respond", 'respond "somebody\'s page" 299', "/nothing"],
      ["variables", "vars {\n root /nonexistent\n asof /x\n }", "/nothing"],
    ])("keep their answers: %s", async (name, directive, other) => {
      await start({ [where]: directive });
      const [status, , caching, type, body] = await ask(other, { "Accept-Encoding": "gzip" });
      const isInForce =
        status === 299 ||
        (name.startsWith("templates") ? body === "GET of somebody's front page" : status === 200) ||
        (name === "a root of its own" || name === "variables" ? status === 404 : false) ||
        caching === "max-age=60" ||
        type === "text/x-theirs";
      expect(isInForce, `${name} does what it should elsewhere: ${String(status)}`).toBe(true);
      await expectOurAnswers();
    });
  });

  it("keep their answers before a handle that wants everything, when they stand first", async () => {
    await start({ extraAfter: 'handle /* {\n respond "theirs" 299\n }' });
    expect((await ask("/nothing"))[0]).toBe(299);
    await expectOurAnswers();
  });

  it("never hand a mirrored file to php_fastcgi", async () => {
    const asked: string[] = [];
    const fastcgi = createServer((socket) => {
      socket.on("data", (data: Buffer) => asked.push(data.toString("latin1")));
      socket.once("data", () => setTimeout(() => socket.destroy(), 50));
      socket.on("error", () => undefined);
    });
    await new Promise<void>((resolve) => fastcgi.listen(path.join(path.dirname(folder.rulesDir), "php.sock"), resolve));
    await start({ extra: `php_fastcgi unix/${path.join(path.dirname(folder.rulesDir), "php.sock")}` });

    expect((await ask("/index.php"))[0]).toBe(502);
    expect(asked.join("")).toContain("index.php");
    asked.length = 0;
    await expectOurAnswers();
    for (const target of [
      `/x/..${kept}/x.php`,
      `/%63heckpoints/myfile/20250318T140338Z/x.php`,
      `//checkpoints//myfile/20250318T140338Z/x.php`,
      `${kept}/x.php/%2e`,
      `${kept}/x.php/`,
      `${kept}/x%2Ephp`,
      `${kept}/%00.php`,
      `${kept}/x.php%00`,
      `/plain/../plain/x.php`,
      `/plain/sub/..//x.php`,
      `${base}/..%2f..%2fplain/x.php`,
    ]) {
      const [status, , , , body] = await ask(target);
      expect(status, target).toBeOneOf([200, 301, 400, 404]);
      expect(body, target).not.toContain("theirs");
    }
    expect(asked).toEqual([]);
    fastcgi.close();
  });

  it("let headers through that they do not set themselves", async () => {
    await start({ extra: 'header Strict-Transport-Security "max-age=1"' });
    const response = await caddy?.request(`${kept}/Packages`);
    expect(response?.headers.get("strict-transport-security")).toBe("max-age=1");
    expect([...(response?.headers.keys() ?? [])].filter((name) => name.startsWith("asof-"))).toEqual([]);
  });

  it("take no list and no time from a client", async () => {
    await start({});
    const headers = { "Asof-List": "40338Z,20990101|/20990101T000000", "Asof-At": "20250318T140338Z" };
    expect((await ask(`${base}/20250317T000000Z/f`, headers))[1]).toBe(`${base}/20240101T000000Z/f`);
    expect((await ask(`${base}/20250230T000000Z/f`, headers))[0]).toBe(404);
    expect((await ask(`${base}/latest`, headers))[1]).toBe(`${kept}/`);
  });

  it("expand no placeholder that a request names", async () => {
    await start({ env: { SECRET: "hidden" } });
    for (const sign of ["{env.SECRET}", "%7Benv.SECRET%7D", "{http.request.host}", "{$SECRET}", "{{env `SECRET`}}"]) {
      for (const target of [
        `${base}/20250317T000000Z/${sign}`,
        `${base}/20250317T000000Z/f?${sign}`,
        `${base}/latest/${sign}`,
        `/_asof/timegate/checkpoints/myfile/${sign}`,
        `${kept}/sub?${sign}`,
        `${kept}/${sign}`,
        `/plain/${sign}`,
      ]) {
        const response = await caddy?.request(target);
        if (response === undefined) throw new Error("Caddy was not started");
        expect(response.status, target).toBeOneOf([301, 302, 400, 404]);
        expect(response.head + response.body.toString(), target).not.toContain("hidden");
        expect(response.headers.get("location") ?? sign, target).toContain(sign);
      }
    }
  });

  it("send several parts of a file, as zsync asks for them", async () => {
    await start({});
    const response = await caddy?.request(`${kept}/Packages.gz`, { headers: { Range: "bytes=0-1,4-5" } });
    expect(response?.status).toBe(206);
    expect(response?.headers.get("content-type")).toMatch(/^multipart\/byteranges; boundary=/);
    expect(response?.body.toString()).toMatch(/Content-Type: application\/gzip\r\n\r\nco\r\n[^]*\r\n\r\nre\r\n/);
  });

  it("know capitals from small letters", async () => {
    await start({ extra: 'respond /CHECKPOINTS/* "theirs" 299' });
    expect((await ask("/CHECKPOINTS/myfile/20250318T140338Z/Packages"))[0]).toBe(299);
    expect((await ask("/checkpoints/MYFILE/20250319T000000Z/Packages"))[0]).toBe(404);
    expect((await ask(`${base}/LATEST`))[0]).toBe(404);
  });

  it("answer two sites in one block, and one site in two blocks", async () => {
    const other = await makeRulesFolder();
    await other.place({ "checkpoints/myfile/20200101T000000Z/f": "other" });
    const input = rulesInput(other.publicDir, timeline(["20200101T000000Z"], { horizon: "20240101T000000Z" }), {
      siteName: "other",
      mount: "/other/",
    });
    await other.writeRules(input, "caddy");
    const [ours, theirs] = [folder, other].map(({ rulesDir }) => `import "${rulesDir}/caddy/asof.caddy"`);
    await start({
      sites: `
        http://one.example:PORT { \n bind 127.0.0.1 \n ${ours} \n ${theirs} \n respond "one" 299 \n }
        http://two.example:PORT { \n bind 127.0.0.1 \n ${ours} \n respond "two" 298 \n }
      `,
    });
    const at = async (Host: string, target: string): Promise<readonly unknown[]> =>
      (await ask(target, { Host })).slice(0, 3);

    expect(await at("one.example", `${base}/20250317T000000Z/f`)).toEqual([
      301,
      `${base}/20240101T000000Z/f`,
      immutable,
    ]);
    expect(await at("two.example", `${base}/20250317T000000Z/f`)).toEqual([
      301,
      `${base}/20240101T000000Z/f`,
      immutable,
    ]);
    expect(await at("one.example", "/other/checkpoints/myfile/20210101T000000Z/f")).toEqual([
      301,
      "/other/checkpoints/myfile/20200101T000000Z/f",
      immutable,
    ]);
    expect((await at("one.example", "/other/checkpoints/myfile/20200101T000000Z/f"))[0]).toBe(200);
    expect((await at("two.example", "/other/checkpoints/myfile/20210101T000000Z/f"))[0]).toBe(298);
    expect((await at("one.example", "/nothing"))[0]).toBe(299);
    await other.remove();
  });

  it("serve a document root whose path has spaces and quotes", async () => {
    const odd = path.join(folder.publicDir, 'a "b" `c` $d; #e');
    await folder.place({ 'a "b" `c` $d; #e/checkpoints/myfile/20250318T140338Z/sub/f': "odd" });
    await folder.writeRules(rulesInput(odd, history), "caddy");
    caddy = await startCaddy(folder);

    expect((await ask(`${kept}/sub/f`))[4]).toBe("odd");
    expect((await ask(`${kept}/sub`))[0]).toBe(301);
    expect((await ask(`${base}/20250319T000000Z/`))[0]).toBe(302);
  });

  describe("where Caddy cannot do what the reference does", () => {
    it("follow a symlink whoever made it, because Caddy's file server does", async () => {
      await start({});
      const outside = path.join(path.dirname(folder.publicDir), "outside");
      await mkdir(outside);
      await writeFile(path.join(outside, "f"), "outside");
      await symlink(outside, path.join(folder.publicDir, "checkpoints/myfile/20250318T140338Z/planted"));
      expect((await ask(`${kept}/planted/f`))[4]).toBe("outside");
    });

    it("do not add a slash to a directory whose name is a pattern, because looking for it would read all of its neighbours", async () => {
      await start({});
      expect((await ask(`${kept}/od%5Bd%5D/f`))[4]).toBe("f");
      expect((await ask(`${kept}/od%5Bd%5D`))[0]).toBe(404);
      expect((await ask(`${kept}/su%3F`))[0]).toBe(404);
      expect((await ask(`${kept}/*`))[0]).toBe(404);
    });
  });
});
