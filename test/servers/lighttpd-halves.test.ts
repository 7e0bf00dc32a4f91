import { createHash } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { RulesInput } from "../../src/redirects/rules.ts";
import { lighttpdAvailable, startLighttpd } from "./lighttpd.ts";
import { timeline } from "../model/a-timeline.ts";
import { randomHistory, seededRandom } from "./random-history.ts";
import { rawRequests } from "./raw-request.ts";
import { makeRulesFolder, repository, rulesInput } from "./rules-folder.ts";
import type { RulesFolder } from "./rules-folder.ts";
import type { RunningServer } from "./server.ts";

const immutable = "public, max-age=31536000, immutable";
const old = timeline(["20240101T000000Z", "20250318T140338Z"], { horizon: "20250401T000000Z" });
const young = timeline(["20240101T000000Z", "20250318T140338Z", "20250501T000000Z"]);

describe.skipIf(!lighttpdAvailable())("lighttpd rules that change while lighttpd runs", () => {
  let folder: RulesFolder;
  let lighttpd: RunningServer;
  let times: string;
  let program: string;

  beforeEach(async () => {
    folder = await makeRulesFolder();
    times = path.join(folder.rulesDir, "lighttpd/asof-times.txt");
    program = path.join(folder.rulesDir, "lighttpd/asof.lua");
    for (const at of ["20240101T000000Z", "20250318T140338Z", "20250501T000000Z"]) {
      await folder.place({ [`checkpoints/myfile/${at}/f`]: at });
    }
  });

  afterEach(async () => {
    await lighttpd.stop();
    await folder.remove();
  });

  async function start(input: RulesInput): Promise<void> {
    await folder.writeRules(input, "lighttpd");
    lighttpd = await startLighttpd({ ...folder });
  }

  async function answer(target: string): Promise<string> {
    const { status, headers } = await lighttpd.request(`/checkpoints/myfile/${target}`);
    const location = headers.get("location")?.replace("/checkpoints/myfile/", " ") ?? "";
    return `${status}${location}, ${headers.get("cache-control")}`;
  }

  async function replace(file: string, text: string): Promise<void> {
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
    await lighttpd.reload();
  }

  it("know a new checkpoint within a second, and ask nobody to reload", async () => {
    await start(rulesInput(folder.publicDir, old));
    expect(await answer("20250425T000000Z/f")).toBe("302 20250318T140338Z/f, no-store");

    await folder.writeRulesFile(rulesInput(folder.publicDir, young), "lighttpd/asof-times.txt");
    await sleep(1_100);
    expect(await answer("20250425T000000Z/f")).toBe(`301 20250318T140338Z/f, ${immutable}`);
    expect(await answer("latest")).toBe("302 20250501T000000Z/, no-store");
    expect(await answer("20250501T000001Z/f")).toBe("302 20250501T000000Z/f, no-store");
  });

  it("give one of two answers to every request while the times are replaced, and no third", async () => {
    const [before, after] = [rulesInput(folder.publicDir, old), rulesInput(folder.publicDir, young)];
    await start(before);
    const latest = { target: "/checkpoints/myfile/latest/f" };
    const until = Date.now() + 4_000;
    const seen = new Set<string>();
    const ask = async (): Promise<void> => {
      while (Date.now() < until) {
        const responses = await rawRequests(
          lighttpd.port,
          Array.from({ length: 50 }, () => latest),
        );
        for (const { status, headers } of responses) seen.add(`${status} ${headers.get("location")}`);
      }
    };
    const write = async (): Promise<void> => {
      for (let turn = 0; Date.now() < until; turn++) {
        await folder.writeRulesFile(turn % 2 === 0 ? after : before, "lighttpd/asof-times.txt");
        await sleep(7);
      }
    };
    await Promise.all([ask(), ask(), write()]);

    expect([...seen].toSorted()).toEqual([
      "302 /checkpoints/myfile/20250318T140338Z/f",
      "302 /checkpoints/myfile/20250501T000000Z/f",
    ]);
  });

  it.each<readonly [string, (whole: string) => string]>([
    ["empty", () => ""],
    ["their first line alone", (whole) => `${whole.split("\n")[0] ?? ""}\n`],
    ["without their last line", (whole) => whole.slice(0, whole.lastIndexOf("end"))],
    ["cut in the middle", (whole) => whole.slice(0, whole.length / 2)],
    ["changed by hand", (whole) => whole.replace("20250318T140338Z", "20250318T140339Z")],
    ["without the path of public/", (whole) => whole.replace(/^(asof-times 1 \w+) .*/, "$1")],
    ["of another kind", (whole) => whole.replace("asof-times 1 ", "asof-times 2 ")],
    ["cut, with a digest that is right", (whole) => signed(whole, bodyOf(whole).replace(/20250318T140338Z[^]*$/, ""))],
    ["without a mount", (whole) => signed(whole, bodyOf(whole).replace(/^mount .*$/m, ""))],
  ])("answer nothing by half: times that are %s", async (_, breaking) => {
    await folder.writeRules(rulesInput(folder.publicDir, young), "lighttpd");
    const whole = await readFile(times, "utf8");
    const broken = breaking(whole);
    expect(broken).not.toBe(whole);
    await writeFile(times, broken);
    lighttpd = await startLighttpd({ ...folder });

    for (const target of ["20250425T000000Z/f", "20250501T000000Z/f", "latest", "", "20240101T000000Z"]) {
      expect(await answer(target)).toBe("503, no-store");
    }
    expect(await lighttpd.errorLog()).toContain(times);
  });

  it("go on with the times that they have read only as long as those are the ones on disk", async () => {
    await start(rulesInput(folder.publicDir, young));
    const whole = await readFile(times, "utf8");
    expect(await answer("20250425T000000Z/f")).toBe(`301 20250318T140338Z/f, ${immutable}`);
    await replace(times, whole.slice(0, whole.length / 2));
    expect(await answer("20250501T000000Z/f"), "its digest is that of what was read").toBe(`200, ${immutable}`);
    await replace(times, "");
    expect(await answer("20250501T000000Z/f")).toBe("503, no-store");
    await replace(times, whole);
    expect(await answer("20250501T000000Z/f")).toBe(`200, ${immutable}`);
    await rm(times);
    await lighttpd.reload();
    expect(await answer("20250501T000000Z/f")).toBe("503, no-store");
    const { headers } = await lighttpd.request("/checkpoints/myfile/latest");
    expect(headers.get("content-security-policy")).toContain("sandbox");
  });

  it("serve another folder as soon as the first line names it", async () => {
    await start(rulesInput(folder.publicDir, young));
    expect(await answer("20240101T000000Z/f")).toBe(`200, ${immutable}`);
    const elsewhere = path.join(folder.publicDir, "elsewhere");
    await folder.place({ "elsewhere/checkpoints/myfile/20250318T140338Z/f": "elsewhere" });
    const whole = await readFile(times, "utf8");
    await replace(times, whole.replace(`${folder.publicDir}\n`, `${elsewhere}\n`));

    expect(await answer("20240101T000000Z/f")).toBe("404, no-store");
    expect((await lighttpd.request("/checkpoints/myfile/20250318T140338Z/f")).body.toString()).toBe("elsewhere");
    expect(await answer("20250425T000000Z/f")).toBe(`301 20250318T140338Z/f, ${immutable}`);
  });

  it("are right with the times of an asof that says more", async () => {
    await start(rulesInput(folder.publicDir, old));
    const whole = await readFile(times, "utf8");
    const more = `# a comment\nunknown\nunheard of 1 2 3\n${bodyOf(whole)}`;
    await replace(times, signed(whole, more.replace("\nend\n", "\nrepository another settled - {\n}\nend\n")));

    expect(await answer("20250320T000000Z/f")).toBe(`301 20250318T140338Z/f, ${immutable}`);
    expect(await answer("20250402T000000Z/f")).toBe("302 20250318T140338Z/f, no-store");
  });

  it("are right with another program, which needs no restart either", async () => {
    await start(rulesInput(folder.publicDir, old));
    expect((await lighttpd.request("/checkpoints/myfile/latest")).body.toString()).toBe("Moved.\n");
    const text = await readFile(program, "utf8");
    expect(text).toContain('"Moved.\\n"');
    await writeFile(`${program}.new`, text.replace('"Moved.\\n"', '"Gone there.\\n"'));
    await rename(`${program}.new`, program);
    // lighttpd looks at files that it knows once a second.
    await sleep(2_200);

    const { body, headers } = await lighttpd.request("/checkpoints/myfile/latest");
    expect([body.toString(), headers.get("location")]).toEqual([
      "Gone there.\n",
      "/checkpoints/myfile/20250318T140338Z/",
    ]);
    await folder.writeRulesFile(rulesInput(folder.publicDir, young), "lighttpd/asof-times.txt");
    await lighttpd.reload();
    expect(await answer("20250425T000000Z/f")).toBe(`301 20250318T140338Z/f, ${immutable}`);
  });

  it.each(["asof.conf", "asof-times.txt"] as const)(
    "are right when only the new %s knows another repository and distribution",
    async (only) => {
      await start(rulesInput(folder.publicDir, old));
      await folder.place({ "more/another/20240101T000000Z/f": "another" });
      const more = rulesInput(folder.publicDir, old, {
        repositories: [repository("another", young), repository("myfile", old)],
        distributions: [
          { name: "myfile-snapshot", basePath: "checkpoints/myfile", repository: "myfile", checkpoint: true },
          { name: "near", basePath: "checkpoints/near", repository: "another", checkpoint: true },
          { name: "another", basePath: "more/another", repository: "another", checkpoint: true },
        ],
      });
      await folder.writeRulesFile(more, `lighttpd/${only}`);
      await lighttpd.reload();

      expect(await answer("20250320T000000Z/f")).toBe(`301 20250318T140338Z/f, ${immutable}`);
      // Everything below the first directory of a base path is asked of the program, which knows what it has read.
      const near = await lighttpd.request("/checkpoints/near/20250402T000000Z/f");
      expect([near.status, near.headers.get("location")]).toEqual(
        only === "asof.conf" ? [404, undefined] : [301, "/checkpoints/near/20250318T140338Z/f"],
      );
      const exact = await lighttpd.request("/more/another/20240101T000000Z/f");
      expect([exact.status, exact.headers.get("cache-control")]).toEqual(
        only === "asof.conf" ? [404, "no-store"] : [200, undefined],
      );
      const between = await lighttpd.request("/more/another/20240102T000000Z/f");
      expect([between.status, between.headers.get("location")]).toEqual([404, undefined]);

      await folder.writeRules(more, "lighttpd");
      await lighttpd.reload();
      const both = await lighttpd.request("/more/another/20240102T000000Z/f");
      expect([both.status, both.headers.get("location")]).toEqual([301, "/more/another/20240101T000000Z/f"]);
    },
  );

  it("read 100,000 times again without a word to those who ask meanwhile", async () => {
    const many = randomHistory(seededRandom(1), { checkpoints: 100_000, stepSeconds: 86_400 / 20 });
    const more = { ...many, points: many.points.slice(0, -1) };
    await start(rulesInput(folder.publicDir, more));
    const [first, last, newest] = [many.points[0]?.at, more.points.at(-1)?.at, many.points.at(-1)?.at];
    expect(await answer("latest")).toBe(`302 ${last}/, no-store`);
    await folder.writeRulesFile(rulesInput(folder.publicDir, many), "lighttpd/asof-times.txt");
    await lighttpd.reload();

    expect(await answer("latest")).toBe(`302 ${newest}/, no-store`);
    expect(await answer(`${first}`)).toBe(`301 ${first}/, no-cache`);
    expect((await readFile(times)).length).toBeLessThan(2_000_000);
  });
});

describe.skipIf(!lighttpdAvailable())("lighttpd rules of several sites", () => {
  it("share one lighttpd, each with its own times", async () => {
    const [one, other] = await Promise.all([makeRulesFolder(), makeRulesFolder()]);
    await other.place({ "checkpoints/myfile/20200101T000000Z/f": "other" });
    await one.writeRules(rulesInput(one.publicDir, old), "lighttpd");
    const otherInput = (points: readonly string[]): RulesInput =>
      rulesInput(other.publicDir, timeline(points, { horizon: "20251231T000000Z" }), {
        siteName: "other",
        mount: "/other/",
      });
    await other.writeRules(otherInput(["20200101T000000Z"]), "lighttpd");
    const lighttpd = await startLighttpd({ ...one, extra: `include "${other.rulesDir}/lighttpd/asof.conf"` });
    const locationOf = async (target: string): Promise<string | undefined> =>
      (await lighttpd.request(target)).headers.get("location");
    const base = "/checkpoints/myfile";

    expect(await locationOf(`${base}/20240601T000000Z/f`)).toBe(`${base}/20240101T000000Z/f`);
    expect(await locationOf(`/other${base}/20240601T000000Z/f`)).toBe(`/other${base}/20200101T000000Z/f`);
    expect((await lighttpd.request(`/other${base}/20200101T000000Z/f`)).body.toString()).toBe("other");
    expect((await lighttpd.request(`${base}/20200101T000000Z/f`)).status).toBe(404);

    await other.writeRules(otherInput(["20200101T000000Z", "20240301T000000Z"]), "lighttpd");
    await lighttpd.reload();
    expect(await locationOf(`${base}/20240601T000000Z/f`)).toBe(`${base}/20240101T000000Z/f`);
    expect(await locationOf(`/other${base}/20240601T000000Z/f`)).toBe(`/other${base}/20240301T000000Z/f`);
    await lighttpd.stop();
    await one.remove();
    await other.remove();
  });
});

function bodyOf(text: string): string {
  return text.slice(text.indexOf("\n") + 1);
}

/** Another body, with the first line of `whole` as it would be for that. */
function signed(whole: string, body: string): string {
  const [, , , ...publicDir] = (whole.split("\n")[0] ?? "").split(" ");
  const digest = createHash("sha256").update(body).digest("hex");
  return `asof-times 1 ${digest} ${publicDir.join(" ")}\n${body}`;
}
