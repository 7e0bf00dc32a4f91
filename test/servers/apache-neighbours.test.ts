import { chmod, mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { Server } from "node:http";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { resolveRequest } from "../../src/model/resolve-request.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { rawTargetCases } from "../contract/raw-target-cases.ts";
import { timeline } from "../model/a-timeline.ts";
import { apacheServer, startApache } from "./apache.ts";
import type { ApacheOptions } from "./apache.ts";
import { comparable, expectedResponse } from "./expect-answer.ts";
import { freePort } from "./server-process.ts";
import { makeRulesFolder, renderRules, rulesInput, writeInto } from "./rules-folder.ts";
import type { RulesFolder } from "./rules-folder.ts";
import { seenTarget } from "./server.ts";
import type { RunningServer } from "./server.ts";

const history = timeline(["-20230101T000000Z", "20240101T000000Z", "20250318T140338Z"]);
const base = "/checkpoints/myfile";
const kept = `${base}/20250318T140338Z`;
const plain = { name: "plain", basePath: "plain", repository: "myfile", checkpoint: false };
const snapshot = { name: "snapshot", basePath: "checkpoints/myfile", repository: "myfile", checkpoint: true };
const immutable = "public, max-age=31536000, immutable";

/** A program for mod_cgid: 299 tells that it ran. */
const program = "#!/bin/sh\nprintf 'Status: 299 Handled\\r\\n\\r\\nhandled'\n";

describe.skipIf(!apacheServer.isAvailable())("Apache rules inside somebody's virtual host", () => {
  let folder: RulesFolder;
  let apache: RunningServer | undefined;
  let application: Server | undefined;

  beforeEach(async () => {
    folder = await makeRulesFolder();
    await folder.place({
      "checkpoints/myfile/index.html": "list",
      "checkpoints/myfile/_asof/gone/20230101T000000Z.html": "a page about it",
      "checkpoints/myfile/20250318T140338Z/index.html": "listing",
      "checkpoints/myfile/20250318T140338Z/x.php": program,
      "checkpoints/myfile/20250318T140338Z/x.asis": "Status: 299 Handled\n\nhandled",
      "checkpoints/myfile/20250318T140338Z/x.none": "",
      "checkpoints/myfile/20250318T140338Z/odd": "odd",
      "checkpoints/myfile/20250318T140338Z/notes.txt": "a text, a text",
      "checkpoints/myfile/20250318T140338Z/pages/x.shtml": '<!--#echo var="DOCUMENT_URI" -->',
      "checkpoints/myfile/20250318T140338Z/pages/x.html": '<!--#echo var="DOCUMENT_URI" -->',
      "checkpoints/myfile/20250318T140338Z/pages/x.html.de": "deutsch",
      "checkpoints/myfile/20250318T140338Z/pages/x.var": "URI: x.html\n\nURI: x.html.de\n",
      "checkpoints/myfile/20250318T140338Z/sub/Packages": "plain",
      "checkpoints/myfile/20250318T140338Z/sub/Packages.gz": "compressed",
      "checkpoints/myfile/20250318T140338Z/obeyed/.htaccess":
        "ForceType text/x-obeyed\nHeader set X-Obeyed yes\nRewriteEngine On\nRewriteRule ^ /else.txt\nRequire all denied\n",
      "checkpoints/myfile/20250318T140338Z/obeyed/f": "not obeyed",
      "plain/x.php": program,
      "plain/sub/y.php": program,
      "_asof/assets/x.php": "asset",
      "../www/else.php": program,
      "../www/else.txt": "somebody's text",
      "../www/else/none.txt": "",
      "../www/else/page.html": "somebody's page",
      "../www/404.html": "not found, says somebody",
      "site.json": '{"distributions":[]}',
    });
    for (const name of [
      "checkpoints/myfile/20250318T140338Z/x.php",
      "plain/x.php",
      "plain/sub/y.php",
      "../www/else.php",
    ]) {
      await chmod(path.join(folder.publicDir, name), 0o755);
    }
    await folder.writeRules(rulesInput(folder.publicDir, history, { distributions: [snapshot, plain] }), "apache");
  });

  afterEach(async () => {
    await apache?.stop();
    application?.close();
    apache = undefined;
    application = undefined;
    await folder.remove();
  });

  /** A virtual host whose own files stand elsewhere. */
  async function start(options: Partial<ApacheOptions> = {}): Promise<RunningServer> {
    const www = path.join(path.dirname(folder.publicDir), "www");
    const extra = `
      DocumentRoot "${www}"
      <Directory "${www}">
        Require all granted
      </Directory>
      ${options.extra ?? ""}
    `;
    apache = await startApache({ ...folder, ...options, extra });
    return apache;
  }

  function running(): RunningServer {
    if (apache === undefined) throw new Error("Apache was not started");
    return apache;
  }

  async function ask(target: string, headers: Readonly<Record<string, string>> = {}): Promise<readonly unknown[]> {
    const { status, headers: sent, body } = await running().request(target, { headers });
    return [
      status,
      sent.get("location"),
      sent.get("cache-control"),
      sent.get("content-type"),
      status === 404 ? "" : body.toString(),
    ];
  }

  /** What every kind of address answers, wherever the rules stand. */
  async function expectAllAnswers(): Promise<void> {
    const bytes = "application/octet-stream";
    const html = "text/html; charset=utf-8";
    const missing = [404, undefined, "no-store", "text/html; charset=iso-8859-1", ""];
    const moved = ["text/html; charset=iso-8859-1", "Moved."];
    expect(await ask(`${base}/`)).toEqual([200, undefined, "no-cache", html, "list"]);
    expect(await ask(`${kept}/`)).toEqual([200, undefined, "no-cache", html, "listing"]);
    expect(await ask(`${kept}/x.php`)).toEqual([200, undefined, immutable, bytes, program]);
    expect(await ask(`${kept}/x.asis`)).toEqual([200, undefined, immutable, bytes, "Status: 299 Handled\n\nhandled"]);
    expect(await ask(`${kept}/x.none`)).toEqual([200, undefined, immutable, bytes, ""]);
    expect(await ask(`${kept}/odd`)).toEqual([200, undefined, immutable, bytes, "odd"]);
    expect(await ask(`${kept}/notes.txt`)).toEqual([
      200,
      undefined,
      immutable,
      "text/plain; charset=utf-8",
      "a text, a text",
    ]);
    for (const name of ["x.shtml", "x.html"]) {
      const type = name === "x.html" ? "text/html" : bytes;
      const body = '<!--#echo var="DOCUMENT_URI" -->';
      expect(await ask(`${kept}/pages/${name}`)).toEqual([200, undefined, immutable, type, body]);
    }
    expect((await ask(`${kept}/pages/x.var`))[4]).toContain("URI: x.html");
    expect(await ask(`${kept}/pages/x`)).toEqual(missing);
    expect(await ask(`${kept}/NOTES.TXT`)).toEqual(missing);
    expect(await ask(`${kept}/sub/Packages.gz`)).toEqual([200, undefined, immutable, "application/gzip", "compressed"]);
    expect(await ask(`${kept}/obeyed/f`)).toEqual([200, undefined, immutable, bytes, "not obeyed"]);
    expect(await ask(`${kept}/sub/`)).toEqual(missing);
    expect(await ask(`${kept}/sub`)).toEqual([301, `${kept}/sub/`, "no-cache", ...moved]);
    expect(await ask(`${kept}/none.php`)).toEqual(missing);
    expect(await ask(`${kept}/x.php/info`)).toEqual(missing);
    expect(await ask(`${base}/latest/x.php`)).toEqual([302, `${kept}/x.php`, "no-store", ...moved]);
    expect(await ask(`${base}/20250319T000000Z/x.php`)).toEqual([302, `${kept}/x.php`, "no-store", ...moved]);
    expect(await ask(`${base}/20240601T000000Z/x.php?y`)).toEqual([
      301,
      `${base}/20240101T000000Z/x.php?y`,
      immutable,
      ...moved,
    ]);
    expect(await ask(`${base}/20230601T000000Z/x.php`)).toEqual([
      410,
      undefined,
      "no-cache",
      "text/html",
      "a page about it",
    ]);
    expect(await ask(`${base}/20220101T000000Z/x.php`)).toEqual(missing);
    expect(await ask("/plain/x.php")).toEqual([200, undefined, "no-cache", bytes, program]);
    expect(await ask("/plain/sub/y.php")).toEqual([200, undefined, "no-cache", bytes, program]);
    expect(await ask("/plain/sub")).toEqual([301, "/plain/sub/", "no-cache", ...moved]);
    expect(await ask("/_asof/assets/x.php")).toEqual([200, undefined, "public, max-age=3600", bytes, "asset"]);
    expect(await ask("/site.json")).toEqual([200, undefined, "no-cache", "application/json", '{"distributions":[]}']);
    for (const target of [`${kept}/notes.txt`, `${kept}/pages/x.html`, `${base}/`, `${base}/latest/`, `${kept}/none`]) {
      const { headers } = await running().request(target, { headers: { "Accept-Encoding": "gzip, br" } });
      for (const name of ["x-obeyed", "expires", "content-encoding", "content-language", "vary"]) {
        expect(headers.has(name), `${name} of ${target}`).toBe(false);
      }
      expect(headers.get("content-security-policy"), target).toMatch(/^sandbox [^,]*$/);
      expect(headers.get("x-content-type-options"), target).toBe("nosniff");
    }
    const json = await running().request("/site.json");
    expect(json?.headers.get("access-control-allow-origin")).toBe("*");
    const etag = (await running().request(`${kept}/notes.txt`))?.headers.get("etag") ?? "";
    expect(etag).toMatch(/^(?:W\/)?"/);
    expect((await running().request(`${kept}/notes.txt`, { headers: { "If-None-Match": etag } }))?.status).toBe(304);
  }

  /** Has answers that are not ours from `http://127.0.0.1:PORT/`. */
  async function startApplication(): Promise<number> {
    const port = await freePort();
    const server = createServer((_, response) => response.writeHead(299).end("the application"));
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    application = server;
    return port;
  }

  const handlers = `
    AddHandler cgi-script .php .none
    AddHandler send-as-is .asis
    AddHandler type-map .var
    <FilesMatch "\\.(php|none)$">
      SetHandler cgi-script
    </FilesMatch>
    <FilesMatch "^odd$">
      SetHandler send-as-is
    </FilesMatch>
    <LocationMatch "\\.asis$">
      SetHandler send-as-is
    </LocationMatch>
    <Location "/">
      Options +ExecCGI +Includes +Indexes +MultiViews
      AddOutputFilter INCLUDES .shtml .html
      XBitHack On
    </Location>
  `;

  it.each(["serverExtra", "extra", "extraAfter"] as const)(
    "never hand a mirrored file to a handler (%s)",
    async (where) => {
      await start({
        [where]: handlers,
        modules: ["cgid", "asis", "negotiation", "include", "autoindex", "filter"],
      });
      expect((await ask("/else.php"))[0]).toBe(299);
      await expectAllAnswers();
    },
  );

  it.each(["ProxyPassMatch", "ProxyPass", "Location", "RewriteRule"] as const)(
    "never hand an address to a proxy (%s)",
    async (way) => {
      const port = await startApplication();
      const upstream = `http://127.0.0.1:${port}/`;
      const lines = {
        ProxyPassMatch: `ProxyPassMatch "^/(.*\\.php(/.*)?)$" "${upstream}$1"\nProxyPassMatch "/sub" "${upstream}"`,
        ProxyPass: `ProxyPass "/" "${upstream}"`,
        Location: `<Location "/">\n ProxyPass "${upstream}"\n</Location>`,
        RewriteRule: `RewriteRule "\\.php|/sub" "${upstream}" [P]`,
      }[way];
      await start({
        [way === "RewriteRule" ? "extraAfter" : "extra"]: lines,
        modules: ["proxy", "proxy_http"],
      });
      expect((await ask("/else.php")).slice(0, 1)).toEqual([299]);
      await expectAllAnswers();
    },
  );

  const settings = (publicDir: string): string => `
    <Directory "${path.dirname(publicDir)}">
      Require all granted
      AllowOverride All
      Options All
    </Directory>
    <Directory "${publicDir}">
      AllowOverride All
    </Directory>
    AddDefaultCharset koi8-r
    AddType text/x-theirs .txt .php
    AddType application/x-theirs .gz .json
    AddEncoding x-gzip .gz .tgz
    AddEncoding x-theirs .txt
    AddLanguage de .de .txt
    AddCharset utf-16 .txt .html .json
    AddOutputFilterByType SUBSTITUTE text/html text/plain application/octet-stream
    Substitute "s/a text/another/"
    Substitute "s/listing/another/"
    AddOutputFilterByType DEFLATE text/html text/plain application/octet-stream application/json
    SetOutputFilter DEFLATE
    ExpiresActive On
    ExpiresDefault "access plus 30 days"
    Header set Cache-Control max-age=60
    Header always set Cache-Control max-age=61
    Header set Content-Security-Policy "default-src *"
    Header always set Content-Security-Policy "default-src *"
    Header set X-Content-Type-Options theirs
    Header set Access-Control-Allow-Origin https://theirs.example
    Header set X-Theirs yes
    ErrorDocument 301 /404.html
    ErrorDocument 302 /404.html
    ErrorDocument 403 /404.html
    ErrorDocument 404 /404.html
    ErrorDocument 405 /404.html
    ErrorDocument 410 /404.html
    DirectoryIndex else.txt
    DirectorySlash On
    FallbackResource /else.txt
    FileETag None
    CheckSpelling On
    UseCanonicalName On
    AcceptPathInfo On
    AllowEncodedSlashes On
    EnableMMAP Off
    <FilesMatch "\\.(txt|html|json|gz|php)$">
      ForceType text/x-theirs
      FileETag None
      Header set Cache-Control max-age=62
    </FilesMatch>
    <Location "/">
      ForceType text/x-theirs
      DirectorySlash On
      DirectoryIndex else.txt
      FallbackResource /else.txt
      SetOutputFilter DEFLATE
      AddDefaultCharset utf-8
      Options All MultiViews
      ErrorDocument 404 /404.html
      Header set Cache-Control max-age=63
      Header always set Content-Security-Policy "default-src *"
    </Location>
  `;
  const modules = ["filter", "substitute", "deflate", "expires", "speling", "include", "negotiation", "autoindex"];

  it.each(["serverExtra", "extra"] as const)(
    "keep their answers whatever the server sets for itself (%s)",
    async (where) => {
      await start({ [where]: settings(folder.publicDir), modules });

      expect((await running().request("/else.txt")).headers.get("x-theirs"), "the settings are in force").toBe("yes");
      expect((await running().request("/else.txt")).headers.get("content-security-policy")).toContain("default-src *");
      await expectAllAnswers();
    },
  );

  it("keep their answers where settings stand behind them, in no section that names their addresses", async () => {
    const lines = settings(folder.publicDir)
      .replace(/<Directory "[^"]*public">[^]*?<\/Directory>|<Location[^]*<\/Location>/g, "")
      .replace(/^.*AllowEncodedSlashes.*$/m, "");
    await start({ extraAfter: lines, modules });

    expect((await ask("/else/none.txt"))[3]).toBe("text/x-theirs");
    await expectAllAnswers();
  });

  it("come before the rewriting of those behind them, and after that of those before", async () => {
    await start({
      extra: `
        RewriteEngine On
        RewriteRule "^/old/(.*)$" "/checkpoints/myfile/$1" [PT]
        RewriteRule "^/away/(.*)$" "https://other.example/$1" [R=302,L]
      `,
      extraAfter: `
        RewriteRule "^/old2/(.*)$" "/else.txt" [L]
        RewriteCond %{REQUEST_FILENAME} !-f
        RewriteRule "^/(?!else)" "/else.txt" [L]
        RewriteRule "\\.php$" - [F]
      `,
    });

    expect((await ask("/away/x")).slice(0, 2)).toEqual([302, "https://other.example/x"]);
    expect((await ask("/old2/x"))[4]).toBe("somebody's text");
    expect((await ask("/anything"))[4]).toBe("somebody's text");
    expect((await ask("/else.php"))[0]).toBe(403);
    // The raw request target decides, and it names no time.
    expect((await ask("/old/20240601T000000Z/f"))[0]).toBe(404);
    await expectAllAnswers();
  });

  it("leave everything else as it was", async () => {
    const extra = `
      ${settings(folder.publicDir).replace(/^.*(?:AllowEncodedSlashes|FallbackResource).*$/gm, "")}
      RewriteEngine On
      RewriteRule "^/old/(.*)" "/$1" [PT]
      Alias "/elsewhere" "${path.dirname(folder.publicDir)}/www/else"
      <Directory "${path.dirname(folder.publicDir)}/www/else">
        Options +Indexes
        DirectoryIndex disabled
      </Directory>
    `;
    const targets = [
      "/else.txt",
      "/else.php",
      "/old/else.txt",
      "/nothing",
      "/else",
      "/else/",
      "/elsewhere/page.html",
      "/",
    ];
    const heads: string[][] = [];
    const conf = path.join(folder.rulesDir, "apache/asof.conf");
    for (const isIncluded of [false, true]) {
      await folder.writeRules(rulesInput(folder.publicDir, history), "apache");
      if (!isIncluded) await writeFile(conf, "");
      await start({ extra, modules });
      const taken: string[] = [];
      for (const target of targets) {
        const { head, body } = await running().request(target, {
          headers: { Host: "localhost", "Accept-Encoding": "gzip" },
        });
        const steady = head.replace(/^(?:Date|Expires):.*$/gm, "").replaceAll(`:${running().port}/`, "/");
        taken.push(`${steady} ${body.toString("latin1").replaceAll(String(running().port), "")}`);
      }
      heads.push(taken);
      const { headers } = await running().request(`${kept}/odd`);
      expect(headers.get("cache-control") === immutable).toBe(isIncluded);
      await apache?.stop();
      apache = undefined;
    }
    expect(heads[1]).toEqual(heads[0]);
  });

  it.each(["/", "/checkpoints/"])(
    "let nobody in whom <Location> keeps out, and send the others where they belong: %s",
    async (where) => {
      const users = path.join(folder.rulesDir, "..", "users");
      await writeFile(users, "reader:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n");
      await start({
        modules: ["authn_core", "authn_file", "auth_basic", "authz_user"],
        extraAfter: `
        <Location "${where}">
          AuthType Basic
          AuthName mirror
          AuthUserFile "${users}"
          Require valid-user
        </Location>
      `,
      });

      const headers = { Authorization: `Basic ${Buffer.from("reader:secret").toString("base64")}` };
      for (const target of [`${kept}/odd`, `${base}/`, `${kept}/x.php`]) {
        expect((await ask(target))[0], target).toBe(401);
        expect((await ask(target, headers))[0], target).toBe(200);
      }
      for (const who of [{}, headers]) {
        // Rewriting comes before access control: a redirect tells no more than that there is a checkpoint.
        for (const [time, status, caching] of [
          ["20250319T000000Z", 302, "no-store"],
          ["20240601T000000Z", 301, immutable],
        ] as const) {
          const { status: got, headers: sent } = await running().request(`${base}/${time}/a%2Fb?c&%24=$1`, {
            headers: who,
          });
          const to = status === 302 ? kept : `${base}/20240101T000000Z`;
          expect(got).toBe(status);
          expect(sent.get("location")?.replace(/^http:\/\/[^/]+/, "")).toBe(`${to}/a%2Fb?c&%24=$1`);
          expect(sent.get("cache-control")).toBe(caching);
        }
        expect((await ask(`${base}/20230601T000000Z/`, who))[0]).toBe(410);
      }
    },
  );

  it.each([
    ["X-Forwarded-Proto", "https"],
    ["X-Forwarded-Host", "evil.example"],
    ["Forwarded", "proto=https;host=evil.example"],
    ["Host", "evil.example:99"],
    ["asof_to", "https://evil.example/"],
    ["REDIRECT_asof_to", "https://evil.example/"],
    ["REDIRECT_STATUS", "302"],
  ])("answer paths to every client, whatever its header %s says", async (name, value) => {
    await start();
    const headers = { [name]: value };
    expect((await ask(`${base}/20240601T000000Z/f`, headers)).slice(0, 3)).toEqual([
      301,
      `${base}/20240101T000000Z/f`,
      immutable,
    ]);
    expect((await ask(`${kept}/sub`, headers))[1]).toBe(`${kept}/sub/`);
    expect((await ask(base, headers))[1]).toBe(`${base}/`);
    expect((await ask(`${kept}/odd`, headers)).slice(0, 3)).toEqual([200, undefined, immutable]);
  });

  it.each([
    "a,b],[c",
    "a,R=301,E=x:y]",
    '"quoted"',
    "'single'",
    "$1$2$3$0",
    "%1%2%3%0",
    "%{ENV:asof_newest}",
    "%{REQUEST_FILENAME}%{HTTP_HOST}",
    "%{reqenv:asof_to}",
    "${asof_main:myfile}",
    "${asof_main:-03|x}",
    "%{asof_to}e%e%%",
    "\\1\\$1\\%1",
    "{}|!=-f-d",
    "%25%31$%7B",
    "%2Casof_to:x",
    "a%0ab%0d%0aX:%20y",
    "a;b&c=d+e",
    "unless(1)<If>",
  ])("expand nothing in a request target: %s", async (odd) => {
    await start();
    for (const rest of [`${odd}/x`, `x?${odd}`, `${odd}?${odd}`, `?${odd}`]) {
      const cases = [
        [`${base}/20240601T000000Z/${rest}`, 301, `${base}/20240101T000000Z/${rest}`],
        [`${base}/20250401T000000Z/${rest}`, 302, `${kept}/${rest}`],
        [`${base}/latest/${rest}`, 302, `${kept}/${rest}`],
        [`/_asof/timegate/checkpoints/myfile/${rest}`, 302, `${kept}/${rest}`],
      ] as const;
      for (const [target, status, location] of cases) {
        const { status: got, headers } = await running().request(target);
        if (got === 400) continue;
        expect([got, headers.get("location")], target).toEqual([status, location]);
        const [linked = ""] = rest.split("?");
        const link = headers.get("link") ?? "";
        const gate = `</_asof/timegate/checkpoints/myfile/${linked}>; rel="timegate"`;
        expect(link.includes(gate) || (link === "" && /[<>"]/.test(linked)), link).toBe(true);
      }
      const gone = await running().request(`${base}/20230601T000000Z/${rest}`);
      if (gone.status === 400) continue;
      expect([gone.status, gone.body.toString()]).toEqual([410, "a page about it"]);
    }
    const directory = await running().request(`${kept}/sub?${odd}`);
    expect(directory.status === 400 ? `${kept}/sub/?${odd}` : directory.headers.get("location")).toBe(
      `${kept}/sub/?${odd}`,
    );
    expect((await running().request(`/plain/sub?${odd}`)).headers.get("location")).toBe(`/plain/sub/?${odd}`);
  });

  it("expand nothing in the names of directories", async () => {
    const names = ["a,b]", "$1", "${asof_main:myfile}", "%{ENV:asof_at}", "[x]", "a b"];
    for (const name of names) {
      await mkdir(path.join(folder.publicDir, "checkpoints/myfile/20250318T140338Z", name));
      await mkdir(path.join(folder.publicDir, "plain", name));
    }
    await start();
    for (const name of names) {
      const raw = name.replaceAll("%", "%25").replaceAll(" ", "%20");
      expect((await ask(`${kept}/${raw}?${raw}`)).slice(0, 3)).toEqual([301, `${kept}/${raw}/?${raw}`, "no-cache"]);
      expect((await ask(`/plain/${raw}`)).slice(0, 3)).toEqual([301, `/plain/${raw}/`, "no-cache"]);
    }
  });

  it("serve a folder whose path has spaces and odd signs", async () => {
    const odd = path.join(folder.publicDir, "a  b 'c' {d}; #e $1 %2 (f) g], h^+.é");
    await folder.place({
      "a  b 'c' {d}; #e $1 %2 (f) g], h^+.é/checkpoints/myfile/20250318T140338Z/sub/f": "odd",
      "a  b 'c' {d}; #e $1 %2 (f) g], h^+.é/checkpoints/myfile/_asof/gone/20230101T000000Z.html": "odd page",
    });
    await folder.writeRules(rulesInput(odd, history, { rulesDir: folder.rulesDir }), "apache");
    await start();

    expect(await ask(`${kept}/sub/f`)).toEqual([200, undefined, immutable, "application/octet-stream", "odd"]);
    expect((await ask(`${kept}/sub`)).slice(0, 2)).toEqual([301, `${kept}/sub/`]);
    expect((await ask(`${base}/20230601T000000Z/`))[4]).toBe("odd page");
    expect((await ask(`${base}/20240601T000000Z/x`)).slice(0, 3)).toEqual([
      301,
      `${base}/20240101T000000Z/x`,
      immutable,
    ]);
  });

  it("read times in a folder whose path has spaces and odd signs", async () => {
    const rulesDir = path.join(folder.rulesDir, "a  b 'c' {d}; #e $1 %2 %{x} (f) g], h^+.é");
    const input = rulesInput(folder.publicDir, history, { rulesDir });
    await writeInto(rulesDir, renderRules(input, "apache"));
    await start({ rulesDir });

    for (const rest of ["x", "%41"]) {
      expect((await ask(`${base}/20240601T000000Z/${rest}`)).slice(0, 3)).toEqual([
        301,
        `${base}/20240101T000000Z/${rest}`,
        immutable,
      ]);
      expect((await ask(`${base}/20220601T000000Z/${rest}`))[0]).toBe(404);
      expect((await ask(`${base}/latest/${rest}`)).slice(0, 2)).toEqual([302, `${kept}/${rest}`]);
    }
    // What nobody may ask for: the addresses that redirects pass through.
    for (const target of [
      `/_asof/answers/=301${base}/20240101T000000Z/x`,
      "/_asof/answers/=301",
      "/_asof/answers/=302/x",
    ]) {
      expect((await ask(target)).slice(0, 2), target).toEqual([404, undefined]);
    }
  });

  it("answer raw request targets as the reference does in a virtual host that decodes slashes", async () => {
    await start({ extra: "AllowEncodedSlashes On\nMergeSlashes Off" });
    const cases = rawTargetCases({ base: `${base}/`, kept: "20250318T140338Z", between: "20240401T120000Z" });
    for (const { name, target, path: meant, ...request } of cases) {
      const response = await running().request(target, request);
      const seen = seenTarget(apacheServer, meant ?? target);
      expect(response.headers.has("set-cookie"), name).toBe(false);
      if (response.status === 400 || seen === undefined) continue;
      const answer = resolveRequest(
        { base: `${base}/`, timeline: history },
        seen,
        timestampFromSeconds(Date.now() / 1000),
      );
      const expected = expectedResponse(answer, answer.kind === "checkpoint" && answer.path === "");
      if (answer.kind === "checkpoint" && answer.path !== "") continue;
      expect(comparable(response, expected), name).toEqual(expected);
    }
  });
});

describe.skipIf(!apacheServer.isAvailable())("Apache rules of several sites", () => {
  it.each(["one virtual host", "two virtual hosts"])(
    "share an Apache in %s, each with its own answers",
    async (where) => {
      const [one, other] = await Promise.all([makeRulesFolder(), makeRulesFolder()]);
      await chmod(path.dirname(other.publicDir), 0o755);
      await one.place({ "checkpoints/myfile/20240101T000000Z/f": "one" });
      await other.place({
        "checkpoints/myfile/20200101T000000Z/f": "other",
        "checkpoints/myfile/20200101T000000Z/sub/g": "",
      });
      await one.writeRules(rulesInput(one.publicDir, timeline(["20240101T000000Z", "20250318T140338Z"])), "apache");
      const times = timeline(["20200101T000000Z"], { horizon: "20251231T000000Z" });
      const isOne = where === "one virtual host";
      const changes = isOne ? { siteName: "other", mount: "/other/" } : { mount: "/other/" };
      await other.writeRules(rulesInput(other.publicDir, times, changes), "apache");
      const include = `Include "${other.rulesDir}/apache/asof.conf"`;
      const apache = await startApache({
        ...one,
        ...(isOne
          ? { extraAfter: include }
          : {
              extraAfter: `ServerName one.example\n</VirtualHost>\n<VirtualHost *:\${port}>\nServerName other.example\n${include}`,
            }),
      });
      const askOther = async (target: string): Promise<readonly unknown[]> => {
        const { status, headers, body } = await apache.request(
          target,
          isOne ? {} : { headers: { Host: "other.example" } },
        );
        return [status, headers.get("location"), headers.get("cache-control"), status === 200 ? body.toString() : ""];
      };

      const oneAnswer = await apache.request(`${base}/20240601T000000Z/f`);
      expect(oneAnswer.headers.get("location")).toBe(`${base}/20240101T000000Z/f`);
      expect((await apache.request(`${base}/20240101T000000Z/f`)).body.toString()).toBe("one");
      expect((await apache.request(`${base}/20200101T000000Z/f`)).status).toBe(404);
      expect(await askOther(`/other${base}/20240601T000000Z/f`)).toEqual([
        301,
        `/other${base}/20200101T000000Z/f`,
        immutable,
        "",
      ]);
      expect(await askOther(`/other${base}/20200101T000000Z/f`)).toEqual([200, undefined, immutable, "other"]);
      expect(await askOther(`/other${base}/20200101T000000Z/sub`)).toEqual([
        301,
        `/other${base}/20200101T000000Z/sub/`,
        "no-cache",
        "",
      ]);
      expect((await askOther(`/other${base}/20240101T000000Z/f`))[1]).toBe(`/other${base}/20200101T000000Z/f`);
      await apache.stop();
      await one.remove();
      await other.remove();
    },
  );
});
