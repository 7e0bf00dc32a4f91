import { describe, expect, test } from "vitest";

import { nginxAvailable } from "../servers/nginx.ts";
import { publish } from "./apt-archive.ts";
import { anApt } from "./apt-client.ts";
import { aClientSite } from "./client-site.ts";
import { areInstalled } from "./client.ts";
import { aSigningKey } from "./signing-key.ts";
import type { SigningKey } from "./signing-key.ts";

const available = nginxAvailable() && areInstalled("apt-get", "dpkg-deb", "gpg");

describe.skipIf(!available)("apt, with the lines of a client kit", () => {
  test("installs what was there at each checkpoint", async () => {
    const site = await aClientSite();
    const key = aSigningKey();
    publish(site, key, { version: "1.0" });
    const early = await site.checkpoint();
    const first = site.kit("apt.sources");
    publish(site, key, { version: "2.0" });
    const late = await site.checkpoint();
    const second = site.kit("apt.sources");

    expect(versionFrom(first, key)).toBe("1.0");
    expect(versionFrom(second, key)).toBe("2.0");
    const requests = site.requests();
    expect(requests).toContain(`200 /checkpoints/live/${early}/dists/stable/InRelease`);
    expect(requests).toContain(`200 /checkpoints/live/${late}/pool/hello_2.0_all.deb`);
    // Exact checkpoints: no redirect on the way.
    expect(requests.filter((line) => /^3(?!04)/.test(line))).toEqual([]);
  });

  test("refuses an archive whose key it was not given", async () => {
    const site = await aClientSite();
    publish(site, aSigningKey(), { version: "1.0" });
    await site.checkpoint();
    const apt = anApt(site.kit("apt.sources"), undefined);
    const { exit, said } = apt("update", "--error-on=any");
    expect(said).toContain("NO_PUBKEY");
    expect(exit).toBe(100);
  });

  test("takes a state whose date has run out, as long as the source is of one exact checkpoint", async () => {
    const site = await aClientSite();
    const key = aSigningKey();
    publish(site, key, { version: "1.0", validUntil: "Wed, 19 Mar 2025 00:00:00 UTC" });
    await site.checkpoint();
    const sources = site.kit("apt.sources");
    expect(versionFrom(sources, key)).toBe("1.0");
    const without = anApt(sources.replace(/^Check-Valid-Until.*$/m, "# x"), key)("update", "--error-on=any");
    expect(without.said).toContain("is expired");
    expect(without.exit).toBe(100);
  });

  test("reads a flat repository", async () => {
    const site = await aClientSite();
    const key = aSigningKey();
    publish(site, key, { version: "1.0", flat: true });
    await site.checkpoint();
    const sources = site.kit("apt.sources");
    expect(sources).toMatch(/^Suites: \/$/m);
    publish(site, key, { version: "2.0", flat: true });
    await site.checkpoint();
    expect(versionFrom(sources, key)).toBe("1.0");
    expect(versionFrom(site.kit("apt.sources"), key)).toBe("2.0");
  });

  test("reads the suite that is enabled of several", async () => {
    const site = await aClientSite();
    const key = aSigningKey();
    publish(site, key, { version: "1.0", suite: "stable" });
    publish(site, key, { version: "3.0", suite: "sid" });
    await site.checkpoint();
    const sources = site.kit("apt.sources");
    const none = anApt(sources, key);
    none("update", "--error-on=any");
    expect(none("install", "--download-only", "--yes", "hello").said).toContain("Unable to locate package");
    const stanzas = sources.split("\n\n");
    const stable = stanzas.map((text) => (text.includes("Suites: stable") ? text.replace("Enabled: no\n", "") : text));
    expect(versionFrom(stable.join("\n\n"), key)).toBe("1.0");
  });
});

/** The version of `hello` that a machine with this source would install. */
function versionFrom(sources: string, key: SigningKey): string | undefined {
  const apt = anApt(sources, key);
  const update = apt("update", "--error-on=any");
  expect(update.exit, update.said).toBe(0);
  const install = apt("install", "--download-only", "--yes", "hello");
  expect(install.exit, install.said).toBe(0);
  return apt.fetched()[0];
}
