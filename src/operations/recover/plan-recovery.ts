import { Failure } from "../../failure.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import { readSiteRecord } from "../build/site-record.ts";
import type { Workspace } from "../workspace.ts";

/** A repository of which the site knows what the state does not. */
export interface LostRepository {
  readonly name: string;
  /** Lines of its log that the state has, and that the site was built from. */
  readonly known: number;
  readonly recorded: number;
  /** Digest of the last line that the site was built from. */
  readonly head: string;
  /** Up to this second the site's answers may be in caches for ever. */
  readonly siteHorizon: Timestamp | undefined;
  /** Whether the state's log may be the beginning of the site's. Only the lines themselves tell for sure. */
  readonly isOlder: boolean;
}

/** Repositories whose history in the state is not the one that the site was built from. Throws USAGE when there are none: then there is nothing to recover. */
export function lostRepositories({ config, store }: Workspace): readonly LostRepository[] {
  const lost = (readSiteRecord(config.publicDir)?.repositories ?? []).flatMap(({ name, log, horizon }) => {
    const digests = store.repository(name)?.log.digests ?? [];
    if (log.length === 0 || digests[log.length - 1] === log.head) return [];
    const isOlder = digests.length < log.length;
    return [
      {
        name,
        known: digests.length,
        recorded: log.length,
        head: log.head,
        siteHorizon: horizon ?? undefined,
        isOlder,
      },
    ];
  });
  if (lost.length > 0) return lost;
  throw new Failure("USAGE", "there is nothing to recover: the state knows everything that the site was built from", {
    hint: "asof verify looks for damage",
  });
}
