/** What is dealt out to files, in ascending order of keys. By number, and not an object each: there may be hundreds of thousands. */
export interface KeyedList {
  readonly count: number;
  /** Begins with the bytes of the key, a character each. */
  key(index: number): string;
  /** How many bits of that count. */
  bits(index: number): number;
  /** What it takes of a file. */
  weight(index: number): number;
}

/** Neighbours whose keys begin with the same bits. */
export interface Cut {
  /** The bits, as digits. */
  readonly prefix: string;
  readonly from: number;
  readonly until: number;
  readonly weight: number;
}

/** File names have an end, and the key of a file is in its name. */
const mostBits = 8 * 76;

/**
 * Cuts what is in ascending order of keys and begins with `prefix` by the next bit, again and again, until each piece weighs no more than `most`: a piece depends on nothing but what is in it and that it does not
 * fit together with its other half, so that it comes out the same however what is there came there. What no bit tells apart stays together.
 */
export function cutByBits(prefix: string, list: KeyedList, most: number): Cut[] {
  const sums = new Float64Array(list.count + 1);
  for (let index = 0; index < list.count; index++) sums[index + 1] = (sums[index] ?? 0) + list.weight(index);
  const cuts: Cut[] = [];
  cut(prefix, 0, list.count);
  return cuts;

  function cut(here: string, from: number, until: number): void {
    if (from === until) return;
    const weight = (sums[until] ?? 0) - (sums[from] ?? 0);
    if (weight <= most) {
      cuts.push({ prefix: here, from, until, weight });
      return;
    }
    const first = list.key(from);
    const end = Math.min(list.bits(from), mostBits);
    const common = commonBits(first, list.key(until - 1), end);
    const prefixes = digits(first, common);
    if (common === end) {
      cuts.push({ prefix: prefixes, from, until, weight });
      return;
    }
    let middle = from + 1;
    while (bitAt(list.key(middle), common) === 0) middle += 1;
    cut(`${prefixes}0`, from, middle);
    cut(`${prefixes}1`, middle, until);
  }
}

/** The first bits of a key, as digits. */
export function digits(key: string, count: number = 8 * key.length): string {
  let all = "";
  for (let byte = 0; 8 * byte < count; byte++) all += digitsOfByte[key.charCodeAt(byte)] ?? "";
  return all.slice(0, count);
}

const digitsOfByte: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(2).padStart(8, "0"));

/** The bytes that digits are, the last one filled up with zeros. */
export function bytesOf(prefix: string): string {
  let bytes = "";
  for (let from = 0; from < prefix.length; from += 8) {
    let byte = 0;
    for (let index = from; index < from + 8; index++) byte = 2 * byte + (prefix[index] === "1" ? 1 : 0);
    bytes += String.fromCharCode(byte);
  }
  return bytes;
}

function commonBits(a: string, b: string, end: number): number {
  let byte = 0;
  while (byte < end >> 3 && a.charCodeAt(byte) === b.charCodeAt(byte)) byte += 1;
  let bit = 8 * byte;
  while (bit < end && bitAt(a, bit) === bitAt(b, bit)) bit += 1;
  return bit;
}

function bitAt(key: string, index: number): number {
  return (key.charCodeAt(index >> 3) >> (7 - (index & 7))) & 1;
}
