import { describe, expect, test } from "vitest";

import { addSeconds } from "../../src/model/timestamp.ts";
import { nginxAvailable } from "../servers/nginx.ts";
import { publish } from "./apt-archive.ts";
import { anApt, snapshotApt } from "./apt-client.ts";
import { aClientSite } from "./client-site.ts";
import type { ClientSite } from "./client-site.ts";
import { areInstalled } from "./client.ts";
import { aSigningKey } from "./signing-key.ts";

const newer = snapshotApt();
const root = newer?.root;
const available = newer !== undefined && nginxAvailable() && areInstalled("dpkg-deb", "gpg");

describe.skipIf(!available)("apt 2.7.12 or newer, with the live source and the line for the host", () => {
  test("reads any time with --snapshot, from its first run on, and the newest state without", async () => {
    const key = aSigningKey();
    const { site, early } = await twoCheckpoints(key);
    const at = addSeconds(early, 10);

    const past = anApt(site.kit("apt-live.sources"), key, root);
    past.configure("apt.conf.d/50snapshots.conf", site.kit("apt-snapshots.conf"));
    expectWell(past("update", "--error-on=any", "--snapshot", at));
    expectWell(past("install", "--download-only", "--yes", "--snapshot", at, "hello"));
    expect(past.fetched()).toEqual(["1.0"]);
    expect(site.requests()).toContain(`301 /checkpoints/live/${at}/dists/stable/InRelease`);

    const present = anApt(site.kit("apt-live.sources"), key, root);
    present.configure("apt.conf.d/50snapshots.conf", site.kit("apt-snapshots.conf"));
    expectWell(present("update", "--error-on=any"));
    expectWell(present("install", "--download-only", "--yes", "hello"));
    expect(present.fetched()).toEqual(["2.0"]);
    expect(site.requests().filter((line) => line.includes("/checkpoints/"))).toEqual([]);
  });

  test("fails loudly where the line is missing", async () => {
    const key = aSigningKey();
    const { site, early } = await twoCheckpoints(key);
    const apt = anApt(site.kit("apt-live.sources"), key, root);
    const { exit, said } = apt("update", "--error-on=any", "--snapshot", early);
    expect(said).toMatch(/[Ss]napshots not supported/);
    expect(exit).toBe(100);
  });

  test("fails where there was nothing yet", async () => {
    const key = aSigningKey();
    const { site, early } = await twoCheckpoints(key);
    const apt = anApt(site.kit("apt-live.sources"), key, root);
    apt.configure("apt.conf.d/50snapshots.conf", site.kit("apt-snapshots.conf"));
    const { exit, said } = apt("update", "--error-on=any", "--snapshot", addSeconds(early, -10));
    expect(said).toContain("does not have a Release file");
    expect(exit).toBe(100);
  });

  test("goes past the line when the archive says that it is Debian's: such an archive gets none", async () => {
    const key = aSigningKey();
    const site = await aClientSite();
    publish(site, key, { version: "1.0" });
    const early = await site.checkpoint();
    const [source, line] = [site.kit("apt-live.sources"), site.kit("apt-snapshots.conf")];
    publish(site, key, { version: "2.0", origin: "Debian" });
    await site.checkpoint();
    expect(() => site.kit("apt-snapshots.conf")).toThrow("ENOENT");

    const apt = anApt(source, key, root);
    apt.configure("apt.conf.d/50snapshots.conf", line);
    expectWell(apt("update", "--error-on=any"));
    site.requests();
    // The archive that apt asks is not on this machine: it must not be reached from a test.
    const proxies = ["http", "https"].map(
      (scheme) => `Acquire::${scheme}::Proxy::snapshot.debian.org "http://127.0.0.1:9/";`,
    );
    apt.configure("apt.conf.d/proxy.conf", proxies.join("\n"));
    const { said } = apt("update", "--snapshot", early);
    expect(said).toContain("snapshot.debian.org");
    expect(site.requests().filter((one) => one.includes("/checkpoints/"))).toEqual([]);
  });
});

/** An archive with `hello` 1.0, then 2.0. */
async function twoCheckpoints(
  key: ReturnType<typeof aSigningKey>,
): Promise<{ site: ClientSite; early: Awaited<ReturnType<ClientSite["checkpoint"]>> }> {
  const site = await aClientSite();
  publish(site, key, { version: "1.0" });
  const early = await site.checkpoint();
  publish(site, key, { version: "2.0" });
  await site.checkpoint();
  return { site, early };
}

function expectWell({ exit, said }: { readonly exit: number; readonly said: string }): void {
  expect(exit, said).toBe(0);
}
