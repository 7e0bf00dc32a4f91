import { RequestError } from "./http-error.ts";
import type { Transport } from "./http.ts";

/**
 * Shows user and password to Pulp's content app from the first request on that it refuses without them, and until then to nobody. It checks a password that it is shown also where no guard wants one, which takes it
 * half a second each time, for every file. Headers cost nothing, and a gateway in front of Pulp may lead who comes without them to a page for signing in: they are always sent.
 */
export function openGuarded(open: Transport, withAccess: Transport): Transport {
  let isGuarded = false;
  return {
    async get(url, options) {
      if (isGuarded) return withAccess.get(url, options);
      try {
        return await open.get(url, options);
      } catch (error) {
        if (!isRefusal(error)) throw error;
      }
      const content = await withAccess.get(url, options);
      isGuarded = true;
      return content;
    },
    getMany:
      open.getMany === undefined || withAccess.getMany === undefined
        ? undefined
        : (files, options) => (isGuarded ? withAccess : open).getMany?.(files, options) ?? Promise.resolve(),
  };
}

/** Pulp's guards say 403, a server in front of it may say 401. */
function isRefusal(error: unknown): boolean {
  return error instanceof RequestError && (error.status === 401 || error.status === 403);
}
