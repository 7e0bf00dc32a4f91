import { describe, expect, onTestFinished, test } from "vitest";

import { addSeconds, parseTimestamp } from "../../src/model/timestamp.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";
import { openProject } from "../helpers/asof.ts";
import { startOrigin } from "../helpers/origin-server.ts";
import { nginxAvailable, startNginx } from "../servers/nginx.ts";
import { reloadCommand, throughReload } from "./reload-signal.ts";

const mount = "/pulp/content/";
const base = `${mount}checkpoint/myfile/`;

/** The page that announced checkpoints shows these steps; here asof takes Pulp's place, and nginx that of its content app. */
describe.skipIf(!nginxAvailable())("the walkthrough of Pulp's announcement, with asof and nginx", () => {
  test.each(["default", "classic"] as const)("goes as announced in the theme %s", async (theme) => {
    const origin = await startOrigin();
    onTestFinished(() => origin.close());
    origin.publish("/fixture/", { "1.iso": kilobyte("1"), "2.iso": kilobyte("2"), "3.iso": kilobyte("3") });
    const settings = { theme, manifest: `${origin.url}/fixture/PULP_MANIFEST` };
    const project = openProject(configuration(settings));
    onTestFinished(project.remove);

    // Rules are there before anything is published, so that nginx can be set up once.
    await project.ok("build");
    const nginx = await startNginx({ publicDir: project.file("public"), rulesDir: project.file("rules"), mount });
    onTestFinished(nginx.stop);
    project.write("asof.yaml", configuration({ ...settings, reload: await reloadCommand(nginx) }));
    const read = async (target: string): Promise<string> => {
      const { status, body } = await nginx.request(target);
      expect(status, target).toBe(200);
      return body.toString();
    };
    const listed = async (): Promise<readonly string[]> => timestampsIn(await read(base));
    expect(await listed()).toEqual([]);

    // A checkpoint of the empty repository. nginx reads the real clock, so all of this happened in the last minute.
    const start = Math.floor(Date.now() / 1000) - 60;
    project.setClock(start);
    const first = checkpointIn(
      (await throughReload(nginx, () => project.ok("publish", "myfile", "--checkpoint"))).out,
      "version 0",
    );
    expect(await listed()).toEqual([first]);

    // The repository is synced: still one checkpoint. Then a second one.
    project.setClock(start + 30);
    expect((await project.ok("sync", "myfile")).out).toContain("version 1 (3 files, 3072 bytes, +3 -0 ~0)");
    const synced = project.timestamp();
    expect(await listed()).toEqual([first]);
    const second = checkpointIn(
      (await throughReload(nginx, () => project.ok("publish", "myfile", "--checkpoint"))).out,
      "version 1",
    );
    expect(new Set(await listed())).toEqual(new Set([first, second]));

    // The second one's listing: three files and the manifest, with dates and sizes.
    const rows = rowsOf(await read(`${base}${second}/`));
    expect(rows).toEqual([
      { name: "1.iso", date: shownDate(theme, synced), size: "1.0 kB" },
      { name: "2.iso", date: shownDate(theme, synced), size: "1.0 kB" },
      { name: "3.iso", date: shownDate(theme, synced), size: "1.0 kB" },
      { name: "PULP_MANIFEST", date: shownDate(theme, second), size: "228 Bytes" },
    ]);
    expect(rowsOf(await read(`${base}${first}/`))).toEqual([
      { name: "PULP_MANIFEST", date: shownDate(theme, first), size: "0 Bytes" },
    ]);
    expect(await read(`${base}${second}/2.iso`)).toBe(kilobyte("2"));

    // Two seconds after the first: the checkpoint of then.
    const between = await nginx.request(`${base}${addSeconds(first, 2)}/`);
    expect(between.status).toBe(301);
    expect(between.headers.get("location")).toBe(`${base}${first}/`);
    expect(await nginx.errorLog()).not.toMatch(/\[(?:warn|error|crit|alert|emerg)\]/);
  });
});

interface Settings {
  readonly theme: "default" | "classic";
  readonly manifest: string;
  readonly reload?: readonly string[];
}

function configuration({ theme, manifest, reload }: Settings): string {
  return `
site: { url: "https://mirror.example.org${mount}" }
theme: ${theme}
${reload === undefined ? "" : `reload: ${JSON.stringify(reload)}`}
repositories:
  myfile: { remote: { type: file, url: "${manifest}" } }
distributions:
  myfile: { repository: myfile, base_path: myfile }
  myfile-checkpoint: { repository: myfile, base_path: checkpoint/myfile, checkpoint: true }
`;
}

function kilobyte(character: string): string {
  return character.repeat(1024);
}

function checkpointIn(out: string, ofVersion: string): Timestamp {
  const [, text = ""] = /^myfile: checkpoint (\S+) of (.*)$/m.exec(out) ?? [];
  expect(out).toContain(ofVersion);
  const at = parseTimestamp(text);
  if (at === undefined) throw new Error(`no checkpoint in: ${out}`);
  return at;
}

/** As the tools around Pulp find checkpoints. */
function timestampsIn(page: string): readonly string[] {
  return [...new Set(page.match(/\d{8}T\d{6}Z/g))];
}

interface Row {
  readonly name: string;
  readonly date: string;
  readonly size: string;
}

/** The rows of a listing as a person sees them, without the one that leads up. */
function rowsOf(page: string): readonly Row[] {
  return page.split("\n").flatMap((line) => {
    if (!line.includes("<a href=") || line.includes("../")) return [];
    const words = line.replaceAll(/<[^>]*>/g, " ").trim();
    const row = /^(\S+)\s+(\d\S+ \S+)\s+(\d.*)$/.exec(words);
    if (row === null) throw new Error(`a row that is none: ${line}`);
    const [, name = "", date = "", size = ""] = row;
    // The number of bytes may stand behind it.
    return [{ name, date, size: size.replace(/ {2}\d+$/, "") }];
  });
}

/** `2025-01-30 20:30:00`, or in the classic theme Pulp's `30-Jan-2025 20:30`. */
function shownDate(theme: Settings["theme"], at: Timestamp): string {
  const date = new Date(at.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (theme === "default") return date.toISOString().slice(0, 19).replace("T", " ");
  const [, day, month, year, clock = ""] = date.toUTCString().split(" ");
  return `${day}-${month}-${year} ${clock.slice(0, 5)}`;
}
