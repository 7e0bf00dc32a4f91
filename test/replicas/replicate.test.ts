import { execFile } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

import { describe, expect, onTestFinished, test } from "vitest";

import { addSeconds, timestampFromSeconds } from "../../src/model/timestamp.ts";
import { openProject } from "../helpers/asof.ts";
import type { Project } from "../helpers/asof.ts";
import { nginxAvailable, startNginx } from "../servers/nginx.ts";
import type { RunningServer } from "../servers/server.ts";
import { isInstalled } from "../servers/server.ts";

const base = "/checkpoints/tree/";
const immutable = "public, max-age=31536000, immutable";

describe.skipIf(!nginxAvailable() || !isInstalled("rsync", "--version"))("the README's replicate.sh", () => {
  test.each(["shared", "hardlinks", "copies"] as const)(
    "keeps every answer of the replica right while it is asked all the time, in the layout %s",
    async (layout) => {
      const replica = await openReplica(layout);
      const { project, server } = replica;
      const start = Math.floor(Date.now() / 1000) - 500_000;
      const poll = pollReplica(server);
      const made: string[] = [];
      for (let step = 0; step < 5; step++) {
        project.write(`in/changing`, `state ${step}`);
        project.write(`in/sub/deep/changing`, `deep ${step}`);
        project.write(`in/added-${step}`, `file ${step}`);
        project.setClock(start + step * 50_000);
        await project.ok("update");
        made.push(timestampsIn(project)[timestampsIn(project).length - 1] ?? "");
        await replica.replicate();
        // Pruned ones leave the disk a grace after the rules said so.
        project.setClock(start + step * 50_000 + 10);
        await project.ok("update");
        await replica.replicate();
      }
      const polled = await poll.stop();

      expect(polled.problems).toEqual([]);
      expect(polled.requests).toBeGreaterThan(300);
      expect(polled.settled).toBeGreaterThan(3);
      const kept = made.slice(-3);
      const there = readdirSync(path.join(replica.dir, "public", base)).filter((name) => /^\d{8}T\d{6}Z$/.test(name));
      expect(there.toSorted()).toEqual(kept);
      for (const at of kept) {
        const step = made.indexOf(at);
        const { body } = await server.request(`${base}${at}/sub/deep/changing`);
        expect(body.toString()).toBe(`deep ${step}`);
        const next = addSeconds(timestampFromSeconds(start + step * 50_000 + 5), 0);
        expect((await server.request(`${base}${next}/changing`)).headers.get("location")).toBe(`${base}${at}/changing`);
      }
      expect((await server.request(`${base}${made[0] ?? ""}/changing`)).status).toBe(410);
      expect((await server.request("/tree/changing")).body.toString()).toBe("state 4");
      expect(readdirSync(path.join(replica.dir, "trash"))).toEqual([]);
      expect(readFileSync(path.join(replica.dir, "public/checkpoints/tree/index.html"), "utf8")).toBe(
        readFileSync(project.file("public/checkpoints/tree/index.html"), "utf8"),
      );
      // rsync makes a file that the checkpoint before has as well a link to it, whatever it is here.
      const inodes = kept.map((at) => statSync(path.join(replica.dir, "public", base, at, "same")).ino);
      expect(new Set(inodes).size).toBe(1);
    },
  );

  test("serves new checkpoints by their names when the reload fails, and catches up the next time", async () => {
    const replica = await openReplica("shared");
    const { project, server } = replica;
    project.write("in/changing", "state 1");
    await project.ok("update");
    const good = replica.reloadWith("exit 7");
    await expect(replica.replicate()).rejects.toThrow();
    const at = timestampsIn(project).at(-1) ?? "";
    expect((await server.request(`${base}${at}/changing`)).body.toString()).toBe("state 1");
    replica.reloadWith(good);
    await replica.replicate();
    expect((await server.request(`${base}latest/changing`)).headers.get("location")).toBe(`${base}${at}/changing`);
  });
});

interface Replica {
  readonly project: Project;
  /** nginx over the copy. */
  readonly server: RunningServer;
  readonly dir: string;
  replicate(): Promise<void>;
  /** Changes the reload command and answers what it was. */
  reloadWith(command: string): string;
}

async function openReplica(layout: string): Promise<Replica> {
  const project = openProject(configuration(layout));
  onTestFinished(project.remove);
  project.write("in/same", "same in every checkpoint");
  project.write("in/sub/other/f", "never changes");
  project.write("in/changing", "state first");
  project.write("in/sub/deep/changing", "deep first");
  project.setClock(Math.floor(Date.now() / 1000) - 600_000);
  await project.ok("update");

  const dir = project.file("replica");
  // The first copy of rules and pages, as a user sets the other host up.
  mkdirSync(path.join(dir, "public"), { recursive: true });
  cpSync(project.file("rules"), path.join(dir, "rules"), { recursive: true });
  for (const file of ["nginx/server.conf", "nginx/http.conf"]) {
    const rules = path.join(dir, "rules", file);
    writeFileSync(rules, readFileSync(rules, "utf8").replaceAll(`${project.dir}/`, `${dir}/`));
  }
  const server = await startNginx({ publicDir: path.join(dir, "public"), rulesDir: path.join(dir, "rules") });
  onTestFinished(server.stop);

  // Only the way there is ours: what ssh would run on the other host runs here.
  project.write("bin/ssh", '#!/bin/sh\nshift\nexec sh -c "$*"\n');
  chmodSync(project.file("bin/ssh"), 0o755);
  const loaded = project.file("reload-wanted");
  let reload = `touch ${loaded}`;
  const replicate = async (): Promise<void> => {
    project.write("replicate.sh", scriptFor({ from: project.dir, dir, reload }));
    await promisify(execFile)("sh", [project.file("replicate.sh")], {
      env: { ...process.env, PATH: `${project.file("bin")}:${process.env["PATH"] ?? ""}` },
    });
    if (existsSync(loaded)) await server.reload();
  };
  await replicate();
  return {
    project,
    server,
    dir,
    replicate,
    reloadWith(command) {
      const before = reload;
      reload = command;
      return before;
    },
  };
}

function configuration(layout: string): string {
  return `
layout: ${layout}
servers: [nginx]
grace: 0
grace_plain: 0
repositories:
  tree: { remote: { type: directory, path: in }, retain: { checkpoints: 3 } }
distributions:
  tree: { repository: tree, base_path: tree }
  snapshots: { repository: tree, base_path: checkpoints/tree, checkpoint: true }
`;
}

/** The script as the README prints it, with its four settings set. */
function scriptFor(settings: { from: string; dir: string; reload: string }): string {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const [, script = ""] = /```sh\n(#!\/bin\/sh\n# replicate\.sh[\s\S]*?)```/.exec(readme) ?? [];
  const set = script
    .replace(/^from=\S+/m, `from=${settings.from}`)
    .replace(/^host=\S+ dir=\S+/m, `host=replica dir=${settings.dir}`)
    .replace(/^reload="[^"]*"/m, `reload="${settings.reload}"`);
  expect(set).not.toContain("/srv/mirror");
  return set;
}

function timestampsIn(project: Project): readonly string[] {
  return readdirSync(project.file(`public${base}`))
    .filter((name) => /^\d{8}T\d{6}Z$/.test(name))
    .toSorted();
}

interface Polled {
  readonly requests: number;
  /** How many settled answers were seen. */
  readonly settled: number;
  readonly problems: readonly string[];
}

/** Asks for whatever the replica's own pages name, until stopped, and writes down every answer that contradicts another one. */
function pollReplica(server: RunningServer): { stop(): Promise<Polled> } {
  const problems: string[] = [];
  /** What was promised for ever, by target. */
  const promised = new Map<string, string>();
  let requests = 0;
  const stopping = new AbortController();
  const get = async (target: string): Promise<{ status: number; said: string; caching: string; body: string }> => {
    requests++;
    const { status, headers, body } = await server.request(target);
    const caching = headers.get("cache-control") ?? "";
    // While workers of two generations answer, a time that the older one holds for unsettled is a 302 to the same place.
    const said = headers.get("location") ?? `${status} ${body.toString()}`;
    if (status >= 500 || status === 403) problems.push(`${target}: ${said}`);
    const before = promised.get(target);
    // Pruned ones are gone in the end, which is the one thing that may follow a promise.
    if (before !== undefined && before !== said && status !== 410) problems.push(`${target}: ${before}, then ${said}`);
    if (caching === immutable) promised.set(target, said);
    return { status, said, caching, body: body.toString() };
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const list = await get(base);
      for (const [, at = ""] of list.body.matchAll(/href="(?:\.\/)?(\d{8}T\d{6}Z)\/"/g)) {
        const page = await get(`${base}${at}/`);
        if (page.status === 410) continue;
        if (page.status !== 200) problems.push(`${base}${at}/ is listed and answers ${page.status}`);
        for (const file of ["same", "changing", "sub/deep/changing", "sub/other/f", "PULP_MANIFEST"]) {
          const answer = await get(`${base}${at}/${file}`);
          if (answer.status !== 200 && answer.status !== 410)
            problems.push(`${at}/${file} of a listed checkpoint: ${answer.said}`);
        }
        const second = addSeconds(timestampFromSeconds(Date.parse(isoOfName(at)) / 1000), 1);
        await get(`${base}${second}/changing`);
      }
      const plain = await get("/tree/changing");
      if (plain.status !== 200) problems.push(`/tree/changing: ${plain.said}`);
    }
  };
  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
      return { requests, settled: promised.size, problems: problems.slice(0, 10) };
    },
  };
}

function isoOfName(at: string): string {
  return at.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z");
}
