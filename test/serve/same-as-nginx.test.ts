import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";

import { httpDateOf } from "../../src/model/memento.ts";
import { addSeconds, isTimestamp } from "../../src/model/timestamp.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";
import { previewMember, ruleMember } from "../contract/checkpoint-member.ts";
import type { CheckpointServer } from "../contract/checkpoint-member.ts";
import { openProject } from "../helpers/asof.ts";
import type { Project } from "../helpers/asof.ts";
import { nginxAvailable, nginxServer } from "../servers/nginx.ts";
import type { RawRequest, RawResponse } from "../servers/raw-request.ts";

const mount = "/mirror/";

/** A site built by the command line, served by the preview and by nginx with the generated rules: every address of it, asked of both. */
describe.skipIf(!nginxAvailable())("the preview and nginx with the generated rules", () => {
  let project: Project;
  let preview: CheckpointServer;
  let nginx: CheckpointServer;
  let addresses: readonly string[];

  beforeAll(async () => {
    project = openProject(configuration);
    await publishThree(project);
    addresses = addressesBelow(project.file("public"), mount);
    [preview, nginx] = await Promise.all([
      previewMember.start(project, mount),
      ruleMember(nginxServer).start(project, mount),
    ]);
  });

  afterAll(async () => {
    await Promise.all([preview.stop(), nginx.stop()]);
    project.remove();
  });

  it("send every file and every page alike", async () => {
    expect(addresses.length).toBeGreaterThan(150);
    for (const file of addresses) await expectSame(file);
  });

  it("show assets, and neither shared directories nor publications by addresses of their own", async () => {
    const names = ["", "assets", "assets/", "assets/style.css", "assets/none.css", "d", "d/", "p/", "p/plain+tree/1/"];
    for (const name of names) await expectSame(`${mount}_asof/${name}`);
  });

  it("answer HEAD, ranges and conditions alike", async () => {
    const requests: readonly Omit<RawRequest, "target">[] = [
      { method: "HEAD" },
      { headers: { Range: "bytes=1-2" } },
      { headers: { Range: "bytes=-1" } },
      { headers: { Range: "bytes=999999999-" } },
      { headers: { "If-None-Match": "*" } },
      { headers: { "If-Modified-Since": "Fri, 01 Jan 1999 00:00:00 GMT" } },
      { headers: { "If-Match": '"none"' } },
      { headers: { "If-Unmodified-Since": "Fri, 01 Jan 1999 00:00:00 GMT" } },
      { method: "POST" },
      { headers: { "Service-Worker": "script" } },
      { headers: { "Accept-Encoding": "gzip, br" } },
    ];
    const chosen = addresses.filter((file) => /\/(?:a\.deb|index\.html|own\.json|)$/.test(file));
    for (const request of requests) for (const file of chosen) await expectSame(file, request);
  });

  it("send every directory without its slash to the same place", async () => {
    for (const directory of addresses.filter((address) => address.endsWith("/"))) {
      await expectSame(directory.slice(0, -1));
      await expectSame(`${directory.slice(0, -1)}?a=%2F&b`);
    }
  });

  it("treat a slash behind a file, and names that are not there, alike", async () => {
    for (const file of addresses) {
      if (!file.endsWith("/")) await expectSame(`${file}/`);
      await expectSame(`${file}nothing`);
    }
  });

  it("lead from a TimeGate to the same place", async () => {
    const {
      kept: [older],
    } = timesOf(project);
    if (older === undefined) throw new Error("nothing is kept");
    const dates = ["", httpDateOf(older), "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "no"];
    for (const date of dates) {
      const request = { headers: { "Accept-Datetime": date } };
      for (const base of ["checkpoints/tree", "open", "empty", "plain/tree", "none"]) {
        for (const rest of ["", "/", "/pool/a.deb?q=%2F", "/pool/%61.deb", '/"'])
          await expectSame(`${mount}_asof/timegate/${base}${rest}`, request);
      }
    }
  });

  it("have the TimeMap that the TimeGate names", async () => {
    const gate = await preview.request(`${mount}_asof/timegate/checkpoints/tree/`);
    const [, map = ""] = /<([^>]*)>; rel="timemap"/.exec(gate.headers.get("link") ?? "") ?? [];
    const { kept } = timesOf(project);
    for (const server of [preview, nginx]) {
      const { status, headers, body } = await server.request(map);
      expect([status, headers.get("content-type")]).toEqual([200, "application/link-format"]);
      const listed = [...body.toString().matchAll(/<https:\/\/mirror\.example\.org(\S+)>; rel="[a-z ]*memento"/g)];
      expect(listed.map(([, address]) => address)).toEqual(kept.map((at) => `${mount}checkpoints/tree/${at}/`));
      expect((await server.request(listed[0]?.[1] ?? "")).headers.get("memento-datetime")).toBeDefined();
    }
  });

  it("treat every kind of time alike", async () => {
    const {
      kept: [older, newer],
      gone: [gone],
    } = timesOf(project);
    if (older === undefined || newer === undefined || gone === undefined) throw new Error("one of three is gone");
    const times = [
      addSeconds(gone, -1),
      gone,
      addSeconds(gone, 1),
      addSeconds(older, -1),
      addSeconds(older, 1),
      addSeconds(newer, -1),
      addSeconds(newer, 1),
      addSeconds(newer, 86_400),
      "latest",
      "20250230T000000Z",
      "20250101T000000Zx",
    ];
    const rests = [
      "",
      "/",
      "?q=%2F",
      "/pool/a.deb",
      "/pool/own.json",
      "/pool",
      "/index.html",
      "/no such".replace(" ", "%20"),
    ];
    for (const base of ["checkpoints/tree", "open", "empty"]) {
      for (const time of times) for (const rest of rests) await expectSame(`${mount}${base}/${time}${rest}`);
    }
  });

  async function expectSame(target: string, request: Omit<RawRequest, "target"> = {}): Promise<void> {
    const [ours, theirs] = await Promise.all([preview.request(target, request), nginx.request(target, request)]);
    const context = { target, request };
    expect({ ...context, ...asSeen(ours) }).toEqual({ ...context, ...asMeant(asSeen(theirs), target, request) });
  }
});

/** What nginx says where the preview differs on purpose. */
function asMeant(seen: Seen, target: string, { headers }: Omit<RawRequest, "target">): Seen {
  // The one folder of the site that has no page and where nginx says so.
  const isBare = seen.status === 403 && /\/assets\/(?:$|\?)/.test(target) && headers?.["Service-Worker"] === undefined;
  const status = isBare ? 404 : seen.status;
  const isAsset = seen.headers["cache-control"] === "public, max-age=3600";
  return { ...seen, status, headers: isAsset ? { ...seen.headers, "cache-control": "no-cache" } : seen.headers };
}

interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string | undefined;
}

/** What the contract speaks of. How an error looks, and what HTTP says of a failed condition, is the server's own business. */
function asSeen({ status, headers: received, body }: RawResponse): Seen {
  if (status === 416) return { status, headers: { "content-range": received.get("content-range") }, body: undefined };
  const isContent = status === 200 || status === 206 || status === 410;
  const names = [
    "location",
    "content-security-policy",
    "x-content-type-options",
    "allow",
    "content-encoding",
    "vary",
    "memento-datetime",
    ...(status === 412 ? [] : ["cache-control"]),
    ...(status === 403 || status === 405 || status === 412
      ? []
      : ["access-control-allow-origin", "x-robots-tag", "link"]),
    ...(isContent ? ["content-type", "content-length", "content-range"] : []),
    ...(status === 200 || status === 206 || status === 304 ? ["last-modified"] : []),
    ...(status === 200 ? ["accept-ranges"] : []),
  ];
  return {
    status,
    headers: Object.fromEntries(names.map((name) => [name, received.get(name)])),
    body: isContent ? body.toString("latin1") : undefined,
  };
}
const configuration = `
site: { url: "https://mirror.example.org${mount}" }
pruned: gone
repositories:
  tree:
    remote: { type: directory, path: incoming }
    retain: { checkpoints: 2 }
  open:
    remote: { type: directory, path: incoming }
    retain: { checkpoints: 2 }
    settled: false
  empty: {}
distributions:
  tree: { repository: tree, base_path: plain/tree }
  tree-snapshot: { repository: tree, base_path: checkpoints/tree, checkpoint: true }
  open: { repository: open, base_path: open, checkpoint: true }
  empty: { repository: empty, base_path: empty, checkpoint: true }
`;

/** Three checkpoints, the first of which the policy prunes. */
async function publishThree(project: Project): Promise<void> {
  const start = Math.floor(Date.now() / 1000) - 300;
  for (const [index, change] of ["first", "second", "third"].entries()) {
    project.setClock(start + index * 60);
    for (const [name, content] of Object.entries(offered)) project.write(`incoming/${name}`, content);
    project.write("incoming/pool/main/changing.txt", change);
    if (index === 1) project.write("incoming/pool/dropped later", "for a while");
    if (index === 2) rmSync(project.file("incoming/pool/dropped later"));
    await project.ok("update");
  }
}

const offered: Readonly<Record<string, string>> = {
  "pool/a.deb": "0123456789",
  "pool/own.json": "{}",
  "pool/empty": "",
  "pool/caf\u00e9 1%3a2+b~c#d?e.txt": "odd",
  "pool/.hidden": "hidden",
  "simple/index.html": "<p>the repository's own page</p>",
  "simple/pkg/index.html": "<p>another</p>",
  "dists/stable/Release": "Suite: stable",
  "dists/stable/main/binary-amd64/Packages.gz": "\u001f\u008b not really",
  "dists/stable/page.html": "<p>a page</p>",
  "repodata/repomd.xml": "<repomd/>",
};

function timesOf(project: Project): { readonly kept: readonly Timestamp[]; readonly gone: readonly Timestamp[] } {
  const json = z.object({
    checkpoints: z.array(z.object({ time: z.string() })),
    gone: z.array(z.object({ from: z.string() })),
  });
  const { checkpoints, gone } = json.parse(
    JSON.parse(readFileSync(project.file("public/checkpoints/tree/checkpoints.json"), "utf8")),
  );
  return {
    kept: checkpoints.map(({ time }) => time).filter(isTimestamp),
    gone: gone.map(({ from }) => from).filter(isTimestamp),
  };
}

/** Addresses of everything below a directory, links followed; those of directories end in a slash. Shared directories and publications come in through the links to them. */
function addressesBelow(directory: string, address: string): readonly string[] {
  const names = readdirSync(directory).filter((name) => !(address === mount && name === "_asof"));
  return [
    address,
    ...names.flatMap((name) => {
      const file = path.join(directory, name);
      const target = address + encodeURIComponent(name);
      return statSync(file).isDirectory() ? addressesBelow(file, `${target}/`) : [target];
    }),
  ];
}
