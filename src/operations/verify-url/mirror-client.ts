import { createHash } from "node:crypto";
import { open } from "node:fs/promises";

import { Failure } from "../../failure.ts";
import { isDigest } from "../../model/digest.ts";
import type { Digest } from "../../model/digest.ts";
import { encodeSegment } from "../../pages/encode-segment.ts";
import { RequestError } from "../../sources/http-error.ts";
import { realTiming, withRetries } from "../../sources/http-retry.ts";
import { openHttp } from "../../sources/http.ts";
import type { RemoteContent } from "../../sources/http.ts";
import { readWhole } from "../../sources/manifest-content.ts";
import { shownUrl } from "../../sources/manifest-location.ts";

/** A file that the mirror has not: what it answered instead. */
export interface NotThere {
  readonly kind: "not-there";
  readonly status: number;
}

export interface Received {
  readonly kind: "received";
  readonly digest: Digest;
  /** Bytes received; with `tooLong` there were more than were allowed. */
  readonly sizeBytes: number;
  readonly tooLong: boolean;
}

/**
 * Reads a mirror over HTTP as a stranger: every body has a limit, redirects stay on the origin, what is not there is an answer and not a failure. Throws a SOURCE_ failure when the mirror cannot be
 * read, after trying again.
 */
export interface MirrorClient {
  /** Below `base`, which ends in a slash; path segments are decoded names. */
  url(base: URL, path: string): URL;
  /** The whole of a small file. Throws SOURCE_BAD_DATA for one of more than `mostBytes`. */
  text(url: URL, mostBytes: number): Promise<Buffer | NotThere>;
  /** Hashes a file of any size, and leaves a copy of it at `copyTo`. */
  hash(url: URL, mostBytes: number, copyTo?: string): Promise<Received | NotThere>;
}

export interface MirrorClientOptions {
  readonly signal: AbortSignal;
  readonly retries: number;
  readonly timeoutSeconds: number;
}

export function openMirrorClient(home: URL, { signal, retries, timeoutSeconds }: MirrorClientOptions): MirrorClient {
  const transport = openHttp(home, { timeoutSeconds, sameOrigin: true });

  async function get<Result>(url: URL, read: (content: RemoteContent) => Promise<Result>): Promise<Result | NotThere> {
    return withRetries(
      async (tries): Promise<Result | NotThere> => {
        try {
          // What a cache holds counts as what the mirror says, until it is found to be wrong.
          return await read(await transport.get(url, { signal, fresh: tries > 1 }));
        } catch (error) {
          const status = error instanceof RequestError ? error.status : undefined;
          if (status !== undefined && notThere.has(status)) return { kind: "not-there", status };
          throw error;
        }
      },
      { subject: shownUrl(url), retries, signal, timing: realTiming },
    );
  }

  return {
    url: (base, path) => new URL(`${base.origin}${base.pathname}${path.split("/").map(encodeSegment).join("/")}`),
    text: (url, mostBytes) => get(url, async (content) => Buffer.from(await readWhole(content, mostBytes))),
    async hash(url, mostBytes, copyTo) {
      return get(url, async (content) => {
        const hash = createHash("sha256");
        let sizeBytes = 0;
        const copy = copyTo === undefined ? undefined : await open(copyTo, "w", 0o600);
        try {
          for await (const chunk of content.body) {
            sizeBytes += chunk.length;
            if (sizeBytes > mostBytes) break;
            hash.update(chunk);
            await copy?.writeFile(chunk);
          }
        } finally {
          content.discard();
          await copy?.close();
        }
        return { kind: "received", digest: asDigest(hash.digest("hex")), sizeBytes, tooLong: sizeBytes > mostBytes };
      });
    },
  };
}

/** The URL that a user typed, as the folder that it means: with a slash at its end, and no two in a row, which no site of ours has and servers take for one. Throws USAGE. */
export function mirrorUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new Failure("USAGE", `${text} is no http: or https: address`);
  }
  url.hash = "";
  url.search = "";
  url.pathname = url.pathname
    .replaceAll(/\/{2,}/g, "/")
    .replace(/(?:\/index\.html|\/site\.json|\/checkpoints\.json)?\/*$/, "/");
  return url;
}

export function sha256(bytes: Uint8Array | string): Digest {
  return asDigest(createHash("sha256").update(bytes).digest("hex"));
}

function asDigest(hex: string): Digest {
  if (!isDigest(hex)) throw new Error("SHA-256 is not 64 hex digits");
  return hex;
}

/** A server that hides what it does not show says 403. */
const notThere: ReadonlySet<number> = new Set([403, 404, 410]);
