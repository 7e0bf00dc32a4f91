import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

import { describe, expect, onTestFinished, test } from "vitest";

import type { ServerName } from "../../src/model/server-name.ts";
import { addSeconds, timestampFromSeconds } from "../../src/model/timestamp.ts";
import { serverGuides } from "../../src/redirects/guide.ts";
import { openProject } from "../helpers/asof.ts";
import type { Project } from "../helpers/asof.ts";
import { availableRuleServers } from "../servers/members.ts";
import type { RuleServer, RunningServer } from "../servers/server.ts";
import { isInstalled } from "../servers/server.ts";

const base = "/checkpoints/tree/";
const immutable = "public, max-age=31536000, immutable";
const layouts = ["shared", "hardlinks", "copies"] as const;

/** Every server once, and nginx in every layout. */
const served = availableRuleServers().flatMap((member) =>
  layouts
    .filter((layout) => layout === "shared" || member.server === "nginx")
    .map((layout) => ({ server: member.server, layout, member })),
);

describe.skipIf(served.length === 0 || !isInstalled("rsync", "--version"))("the README's replicate.sh", () => {
  test.each(served)(
    "keeps every answer of the replica right while $server is asked all the time, in the layout $layout",
    async ({ member, layout }) => {
      const replica = await openReplica({ layout, servers: [member.server] });
      const { project } = replica;
      const server = await replica.serve(member);
      const steps = 3;
      const start = Math.floor(Date.now() / 1000) - 500_000;
      const poll = pollReplica(server);
      const made: string[] = [];
      for (let step = 0; step < steps; step++) {
        project.write(`in/changing`, `state ${step}`);
        project.write(`in/sub/deep/changing`, `deep ${step}`);
        project.write(`in/added-${step}`, `file ${step}`);
        project.setClock(start + step * 50_000);
        await project.ok("update");
        made.push(timestampsIn(project)[timestampsIn(project).length - 1] ?? "");
        await replica.replicate();
        // Pruned ones leave the disk a grace after the rules said so.
        if (step < steps - 1) continue;
        project.setClock(start + step * 50_000 + 10);
        await project.ok("update");
        await replica.replicate();
      }
      const polled = await poll.stop();

      expect(polled.problems).toEqual([]);
      expect(polled.requests).toBeGreaterThan(100);
      expect(polled.settled).toBeGreaterThan(3);
      const kept = made.slice(-2);
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
      expect((await server.request("/tree/changing")).body.toString()).toBe(`state ${steps - 1}`);
      expect(readdirSync(path.join(replica.dir, "trash"))).toEqual([]);
      expect(replica.differences()).toEqual([]);
      // rsync makes a file that the checkpoint before has as well a link to it, whatever it is here.
      const inodes = kept.map((at) => statSync(path.join(replica.dir, "public", base, at, "same")).ino);
      expect(new Set(inodes).size).toBe(1);
    },
  );

  test("serves new checkpoints by their names when the reload fails, and catches up the next time", async () => {
    const [first] = served;
    if (first === undefined) throw new Error("no server");
    const replica = await openReplica({ layout: "shared", servers: [first.server] });
    const { project } = replica;
    const server = await replica.serve(first.member);
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

  test.each(["shared", "copies"] as const)(
    "brings over pages of checkpoints that are there, when a title changes, in the layout %s",
    async (layout) => {
      const replica = await openReplica({ layout, servers: ["nginx"] });
      const { project } = replica;
      const [at = ""] = timestampsIn(project);
      const root = path.join(replica.dir, "public", base, at, "index.html");
      const content = path.join(replica.dir, "public", base, at, "sub/deep/changing");
      const inode = statSync(content).ino;
      expect(readFileSync(root, "utf8")).not.toContain("A new name");

      project.write("asof.yaml", `site: { title: A new name }\n${configuration({ layout, servers: ["nginx"] })}`);
      await project.ok("build");
      await replica.replicate();
      expect(readFileSync(root, "utf8")).toContain("A new name");
      expect(replica.differences()).toEqual([]);
      expect(statSync(content).ino).toBe(inode);
    },
  );

  test("takes away what left the site, which the checkpoints before keep", async () => {
    const layout = "hardlinks";
    const replica = await openReplica({ layout, servers: ["nginx", "lighttpd"] });
    const { project } = replica;
    const has = (file: string): boolean => existsSync(path.join(replica.dir, file));
    expect(has("public/tree/sub/other/f")).toBe(true);
    expect(has("rules/lighttpd/asof.conf")).toBe(true);
    const [at = ""] = timestampsIn(project);

    rmSync(project.file("in/sub/other"), { recursive: true });
    project.write("asof.yaml", configuration({ layout, servers: ["nginx"] }));
    for (const later of [100_000, 200_000]) {
      project.setClock(Math.floor(Date.now() / 1000) - 600_000 + later);
      await project.ok("update");
    }
    expect(existsSync(project.file("public/tree/sub/other/f"))).toBe(false);
    await replica.replicate();
    expect(has("public/tree/sub/other")).toBe(false);
    expect(has(`public${base}${at}/sub/other/f`)).toBe(true);
    expect(replica.differences()).toEqual([]);

    // asof leaves the rules of a server that it no longer writes for to whoever includes them.
    rmSync(project.file("rules/lighttpd"), { recursive: true });
    await replica.replicate();
    expect(has("rules/lighttpd")).toBe(false);
    expect(has("rules/nginx/server.conf")).toBe(true);
  });

  test.each([
    ["every command", "*"],
    ["the first look at what is there", "*mkdir*&& ls*"],
  ])("changes nothing there that is looked at when ssh fails at %s", async (_, pattern) => {
    const replica = await openReplica({ layout: "copies", servers: ["nginx"] });
    const before = replica.snapshot();
    replica.project.write("in/changing", "state 1");
    await replica.project.ok("update");
    replica.failAt(pattern);
    await expect(replica.replicate()).rejects.toThrow();
    expect(replica.snapshot()).toEqual(before);
    replica.failAt("");
    await replica.replicate();
    expect(replica.differences()).toEqual([]);
  });

  test("ends with an error, and takes nothing away, when ssh fails at the second look", async () => {
    const replica = await openReplica({ layout: "copies", servers: ["nginx"] });
    const { project } = replica;
    const outdated = path.join(replica.dir, "public/tree/same");
    rmSync(project.file("public/tree/same"));
    replica.failAt("*replica' && ls*");
    await expect(replica.replicate()).rejects.toThrow();
    expect(existsSync(outdated)).toBe(true);
    replica.failAt("");
    await replica.replicate();
    expect(existsSync(outdated)).toBe(false);
  });
});

interface ReplicaOptions {
  readonly layout: string;
  readonly servers: readonly ServerName[];
}

interface Replica {
  readonly project: Project;
  readonly dir: string;
  /** Starts a server over the copy, which is told of new rules when the script says so. */
  serve(member: RuleServer): Promise<RunningServer>;
  replicate(): Promise<void>;
  /** Changes the reload command and answers what it was. */
  reloadWith(command: string): string;
  /** Has ssh fail at all commands of a shell pattern; at none when it is empty. */
  failAt(pattern: string): void;
  /** What rsync would still have to do in public/. */
  differences(): readonly string[];
  /** Every file of the copy that can be asked for or is read by the server, with its bytes. */
  snapshot(): ReadonlyMap<string, string>;
}

/** A site with one checkpoint and its first copy in another folder. */
async function openReplica(options: ReplicaOptions): Promise<Replica> {
  const project = openProject(configuration(options));
  onTestFinished(project.remove);
  // For servers that answer as somebody else.
  chmodSync(project.dir, 0o755);
  project.write("in/same", "same in every checkpoint");
  project.write("in/sub/other/f", "never changes");
  project.write("in/changing", "state first");
  project.write("in/sub/deep/changing", "deep first");
  project.setClock(Math.floor(Date.now() / 1000) - 600_000);
  await project.ok("update");

  const dir = project.file("replica");
  mkdirSync(dir);
  // Only the way there is ours: what ssh would run on the other host runs here.
  project.write("bin/ssh", sshScript(project.file("fail-at")));
  chmodSync(project.file("bin/ssh"), 0o755);
  const failAt = (pattern: string): void => project.write("fail-at", pattern);
  failAt("");
  let reload = "true";
  const replicate = async (): Promise<void> => {
    project.write("replicate.sh", scriptFor({ from: project.dir, dir, reload }));
    await promisify(execFile)("sh", [project.file("replicate.sh")], {
      env: { ...process.env, PATH: `${project.file("bin")}:${process.env["PATH"] ?? ""}` },
    });
  };
  await replicate();
  return {
    project,
    dir,
    async serve(member) {
      const server = await member.start({ publicDir: path.join(dir, "public"), rulesDir: path.join(dir, "rules") });
      onTestFinished(server.stop);
      if (serverGuides[member.server].afterCheckpoint === "by itself") {
        // Longer than lighttpd waits before it looks again.
        reload = "sleep 1.1";
        return server;
      }
      const wanted = project.file("reload-wanted");
      reload = `touch ${wanted} && while [ -e ${wanted} ]; do sleep 0.02; done`;
      onTestFinished(reloadWhen(wanted, server));
      return server;
    },
    replicate,
    reloadWith(command) {
      const before = reload;
      reload = command;
      return before;
    },
    failAt,
    differences: () => differencesOf(project.file("public"), path.join(dir, "public")),
    snapshot: () => new Map(["public/checkpoints", "public/tree", "rules"].flatMap((part) => filesBelow(dir, part))),
  };
}

/** Reloads a server whenever a file is made, and takes the file away. Answers how to stop. */
function reloadWhen(wanted: string, server: RunningServer): () => Promise<void> {
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      if (existsSync(wanted)) {
        await server.reload();
        rmSync(wanted);
      }
      await sleep(20);
    }
  };
  const running = run();
  return async () => {
    stopping.abort();
    await running;
  };
}

/** Paths below a folder that are not the same below another one: other bytes, another kind, or in one of them only. */
function differencesOf(from: string, to: string): readonly string[] {
  const [ours, theirs] = [new Map(filesBelow(from, ".")), new Map(filesBelow(to, "."))];
  return [...new Set([...ours.keys(), ...theirs.keys()])].filter((name) => ours.get(name) !== theirs.get(name));
}

function filesBelow(dir: string, part: string): readonly (readonly [string, string])[] {
  return readdirSync(path.join(dir, part), { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(part, entry.name);
    if (entry.isDirectory()) return [[`${name}/`, ""] as const, ...filesBelow(dir, name)];
    if (entry.isSymbolicLink()) return [[name, readlinkSync(path.join(dir, name))] as const];
    return [[name, readFileSync(path.join(dir, name), "latin1")] as const];
  });
}

function configuration({ layout, servers }: ReplicaOptions): string {
  return `
layout: ${layout}
servers: [${servers.join(", ")}]
grace: 0
grace_plain: 0
repositories:
  tree: { remote: { type: directory, path: in }, retain: { checkpoints: 2 } }
distributions:
  tree: { repository: tree, base_path: tree }
  snapshots: { repository: tree, base_path: checkpoints/tree, checkpoint: true }
`;
}

/** An ssh that runs the command here, unless a pattern in the file matches it. */
function sshScript(patternFile: string): string {
  return `#!/bin/sh\nshift\ncase "$*" in $(cat ${patternFile})) exit 255 ;; esac\nexec sh -c "$*"\n`;
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
    // A server that is reloaded may close a connection that it has not answered; clients ask again, and so does this.
    const { status, headers, body } = await server.request(target).catch(() => server.request(target));
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
      // Leaves the script some of the machine.
      await sleep(20);
    }
  };
  const running = run().catch((error: unknown) => problems.push(String(error)));
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
