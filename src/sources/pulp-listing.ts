import { parseListing } from "../formats/pulp/listing.ts";
import type { ListedName } from "../formats/pulp/listing.ts";
import type { FetchSettings } from "../model/config.ts";
import { RequestError } from "./http-error.ts";
import { withRetries } from "./http-retry.ts";
import type { RetryTiming } from "./http-retry.ts";
import type { RemoteContent, Transport } from "./http.ts";
import { readWhole } from "./manifest-content.ts";
import { shownUrl } from "./manifest-location.ts";

/** How anything of a Pulp server is read. */
export interface PulpReading {
  readonly transport: Transport;
  readonly fetch: FetchSettings;
  readonly timing: RetryTiming;
  readonly signal: AbortSignal;
}

export interface ReadListing {
  readonly names: readonly ListedName[];
  /** The server's own clock. */
  readonly serverSeconds: number | undefined;
  /** By that clock, when what is listed was so at the latest: any cache may have kept it since. */
  readonly trueAt: number | undefined;
}

/** Pulp keeps listings for so long, where it was told to keep any, and gives them a new Date each time. */
const longestKeptSeconds = 600;

/** The listing of a directory. One that breaks off without a word is tried again, as a broken connection is. */
export function readListing(url: URL, { transport, fetch, timing, signal }: PulpReading): Promise<ReadListing> {
  return withRetries(
    async () => {
      const content = await transport.get(url, { signal, fresh: true });
      const names = parseListing(decode(await readWhole(content, fetch.maxManifestBytes)));
      if ("problem" in names) {
        throw new RequestError("SOURCE_BAD_DATA", names.problem, {
          transient: true,
          hint: "url is where Pulp's content app serves the checkpoint distribution, and its listings are what is read there",
        });
      }
      const { serverSeconds } = content;
      return { names, serverSeconds, trueAt: trueAt(content) };
    },
    { subject: shownUrl(url), retries: fetch.retries, signal, timing },
  );
}

/** `Date` is when the answer was made, whatever its `Age`. */
function trueAt({ header }: RemoteContent): number | undefined {
  const made = Date.parse(header("date") ?? "") / 1000;
  if (Number.isNaN(made)) return undefined;
  return header("x-pulp-cache")?.toUpperCase() === "HIT" ? made - longestKeptSeconds : made;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new RequestError("SOURCE_BAD_DATA", "is not UTF-8 text", { cause });
  }
}
