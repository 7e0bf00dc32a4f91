/** `64 MiB`, `500kB`, or digits alone for bytes. */
export const byteSizePattern: RegExp = /^\d{1,12} ?(?:B|KiB|MiB|GiB|kB|MB|GB)?$/;

/** Bytes in a size as people write it: a text that fits `byteSizePattern`, or bytes as a number. */
export function byteSize(written: string | number): number {
  if (typeof written === "number") return written;
  return Number.parseInt(written, 10) * (bytesPer.get(written.replace(/^\d+ ?/, "")) ?? 1);
}

const bytesPer: ReadonlyMap<string, number> = new Map([
  ["kB", 1e3],
  ["MB", 1e6],
  ["GB", 1e9],
  ["KiB", 1024],
  ["MiB", 1024 ** 2],
  ["GiB", 1024 ** 3],
]);
