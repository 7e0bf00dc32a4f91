import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { openProject } from "../helpers/asof.ts";
import type { Project, RunningCli } from "../helpers/asof.ts";
import { until } from "../watch/until.ts";

let project: Project;
let serving: RunningCli;

beforeEach(async () => {
  project = openProject(configOf({ title: "First title" }));
  project.write("repo/hello", "hello\n");
  await project.ok("update");
});
afterEach(async () => {
  await serving.stop();
  project.remove();
});

describe("asof serve --watch", () => {
  it("renders again when the configuration changes, tells open pages, and publishes nothing", async () => {
    await serve();
    const reloads = await openPage();
    expect(await page()).toContain("First title");
    project.write("repo/new", "never published\n");
    const log = history();
    for (const [index, title] of ["Second title", "Third title"].entries()) {
      replace(project.file("asof.yaml"), configOf({ title }));
      await until(() => reloads() === index + 1);
      expect(await page()).toContain(title);
    }
    expect(history()).toBe(log);
    expect(checkpoints()).toHaveLength(1);
    expect(serving.err).not.toContain("asof:");
  });

  it("prints what is wrong with a broken configuration, serves on, and renders the mended one", async () => {
    await serve();
    const reloads = await openPage();
    project.write("asof.yaml", "repositories: [");
    await until(() => serving.err.includes("asof.yaml"));
    await until(() => serving.err.includes("asof:"));
    expect(await page()).toContain("First title");
    rmSync(project.file("asof.yaml"));
    const said = serving.err.length;
    await until(() => serving.err.length > said);
    expect(reloads()).toBe(0);
    project.write("asof.yaml", configOf({ title: "Mended title" }));
    await until(() => reloads() > 0);
    expect(await page()).toContain("Mended title");
  });

  it("renders again when a template of the user's comes, changes or goes, and prints what is wrong with a broken one", async () => {
    project.write("asof.yaml", configOf({ title: "First title", templates: "templates" }));
    mkdirSync(project.file("templates"));
    await project.ok("build");
    await serve();
    const reloads = await openPage();
    const builtIn = await page();

    project.write("templates/index.eta", "<p>one</p>");
    await until(() => reloads() === 1);
    expect(await page()).toContain("<p>one</p>");

    project.write("templates/.index.eta.swp", "");
    project.write("templates/index.eta~", "");
    project.write("templates/index.eta", "<p>broken <% if ( %></p>");
    await until(() => serving.err.includes("cannot be rendered"));
    expect(serving.err).toContain("templates/index.eta");
    expect(serving.err).not.toContain("bug");
    expect(serving.err).not.toContain("__eta");
    expect(await page()).toContain("<p>one</p>");
    expect(reloads()).toBe(1);

    project.write("templates/index.eta", "<p><%= it.no.such.thing %></p>");
    await until(() => serving.err.match(/cannot be rendered/g)?.length === 2);
    expect(serving.err).not.toContain("bug");

    replace(project.file("templates/index.eta"), "<p>two</p>");
    await until(() => reloads() === 2);
    expect(await page()).toContain("<p>two</p>");

    rmSync(project.file("templates/index.eta"));
    await until(() => reloads() === 3);
    expect(withoutScript(await page())).toBe(withoutScript(builtIn));
  });

  it("watches the folder of templates that the configuration has come to name", async () => {
    await serve();
    const reloads = await openPage();
    project.write("others/index.eta", "<p>one</p>");
    project.write("asof.yaml", configOf({ title: "First title", templates: "others" }));
    await until(() => reloads() === 1);
    expect(await page()).toContain("<p>one</p>");
    await until(() => serving.err.match(/Watching/g)?.length === 2);
    project.write("others/index.eta", "<p>two</p>");
    await until(() => reloads() === 2);
    expect(await page()).toContain("<p>two</p>");
  });

  it("notices a configuration that changes behind a link, as mounted ones do", async () => {
    for (const [folder, title] of [
      ["v1", "First title"],
      ["v2", "Second title"],
    ] as const) {
      project.write(`${folder}/asof.yaml`, configOf({ title }));
    }
    rmSync(project.file("asof.yaml"));
    symlinkSync("v1", project.file("data"));
    symlinkSync("data/asof.yaml", project.file("asof.yaml"));
    await project.ok("build");
    await serve();
    const reloads = await openPage();
    symlinkSync("v2", project.file("data-next"));
    renameSync(project.file("data-next"), project.file("data"));
    rmSync(project.file("v1"), { recursive: true });
    await until(() => reloads() > 0);
    expect(await page()).toContain("Second title");
    await until(() => serving.err.match(/Watching/g)?.length === 2);
    const before = reloads();
    replace(project.file("v2/asof.yaml"), configOf({ title: "Third title" }));
    await until(() => reloads() > before);
    expect(await page()).toContain("Third title");
  });

  it("refuses to go over to another state or document root", async () => {
    await serve();
    project.write("asof.yaml", `${configOf({ title: "First title" })}output: elsewhere\n`);
    await until(() => serving.err.includes("start asof serve again"));
    expect(readdirSync(project.dir)).not.toContain("elsewhere");
    expect(await page()).toContain("First title");
  });

  it("ends with exit code 0 when it is interrupted, also while a page listens", async () => {
    await serve();
    await openPage();
    expect((await serving.stop()).exit).toBe(0);
  });
});

async function serve(): Promise<void> {
  serving = project.begin("serve", "--watch", "--port", "0");
  await until(() => serving.err.includes("Watching") || serving.err.includes("asof:"));
}

function url(inside: string): string {
  const found = /http:\/\/[^/\s]+\//.exec(serving.out)?.[0];
  if (found === undefined) throw new Error(`no address in ${serving.out}${serving.err}`);
  return new URL(inside, found).href;
}

async function page(): Promise<string> {
  const response = await fetch(url("/"));
  expect(response.status).toBe(200);
  return response.text();
}

/** Listens as an open page does; how often it was told to load itself again. */
async function openPage(): Promise<() => number> {
  const source = /src="(\/_asof\/reload\.js[^"]*)"/.exec(await page())?.[1] ?? "";
  const events = await fetch(url(source.replaceAll("&amp;", "&").replace("reload.js", "reload")));
  expect(events.headers.get("content-type")).toBe("text/event-stream");
  let text = "";
  void (async () => {
    try {
      const decoder = new TextDecoder();
      for await (const chunk of events.body ?? []) text += decoder.decode(chunk);
    } catch {
      // The server was stopped.
    }
  })();
  return () => text.match(/^event: reload$/gm)?.length ?? 0;
}

function withoutScript(html: string): string {
  return html.replace(/<script src="\/_asof\/reload\.js[^>]*><\/script>\n/, "");
}

function history(): string {
  return readFileSync(project.file("state/repositories/repo/log"), "utf8");
}

function checkpoints(): readonly string[] {
  return readdirSync(project.file("public/repo")).filter((name) => /^\d{8}T\d{6}Z$/.test(name));
}

/** As editors save. */
function replace(file: string, content: string): void {
  writeFileSync(`${file}.tmp-of-an-editor`, content);
  renameSync(`${file}.tmp-of-an-editor`, file);
}

function configOf({ title, templates }: { readonly title: string; readonly templates?: string }): string {
  return [
    `site: { title: ${title} }`,
    ...(templates === undefined ? [] : [`templates: ${templates}`]),
    "repositories:",
    "  repo: { remote: { type: directory, path: repo } }",
    "distributions:",
    "  repo: { repository: repo, base_path: repo, checkpoint: true }",
    "",
  ].join("\n");
}
