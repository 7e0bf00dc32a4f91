import { z } from "zod";

import { Failure } from "../../failure.ts";
import { logPieceName } from "../../model/log-piece.ts";
import { isTimestamp } from "../../model/timestamp.ts";
import type { Timestamp } from "../../model/timestamp.ts";
import type { MirrorClient } from "./mirror-client.ts";
import { parseJson } from "./read-json.ts";

/** A checkpoint's own address means that checkpoint. */
export function placeOf(
  url: URL,
  at: Timestamp | undefined,
): { readonly url: URL; readonly at: Timestamp | undefined } {
  const [, parent = "", name = ""] = /^(.*\/)([^/]+)\/$/.exec(url.pathname) ?? [];
  if (at !== undefined || !isTimestamp(name)) return { url, at };
  const base = new URL(url.href);
  base.pathname = parent;
  return { url: base, at: name };
}

const mostJsonBytes = 64 * 1_048_576;

/** A base path has checkpoints.json, a site has site.json that names its base paths. */
export async function findBases(client: MirrorClient, url: URL): Promise<readonly URL[]> {
  if (Buffer.isBuffer(await client.text(client.url(url, "checkpoints.json"), mostJsonBytes))) return [url];
  const text = await client.text(client.url(url, "site.json"), mostJsonBytes);
  const site = Buffer.isBuffer(text) ? siteJson.safeParse(parseJson(text)) : undefined;
  const bases = (site?.data?.distributions ?? []).filter(({ checkpoint, listed }) => checkpoint && listed);
  if (bases.length > 0) return bases.map(({ base_path: base }) => new URL(`${client.url(url, base).href}/`));
  throw new Failure("SOURCE_REFUSED", `${url.href} has no checkpoints.json, and no site.json that names checkpoints`, {
    hint: "give the address of a site made by asof, or of one of its base paths",
  });
}

/** The base path that an address means. Throws USAGE for a site with several. */
export async function onlyBase(client: MirrorClient, url: URL): Promise<URL> {
  const bases = await findBases(client, url);
  const [base] = bases;
  if (base !== undefined && bases.length === 1) return base;
  throw new Failure("USAGE", `${url.href} serves several base paths`, {
    hint: `name one: ${bases.map(({ href }) => href).join(", ")}`,
  });
}

/** How long its log is, as a base path says itself: no lines, and "" as their head, where nothing was ever recorded. */
export interface AnnouncedLog {
  readonly length: number;
  readonly head: string;
}

export async function readAnnouncedLog(client: MirrorClient, base: URL): Promise<AnnouncedLog | undefined> {
  const text = await client.text(client.url(base, "checkpoints.json"), mostJsonBytes);
  const parsed = Buffer.isBuffer(text) ? announcedLog.safeParse(parseJson(text)) : undefined;
  return parsed?.data?.log;
}

/** Whether a log is published, whatever is in it. */
export async function hasLog(client: MirrorClient, base: URL): Promise<boolean> {
  return Buffer.isBuffer(await client.text(client.url(base, `_asof/log/${logPieceName(0)}`), mostJsonBytes));
}

const siteJson = z.object({
  distributions: z.array(z.object({ base_path: z.string(), checkpoint: z.boolean(), listed: z.boolean() })),
});
const announcedLog = z.object({ log: z.object({ length: z.int().nonnegative(), head: z.string().max(64) }) });
