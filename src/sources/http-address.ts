import { lookup } from "node:dns";
import type { LookupAddress } from "node:dns";
import { BlockList, isIP } from "node:net";
import type { LookupFunction } from "node:net";
import { RequestError } from "./http-error.ts";

/** What part of the world an address belongs to. `reserved` ones are never a mirror. */
export type AddressKind = "public" | "private" | "link-local" | "loopback" | "reserved";

/** All addresses of a host name, as `dns.lookup` gives them. */
export type ResolveHost = (
  hostname: string,
  callback: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void;

/** Keeps a hostile or broken source from sending us to machines that only we can reach. */
export interface AddressGuard {
  /** Throws a `RequestError` when `hostname`, as a URL spells it, is itself an address (or a name of this machine) out of bounds. */
  readonly assertHost: (hostname: string) => void;
  /** For connections: resolves a name and refuses addresses out of bounds. The address checked is the one connected to. */
  readonly lookup: LookupFunction;
}

/**
 * The source named by the user may live anywhere. The kind of network in which it was first found, and the public one, are in bounds
 * from then on, for redirects and for the source itself when its name suddenly resolves to something else.
 */
export function createAddressGuard(home: string, resolve: ResolveHost = resolveAll): AddressGuard {
  const literal = kindOfHost(home);
  let allowed: ReadonlySet<AddressKind> | undefined = literal === undefined ? undefined : new Set([literal]);

  function problem(hostname: string, kind: AddressKind): RequestError | undefined {
    if (kind === "public" || allowed?.has(kind) === true) return undefined;
    return new RequestError(
      "SOURCE_REFUSED",
      `leads to ${hostname}, a ${kind} address, where the source itself is not`,
    );
  }

  return {
    assertHost(hostname) {
      const kind = kindOfHost(hostname);
      const error = kind === undefined || hostname === home ? undefined : problem(hostname, kind);
      if (error !== undefined) throw error;
    },
    lookup(hostname, options, callback) {
      resolve(hostname, (error, addresses) => {
        const [first] = addresses;
        if (error !== null || first === undefined) {
          callback(error ?? new Error(`${hostname} has no address`), []);
          return;
        }
        const kinds = new Set(addresses.map(({ address }) => kindOfAddress(address)));
        if (hostname === home) allowed ??= kinds;
        for (const kind of kinds) {
          const refusal = problem(hostname, kind);
          if (refusal !== undefined) {
            callback(refusal, []);
            return;
          }
        }
        if (options.all === true) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      });
    },
  };
}

/** `address` is an IPv4 or IPv6 address, also one that holds an IPv4 address (mapped, NAT64). */
export function kindOfAddress(address: string): AddressKind {
  const plain = address.replace(/%.*$/, "");
  const family = isIP(plain) === 6 ? "ipv6" : "ipv4";
  return kinds.find(({ list }) => list.check(plain, family))?.kind ?? "public";
}

/** Undefined for a name, whose address is only known to the resolver (or to the proxy). */
function kindOfHost(hostname: string): AddressKind | undefined {
  const bare = hostname.replace(/^\[|\]$/g, "");
  if (isIP(bare) !== 0) return kindOfAddress(bare);
  return /(^|\.)localhost\.?$/i.test(bare) ? "loopback" : undefined;
}

function resolveAll(
  hostname: string,
  callback: (error: Error | null, addresses: readonly LookupAddress[]) => void,
): void {
  lookup(hostname, { all: true }, (error, addresses) => {
    callback(error, error === null ? addresses : []);
  });
}

/** From the special-purpose address registries of IANA. `::` and `0.0.0.0` connect to this machine. */
const networks = {
  loopback: ["127.0.0.0/8", "0.0.0.0/8", "::1/128", "::/128"],
  "link-local": ["169.254.0.0/16", "fe80::/10"],
  private: [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "192.0.0.0/24",
    "198.18.0.0/15",
    "fc00::/7",
    "fec0::/10",
    "64:ff9b:1::/48",
  ],
  // Multicast and future use; then IPv4 in IPv6 of the kinds that nobody uses any more: compatible, 6to4, Teredo.
  reserved: ["224.0.0.0/3", "ff00::/8", "::/96", "2002::/16", "2001::/32"],
} as const satisfies Record<Exclude<AddressKind, "public">, readonly string[]>;

const kinds = (["loopback", "link-local", "private", "reserved"] as const).map((kind) => {
  const list = new BlockList();
  for (const network of networks[kind]) {
    const [address = "", bits = ""] = network.split("/");
    if (address.includes(":")) {
      list.addSubnet(address, Number(bits), "ipv6");
      continue;
    }
    // An IPv4 rule also holds for its mapped form. NAT64 is how IPv6-only networks reach IPv4.
    list.addSubnet(address, Number(bits), "ipv4");
    list.addSubnet(`64:ff9b::${address}`, 96 + Number(bits), "ipv6");
  }
  return { kind, list };
});
