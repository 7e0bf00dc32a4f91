import type { z } from "zod";

import { Failure } from "../../failure.ts";
import type { MirrorClient } from "./mirror-client.ts";

/** A JSON document of a mirror, of the shape that asof writes. Throws a SOURCE_ failure where it is not there or is another one. */
export async function readJson<Shape extends z.ZodType>(
  client: MirrorClient,
  base: URL,
  path: string,
  { shape, mostBytes }: { readonly shape: Shape; readonly mostBytes: number },
): Promise<z.infer<Shape>> {
  const text = await client.text(client.url(base, path), mostBytes);
  if (!Buffer.isBuffer(text)) {
    throw new Failure("SOURCE_REFUSED", `there is no ${path} below ${base.href} (the server answered ${text.status})`);
  }
  const parsed = shape.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue?.path.join(".") ?? "";
  throw new Failure("SOURCE_BAD_DATA", `${base.href}${path} is not as asof writes it: ${place}`);
}

/** Undefined for what is no JSON. */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}
