import { createHash } from "node:crypto";
import { renameSync } from "node:fs";
import { mkdtemp, open, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDigest } from "../../src/model/digest.ts";
import { ContentMismatch } from "../../src/sources/source.ts";
import type { ContentSink } from "../../src/sources/source.ts";

/** A pool in a temporary directory: files named by their digest. */
export interface TempSink extends ContentSink {
  readonly directory: string;
  /** Digests of what was stored, and names of anything unfinished. */
  readonly stored: () => Promise<readonly string[]>;
  /** Contents that were put, or begun to be. */
  readonly puts: () => number;
  readonly remove: () => Promise<void>;
}

export async function openTempSink(): Promise<TempSink> {
  const directory = await mkdtemp(join(tmpdir(), "asof-sink-"));
  const folder = await mkdtemp(join(tmpdir(), "asof-sink-new-"));
  let puts = 0;
  return {
    directory,
    stored: async () => {
      const begun = await readdir(folder, { recursive: true, withFileTypes: true });
      const unfinished = begun.filter((one) => one.isFile()).map(({ name }) => `unfinished-${name}`);
      return [...(await readdir(directory)), ...unfinished].toSorted();
    },
    puts: () => puts,
    place: () => {
      puts += 1;
      return { folder, file: join(directory, `unfinished-${puts}`) };
    },
    take: (file, { digest }) => {
      renameSync(file, join(directory, digest));
      return "taken";
    },
    remove: async () => {
      for (const one of [directory, folder]) await rm(one, { recursive: true, force: true });
    },
    async put(content, expected = {}) {
      puts += 1;
      const temporary = join(directory, `unfinished-${puts}`);
      const file = await open(temporary, "wx");
      const hash = createHash("sha256");
      let sizeBytes = 0;
      try {
        for await (const chunk of content instanceof Uint8Array ? [content] : content) {
          sizeBytes += chunk.length;
          if (expected.sizeBytes !== undefined && sizeBytes > expected.sizeBytes) {
            throw new ContentMismatch(`expected ${expected.sizeBytes} bytes, got more`);
          }
          hash.update(chunk);
          await file.write(chunk);
        }
        if (expected.sizeBytes !== undefined && sizeBytes !== expected.sizeBytes) {
          throw new ContentMismatch(`expected ${expected.sizeBytes} bytes, got ${sizeBytes}`);
        }
        const digest = parseDigest(hash.digest("hex"));
        if (digest === undefined) throw new Error("not a digest");
        if (expected.digest !== undefined && digest !== expected.digest) {
          throw new ContentMismatch(`expected SHA-256 ${expected.digest}, got ${digest}`);
        }
        await rename(temporary, join(directory, digest));
        return { digest, sizeBytes };
      } catch (error) {
        await rm(temporary);
        throw error;
      } finally {
        await file.close();
      }
    },
  };
}
