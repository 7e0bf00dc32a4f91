/** Numbers from 0 up to 1. */
export type Random = () => number;

/** The same numbers for the same seed (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** `count` of `items` in their order, the first and the last always among them; all where there are no more. */
export function sample<Item>(items: readonly Item[], count: number, random: Random): readonly Item[] {
  if (items.length <= count) return items;
  const places = new Set([0, items.length - 1].slice(0, count));
  while (places.size < count) places.add(Math.floor(random() * items.length));
  return [...places].toSorted((a, b) => a - b).flatMap((place) => items.slice(place, place + 1));
}
