import type { LookupFunction } from "node:net";
import type { Dispatcher } from "undici";
import type { TlsFiles } from "./http-access.ts";
import { Failure } from "../failure.ts";

/** Variables as in `process.env`; lower case wins over upper case, as in curl. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Connections kept alive between requests, through the proxies that `http_proxy`, `https_proxy` and `no_proxy` name. A proxy resolves names
 * itself and is reached without `lookup`. Idle connections do not keep the process alive, so there is nothing to close. undici is loaded here and not
 * at the start, where it would cost every command a tenth of a second.
 */
export async function openAgent({
  environment,
  lookup,
  timeoutSeconds,
  tls = {},
}: {
  readonly environment: Environment;
  readonly lookup: LookupFunction;
  readonly timeoutSeconds: number;
  readonly tls?: TlsFiles | undefined;
}): Promise<Dispatcher> {
  const [httpProxy, httpsProxy] = [proxyUrl("http_proxy", environment), proxyUrl("https_proxy", environment)];
  const { EnvHttpProxyAgent } = await import("undici");
  return new EnvHttpProxyAgent({
    httpProxy,
    httpsProxy,
    noProxy: environment["no_proxy"] ?? environment["NO_PROXY"] ?? "",
    // Many proxies allow CONNECT to port 443 alone, so plain http goes through as an ordinary proxy request.
    proxyTunnel: false,
    connect: { ...tls, lookup, timeout: Math.ceil(timeoutSeconds * 1000) },
    // Through a proxy, what is said inside the tunnel.
    requestTls: { ...tls },
  });
}

/** The proxy that the variable `name`, in lower or upper case, names; empty where there is none. */
export function proxyUrl(name: "http_proxy" | "https_proxy", environment: Environment): string {
  const value = environment[name] ?? environment[name.toUpperCase()] ?? "";
  if (value === "") return "";
  const url = value.includes("://") ? value : `http://${value}`;
  if (!URL.canParse(url))
    throw new Failure("CONFIG", `The environment variable ${name} does not hold the URL of a proxy`);
  return url;
}
