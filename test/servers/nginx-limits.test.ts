import { statSync } from "node:fs";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { timeline } from "../model/a-timeline.ts";
import { nginxAvailable, startNginx } from "./nginx.ts";
import { randomHistory, seededRandom } from "./random-history.ts";
import { makeRulesFolder, repository, rulesInput } from "./rules-folder.ts";
import type { RulesFolder } from "./rules-folder.ts";
import type { RunningServer } from "./server.ts";

const history = timeline(["20240101T000000Z", "20250318T140338Z"]);
const base = "/checkpoints/myfile";

describe.skipIf(!nginxAvailable())("many nginx rules", () => {
  let folder: RulesFolder;
  let nginx: RunningServer | undefined;

  beforeEach(async () => {
    folder = await makeRulesFolder();
  });

  afterEach(async () => {
    await nginx?.stop();
    nginx = undefined;
    await folder.remove();
  });

  it("share one nginx with the rules of other sites", async () => {
    const other = await makeRulesFolder();
    await other.place({ "checkpoints/myfile/20200101T000000Z/f": "other" });
    await folder.writeRules(rulesInput(folder.publicDir, history), "nginx");
    await other.writeRules(
      rulesInput(other.publicDir, timeline(["20200101T000000Z"], { horizon: "20251231T000000Z" }), {
        siteName: "other",
        mount: "/other/",
      }),
      "nginx",
    );
    nginx = await startNginx({
      ...folder,
      httpExtra: `include ${other.rulesDir}/nginx/http.conf;`,
      serverExtra: `include ${other.rulesDir}/nginx/server.conf;`,
    });

    expect((await nginx.request(`${base}/20240601T000000Z/f`)).headers.get("location")).toBe(
      `${base}/20240101T000000Z/f`,
    );
    expect((await nginx.request(`/other${base}/20240601T000000Z/f`)).headers.get("location")).toBe(
      `/other${base}/20200101T000000Z/f`,
    );
    expect((await nginx.request(`/other${base}/20200101T000000Z/f`)).body.toString()).toBe("other");
    expect((await nginx.request(`${base}/20200101T000000Z/f`)).status).toBe(404);
    await other.remove();
  });

  it("fit into nginx's own limits with hundreds of repositories and long names", async () => {
    const names = Array.from({ length: 400 }, (_, index) => `repository-${"x".repeat(60)}-${index}`);
    const above = `/long/${"y".repeat(80)}`;
    await folder.writeRules(
      rulesInput(folder.publicDir, history, {
        repositories: names.map((name) => repository(name, history)),
        distributions: names.map((name) => ({
          name,
          basePath: `${above.slice(1)}/${name}`,
          repository: name,
          checkpoint: true,
        })),
      }),
      "nginx",
    );
    nginx = await startNginx(folder);

    expect(nginx.configTest).not.toContain("[warn]");
    for (const name of names.filter((_, index) => index % 50 === 0)) {
      const { headers } = await nginx.request(`${above}/${name}/20240601T000000Z/f`);
      expect(headers.get("location")).toBe(`${above}/${name}/20240101T000000Z/f`);
    }
  });

  it("need no more than nginx's own limits for 100,000 checkpoints", async () => {
    const many = randomHistory(seededRandom(1), { checkpoints: 100_000, stepSeconds: 86_400 / 20 });
    await folder.writeRules(rulesInput(folder.publicDir, many), "nginx");
    nginx = await startNginx(folder);

    expect(nginx.configTest).not.toContain("[warn]");
    expect(statSync(path.join(folder.rulesDir, "nginx/http.conf")).size).toBeLessThan(2_000_000);
  });

  it("fit into nginx's own limits with those of four sites of short names", async () => {
    const others = await Promise.all(
      ["lab", "web", "deb"].map(async (name) => ({ name, site: await makeRulesFolder() })),
    );
    for (const { name, site } of others) {
      await site.writeRules(rulesInput(site.publicDir, history, { siteName: name, mount: `/${name}/` }), "nginx");
    }
    await folder.writeRules(rulesInput(folder.publicDir, history), "nginx");
    nginx = await startNginx({
      ...folder,
      httpExtra: others.map(({ site }) => `include ${site.rulesDir}/nginx/http.conf;`).join(" "),
      serverExtra: others.map(({ site }) => `include ${site.rulesDir}/nginx/server.conf;`).join(" "),
    });

    expect(nginx.configTest).not.toContain("[warn]");
    for (const { name, site } of others) {
      const { headers } = await nginx.request(`/${name}${base}/20240601T000000Z/f`);
      expect(headers.get("location")).toBe(`/${name}${base}/20240101T000000Z/f`);
      await site.remove();
    }
  });

  it("fit into one nginx with those of many sites once variables_hash_bucket_size is raised as they say", async () => {
    const others = await Promise.all(["a", "b", "c"].map(() => makeRulesFolder()));
    for (const [index, other] of others.entries()) {
      const siteName = `${"a".repeat(31)}${index}`;
      await other.writeRules(rulesInput(other.publicDir, history, { siteName, mount: `/site${index}/` }), "nginx");
    }
    await folder.writeRules(rulesInput(folder.publicDir, history), "nginx");
    nginx = await startNginx({
      ...folder,
      httpExtra: `variables_hash_bucket_size 128; ${others.map(({ rulesDir }) => `include ${rulesDir}/nginx/http.conf;`).join(" ")}`,
      serverExtra: others.map(({ rulesDir }) => `include ${rulesDir}/nginx/server.conf;`).join(" "),
    });

    expect(nginx.configTest).not.toContain("[warn]");
    const { headers } = await nginx.request(`/site1${base}/20240601T000000Z/f`);
    expect(headers.get("location")).toBe(`/site1${base}/20240101T000000Z/f`);
    for (const other of others) await other.remove();
  });
});
