import type { LookupAddress } from "node:dns";
import { describe, expect, it } from "vitest";
import { createAddressGuard, kindOfAddress } from "../../src/sources/http-address.ts";

describe("the kind of an address", () => {
  it.each([
    ["127.0.0.1", "loopback"],
    ["127.255.0.9", "loopback"],
    ["0.0.0.0", "loopback"],
    ["::1", "loopback"],
    ["::", "loopback"],
    ["::ffff:127.0.0.1", "loopback"],
    ["::ffff:7f00:1", "loopback"],
    ["64:ff9b::127.0.0.1", "loopback"],
    ["10.1.2.3", "private"],
    ["172.31.255.255", "private"],
    ["192.168.0.1", "private"],
    ["100.64.0.1", "private"],
    ["fd00::1", "private"],
    ["::ffff:10.0.0.1", "private"],
    ["64:ff9b::a00:1", "private"],
    ["169.254.169.254", "link-local"],
    ["fe80::1", "link-local"],
    ["fe80::1%eth0", "link-local"],
    ["224.0.0.1", "reserved"],
    ["255.255.255.255", "reserved"],
    ["ff02::1", "reserved"],
    ["::127.0.0.1", "reserved"],
    ["2002:7f00:1::", "reserved"],
    ["8.8.8.8", "public"],
    ["172.32.0.1", "public"],
    ["2606:4700::1", "public"],
    ["::ffff:8.8.8.8", "public"],
    ["64:ff9b::8.8.8.8", "public"],
  ])("%s is %s", (address, kind) => {
    expect(kindOfAddress(address)).toBe(kind);
  });
});

describe("the guard of a public source", () => {
  it.each([
    "127.0.0.1",
    "[::1]",
    "[::ffff:7f00:1]",
    "10.0.0.1",
    "169.254.169.254",
    "localhost",
    "a.localhost",
    "LOCALHOST.",
  ])("lets nothing lead to %s", (hostname) => {
    const { assertHost } = createAddressGuard("93.184.216.34");
    expect(() => assertHost(hostname)).toThrow(`leads to ${hostname}`);
  });

  it.each(["http://2130706433/", "http://0x7f.1/", "http://①②⑦.0.0.1/", "http://[::ffff:127.0.0.1]/"])(
    "knows 127.0.0.1 written as %s",
    (url) => {
      expect(() => createAddressGuard("mirror.test").assertHost(new URL(url).hostname)).toThrow("loopback");
    },
  );

  it("lets redirects lead to other public addresses", () => {
    expect(() => createAddressGuard("mirror.test").assertHost("8.8.8.8")).not.toThrow();
  });

  it("refuses a name that resolves to this machine, also when only one of its addresses does", async () => {
    const names = { "mirror.test": [["93.184.216.34"]], "evil.test": [["8.8.8.8", "127.0.0.1"]] };
    const lookup = lookupIn(names);
    expect(await lookup("mirror.test")).toEqual(["93.184.216.34"]);
    expect(await lookup("evil.test")).toMatch("leads to evil.test, a loopback address");
  });

  it("refuses its own name when that suddenly resolves to another kind of network", async () => {
    const lookup = lookupIn({ "mirror.test": [["93.184.216.34"], ["10.0.0.1"]] });
    expect(await lookup("mirror.test")).toEqual(["93.184.216.34"]);
    expect(await lookup("mirror.test")).toMatch("a private address");
  });

  it("passes on that a name has no address", async () => {
    expect(await lookupIn({ "mirror.test": [[]] })("mirror.test")).toMatch("no address");
  });
});

describe("the guard of a source in a private network", () => {
  it("lets it lead to that kind of network and to the public one, nowhere else", async () => {
    const lookup = lookupIn({
      "mirror.test": [["10.0.0.1"]],
      "store.test": [["192.168.7.7"]],
      "cdn.test": [["8.8.8.8"]],
      "meta.test": [["169.254.169.254"]],
      "self.test": [["127.0.0.1"]],
    });
    expect(await lookup("mirror.test")).toEqual(["10.0.0.1"]);
    expect(await lookup("store.test")).toEqual(["192.168.7.7"]);
    expect(await lookup("cdn.test")).toEqual(["8.8.8.8"]);
    expect(await lookup("meta.test")).toMatch("link-local");
    expect(await lookup("self.test")).toMatch("loopback");
  });
});

/** Looks names up through the guard of `mirror.test`; each name gives its n-th list of addresses the n-th time. Answers addresses, or the error's message. */
function lookupIn(names: Readonly<Record<string, string[][]>>): (hostname: string) => Promise<unknown> {
  const guard = createAddressGuard("mirror.test", (hostname, callback) => {
    const addresses = names[hostname]?.shift() ?? [];
    callback(
      null,
      addresses.map((address): LookupAddress => ({ address, family: 4 })),
    );
  });
  return (hostname) =>
    new Promise((resolve) => {
      guard.lookup(hostname, { all: true }, (error, addresses) => {
        if (error !== null) resolve(error.message);
        else resolve(Array.isArray(addresses) ? addresses.map(({ address }) => address) : addresses);
      });
    });
}
