import { expect } from "vitest";
import { Failure } from "../../src/failure.ts";
import type { FetchSettings } from "../../src/model/config.ts";
import { openManifestUrl } from "../../src/sources/manifest-url.ts";
import type { ContentSink, Source, SourceEntry } from "../../src/sources/source.ts";
import { startOrigin } from "./origin-server.ts";
import type { OriginServer, Reply } from "./origin-server.ts";
import { openTempSink } from "./temp-sink.ts";
import type { TempSink } from "./temp-sink.ts";

/** An origin, a pool, and manifest sources that wait for nothing between two tries. */
export interface ManifestWorld {
  readonly origin: OriginServer;
  readonly sink: TempSink;
  /** The waits asked for so far, in milliseconds; chance is at its upper end. */
  readonly waits: readonly number[];
  readonly openSource: (url: string, settings?: SourceSettings) => Source;
  /** Lists, fetches everything into the sink (or another), confirms. */
  readonly sync: (source: Source, into?: ContentSink) => Promise<readonly SourceEntry[]>;
  /** Publishes one file `/r/a` of 1,000 bytes whose requests get `replies`, and syncs it. */
  readonly syncOne: (replies: readonly [Reply, ...Reply[]], settings?: SourceSettings) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

export type SourceSettings = Partial<FetchSettings> & { readonly mode?: "additive" | "mirror" };

/** The content of `/r/a`. */
export const thousandBytes: string = "0123456789".repeat(100);

export async function openManifestWorld(): Promise<ManifestWorld> {
  const origin = await startOrigin();
  const sink = await openTempSink();
  const waits: number[] = [];

  function openSource(url: string, { mode = "additive", ...fetch }: SourceSettings = {}): Source {
    return openManifestUrl(
      { type: "file", url, mode },
      { concurrency: 4, retries: 3, timeoutSeconds: 20, maxManifestBytes: 1 << 20, ...fetch },
      { environment: {}, timing: { random: () => 1, wait: async (ms) => void waits.push(ms) } },
    );
  }

  async function sync(source: Source, into: ContentSink = sink): Promise<readonly SourceEntry[]> {
    const { entries } = await source.list(noAbort());
    const stored = await source.fetch(entries, into, { signal: noAbort() });
    expect([...stored.keys()].toSorted()).toEqual(entries.map(({ path }) => path).toSorted());
    expect(await source.confirm(noAbort())).toBe("settled");
    return entries;
  }

  return {
    origin,
    sink,
    waits,
    openSource,
    sync,
    syncOne(replies, settings) {
      origin.publish("/r/", { a: thousandBytes });
      origin.answer("/r/a", ...replies);
      return sync(openSource(`${origin.url}/r/PULP_MANIFEST`, settings));
    },
    async close() {
      await origin.close();
      await sink.remove();
    },
  };
}

export function noAbort(): AbortSignal {
  return new AbortController().signal;
}

/** The `Failure` in which `work` ends; anything else is a failed test. */
export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("there was no failure");
}
