import { lstatSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { aMirror, after } from "../operations/mirror.ts";
import type { Mirror } from "../operations/mirror.ts";

const layouts = ["shared", "hardlinks", "copies"] as const;
const states: readonly Readonly<Record<string, string>>[] = [
  { "dir/sub/a": "one", "dir/b": "two", empty: "" },
  { "dir/sub/a": "one", "dir/b": "changed", empty: "" },
];

describe("the layouts", () => {
  it("show the same files", async () => {
    const seen = [];
    for (const layout of layouts) {
      const mirror = aMirror({ top: { layout } });
      await publishAll(mirror);
      seen.push(contentOf(mirror.file("public")));
      const files = filesBelow(mirror.file("public/snapshots/repo"));
      const links = files.filter((file) => lstatSync(file).isSymbolicLink());
      expect(links.length > 0, layout).toBe(layout === "shared");
      const { nlink } = statSync(mirror.file(`public/snapshots/repo/${after(0)}/dir/b`));
      expect(nlink > 1, layout).toBe(layout !== "copies");
    }
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
  });

  it("are changed by a build into exactly what the other layout would have been", async () => {
    const mirror = aMirror({ top: { grace_plain: "1d" } });
    await publishAll(mirror);
    for (const layout of ["hardlinks", "copies", "shared", "copies", "hardlinks", "shared"] as const) {
      mirror.configure({ top: { layout, grace_plain: "1d" } });
      await mirror.ok("update");
      const changed = mirror.site();
      for (const name of ["public", "rules"]) rmSync(mirror.file(name), { recursive: true });
      await mirror.ok("build");
      expect(mirror.site(), layout).toEqual(changed);
    }
  });

  it("say in hardlinks and copies which checkpoint a directory below the root is of", async () => {
    for (const layout of layouts) {
      const mirror = aMirror({ top: { layout } });
      mirror.offer(states[0] ?? {});
      await mirror.ok("update");
      const page = mirror.page(`snapshots/repo/${after(0)}/dir/sub/index.html`);
      expect(page.includes(`Index of /snapshots/repo/${after(0)}/dir/sub/`), layout).toBe(layout !== "shared");
    }
  });
});

async function publishAll(mirror: Mirror): Promise<void> {
  for (const [round, files] of states.entries()) {
    mirror.at(round * 60);
    mirror.offer(files);
    await mirror.ok("update");
  }
}

/** Every file that a visitor can ask for, with its bytes; listing pages, which differ in their headings, by name alone. */
function contentOf(root: string, folder = ""): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(path.join(root, folder))) {
    const inside = path.join(folder, name);
    if (name === "_asof" || inside === "status.json") continue;
    const file = path.join(root, inside);
    if (statSync(file).isDirectory()) Object.assign(found, contentOf(root, inside));
    else found[inside] = name === "index.html" ? "" : readFileSync(file, "utf8");
  }
  return found;
}

function filesBelow(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true }).map((entry) =>
    path.join(entry.parentPath, entry.name),
  );
}
