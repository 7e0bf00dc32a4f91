/**
 * A size as Jinja's `filesizeformat` writes it, and so Pulp's listings: decimal, one digit after the point, `1 Byte`, `999 Bytes`, `1.5 kB`, and
 * `1000.0 kB` for 999,950 to 999,999. `sizeBytes` is a whole number of bytes, zero or more.
 */
export function formatSize(sizeBytes: number): string {
  if (sizeBytes === 1) return "1 Byte";
  if (sizeBytes < 1000) return `${sizeBytes} Bytes`;
  const scale = scales.find(({ below }) => sizeBytes < below) ?? largest;
  return `${toOneDigit((1000 * sizeBytes) / scale.below)} ${scale.unit}`;
}

const largest = { below: 1e18, unit: "PB" };

/** No JavaScript number counts bytes exactly beyond 9 PB. */
const scales = [
  { below: 1e6, unit: "kB" },
  { below: 1e9, unit: "MB" },
  { below: 1e12, unit: "GB" },
  { below: 1e15, unit: "TB" },
  largest,
] as const;

/** Python rounds a tie to the even digit, `toFixed` upwards. A tie can only be x.25 or x.75: no other x.x5 is exact in binary. */
function toOneDigit(value: number): string {
  return value % 1 === 0.25 ? `${Math.floor(value)}.2` : value.toFixed(1);
}
