import { chmod, readFile } from "node:fs/promises";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { nginxAvailable, startNginx } from "./nginx.ts";
import { timeline } from "../model/a-timeline.ts";
import { makeRulesFolder, rulesInput } from "./rules-folder.ts";
import type { RulesFolder } from "./rules-folder.ts";
import type { RunningServer } from "./server.ts";

const history = timeline(["-20230101T000000Z", "20240101T000000Z", "20250318T140338Z"]);
const base = "/checkpoints/myfile";
const plain = { name: "plain", basePath: "plain", repository: "myfile", checkpoint: false };
const snapshot = { name: "snapshot", basePath: "checkpoints/myfile", repository: "myfile", checkpoint: true };

describe.skipIf(!nginxAvailable())("nginx rules inside somebody's server", () => {
  let folder: RulesFolder;
  let nginx: RunningServer | undefined;

  beforeEach(async () => {
    folder = await makeRulesFolder();
    await folder.place({
      "checkpoints/myfile/index.html": "list",
      "checkpoints/myfile/20250318T140338Z/index.html": "listing",
      "checkpoints/myfile/20250318T140338Z/x.php": "<?php evil();",
      "checkpoints/myfile/20250318T140338Z/sub/x.shtml": '<!--#echo var="HOME" -->',
      "checkpoints/myfile/20250318T140338Z/Packages": "plain",
      "checkpoints/myfile/20250318T140338Z/Packages.gz": "compressed",
      "plain/x.php": "<?php evil();",
      "plain/sub/y.php": "<?php evil();",
      "_asof/assets/x.php": "asset",
      "404.html": "somebody's page",
      "site.json": '{"distributions":[]}',
    });
  });

  afterEach(async () => {
    await nginx?.stop();
    nginx = undefined;
    await folder.remove();
  });

  it.each(["serverExtra", "serverExtraAfter"] as const)(
    "never hand a mirrored file to a handler (%s)",
    async (where) => {
      await folder.writeRules(rulesInput(folder.publicDir, history, { distributions: [snapshot, plain] }), "nginx");
      nginx = await startNginx({
        ...folder,
        [where]: "location ~ \\.php$ { return 299 handler; } location ~* /sub/ { return 299 handler; }",
      });

      expect((await nginx.request("/else.php")).status).toBe(299);
      for (const target of [
        `${base}/20250318T140338Z/x.php`,
        `${base}/20250318T140338Z/sub/x.shtml`,
        "/plain/x.php",
        "/plain/sub/y.php",
        "/_asof/assets/x.php",
      ]) {
        expect((await nginx.request(target)).status, target).toBe(200);
      }
      expect((await nginx.request(`${base}/20250319T000000Z/x.php`)).headers.get("location")).toBe(
        `${base}/20250318T140338Z/x.php`,
      );
      expect((await nginx.request(`${base}/20230101T000000Z/x.php`)).status).toBe(410);
      expect((await nginx.request(`${base}/20220101T000000Z/x.php`)).status).toBe(404);
      expect((await nginx.request(`${base}/none.php`)).status).toBe(404);
    },
  );

  it("keep their answers whatever the server sets for itself", async () => {
    await folder.writeRules(rulesInput(folder.publicDir, history, { distributions: [snapshot, plain] }), "nginx");
    nginx = await startNginx({
      ...folder,
      root: "/nonexistent",
      httpExtra: "gzip on; gzip_min_length 1; gzip_types *; gzip_static on; recursive_error_pages on;",
      serverExtra: `
        index index.php;
        autoindex on;
        absolute_redirect on;
        port_in_redirect on;
        server_name_in_redirect on;
        etag off;
        expires 30d;
        ssi on;
        charset koi8-r;
        default_type text/html;
        add_header Cache-Control "max-age=60" always;
        add_header X-Theirs yes always;
        error_page 403 404 405 410 =200 /404.html;
        error_page 301 302 =200 /404.html;
        types { text/html php; }
        if_modified_since before;
        location = /404.html { root ${folder.publicDir}; }
      `,
    });
    const ask = async (target: string): Promise<readonly unknown[]> => {
      const { status, headers, body } =
        (await nginx?.request(target, { headers: { "Accept-Encoding": "gzip" } })) ?? fail();
      return [
        status,
        headers.get("location"),
        headers.get("cache-control"),
        headers.get("content-type"),
        body.length < 60 ? body.toString() : "",
      ];
    };
    const immutable = "public, max-age=31536000, immutable";

    expect((await ask("/nothing-of-ours"))[2], "the settings are in force").toContain("max-age=2592000");
    expect(await ask(`${base}/`)).toEqual([200, undefined, "no-cache", "text/html; charset=utf-8", "list"]);
    expect(await ask(`${base}/20250318T140338Z/`)).toEqual([
      200,
      undefined,
      "no-cache",
      "text/html; charset=utf-8",
      "listing",
    ]);
    expect(await ask(`${base}/20250318T140338Z/x.php`)).toEqual([
      200,
      undefined,
      immutable,
      "application/octet-stream",
      "<?php evil();",
    ]);
    expect(await ask(`${base}/20250318T140338Z/Packages`)).toEqual([
      200,
      undefined,
      immutable,
      "application/octet-stream",
      "plain",
    ]);
    expect(await ask(`${base}/20250318T140338Z/sub/x.shtml`)).toEqual([
      200,
      undefined,
      immutable,
      "application/octet-stream",
      '<!--#echo var="HOME" -->',
    ]);
    expect(await ask(`${base}/20250318T140338Z/sub/`)).toEqual([403, undefined, "no-store", "text/html", ""]);
    expect(await ask(`${base}/20250318T140338Z/sub`)).toEqual([
      301,
      `${base}/20250318T140338Z/sub/`,
      "no-cache",
      "text/html",
      "",
    ]);
    expect(await ask(`${base}/20250318T140338Z/none`)).toEqual([404, undefined, "no-store", "text/html", ""]);
    expect(await ask(`${base}/20250319T000000Z/`)).toEqual([
      302,
      `${base}/20250318T140338Z/`,
      "no-store",
      "text/html",
      "",
    ]);
    expect(await ask(`${base}/20240601T000000Z/`)).toEqual([
      301,
      `${base}/20240101T000000Z/`,
      immutable,
      "text/html",
      "",
    ]);
    expect(await ask(`${base}/20230601T000000Z/`)).toEqual([
      410,
      undefined,
      "no-cache",
      "text/plain",
      "This checkpoint was removed.\n",
    ]);
    expect(await ask(`${base}/20220101T000000Z/`)).toEqual([404, undefined, "no-store", "text/html", ""]);
    expect(await ask("/site.json")).toEqual([200, undefined, "no-cache", "application/json", '{"distributions":[]}']);
    expect(await ask(base)).toEqual([301, `${base}/`, "no-cache", "text/html", ""]);
    expect(await ask("/plain/sub")).toEqual([301, "/plain/sub/", "no-cache", "text/html", ""]);
    expect(await ask("/plain/x.php")).toEqual([
      200,
      undefined,
      "no-cache",
      "application/octet-stream",
      "<?php evil();",
    ]);
    expect((await nginx.request(`${base}/20250318T140338Z/`)).headers.get("etag")).toMatch(/^"/);
  });

  it.skipIf(process.getuid?.() !== 0)("serve root's files by a worker that is somebody else", async () => {
    await folder.writeRules(rulesInput(folder.publicDir, history), "nginx");
    await chmod(path.dirname(folder.publicDir), 0o755);
    nginx = await startNginx({ ...folder, user: "nobody nogroup" });

    expect((await nginx.request(`${base}/20250318T140338Z/x.php`)).status).toBe(200);
    expect((await nginx.request(`${base}/20250318T140338Z/sub`)).status).toBe(301);
  });

  it("serve a document root whose path has spaces and quotes", async () => {
    const odd = path.join(folder.publicDir, 'a "b" \\c {d}; #e');
    await folder.place({ 'a "b" \\c {d}; #e/checkpoints/myfile/20250318T140338Z/f': "odd" });
    await folder.writeRules(rulesInput(odd, history), "nginx");
    nginx = await startNginx(folder);

    expect((await nginx.request(`${base}/20250318T140338Z/f`)).body.toString()).toBe("odd");
    expect((await nginx.request(`${base}/20250318T140338Z`)).status).toBe(301);
    expect(await readFile(path.join(folder.rulesDir, "nginx/server.conf"), "utf8")).toContain(
      'a \\"b\\" \\\\c {d}; #e',
    );
  });
});

function fail(): never {
  throw new Error("nginx was not started");
}
