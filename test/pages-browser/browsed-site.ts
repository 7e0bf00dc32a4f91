import { cpSync } from "node:fs";
import path from "node:path";

import { openMirror, beginning, day } from "../operations/mirror.ts";
import type { Mirror } from "../operations/mirror.ts";
import { startNginx } from "../servers/nginx.ts";
import type { RunningServer } from "../servers/server.ts";

/** A site with every kind of page, behind nginx with the rules that asof made for it. */
export interface BrowsedSite {
  readonly mirror: Mirror;
  readonly server: RunningServer;
  /** One page of each kind: its name, and its path below the root. */
  readonly pages: ReadonlyMap<string, string>;
  /** A checkpoint that was withdrawn. */
  readonly withdrawn: string;
  close(): Promise<void>;
}

export async function openBrowsedSite(): Promise<BrowsedSite> {
  const mirror = openMirror({
    top: { servers: ["nginx"], grace: "0s", site: { title: "Example mirror", url: "http://127.0.0.1/" } },
    repositories: {
      handbook: { remote: { type: "directory", path: "content" } },
      own: { remote: { type: "directory", path: "own" } },
    },
    distributions: {
      plain: { repository: "repo", base_path: "plain" },
      snapshots: { repository: "repo", base_path: "snapshots/repo", checkpoint: true },
      handbook: { repository: "handbook", base_path: "handbook" },
      "handbook-checkpoints": { repository: "handbook", base_path: "snapshots/handbook", checkpoint: true },
      own: { repository: "own", base_path: "own", checkpoint: true },
    },
  });
  const example = path.join(import.meta.dirname, "..", "..", "example-site");
  for (const name of ["shelf", "content"]) cpSync(path.join(example, name), mirror.file(name), { recursive: true });
  mirror.write("own/index.html", "<!doctype html><title>of the repository</title>");
  mirror.write("own/data.txt", "data");
  await mirror.ok("import", "handbook", "shelf");
  const files = new Map(
    Array.from({ length: 30 }, (_, number) => [`package-${number}_1.0.deb`, `package ${number}`.repeat(number * 40)]),
  );
  files.set("dists/stable/Release", "stable\n");
  files.set("ملف & <name>.txt", "unusual\n");
  // Some 500 days: several in a day, none for months, and one that changes nothing.
  for (const [index, days] of [0, 1, 1.2, 1.4, 2, 30, 31, 32, 33, 200, 330, 400, 401, 402, 500].entries()) {
    mirror.at(days * day);
    for (const number of Array.from({ length: index === 6 ? 0 : (index % 4) ** 3 }).keys())
      files.set(`pool/${number}.deb`, `${index} ${number}`);
    if (index !== 6) files.set("changing", String(index));
    mirror.offer(Object.fromEntries(files));
    await mirror.ok("update", "repo", ...(index === 6 ? ["--always"] : []));
  }
  mirror.at(501 * day);
  const [, second = "", third = "", , , sixth = ""] = mirror.checkpoints();
  await mirror.ok("label", "repo", sixth, "release-2");
  for (const at of [second, third]) await mirror.ok("withdraw", "snapshots", at, "--reason", "half-synced");
  // Nothing new for a while, which settles the time until then.
  mirror.at(510 * day);
  await mirror.ok("update", "--accept-clock");
  const server = await startNginx({ publicDir: mirror.file("public"), rulesDir: mirror.file("rules") });
  const kept = mirror.checkpoints();
  const [newestOfOwn = ""] = mirror
    .events("own")
    .flatMap(({ type, at }) => (type === "publication" ? [String(at)] : []));
  return {
    mirror,
    server,
    withdrawn: second,
    pages: new Map([
      ["front page", "/"],
      ["index", "/snapshots/"],
      ["list", "/snapshots/repo/"],
      ["year", "/snapshots/repo/years/2025.html"],
      ["checkpoint", `/snapshots/repo/${kept.at(-3)}/`],
      ["labelled checkpoint", `/snapshots/repo/${sixth}/`],
      ["directory", `/snapshots/repo/${kept.at(-1)}/pool/`],
      ["deep directory", `/snapshots/repo/${kept.at(-1)}/dists/stable/`],
      ["page beside", `/own/_asof/${newestOfOwn}/`],
      ["plain", "/plain/"],
      ["handbook", "/snapshots/handbook/"],
      ["kit", "/snapshots/repo/kit/"],
      ["gone", `/snapshots/repo/${second}/`],
      ["changes", `/snapshots/repo/_asof/${kept.at(-1)}/changes/`],
      ["first changes", `/snapshots/repo/_asof/${kept[0]}/changes/`],
      ["compare", "/snapshots/repo/_asof/compare/"],
      ["compared", `/snapshots/repo/_asof/compare/?from=${kept[0]}&to=latest`],
      ["history", "/snapshots/repo/_asof/history/"],
      ["history found", "/snapshots/repo/_asof/history/?path=changing"],
    ]),
    async close() {
      await server.stop();
      mirror.remove();
    },
  };
}

/** The first second of the history of `repo`, and one after its horizon, as Unix seconds. */
export const span: { readonly from: number; readonly until: number } = {
  from: beginning - 10 * day,
  until: beginning + 520 * day,
};
