import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { resolveRequest } from "../../src/model/resolve-request.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { quoteLighttpd } from "../../src/redirects/lighttpd/lighttpd-quote.ts";
import { rawTargetCases } from "../contract/raw-target-cases.ts";
import { comparable, expectedResponse } from "./expect-answer.ts";
import { lighttpdAvailable, lighttpdServer, startLighttpd } from "./lighttpd.ts";
import { timeline } from "../model/a-timeline.ts";
import { makeRulesFolder, renderRules, rulesInput } from "./rules-folder.ts";
import type { RulesFolder } from "./rules-folder.ts";
import { seenTarget } from "./server.ts";
import type { RunningServer } from "./server.ts";

const history = timeline(["-20230101T000000Z", "20240101T000000Z", "20250318T140338Z"]);
const base = "/checkpoints/myfile";
const plain = { name: "plain", basePath: "plain", repository: "myfile", checkpoint: false };
const snapshot = { name: "snapshot", basePath: "checkpoints/myfile", repository: "myfile", checkpoint: true };
const immutable = "public, max-age=31536000, immutable";

/** A module in a package of its own. */
const hasDeflate = existsSync("/usr/lib/lighttpd/mod_deflate.so");

/** A program for mod_cgi, which a shell runs: 299 tells that it ran. */
const program = "printf 'Status: 299 Handled\\r\\n\\r\\nhandled'";

describe.skipIf(!lighttpdAvailable())("lighttpd rules inside somebody's server", () => {
  let folder: RulesFolder;
  let lighttpd: RunningServer | undefined;

  beforeEach(async () => {
    folder = await makeRulesFolder();
    await folder.place({
      "checkpoints/myfile/index.html": "list",
      "checkpoints/myfile/20250318T140338Z/index.html": "listing",
      "checkpoints/myfile/20250318T140338Z/x.php": program,
      "checkpoints/myfile/20250318T140338Z/x.app": "application",
      "checkpoints/myfile/20250318T140338Z/x.none": "",
      "checkpoints/myfile/20250318T140338Z/sub/x.shtml": '<!--#echo var="HOME" -->',
      "checkpoints/myfile/20250318T140338Z/Packages": "plain",
      "checkpoints/myfile/20250318T140338Z/x.inc": "refused by url.access-deny",
      "plain/x.php": program,
      "plain/sub/y.php": program,
      "_asof/assets/x.php": "asset",
      "else.php": program,
      "else.txt": "somebody's text",
      "else/none.txt": "",
      "404.html": "somebody's page",
      "site.json": '{"distributions":[]}',
    });
  });

  afterEach(async () => {
    await lighttpd?.stop();
    lighttpd = undefined;
    await folder.remove();
  });

  async function ask(target: string, headers: Readonly<Record<string, string>> = {}): Promise<readonly unknown[]> {
    const { status, headers: sent, body } = (await lighttpd?.request(target, { headers })) ?? fail();
    return [status, sent.get("location"), sent.get("cache-control"), sent.get("content-type"), body.toString()];
  }

  it.each(["extra", "extraAfter"] as const)("never hand a mirrored file to a handler (%s)", async (where) => {
    await folder.writeRules(rulesInput(folder.publicDir, history, { distributions: [snapshot, plain] }), "lighttpd");
    lighttpd = await startLighttpd({
      ...folder,
      [where]: `
        server.modules += ( "mod_cgi", "mod_fastcgi", "mod_ssi" )
        cgi.assign = ( ".php" => "/bin/sh" )
        ssi.extension = ( ".shtml" )
        fastcgi.server = ( ".app" => (( "socket" => "${folder.rulesDir}/none.sock", "check-local" => "disable" )) )
      `,
    });

    expect((await ask("/else.php"))[0]).toBe(299);
    expect((await ask("/else.app"))[0]).toBe(503);
    for (const target of [
      `${base}/20250318T140338Z/x.php`,
      `${base}/20250318T140338Z/x.app`,
      `${base}/20250318T140338Z/x.none`,
      `${base}/20250318T140338Z/sub/x.shtml`,
      "/plain/x.php",
      "/plain/sub/y.php",
      "/_asof/assets/x.php",
    ]) {
      expect((await ask(target))[0], target).toBe(200);
    }
    expect((await ask(`${base}/20250318T140338Z/x.php`))[4]).toBe(program);
    expect((await ask(`${base}/20250318T140338Z/sub/x.shtml`))[4]).toContain("#echo");
    for (const name of ["x.php", "x.app"]) {
      expect((await ask(`${base}/20250319T000000Z/${name}`)).slice(0, 2)).toEqual([
        302,
        `${base}/20250318T140338Z/${name}`,
      ]);
      expect((await ask(`${base}/20230601T000000Z/${name}`))[0]).toBe(410);
      expect((await ask(`${base}/20220101T000000Z/${name}`))[0]).toBe(404);
      expect((await ask(`${base}/none.${name}`))[0]).toBe(404);
    }
  });

  it("keep their answers whatever the server sets for itself", async () => {
    await writeFile(path.join(folder.rulesDir, "..", "theirs.lua"), 'lighty.r.resp_header["X-Script"] = "yes"');
    await folder.writeRules(rulesInput(folder.publicDir, history, { distributions: [snapshot, plain] }), "lighttpd");
    lighttpd = await startLighttpd({
      ...folder,
      extra: `
        server.modules += ( "mod_rewrite", "mod_setenv", "mod_expire", "mod_dirlisting", "mod_magnet" )
        $HTTP["url"] =~ "" { index-file.names = ( "index.php" ) }
        dir-listing.activate = "enable"
        server.error-handler-404 = "/404.html"
        server.error-handler = "/404.html"
        server.error-intercept = "enable"
        server.errorfile-prefix = "${folder.publicDir}/"
        server.range-requests = "disable"
        server.follow-symlink = "disable"
        etag.use-inode = "disable"
        etag.use-mtime = "disable"
        etag.use-size = "disable"
        static-file.etags = "disable"
        static-file.exclude-extensions = ( ".php" )
        mimetype.assign = ( "" => "text/html; charset=koi8-r" )
        url.rewrite-once = ( "^/(?!404|else).*" => "/else.txt" )
        url.rewrite-if-not-file = ( "^/(?!404|else).*" => "/else.txt" )
        expire.url = ( "" => "access plus 30 days" )
        setenv.add-response-header = ( "X-Theirs" => "yes", "Cache-Control" => "max-age=60" )
        setenv.set-response-header = ( "Content-Security-Policy" => "default-src *" )
        magnet.attract-response-start-to = ( "${path.join(folder.rulesDir, "..", "theirs.lua")}" )
      `,
    });

    const theirs = (await lighttpd.request("/anything")).headers;
    expect(theirs.get("x-theirs"), "the settings are in force").toBe("yes");
    expect(theirs.get("x-script")).toBe("yes");
    expect(theirs.get("content-security-policy")).toBe("default-src *");
    expect((await ask("/anything"))[4]).toBe("somebody's text");

    const file = `${base}/20250318T140338Z/Packages`;
    expect(await ask(`${base}/`)).toEqual([200, undefined, "no-cache", "text/html; charset=utf-8", "list"]);
    expect(await ask(`${base}/20250318T140338Z/`)).toEqual([
      200,
      undefined,
      "no-cache",
      "text/html; charset=utf-8",
      "listing",
    ]);
    expect(await ask(file)).toEqual([200, undefined, immutable, "application/octet-stream", "plain"]);
    expect(await ask(file, { Range: "bytes=1-2" })).toEqual([
      206,
      undefined,
      immutable,
      "application/octet-stream",
      "la",
    ]);
    expect((await ask(`${base}/20250318T140338Z/x.php`))[4]).toBe(program);
    expect(await ask(`${base}/20250318T140338Z/x.none`)).toEqual([
      200,
      undefined,
      immutable,
      "application/octet-stream",
      "",
    ]);
    expect(await ask(`${base}/20250318T140338Z/sub/`)).toEqual([
      404,
      undefined,
      "no-store",
      "text/plain",
      "Not found.\n",
    ]);
    expect((await ask(`${base}/20250318T140338Z/sub`)).slice(0, 3)).toEqual([
      301,
      `${base}/20250318T140338Z/sub/`,
      "no-cache",
    ]);
    expect((await ask(`${base}/20250318T140338Z/none`)).slice(0, 3)).toEqual([404, undefined, "no-store"]);
    expect((await ask(`${base}/20250319T000000Z/`)).slice(0, 3)).toEqual([
      302,
      `${base}/20250318T140338Z/`,
      "no-store",
    ]);
    expect((await ask(`${base}/20240601T000000Z/`)).slice(0, 3)).toEqual([301, `${base}/20240101T000000Z/`, immutable]);
    expect(await ask(`${base}/20230601T000000Z/`)).toEqual([
      410,
      undefined,
      "no-cache",
      "text/plain",
      "This checkpoint was removed.\n",
    ]);
    expect(await ask("/site.json")).toEqual([200, undefined, "no-cache", "application/json", '{"distributions":[]}']);
    for (const target of [file, `${base}/`, `${base}/20250319T000000Z/`, `${base}/20230601T000000Z/`, `${base}/none`]) {
      const { headers } = await lighttpd.request(target);
      for (const name of ["x-theirs", "x-script", "expires"])
        expect(headers.has(name), `${name} of ${target}`).toBe(false);
      expect(headers.get("content-security-policy")).toContain("sandbox");
    }
    const etag = (await lighttpd.request(file)).headers.get("etag") ?? "";
    expect((await lighttpd.request(file, { headers: { "If-None-Match": etag } })).status).toBe(304);
  });

  it.skipIf(!hasDeflate)("send files as they are stored where mod_deflate encodes all others", async () => {
    await folder.writeRules(rulesInput(folder.publicDir, history, { distributions: [snapshot, plain] }), "lighttpd");
    lighttpd = await startLighttpd({
      ...folder,
      extra: `
        server.modules += ( "mod_deflate" )
        deflate.mimetypes = ( "" )
        deflate.allowed-encodings = ( "gzip" )
        deflate.min-compress-size = 1
      `,
    });

    const headers = { "Accept-Encoding": "gzip" };
    expect((await lighttpd.request("/else.txt", { headers })).headers.get("content-encoding")).toBe("gzip");
    for (const target of [
      `${base}/20250318T140338Z/Packages`,
      `${base}/`,
      "/plain/x.php",
      `${base}/20250319T000000Z/`,
      `${base}/20230601T000000Z/`,
      `${base}/none`,
    ]) {
      const response = await lighttpd.request(target, { headers });
      expect(response.headers.has("content-encoding"), target).toBe(false);
      expect(response.headers.has("vary"), target).toBe(false);
    }
  });

  it("leave everything else as it was", async () => {
    const extra = `
      server.modules += ( "mod_cgi", "mod_setenv", "mod_rewrite", "mod_expire" )
      cgi.assign = ( ".php" => "/bin/sh" )
      setenv.add-response-header = ( "X-Theirs" => "yes" )
      url.rewrite-once = ( "^/old/(.*)" => "/$1" )
      expire.url = ( "/else" => "access plus 1 hours" )
      server.error-handler-404 = "/404.html"
      mimetype.assign = ( ".txt" => "text/x-theirs" )
    `;
    const targets = ["/else.txt", "/else.php", "/old/else.txt", "/nothing", "/else", "/else/"];
    const head = (text: string): string => text.replace(/^(?:Date|Expires):.*$/gm, "");
    const heads: string[] = [];
    for (const include of ["", undefined]) {
      await folder.writeRules(rulesInput(folder.publicDir, history), "lighttpd");
      lighttpd = await startLighttpd({ ...folder, extra, ...(include === undefined ? {} : { include }) });
      for (const target of targets) heads.push(head((await lighttpd.request(target)).head));
      expect((await lighttpd.request(`${base}/20250318T140338Z/Packages`)).headers.get("cache-control")).toBe(
        include === undefined ? immutable : undefined,
      );
      await lighttpd.stop();
    }
    lighttpd = undefined;
    const [before, after] = [heads.slice(0, targets.length), heads.slice(targets.length)];
    // A new process gives files other entries in its cache, not other tags.
    expect(after).toEqual(before);
  });

  it("leave it to mod_auth and mod_access who may read them", async () => {
    await writeFile(path.join(folder.rulesDir, "..", "users"), "reader:secret\n");
    await folder.writeRules(rulesInput(folder.publicDir, history), "lighttpd");
    lighttpd = await startLighttpd({
      ...folder,
      extra: `
        server.modules = ( "mod_access", "mod_auth", "mod_authn_file" )
        url.access-deny = ( ".inc" )
        auth.backend = "plain"
        auth.backend.plain.userfile = "${path.join(folder.rulesDir, "..", "users")}"
        auth.require = ( "/checkpoints/" => ( "method" => "basic", "realm" => "mirror", "require" => "valid-user" ) )
      `,
    });

    const headers = { Authorization: `Basic ${Buffer.from("reader:secret").toString("base64")}` };
    for (const [target, status] of [
      ["20250318T140338Z/Packages", 200],
      ["20250319T000000Z/Packages", 302],
      ["20250318T140338Z/x.inc", 403],
    ] as const) {
      expect((await ask(`${base}/${target}`))[0], target).toBe(target.endsWith(".inc") ? 403 : 401);
      expect((await ask(`${base}/${target}`, headers))[0], target).toBe(status);
    }
  });

  it("serve names that mod_access refuses, where the line that they tell of is written behind them", async () => {
    const input = rulesInput(folder.publicDir, history);
    await folder.writeRules(input, "lighttpd");
    const conf = renderRules(input, "lighttpd").find((file) => file.path.endsWith(".conf"))?.content ?? "";
    const line = /^# +(\$HTTP\["url"\].*url\.access-deny = \(\) \})$/m.exec(conf)?.[1] ?? "";
    expect(line).not.toBe("");
    lighttpd = await startLighttpd({
      ...folder,
      extra: 'server.modules += ( "mod_access" )\n url.access-deny = ( ".inc", ".txt" )',
      extraAfter: line,
    });

    expect((await ask(`${base}/20250318T140338Z/x.inc`))[0]).toBe(200);
    expect((await ask("/else.txt"))[0]).toBe(403);
  });

  it.each([
    '"url-normalize" => "disable"',
    '"url-normalize-unreserved" => "disable", "url-normalize-required" => "enable"',
    '"url-ctrls-reject" => "disable", "url-path-2f-decode" => "disable", "url-path-dotseg-remove" => "disable"',
    '"url-path-2f-decode" => "disable", "url-path-2f-reject" => "enable", "url-query-20-plus" => "enable"',
    '"url-path-dotseg-remove" => "disable", "url-path-dotseg-reject" => "enable", "header-strict" => "disable"',
    '"url-invalid-utf8-reject" => "disable"',
  ])("answer as the reference does whatever server.http-parseopts are, or 400: %s", async (options) => {
    await folder.writeRules(rulesInput(folder.publicDir, history), "lighttpd");
    lighttpd = await startLighttpd({ ...folder, extra: `server.http-parseopts = ( ${options} )` });

    const cases = rawTargetCases({ base: `${base}/`, kept: "20250318T140338Z", between: "20240401T120000Z" });
    const refused: string[] = [];
    for (const { name, target, path: meant, ...request } of cases) {
      const seen = seenTarget(lighttpdServer, meant ?? target);
      const response = await lighttpd.request(target, request);
      expect(response.headers.has("set-cookie"), name).toBe(false);
      if (response.status === 400) refused.push(name);
      if (response.status === 400 || seen === undefined) continue;
      const now = timestampFromSeconds(Date.now() / 1000);
      const answer = resolveRequest({ base: `${base}/`, timeline: history }, seen, now);
      const expected = expectedResponse(answer, answer.kind === "checkpoint" && answer.path === "");
      expect(comparable(response, expected), name).toEqual(expected);
    }
    expect(refused.length).toBeLessThan(cases.length / 2);
  });

  it("know their paths where lighttpd is told to take any bytes, and leave those of others alone", async () => {
    await folder.place({ "else/caf\u00e9.txt": "", "sub/x.php": program });
    await writeFile(Buffer.from(`${folder.publicDir}/else/caf\u00e9.txt`, "latin1"), "somebody's coffee");
    await folder.writeRules(rulesInput(folder.publicDir, history), "lighttpd");
    lighttpd = await startLighttpd({
      ...folder,
      extra: `
        server.modules += ( "mod_cgi" )
        cgi.assign = ( ".php" => "/bin/sh" )
        server.http-parseopts = ( "url-normalize" => "disable" )
      `,
    });

    expect((await ask("/else.php/%ff"))[0]).toBe(299);
    expect((await ask("/else/caf%e9.txt")).slice(0, 3)).toEqual([200, undefined, undefined]);
    expect((await lighttpd.request("/else/caf\u00e9.txt", { method: "POST" })).status).not.toBe(405);
    for (const target of ["20250318T140338Z/x.php/%ff", "20250318T140338Z/x.php/\u00ff", "%ff/x.php"]) {
      expect((await ask(`${base}/${target}`)).slice(0, 3), target).toEqual([404, undefined, "no-store"]);
    }
    expect((await ask(`${base}/20240401T120000Z/x.php/%ff`))[1]).toBe(`${base}/20240101T000000Z/x.php/%ff`);
  });

  it("work for one virtual host alone", async () => {
    await folder.writeRules(rulesInput(folder.publicDir, history), "lighttpd");
    lighttpd = await startLighttpd({
      ...folder,
      extra: 'server.modules += ( "mod_magnet", "mod_expire", "mod_fastcgi", "mod_rewrite", "mod_scgi", "mod_setenv" )',
      include: `$HTTP["host"] == "mirror.example" { include "${folder.rulesDir}/lighttpd/asof.conf" }`,
    });

    const between = `${base}/20250319T000000Z/`;
    expect((await ask(between)).slice(0, 2)).toEqual([302, `${base}/20250318T140338Z/`]);
    expect((await ask(`${base}/20250318T140338Z/Packages`))[2]).toBe(immutable);
    expect((await ask(between, { Host: "other.example" }))[0]).toBe(404);
  });

  it("send no mirrored file where mod_magnet is not there to answer", async () => {
    await folder.writeRules(rulesInput(folder.publicDir, history), "lighttpd");
    lighttpd = await startLighttpd({
      ...folder,
      include: `$HTTP["host"] =~ "" { include "${folder.rulesDir}/lighttpd/asof.conf" }`,
    });

    expect(lighttpd.configTest).toContain("magnet.attract-raw-url-to");
    for (const target of ["20250318T140338Z/Packages", "20250319T000000Z/", "20250318T140338Z/", ""]) {
      expect((await ask(`${base}/${target}`))[0], target).toBe(404);
    }
    expect((await ask("/else.txt"))[0]).toBe(200);
  });

  it("stop a lighttpd that has no mod_magnet, and name it", async () => {
    await folder.writeRules(rulesInput(folder.publicDir, history), "lighttpd");
    const modules = path.join(folder.rulesDir, "modules");
    await mkdir(modules);
    const file = path.join(folder.rulesDir, "lighttpd.conf");
    await writeFile(
      file,
      `server.document-root = "${folder.publicDir}"\ninclude "${folder.rulesDir}/lighttpd/asof.conf"\n`,
    );
    const { status, stderr } = spawnSync("lighttpd", ["-tt", "-m", modules, "-f", file], { encoding: "utf8" });

    expect(status).not.toBe(0);
    expect(stderr).toContain("mod_magnet");
  });

  it("may be loaded together with the modules that they need", async () => {
    await folder.writeRules(rulesInput(folder.publicDir, history), "lighttpd");
    lighttpd = await startLighttpd({
      ...folder,
      extra: 'server.modules = ( "mod_setenv", "mod_magnet", "mod_rewrite", "mod_expire" )',
    });

    expect(lighttpd.configTest).toBe("");
    expect((await ask(`${base}/20250319T000000Z/`))[0]).toBe(302);
    expect(await lighttpd.errorLog()).not.toContain("WARNING");
  });

  it.skipIf(process.getuid?.() !== 0)("serve root's files by a lighttpd that is somebody else", async () => {
    await folder.writeRules(rulesInput(folder.publicDir, history), "lighttpd");
    await chmod(path.dirname(folder.publicDir), 0o755);
    const extra = 'server.username = "nobody"\n server.groupname = "nogroup"';
    lighttpd = await startLighttpd({ ...folder, extra });

    expect((await ask(`${base}/20250318T140338Z/Packages`)).slice(0, 3)).toEqual([200, undefined, immutable]);
    expect((await ask(`${base}/20250319T000000Z/`))[0]).toBe(302);
    await chmod(path.join(folder.rulesDir, "lighttpd/asof-times.txt"), 0o600);
    await lighttpd.reload();
    expect((await ask(`${base}/20250319T000000Z/`))[0]).toBe(503);
    expect(await lighttpd.errorLog()).toContain("Permission denied");
  });

  it("may lie in folders of any name that lighttpd can be told", async () => {
    const odd = 'a "b" $c %1 (d)#é';
    const input = rulesInput(path.join(folder.publicDir, `${odd} {e} \\f\\`), history, {
      rulesDir: path.join(folder.rulesDir, odd),
    });
    await mkdir(path.join(input.publicDir, "checkpoints/myfile/20250318T140338Z"), { recursive: true });
    await writeFile(path.join(input.publicDir, "checkpoints/myfile/20250318T140338Z/f"), "found");
    for (const file of renderRules(input, "lighttpd")) {
      await mkdir(path.join(input.rulesDir, "lighttpd"), { recursive: true });
      await writeFile(path.join(input.rulesDir, file.path), file.content);
    }
    lighttpd = await startLighttpd({
      publicDir: folder.publicDir,
      rulesDir: input.rulesDir,
      include: `include "${quoteLighttpd(input.rulesDir)}/lighttpd/asof.conf"`,
    });

    expect((await ask(`${base}/20250318T140338Z/f`)).slice(2)).toEqual([
      immutable,
      "application/octet-stream",
      "found",
    ]);
  });
});

function fail(): never {
  throw new Error("lighttpd is not running");
}
