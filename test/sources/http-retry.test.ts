import { describe, expect, it } from "vitest";
import { Failure } from "../../src/failure.ts";
import { RequestError } from "../../src/sources/http-error.ts";
import { realTiming, withRetries } from "../../src/sources/http-retry.ts";
import { ContentMismatch } from "../../src/sources/source.ts";

const broken = new RequestError("SOURCE_UNREACHABLE", "broken", { transient: true });

/** The waits, in milliseconds, before an attempt that always fails with `error` is given up. */
async function waitsFor(error: Error, retries: number, random = 1): Promise<readonly number[]> {
  const waits: number[] = [];
  const timing = { random: () => random, wait: async (ms: number) => void waits.push(ms) };
  await expect(
    withRetries(failing(error), { subject: "x", retries, signal: new AbortController().signal, timing }),
  ).rejects.toBeInstanceOf(Error);
  return waits;
}

function failing(error: Error): () => Promise<never> {
  return async () => {
    throw error;
  };
}

function asked(retryAfterSeconds: number): RequestError {
  return new RequestError("SOURCE_REFUSED", "busy", { transient: true, retryAfterSeconds });
}

describe("trying again", () => {
  it("waits twice as long each time, up to a minute, with up to half of it left to chance", async () => {
    expect(await waitsFor(broken, 8)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    expect(await waitsFor(broken, 2, 0)).toEqual([500, 1000]);
  });

  it("waits as long as the server asks, up to two minutes", async () => {
    expect(await waitsFor(asked(7), 1)).toEqual([7000]);
    expect(await waitsFor(asked(0), 1)).toEqual([1000]);
    expect(await waitsFor(asked(1e6), 1)).toEqual([120_000]);
  });

  it("is done after wrong content, and not after errors that stay or are not the source's", async () => {
    expect(await waitsFor(new ContentMismatch("wrong"), 1)).toEqual([1000]);
    expect(await waitsFor(new RequestError("SOURCE_REFUSED", "404"), 3)).toEqual([]);
    expect(await waitsFor(new Error("disk full"), 3)).toEqual([]);
    expect(await waitsFor(broken, 0)).toEqual([]);
  });

  it("ends in a failure that names thing, reason and number of tries; other errors pass as they are", async () => {
    const options = {
      subject: "http://x/y",
      retries: 1,
      signal: new AbortController().signal,
      timing: { random: () => 0, wait: () => Promise.resolve() },
    };
    const failure = await withRetries(failing(broken), options).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toMatchObject({
      code: "SOURCE_UNREACHABLE",
      message: "http://x/y: broken (2 tries)",
      cause: broken,
    });
    const full = new Error("disk full");
    await expect(withRetries(failing(full), options)).rejects.toBe(full);
  });

  it("stops waiting at once when aborted, with the signal's reason", async () => {
    const stop = new AbortController();
    const reason = new Error("interrupted");
    const waiting = withRetries(failing(broken), {
      subject: "x",
      retries: 3,
      signal: stop.signal,
      timing: {
        random: () => 1,
        wait(_ms, signal) {
          const wait = realTiming.wait(1e6, signal);
          stop.abort(reason);
          return wait;
        },
      },
    });
    await expect(waiting).rejects.toBe(reason);
  });
});
