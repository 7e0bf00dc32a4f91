import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";

import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";

import { addSeconds } from "../../src/model/timestamp.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";
import { time } from "../model/a-timeline.ts";
import { openProject } from "../helpers/asof.ts";
import type { Project } from "../helpers/asof.ts";
import type { Run } from "../helpers/launch-cli.ts";
import { rawRequest } from "../servers/raw-request.ts";
import type { RawResponse } from "../servers/raw-request.ts";

const configuration = `
site: { title: Example, url: "https://mirror.example.org/mirror/" }
repositories:
  tree: { remote: { type: directory, path: incoming } }
  empty: {}
distributions:
  tree: { repository: tree, base_path: tree }
  tree-snapshot: { repository: tree, base_path: checkpoints/tree, checkpoint: true }
  zero: { repository: empty, base_path: none }
  zero-snapshot: { repository: empty, base_path: checkpoints/none, checkpoint: true }
`;

describe("asof serve", () => {
  const running: Serving[] = [];
  afterEach(async () => {
    for (const serving of running.splice(0)) await serving.interrupt();
  });

  it("prints where to look, and ends with 0 when it is interrupted", async () => {
    const project = aProject();
    project.setClock(start);
    await project.ok("update");
    const checkpoint = newestOf(project);
    project.setClock(start + 10);
    const serving = await serve(project, "--port", "0");
    const { url } = serving;
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mirror\/$/);
    expect(serving.printed().out).toBe(
      [
        `Serving Example at ${url}`,
        `  ${url}tree/   the newest publication`,
        `  ${url}checkpoints/tree/   1 checkpoint`,
        `  ${url}checkpoints/tree/${addSeconds(checkpoint, 1)}/   redirects to ${checkpoint}`,
        `  ${url}checkpoints/tree/latest/   redirects to the newest`,
        `  ${url}checkpoints/none/   0 checkpoints`,
        "Ctrl-C stops it.",
        "",
      ].join("\n"),
    );
    const moved = await serving.get(`/mirror/checkpoints/tree/${addSeconds(checkpoint, 1)}/`);
    expect(moved.headers.get("location")).toBe(`/mirror/checkpoints/tree/${checkpoint}/`);
    for (const target of ["/mirror/tree/", "/mirror/checkpoints/none/"]) {
      expect((await serving.get(target)).status, target).toBe(200);
    }

    const run = await serving.interrupt();
    expect([run.exit, run.err]).toEqual([0, ""]);
    await expect(fetch(url)).rejects.toThrow("fetch failed");
  });

  it("names a second that redirects where checkpoints follow one another without a second between", async () => {
    const project = aProject();
    for (const seconds of [0, 1]) {
      project.write("incoming/a", `content ${seconds}`);
      project.setClock(start + seconds);
      await project.ok("publish", "tree", "--checkpoint");
    }
    await project.ok("build");
    const { out } = (await serve(project, "--port", "0")).printed();
    const [, asked, , named] = /tree\/(\d{8}T\d{6}Z)\/( +)redirects to (\S+)/.exec(out) ?? [];
    expect(out).toContain("2 checkpoints");
    expect(asked).toBe(addSeconds(newestOf(project), 1));
    expect(named).toBe(newestOf(project));
  });

  it("prints one JSON document with --json", async () => {
    const project = aProject();
    await project.ok("update");
    const serving = await serve(project, "--port", "0", "--json");
    const { out } = serving.printed();
    expect(out.trim().split("\n")).toHaveLength(1);
    const document = z
      .strictObject({
        schemaVersion: z.literal(1),
        url: z.string(),
        port: z.int(),
        addresses: z.array(z.strictObject({ url: z.string(), what: z.string() })),
      })
      .parse(JSON.parse(out));
    expect(document.url).toBe(`http://127.0.0.1:${document.port}/mirror/`);
    expect(document.addresses.map(({ what }) => what)).toEqual([
      "the newest publication",
      "1 checkpoint",
      expect.stringMatching(/^redirects to \d{8}T\d{6}Z$/),
      "redirects to the newest",
      "0 checkpoints",
    ]);
  });

  it("says what to do when there is no site yet", async () => {
    const project = aProject();
    const run = await project.run("serve");
    expect([run.exit, run.out]).toEqual([2, ""]);
    expect(run.err).toContain(`there is no site at ${project.file("public")} yet`);
    expect(run.err).toContain("run asof update, then asof serve");
    await project.ok("update");
    rmSync(project.file("public"), { recursive: true });
    expect((await project.run("serve")).err).toContain("there is no site at");
  });

  it("ends with 5 when the port is taken and no other may be", async () => {
    const project = aProject();
    await project.ok("update");
    const holder = createServer();
    onTestFinished(() => void holder.close());
    holder.listen(0, "127.0.0.1");
    await once(holder, "listening");
    const address = holder.address();
    const port = String(address !== null && typeof address === "object" ? address.port : 0);
    const run = await project.run("serve", "--port", port, "--strict-port");
    expect(run.exit).toBe(5);
    expect(run.err).toContain(`port ${port} of 127.0.0.1 is in use`);
    expect((await serve(project, "--port", port)).url).not.toContain(`:${port}/`);
  });

  it("shows what a later run has published, at once", async () => {
    const project = aProject();
    project.setClock(start);
    await project.ok("update");
    const first = newestOf(project);
    const serving = await serve(project, "--port", "0");
    const latest = async (): Promise<string | undefined> =>
      (await serving.get("/mirror/checkpoints/tree/latest")).headers.get("location");
    expect(await latest()).toBe(`/mirror/checkpoints/tree/${first}/`);
    project.setClock(start + 60);
    project.write("incoming/a", "second");
    await project.ok("update");
    expect(await latest()).toBe(`/mirror/checkpoints/tree/${newestOf(project)}/`);
    expect((await serving.get("/mirror/tree/a")).body.toString()).toBe("second");
  });

  it.each(["default", "classic"])("renders again and reloads pages of the theme %s with --watch", async (theme) => {
    const project = aProject();
    const themed = `theme: ${theme}\n${configuration}`;
    project.write("asof.yaml", themed);
    project.write("incoming/own/index.html", "<html><body>a page of the repository's own</body></html>");
    await project.ok("update");
    const serving = await serve(project, "--port", "0", "--watch");
    const page = async (target: string): Promise<string> => (await serving.get(target)).body.toString();
    const onDisk = await page("/mirror/tree/own/");

    const ours = ["/mirror/", "/mirror/tree/", "/mirror/checkpoints/tree/", "/mirror/checkpoints/none/"];
    for (const target of ours) expect(await page(target), target).toContain('<script src="/_asof/reload.js?key=');
    expect(onDisk).toBe("<html><body>a page of the repository's own</body></html>");

    const address = /src="([^"]+)"/.exec(await page("/mirror/"))?.[1]?.replace("reload.js", "reload") ?? "";
    const events = await fetch(new URL(address.replace("&amp;", "&"), serving.url));
    const reader = events.body?.pipeThrough(new TextDecoderStream()).getReader();
    let heard = "";
    const edit = (): void => project.write("asof.yaml", `${themed}  more: { repository: tree, base_path: more }\n`);
    // The watcher may be ready a moment after the server.
    const editing = setInterval(edit, 500);
    while (!heard.includes("event: reload")) heard += (await reader?.read())?.value ?? "";
    clearInterval(editing);
    await reader?.cancel();
    expect(await page("/mirror/")).toContain('href="./more/"');
    expect(await page("/mirror/more/a")).toBe("first");
    expect(await page("/mirror/tree/own/")).toBe(onDisk);
    expect((await serving.interrupt()).exit).toBe(0);
  });

  function aProject(): Project {
    const project = openProject(configuration);
    onTestFinished(project.remove);
    project.write("incoming/a", "first");
    return project;
  }

  /** Runs the command until it has printed where it listens. */
  async function serve(project: Project, ...options: readonly string[]): Promise<Serving> {
    const cli = project.begin("serve", ...options);
    await expect.poll(() => cli.out + cli.err, { timeout: 10_000 }).not.toBe("");
    const url = /http:\/\/127\.0\.0\.1:\d+\/mirror\//.exec(cli.out)?.[0];
    if (url === undefined) throw new Error(`asof serve printed no address: ${cli.out}${cli.err}`);
    const serving: Serving = {
      url,
      printed: () => cli,
      get: (target) => rawRequest(Number(new URL(url).port), { target, headers: { Host: "localhost" } }),
      interrupt: () => cli.stop(),
    };
    running.push(serving);
    return serving;
  }
});

/** In the past of the real clock, and not long ago. */
const start = Math.floor(Date.now() / 1000) - 300;

interface Serving {
  readonly url: string;
  printed(): { readonly out: string; readonly err: string };
  get(target: string): Promise<RawResponse>;
  interrupt(): Promise<Run>;
}

/** The newest checkpoint of `tree`. */
function newestOf(project: Project): Timestamp {
  const text = readFileSync(project.file("public/checkpoints/tree/checkpoints.json"), "utf8");
  return time(z.object({ newest: z.string() }).parse(JSON.parse(text)).newest);
}
