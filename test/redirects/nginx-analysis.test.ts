import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";

import { timeline } from "../model/a-timeline.ts";
import { makeRulesFolder, renderRules, repository, rulesInput } from "../servers/rules-folder.ts";
import type { RulesFolder } from "../servers/rules-folder.ts";

const gixyFolder = path.join(import.meta.dirname, "../../node_modules/.cache/asof/gixy");

/** gixy-ng, which finds what makes nginx configuration dangerous. test/install.sh installs it; where CI is set it must be there. */
function gixy(...args: readonly string[]): { readonly status: number | null; readonly stdout: string } {
  return spawnSync("python3", ["-m", "gixy", ...args], {
    encoding: "utf8",
    env: { ...process.env, PYTHONPATH: gixyFolder },
  });
}

function gixyAvailable(): boolean {
  const found = gixy("--version").status === 0;
  if (!found && process.env["CI"] !== undefined && process.env["CI"] !== "") {
    throw new Error("gixy is not installed; test/install.sh installs it");
  }
  return found;
}

const finding = z.object({ plugin: z.string(), reason: z.string(), config: z.string() });
type Finding = z.infer<typeof finding>;

/** What the analyser says of these files although it is not so, and why not. */
const mistaken: readonly { readonly plugin: string; readonly reason: RegExp; readonly because: string }[] = [
  {
    plugin: "http_splitting",
    reason: /"\$asof_[a-z]+_(?:hit|case)" can contain "\\r"/,
    because:
      "the value is two groups of a map's own pattern, digits and letters; it takes $1 for one of the location that asks. raw-targets and memento ask real servers with line breaks",
  },
  {
    plugin: "if_is_evil",
    reason: /^Directive "set" is not safe/,
    because:
      "return and set belong to the same script as if itself; another test here sees that nothing else stands in an if",
  },
  {
    plugin: "nginx_cves",
    reason: /^CVE-2026-(?:48142|42934): .*charset_module/,
    because: "charset names the type of listings here; without source_charset and charset_map nothing is converted",
  },
];

const history = timeline(["-20230101T000000Z", "20240101T000000Z", "20250318T140338Z"], {
  horizon: "20250401T000000Z",
});
const distributions = [
  { name: "again", basePath: "again", repository: "myfile", checkpoint: true },
  { name: "snapshot", basePath: "checkpoints/myfile", repository: "myfile", checkpoint: true },
  { name: "other", basePath: "checkpoints/other", repository: "other", checkpoint: true },
  { name: "lonely", basePath: "lonely", repository: "nothing", checkpoint: false },
  { name: "plain", basePath: "plain", repository: "myfile", checkpoint: false },
];

describe.skipIf(!gixyAvailable()).each(["/", "/mirror/"])("generated nginx configuration for %s, analysed", (mount) => {
  let folder: RulesFolder;
  let findings: readonly Finding[];

  beforeAll(async () => {
    folder = await makeRulesFolder();
    await folder.writeRules(inputFor(folder.publicDir, mount), "nginx");
    const file = path.join(folder.rulesDir, "nginx.conf");
    await writeFile(file, wrapper(folder.rulesDir));
    // The oldest version that tests ask, so that patterns which older versions mishandle are found as well.
    const { stdout } = gixy("--format", "json", "--nginx-version", "1.18.0", file);
    findings = z.array(finding).parse(JSON.parse(stdout));
  });

  afterAll(() => folder.remove());

  it("has nothing that the analyser finds, but for what it is mistaken about", () => {
    const remaining = findings.filter(
      ({ plugin, reason }) =>
        !mistaken.some((known) => known.plugin === plugin && known.reason.test(reason)) &&
        // Of a version alone, whatever the configuration says.
        !(plugin === "nginx_cves" && !reason.includes("trigger pattern is present")),
    );
    expect(remaining).toEqual([]);
  });

  it("still makes every one of those mistakes necessary to state", () => {
    for (const { plugin, reason } of mistaken) {
      expect(findings.filter((one) => one.plugin === plugin && reason.test(one.reason))).not.toEqual([]);
    }
  });

  it("is read as a whole: a redirect built of a decoded path is found", async () => {
    const file = path.join(folder.rulesDir, "broken.conf");
    await writeFile(file, wrapper(folder.rulesDir, "location ~ ^/evil/([^/]*) { return 301 /x/$1; }"));
    const { stdout } = gixy("--format", "json", file);
    const plugins = z.array(finding).parse(JSON.parse(stdout));
    expect(
      plugins.filter(({ plugin, config }) => plugin === "http_splitting" && config.includes("/evil/")),
    ).not.toEqual([]);
  });
});

describe("generated nginx configuration", () => {
  const settings = renderRules(inputFor("/srv/public", "/mirror/"), "nginx")
    .filter((file) => file.path === "nginx/server.conf")
    .map(({ content }) => content)
    .join("");

  it("has nothing in an if but what belongs to the same script", () => {
    const bodies = [...settings.matchAll(/^ *if \(.*\) \{([^{}]*)\}/gm)].map((match) => match[1] ?? "");
    expect(bodies.length).toBeGreaterThan(20);
    expect(bodies.length).toBe(settings.match(/\bif \(/g)?.length);
    for (const body of bodies) expect(body.trim().split(/\s/)[0]).toBeOneOf(["return", "set"]);
  });

  it("tells a browser nothing that nginx decoded, and no name that a request made up", () => {
    for (const [line] of settings.matchAll(/^.*\b(?:return 30\d|add_header) .*$/gm)) {
      expect(line).not.toMatch(/\$(?:uri|document_uri|host|http_host|args|request_filename|\d)\b/);
    }
    expect(settings).not.toMatch(/\b(?:proxy_pass|fastcgi_pass|valid_referers|try_files|rewrite)\b/);
  });
});

function inputFor(publicDir: string, mount: string): Parameters<typeof renderRules>[0] {
  return rulesInput(publicDir, history, {
    mount,
    repositories: [repository("myfile", history), repository("other", history)],
    distributions,
  });
}

function wrapper(rulesDir: string, extra = ""): string {
  return `
    events {}
    http {
      server_tokens off;
      include ${rulesDir}/nginx/http.conf;
      server {
        listen 8080;
        ${extra}
        include ${rulesDir}/nginx/server.conf;
      }
    }
  `;
}
