import { parseTimestamp, secondsOf } from "../../src/model/timestamp.ts";
import { aPulp } from "../helpers/pulp-stand-in.ts";
import type { PulpStandIn, StandInOptions } from "../helpers/pulp-stand-in.ts";
import { aMirror } from "./mirror.ts";
import type { Mirror, MirrorSettings } from "./mirror.ts";

export interface PulpMirror {
  readonly pulp: PulpStandIn;
  readonly mirror: Mirror;
  /** The remote's settings, to which others may be added. */
  readonly remote: object;
  /** Sets the clocks of both. */
  at(text: string): void;
}

/** Times of publications, and the checkpoints' names. */
export const t1 = "2025-01-30T20:30:00.123456Z";
export const t2 = "2025-01-30T20:50:00.654321Z";
export const t3 = "2025-01-30T21:10:00Z";
export const t4 = "2025-01-30T21:30:00.5Z";
export const c1 = "20250130T203000Z";
export const c2 = "20250130T205000Z";
export const c3 = "20250130T211000Z";
export const c4 = "20250130T213000Z";

/** A Pulp server with the checkpoints that a test makes, and a mirror of it at 22:00 of that day. */
export async function aPulpMirror(
  settings: MirrorSettings & { readonly server?: StandInOptions; readonly withApi?: boolean } = {},
): Promise<PulpMirror> {
  const { server, withApi = true, ...others } = settings;
  const pulp = await aPulp(server);
  const remote = {
    type: "pulp",
    url: pulp.url,
    mode: undefined,
    ...(withApi ? { api: pulp.api } : {}),
    ...others.remote,
  };
  const mirror = aMirror({ ...others, remote });
  const at = (text: string): void => {
    const seconds = secondsOf(parseTimestamp(text) ?? failed(text));
    pulp.setNow(seconds);
    mirror.setClock(seconds);
  };
  at("20250130T220000Z");
  return { pulp, mirror, remote, at };
}

function failed(text: string): never {
  throw new Error(`${text} is no timestamp`);
}
