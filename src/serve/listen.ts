import { once } from "node:events";
import type { Server } from "node:http";

import { Failure } from "../failure.ts";

/**
 * Makes `server` listen and returns its port. A port in use gives way to the next free one, unless `strictPort`; port 0 is any. Throws a LOCAL_IO failure when no
 * port can be had.
 */
export async function listen(
  server: Server,
  { host, port, strictPort }: { readonly host: string; readonly port: number; readonly strictPort: boolean },
): Promise<number> {
  const last = strictPort || port === 0 ? port : Math.min(port + furtherPorts, 65_535);
  for (let candidate = port; ; candidate++) {
    try {
      server.listen({ host, port: candidate, exclusive: true });
      await once(server, "listening");
      return portOf(server);
    } catch (error) {
      const code = codeOf(error);
      if (code === "EADDRINUSE" && candidate < last) continue;
      throw listenFailure(error, code, { host, port, last: candidate });
    }
  }
}

/** How many ports are tried behind one that is in use. */
const furtherPorts = 100;

function listenFailure(
  error: unknown,
  code: unknown,
  { host, port, last }: { readonly host: string; readonly port: number; readonly last: number },
): unknown {
  switch (code) {
    case "EADDRINUSE":
      return last === port
        ? new Failure("LOCAL_IO", `port ${port} of ${host} is in use`, {
            hint: "choose another with --port, or leave out --strict-port",
            cause: error,
          })
        : new Failure("LOCAL_IO", `the ports ${port} to ${last} of ${host} are in use`, {
            hint: "choose another with --port",
            cause: error,
          });
    case "EACCES":
      return new Failure("LOCAL_IO", `this user may not listen on port ${last} of ${host}`, {
        hint: "choose a port above 1023 with --port",
        cause: error,
      });
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new Failure("LOCAL_IO", `${host} is no address of this machine`, {
        hint: "choose one with --host: 127.0.0.1 is this machine alone, 0.0.0.0 every address it has",
        cause: error,
      });
    default:
      return error;
  }
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the preview server has no port");
  return address.port;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
