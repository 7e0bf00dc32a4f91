/** `90s`, `30m`, `1h`, `3d`, `2w`, or digits alone for seconds. */
export const durationPattern: RegExp = /^\d{1,9}[smhdw]?$/;

/** Seconds in a duration as people write it: a text that fits `durationPattern`, or seconds as a number. */
export function durationSeconds(written: string | number): number {
  if (typeof written === "number") return written;
  return Number.parseInt(written, 10) * (secondsPer.get(written.at(-1) ?? "") ?? 1);
}

const secondsPer: ReadonlyMap<string, number> = new Map([
  ["s", 1],
  ["m", 60],
  ["h", 3600],
  ["d", 86_400],
  ["w", 604_800],
]);
