import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";

import { addSeconds, isTimestamp, parseTimestamp } from "../../src/model/timestamp.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";
import type { Difference } from "../../src/operations/compare/compare.ts";
import { openProject } from "../helpers/asof.ts";
import type { Project } from "../helpers/asof.ts";
import type { Run } from "../helpers/launch-cli.ts";
import { startNginx } from "../servers/nginx.ts";
import { rawRequest } from "../servers/raw-request.ts";
import type { RawResponse } from "../servers/raw-request.ts";
import type { RunningServer } from "../servers/server.ts";
import { startCountingProxy } from "./counting-proxy.ts";
import type { CountingProxy } from "./counting-proxy.ts";
import { documentedDifferences, explain } from "./documented-differences.ts";
import type { Servers } from "./documented-differences.ts";
import { startFileOrigin } from "./file-origin.ts";
import type { FileOrigin } from "./file-origin.ts";
import { fillHistory } from "./fill-history.ts";
import type { History } from "./fill-history.ts";
import { openPulpApi } from "./pulp-api.ts";
import { startPulp } from "./pulp-server.ts";
import type { PulpServer } from "./pulp-server.ts";
import { measureRates, rateTable } from "./rates.ts";

const mount = "/pulp/content/";

/** What Pulp's own programs do is read from the programs, installed from PyPI; nothing here is a stand-in. In this order: each test goes on with what the ones before it left. */
describe("a real Pulp", () => {
  let pulp: PulpServer;
  let origin: FileOrigin;
  let proxy: CountingProxy;
  let history: History;
  /** The one was told the address of the API, the other the content app's alone. */
  let byApi: Project;
  let byContent: Project;
  let nginx: RunningServer;

  beforeAll(async () => {
    pulp = await startPulp();
    origin = await startFileOrigin();
    proxy = await startCountingProxy(pulp.contentPort);
  });
  afterAll(async () => {
    await nginx?.stop();
    for (const project of [byApi, byContent]) project?.remove();
    await proxy?.close();
    await origin?.close();
    await pulp?.stop();
  });

  const get = (target: string): Promise<RawResponse> => rawRequest(pulp.contentPort, { target: mount + target });
  const read = async (target: string): Promise<string> => {
    const { status, body } = await get(target);
    expect(status, target).toBe(200);
    return body.toString();
  };

  test("goes through the walkthrough of its announcement with its own command line", async () => {
    origin.publish("fixture", { "1.iso": kilobyte("1"), "2.iso": kilobyte("2"), "3.iso": kilobyte("3") });
    const listed = async (): Promise<readonly string[]> => timestampsIn(await read("checkpoint/myfile/"));
    const file = (...words: readonly string[]): Promise<unknown> => pulp.cli("file", ...words);
    const checkpoint = async (): Promise<Timestamp> =>
      secondOf(await file("publication", "create", "--repository", "myfile", "--checkpoint"));

    await file("repository", "create", "--name", "myfile");
    await file("remote", "create", "--name", "myfile", "--url", `${origin.url}/fixture/PULP_MANIFEST`);
    const place = ["--repository", "myfile", "--base-path", "checkpoint/myfile", "--checkpoint"];
    await file("distribution", "create", "--name", "myfile-checkpoint", ...place);
    expect(await listed()).toEqual([]);

    const first = await checkpoint();
    expect(await listed()).toEqual([first]);
    await file("repository", "sync", "--name", "myfile", "--remote", "myfile");
    expect(await listed()).toEqual([first]);
    const second = await checkpoint();
    expect(await listed()).toEqual([first, second]);

    const rows = (await read(`checkpoint/myfile/${second}/`))
      .split("\n")
      .filter((line) => line.startsWith('<a href="./'));
    expect(rows.map((row) => row.replace(/<[^>]*>/g, "").replace(/ +\d\d-\w{3}-\d{4} \d\d:\d\d +/, " "))).toEqual([
      "1.iso 1.0 kB",
      "2.iso 1.0 kB",
      "3.iso 1.0 kB",
      "PULP_MANIFEST 228 Bytes",
    ]);
    const { status, headers } = await get(`checkpoint/myfile/${addSeconds(first, 1)}/`);
    expect([status, headers.get("location")]).toEqual([301, `${mount}checkpoint/myfile/${first}/`]);
  });

  test("lists 20 checkpoints, two of one second as one, and no plain publication", async () => {
    history = await fillHistory(pulp, origin, "history");
    expect(history.plain).toHaveLength(10);
    expect(history.checkpoints).toHaveLength(21);
    expect(timestampsIn(await read("checkpoint/history/"))).toEqual(history.checkpoints);
    // Of the two in one second it serves the later.
    expect(await read(`checkpoint/history/${history.checkpoints.at(-1)}/same-second.txt`)).toBe("later");
  });

  test.each(["api", "content"] as const)(
    "is mirrored by asof update, told of its %s; a second run fetches no file and no manifest",
    async (told) => {
      const project = openProject("");
      if (told === "api") byApi = project;
      else byContent = project;
      project.write("password", `${pulp.password}\n`);
      project.write("asof.yaml", configuration(proxy.origin, told === "api" ? pulp : undefined));
      proxy.forget();

      const run = await project.ok("update", "--json");
      const { repositories } = updateJson.parse(JSON.parse(run.out));
      const taken = Object.fromEntries(repositories.map((one) => [one.repository, one.taken]));
      expect(taken["history"]).toEqual(history.checkpoints);
      expect(taken["myfile"]).toEqual(timestampsIn(await read("checkpoint/myfile/")));
      const fetched = proxy.targets.filter(isFile);
      // Each manifest once, and each content once, however many checkpoints have it.
      expect(new Set(fetched.filter(isManifest)).size).toBe(23);
      expect(fetched).toHaveLength(new Set(fetched).size);

      proxy.forget();
      const again = await project.ok("update", "--json");
      expect(updateJson.parse(JSON.parse(again.out)).repositories.map(({ outcome }) => outcome)).toEqual([
        "unchanged",
        "unchanged",
      ]);
      expect(proxy.targets.filter(isFile)).toEqual([]);
      expect(proxy.withPassword).toBe(0);
      expect(await project.run("verify")).toMatchObject({ exit: 0 });
    },
  );

  test("makes the same mirror, whichever way it was read", async () => {
    const other = await startNginx({ publicDir: byContent.file("public"), rulesDir: byContent.file("rules"), mount });
    nginx = await startNginx({ publicDir: byApi.file("public"), rulesDir: byApi.file("rules"), mount });
    try {
      // The one run began later than the other, and so settled a little more.
      const ignored = ["after-last/*", "query-between", "spelling-between", "list", "query", "slashes", "no-time"];
      for (const name of ["history", "myfile"]) {
        const ignore = ignored.flatMap((about) => ["--ignore", about]);
        const urls = [`${nginx.url}checkpoint/${name}/`, `${other.url}checkpoint/${name}/`];
        const run = await byApi.run("compare", ...urls, "--all", ...ignore);
        expect(run).toMatchObject({ exit: 0, err: "" });
      }
    } finally {
      await other.stop();
    }
  });

  test("answers every request as nginx does over the mirror, but for the documented differences", async () => {
    const used = new Set<string>();
    const undocumented: string[] = [];
    for (const name of ["history", "myfile"]) {
      const [ofPulp, ofMirror] = [`${pulp.content}checkpoint/${name}/`, `${nginx.url}checkpoint/${name}/`];
      const run = await byApi.run("compare", ofPulp, ofMirror, "--all", "--json");
      expect(run).toMatchObject({ exit: 3, err: "" });
      const { asked, differing, differences, cases } = comparison.parse(JSON.parse(run.out));
      expect(differences).toHaveLength(differing);
      const list = byApi.file(`public/checkpoint/${name}/checkpoints.json`);
      const servers = await serversOf({ ofPulp, ofMirror, list });
      for (const difference of differences) {
        const explained = await explain(difference, servers);
        for (const one of explained.used) used.add(one);
        if (explained.unexplained.length > 0) {
          undocumented.push(
            `${name}: ${difference.method} ${difference.target}: ${explained.unexplained.join(", ")}: ${JSON.stringify(difference)}`,
          );
        }
      }
      const counts = Object.fromEntries(cases.map((one) => [one.case, one]));
      expect(counts["exact/manifest"]?.differing).toBe(0);
      const bodies = differences.filter((one) => one.about === "exact/file" && one.fields.includes("body"));
      expect(bodies).toEqual([]);
      process.stdout.write(
        `${name}: ${asked} requests to each, ${differing} with documented differences; ` +
          `${counts["exact/file"]?.asked} of files and ${counts["exact/manifest"]?.asked} of manifests with equal bodies\n`,
      );
    }
    expect(undocumented).toEqual([]);
    // One that is not met any more is no difference any more.
    expect([...used].toSorted()).toEqual([...documentedDifferences].toSorted());
  });

  test("makes a checkpoint more, which costs its manifest and what is new in it", async () => {
    const api = openPulpApi(pulp);
    const [repository = ""] = await api.find("repositories/file/file", { name: "history" });
    await api.upload(repository, "pool/new/package.deb", "new");
    const { created } = await api.publish(repository, true);
    const at = secondIn(created);
    // Of its own second Pulp may still make another.
    await sleep(2500);
    proxy.forget();
    const run = await byContent.ok("update");
    expect(run.out).toContain(`history: checkpoint ${at} `);
    expect(
      proxy.targets.filter(isFile).map((target) => target.slice(`${mount}checkpoint/history/${at}/`.length)),
    ).toEqual(["PULP_MANIFEST", "pool/new/package.deb"]);
  });

  test("lets asof in where a guard wants a password, and shows nothing to a run without one", async () => {
    const api = openPulpApi(pulp);
    const guard = await api.create("contentguards/core/rbac", { name: "guard" });
    const [repository = ""] = await api.find("repositories/file/file", { name: "myfile" });
    const body = { name: "guarded", base_path: "guarded", repository, checkpoint: true, content_guard: guard };
    await api.create("distributions/file/file", body);
    const project = openProject("");
    const update = async (access: object): Promise<Run> => {
      const remote = { type: "pulp", url: `${proxy.origin}${mount}guarded/`, ...access };
      project.write("asof.yaml", JSON.stringify({ repositories: { myfile: { remote } }, distributions: {} }));
      return project.run("update");
    };
    project.write("password", `${pulp.password}\n`);
    project.write("wrong", "wrong\n");
    expect(await update({})).toMatchObject({ exit: 4 });
    expect(await update({ user: pulp.user, password_file: "wrong" })).toMatchObject({ exit: 4 });
    const run = await update({ user: pulp.user, password_file: "password" });
    expect(run).toMatchObject({ exit: 0, err: "" });
    expect(run.out.match(/checkpoint \d{8}T/g)).toHaveLength(2);
    project.remove();
  });

  test("answers so many requests per second", async () => {
    const [at, next] = history.checkpoints.slice(2, 4);
    if (at === undefined || next === undefined) throw new Error("there are 20");
    const base = `${mount}checkpoint/history/`;
    const rates = await measureRates({
      targets: {
        "an exact file": `${base}${at}/odd/UPPER.TXT`,
        "a redirect": `${base}${addSeconds(at, 1)}/odd/UPPER.TXT`,
        "a listing": `${base}${at}/`,
      },
      pulpPort: pulp.contentPort,
      nginxPort: nginx.port,
      folder: byApi.dir,
    });
    process.stdout.write(
      `\nrequests per second, one core each, answers of nginx to those of Pulp:\n${rateTable(rates)}\n\n`,
    );
    expect(rates.map(({ errors }) => errors)).toEqual([0, 0, 0]);
    for (const { pulpPerSecond, nginxPerSecond } of rates)
      expect(Math.min(pulpPerSecond, nginxPerSecond)).toBeGreaterThan(0);
  });
});

function configuration(contentOrigin: string, withApi: PulpServer | undefined): string {
  const api = withApi === undefined ? {} : { api: withApi.api, user: withApi.user, password_file: "password" };
  const each = (settings: (name: string) => object): object =>
    Object.fromEntries(["history", "myfile"].map((name) => [name, settings(name)]));
  return JSON.stringify({
    site: { url: `https://mirror.example.org${mount}` },
    repositories: each((name) => ({
      remote: { type: "pulp", url: `${contentOrigin}${mount}checkpoint/${name}/`, ...api },
    })),
    distributions: each((name) => ({ repository: name, base_path: `checkpoint/${name}`, checkpoint: true })),
  });
}

async function serversOf(options: {
  readonly ofPulp: string;
  readonly ofMirror: string;
  /** The mirror's checkpoints.json. */
  readonly list: string;
}): Promise<Servers> {
  const { horizon, newest } = checkpointsJson.parse(JSON.parse(await readFile(options.list, "utf8")));
  return {
    pulp: { base: new URL(options.ofPulp) },
    mirror: { base: new URL(options.ofMirror) },
    horizon: asTimestamp(horizon),
    newest: asTimestamp(newest),
  };
}

/** A file or a manifest, and no listing. */
function isFile(target: string): boolean {
  return target.startsWith(`${mount}checkpoint/`) && !target.endsWith("/");
}

function isManifest(target: string): boolean {
  return target.endsWith("/PULP_MANIFEST");
}

function kilobyte(character: string): string {
  return character.repeat(1024);
}

/** As the tools around Pulp find checkpoints. */
function timestampsIn(page: string): readonly string[] {
  return [...new Set(page.match(/\d{8}T\d{6}Z/g))].toSorted();
}

/** Of a publication as the command line prints it. */
function secondOf(printed: unknown): Timestamp {
  return secondIn(z.object({ pulp_created: z.string() }).parse(printed).pulp_created);
}

/** The second that Pulp cuts the time to. */
function secondIn(iso: string): Timestamp {
  return asTimestamp(iso.replace(/\..*/, "Z").replaceAll(/[-:]/g, ""));
}

function asTimestamp(text: string): Timestamp {
  const at = parseTimestamp(text);
  if (at === undefined) throw new Error(`${text} is no time`);
  return at;
}

const updateJson = z.object({
  repositories: z.array(
    z.object({ repository: z.string(), outcome: z.string(), taken: z.array(z.string().refine(isTimestamp)) }),
  ),
});
const checkpointsJson = z.object({ horizon: z.string(), newest: z.string() });
const optional = z
  .string()
  .nullable()
  .transform((value) => value ?? undefined);
const answer = z
  .object({
    status: z.int(),
    location: optional,
    content_type: optional,
    content_length: optional,
    sha256: optional,
    bytes: z
      .int()
      .nullable()
      .transform((value) => value ?? undefined),
  })
  .transform(({ status, location, content_type: contentType, content_length: contentLength, sha256, bytes }) => ({
    status,
    location,
    contentType,
    contentLength,
    sha256,
    sizeBytes: bytes,
  }));
const comparison = z.object({
  asked: z.int(),
  differing: z.int(),
  cases: z.array(z.object({ case: z.string(), asked: z.int(), differing: z.int() })),
  differences: z.array(
    z
      .object({
        case: z.string(),
        method: z.enum(["GET", "HEAD", "POST"]),
        target: z.string(),
        fields: z.array(z.enum(["status", "location", "body", "content-type", "content-length"])),
        a: answer,
        b: answer,
      })
      .transform(({ case: about, ...rest }): Difference => ({ about, ...rest })),
  ),
});
