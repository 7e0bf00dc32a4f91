import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import { timeline } from "../model/a-timeline.ts";
import { htaccessServer, startHtaccess } from "../servers/htaccess.ts";
import { makeRulesFolder, rulesInput } from "../servers/rules-folder.ts";
import type { RulesFolder } from "../servers/rules-folder.ts";
import type { RunningServer } from "../servers/server.ts";
import { immutable, summary } from "../servers/server-site.ts";

const history = timeline(["-20230101T000000Z", "20240101T000000Z", "20250318T140338Z"]);
const kept = "checkpoints/myfile/20250318T140338Z";
const older = "checkpoints/myfile/20240101T000000Z";

/** What a host may have set for all its customers, as far as an .htaccess file can set it right. */
const forDirectories = `
  Options +ExecCGI +Includes +MultiViews +Indexes
  DirectoryIndex index.html index.php
  AddHandler cgi-script .cgi .php .txt
  AddHandler type-map .var
  AddHandler server-parsed .inc
  AddType text/html .shtml
  AddOutputFilter INCLUDES .shtml .html
  AddEncoding x-gzip .gz .tgz
  AddLanguage en .en
  AddLanguage de .de
  AddCharset utf-8 .utf8
  AddDefaultCharset koi8-r
  <FilesMatch "\\.ph(?:p|tml)$">
    SetHandler cgi-script
  </FilesMatch>
  AddOutputFilterByType DEFLATE text/html text/plain application/json application/octet-stream
  Header set Cache-Control "max-age=60"
  Header set Content-Security-Policy "default-src *"
  Header set X-Theirs yes
  ErrorDocument 301 /theirs.html
  ErrorDocument 403 /theirs.html
  ErrorDocument 404 /theirs.html
  ErrorDocument 410 /theirs.html
`;
const forTheServer = `
  ScriptSock cgisock
  TraceEnable On
  ExpiresActive On
  ExpiresDefault "access plus 30 days"
  Action text/plain /handler
  ScriptAlias /handler /bin/true
  <LocationMatch "\\.php$">
    SetHandler cgi-script
  </LocationMatch>
`;

describe.skipIf(!htaccessServer.isAvailable())(".htaccess files on a host with settings of its own", () => {
  let folder: RulesFolder;
  let server: RunningServer;

  beforeEach(async () => {
    folder = await makeRulesFolder();
    const mirrored = {
      "index.html": "listing",
      "x.php": "<?php evil();",
      "x.phtml": "<?php evil();",
      "x.cgi": "#!/bin/sh",
      "x.txt": "text",
      "page.shtml": '<!--#echo var="HOME" -->',
      "ssi.html": '<!--#echo var="HOME" -->',
      "x.var": "URI: x.en\n",
      "notes.txt.de": "deutsch",
      "a.utf8": "coded",
      "Packages.gz": "compressed",
      Packages: "plain",
      "only.deb": "package",
      "data.json": "{}",
      "sub/index.php": "<?php evil();",
      "bare/only.deb": "package",
    };
    await folder.place({ "theirs.html": "theirs", "plain/x.php": "<?php evil();" });
    for (const at of [kept, older]) {
      for (const [name, content] of Object.entries(mirrored)) await folder.place({ [`${at}/${name}`]: content });
    }
    const plain = { name: "plain", basePath: "plain", repository: "myfile", checkpoint: false };
    const { distributions } = rulesInput(folder.publicDir, history);
    const input = rulesInput(folder.publicDir, history, { distributions: [...distributions, plain] });
    await folder.writeRules(input, "htaccess");
    server = await startHtaccess({
      ...folder,
      modules: [
        "actions",
        "alias",
        "autoindex",
        "cgid",
        "deflate",
        "env",
        "expires",
        "filter",
        "include",
        "negotiation",
      ],
      extra: `<Directory "${folder.publicDir}">${forDirectories}</Directory>${forTheServer}`,
    });
  });

  afterEach(async () => {
    await server.stop();
    await folder.remove();
  });

  const ask = (target: string): ReturnType<RunningServer["request"]> =>
    server.request(`/${target}`, { headers: { "Accept-Encoding": "gzip", "Accept-Language": "de" } });

  it.each([kept, older])("send every mirrored file as it is stored: %s", async (at) => {
    const types: Readonly<Record<string, readonly [string, string]>> = {
      "x.php": ["application/octet-stream", "<?php evil();"],
      "x.phtml": ["application/octet-stream", "<?php evil();"],
      "x.cgi": ["application/octet-stream", "#!/bin/sh"],
      "x.txt": ["text/plain; charset=utf-8", "text"],
      "page.shtml": ["application/octet-stream", '<!--#echo var="HOME" -->'],
      "ssi.html": ["text/html", '<!--#echo var="HOME" -->'],
      "x.var": ["application/octet-stream", "URI: x.en\n"],
      "notes.txt.de": ["application/octet-stream", "deutsch"],
      "a.utf8": ["application/octet-stream", "coded"],
      "Packages.gz": ["application/gzip", "compressed"],
      Packages: ["application/octet-stream", "plain"],
      "data.json": ["application/json", "{}"],
    };
    for (const [name, [type, content]] of Object.entries(types)) {
      const response = await ask(`${at}/${name}`);
      expect(summary(response), name).toEqual([200, undefined, immutable]);
      expect([response.headers.get("content-type"), response.body.toString()], name).toEqual([type, content]);
      for (const header of ["content-encoding", "content-language", "content-location", "expires"]) {
        expect(response.headers.has(header), `${name} ${header}`).toBe(false);
      }
      expect(response.headers.get("content-security-policy"), name).toMatch(/^sandbox [^,]*$/);
    }
  });

  it("keep their answers", async () => {
    expect((await ask(`${kept}/x.php`)).headers.get("x-theirs"), "the settings are in force").toBe("yes");
    const moved = await ask("checkpoints/myfile/20240201T000000Z/x.php");
    expect(summary(moved)).toEqual([301, "/checkpoints/myfile/20240101T000000Z/x.php", immutable]);
    expect(moved.body.toString()).toBe("Moved.\n");
    const gone = await ask("checkpoints/myfile/20230201T000000Z/x.php");
    expect(summary(gone)).toEqual([410, undefined, "no-cache"]);
    expect(gone.body.toString()).toBe("This checkpoint was removed.\n");
    const missing = await ask("checkpoints/myfile/20200201T000000Z/x.php");
    expect(summary(missing)).toEqual([404, undefined, "no-store"]);
    expect(missing.body.toString()).not.toContain("theirs");
    expect(summary(await ask(`${kept}/none.php`))).toEqual([404, undefined, "no-store"]);
    expect(summary(await ask(`${kept}/`))).toEqual([200, undefined, "no-cache"]);
    expect(summary(await ask("plain/x.php"))).toEqual([200, undefined, "no-cache"]);
    expect((await ask("plain/x.php")).body.toString()).toBe("<?php evil();");
    const refused = await server.request(`/${kept}/x.php`, { method: "POST" });
    expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  it("show no directory that has no listing, and no file that nobody asked for", async () => {
    expect((await ask(`${kept}/only`)).status).toBe(404);
    expect((await ask(`${kept}/bare/`)).status).toBeOneOf([403, 404]);
    // Which name stands for a directory is the host's to say; what has it is sent as it is stored.
    const response = await ask(`${kept}/sub/`);
    expect([response.headers.get("content-type"), response.body.toString()]).toEqual([
      "application/octet-stream",
      "<?php evil();",
    ]);
  });
});

describe.skipIf(!htaccessServer.isAvailable())(".htaccess files wherever a host has put them", () => {
  let folder: RulesFolder;
  let server: RunningServer;

  beforeEach(async () => {
    folder = await makeRulesFolder();
    await folder.place({ [`${kept}/f`]: "newest", [`${older}/f`]: "older", [`${older}/index.html`]: "listing" });
  });

  afterEach(async () => {
    await server.stop();
    await folder.remove();
  });

  it("answer behind an Alias, too", async () => {
    await folder.writeRules(rulesInput(folder.publicDir, history, { mount: "/mirror/" }), "htaccess");
    server = await startHtaccess({
      ...folder,
      mount: "/elsewhere/",
      modules: ["alias"],
      extra: `Alias "/mirror" "${folder.publicDir}"\n<Directory "${folder.publicDir}">\nAllowOverride FileInfo\nRequire all granted\n</Directory>`,
    });

    const base = "/mirror/checkpoints/myfile/";
    expect((await server.request(`/mirror/${older}/f`)).body.toString()).toBe("older");
    expect((await server.request(`/mirror/${older}/`)).body.toString()).toBe("listing");
    const moved = await server.request(`${base}20240201T000000Z/f?q`);
    expect(summary(moved)).toEqual([301, `${base}20240101T000000Z/f?q`, immutable]);
    expect(summary(await server.request(`${base}20230201T000000Z/`))).toEqual([410, undefined, "no-cache"]);
    const slash = await server.request("/mirror/checkpoints/myfile");
    expect(summary(slash)).toEqual([301, base, "no-cache"]);
  });

  it("tell later than now by the host's local time; neither answer may be kept", async () => {
    await folder.writeRules(rulesInput(folder.publicDir, history), "htaccess");
    server = await startHtaccess({ ...folder, env: { TZ: "Asia/Tokyo" } });

    const now = Math.floor(Date.now() / 1000);
    const in3Hours = await server.request(`/checkpoints/myfile/${timestampFromSeconds(now + 3 * 3600)}/f`);
    expect(summary(in3Hours)).toEqual([302, `/${kept}/f`, "no-store"]);
    const in10Hours = await server.request(`/checkpoints/myfile/${timestampFromSeconds(now + 10 * 3600)}/f`);
    expect(summary(in10Hours)).toEqual([404, undefined, "no-store"]);
  });

  it("believe no header that is called like a variable of theirs", async () => {
    await folder.writeRules(rulesInput(folder.publicDir, history), "htaccess");
    server = await startHtaccess(folder);

    const headers = Object.fromEntries(
      ["asof_list", "REDIRECT_asof_kept", "REDIRECT_asof_to", "asof_to", "REDIRECT_STATUS", "asof_page"].map((name) => [
        name,
        "1",
      ]),
    );
    const moved = await server.request("/checkpoints/myfile/20240201T000000Z/f", { headers });
    expect(summary(moved)).toEqual([301, `/${older}/f`, immutable]);
    const gone = await server.request("/checkpoints/myfile/20230201T000000Z/f", { headers });
    expect(summary(gone)).toEqual([410, undefined, "no-cache"]);
  });
});
