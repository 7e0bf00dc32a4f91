import { existsSync, readdirSync, readlinkSync } from "node:fs";

import { expect, it } from "vitest";

import { aMirror, after } from "../operations/mirror.ts";

/**
 * A shared directory reaches another by `../../<2 hex>/<30 hex>`, and by `../<30 hex>` where both have the same two digits: the text depends on the place, and the same text elsewhere leads
 * nowhere. One pair in 256 is such a one, so there are many.
 */
it("leads to every directory of a checkpoint, also where it shares most of them with the one before", async () => {
  const mirror = aMirror({
    distributions: { snapshots: { repository: "repo", base_path: "snapshots/repo", checkpoint: true } },
  });
  const files = Object.fromEntries(Array.from({ length: 600 }, (_, n) => [`pool/${n}/file`, `content ${n % 7}`]));
  for (const [round, extra] of ["one", "two"].entries()) {
    mirror.at(round * 60);
    mirror.offer({ ...files, "pool/new": extra });
    await mirror.ok("update");
    const pool = mirror.file(`public/snapshots/repo/${after(round * 60)}/pool`);
    const directories = readdirSync(pool).filter((name) => /^\d+$/.test(name));
    expect(directories.filter((name) => !existsSync(`${pool}/${name}/file`))).toEqual([]);
    // Otherwise this proves nothing: other contents have to be chosen then.
    const short = directories.filter((name) => /^\.\.\/[0-9a-f]{30}$/.test(readlinkSync(`${pool}/${name}`)));
    expect(short).not.toEqual([]);
  }
});
