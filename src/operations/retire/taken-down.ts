import type { Digest } from "../../model/digest.ts";
import type { Store } from "../../store/open-store.ts";

/** Every content that was taken down, whichever repository's log says so: it must not come back through another one. */
export function takenDownDigests(store: Pick<Store, "repository" | "repositoryNames">): ReadonlySet<Digest> {
  const names = store.repositoryNames();
  return new Set(names.flatMap((name) => [...(store.repository(name)?.history.takenDown.keys() ?? [])]));
}
