import { timestampFromSeconds, parseTimestamp } from "./timestamp.ts";
import type { Timestamp } from "./timestamp.ts";

/**
 * A moment as people write it: `20250318T140338Z`, `20250318`, `2025-03-18`, `2025-03-18T14:03:38Z`, `@1742306618`, `latest`.
 * A date alone is its first second, UTC. Undefined for anything else.
 */
export function parseInstant(text: string): Timestamp | "latest" | undefined {
  if (text === "latest") return "latest";
  const epoch = /^@(\d{1,12})$/.exec(text);
  if (epoch !== null) return timestampOrUndefined(Number(epoch[1]));
  const date = /^(\d{4})-?(\d{2})-?(\d{2})$/.exec(text);
  if (date !== null) return parseTimestamp(`${date[1]}${date[2]}${date[3]}T000000Z`);
  const iso = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})Z$/.exec(text);
  if (iso !== null) return parseTimestamp(`${iso[1]}${iso[2]}${iso[3]}T${iso[4]}${iso[5]}${iso[6]}Z`);
  return parseTimestamp(text);
}

function timestampOrUndefined(seconds: number): Timestamp | undefined {
  try {
    return timestampFromSeconds(seconds);
  } catch {
    return undefined;
  }
}
