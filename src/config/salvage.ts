import type { PathKey } from "./fault.ts";

/**
 * A copy of `value` without what stands at `paths`, so that the rest can be checked further and a person sees all faults at once. Where nothing stands
 * at a path (something is missing), the nearest thing around it goes. Undefined when nothing would be left.
 */
export function withoutPaths(value: unknown, paths: readonly (readonly PathKey[])[]): unknown {
  const copy: unknown = structuredClone(value);
  // All are looked up before the first goes: two things missing in one mapping must not take what is around it as well.
  const places = paths.map((path) => nearestTo(copy, path));
  for (const place of places) {
    if (place === undefined) return undefined;
    Reflect.deleteProperty(place.holder, place.key);
  }
  return copy;
}

function nearestTo(root: unknown, path: readonly PathKey[]): { holder: object; key: PathKey } | undefined {
  let nearest: { holder: object; key: PathKey } | undefined;
  let inside = root;
  for (const key of path) {
    if (typeof inside !== "object" || inside === null || !Object.hasOwn(inside, key)) break;
    nearest = { holder: inside, key };
    inside = Object.getOwnPropertyDescriptor(inside, key)?.value;
  }
  return nearest;
}

/** Keys that mean something to JavaScript itself. No configuration needs them, and none may get as far as an object of ours. */
export function reservedKeys(value: unknown): readonly (readonly PathKey[])[] {
  const found: (readonly PathKey[])[] = [];
  // Aliases of YAML can make a circle.
  const seen = new Set<object>();
  const pending: { readonly at: readonly PathKey[]; readonly inside: unknown }[] = [{ at: [], inside: value }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { at, inside } = next;
    if (typeof inside !== "object" || inside === null || seen.has(inside)) continue;
    seen.add(inside);
    const isList = Array.isArray(inside);
    for (const [key, child] of Object.entries(inside)) {
      const path = [...at, isList ? Number(key) : key];
      if (!isList && ["__proto__", "constructor", "prototype"].includes(key)) found.push(path);
      else pending.push({ at: path, inside: child });
    }
  }
  return found;
}
