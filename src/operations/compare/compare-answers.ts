import type { ServerAnswer } from "../../sources/http-answer.ts";

/** What of an answer is compared: what a client acts on. */
export interface ComparedAnswer {
  readonly status: number;
  /** Of a redirect, `./…` where it leads below the server's own base path. */
  readonly location: string | undefined;
  /** Of a 2xx alone, as everything below: pages about an error or a redirect are for people. */
  readonly contentType: string | undefined;
  readonly contentLength: string | undefined;
  readonly sha256: string | undefined;
  readonly sizeBytes: number | undefined;
}

/** In the order in which they are told. */
export const comparedFields = ["status", "location", "body", "content-type", "content-length"] as const;
export type ComparedField = (typeof comparedFields)[number];

/** `target` is what was asked for, `base` the server's own base path with a slash at its end. */
export function comparedAnswer(answer: ServerAnswer, base: URL, target: string): ComparedAnswer {
  const { status, header } = answer;
  const isContent = status >= 200 && status < 300;
  const location = header("location");
  return {
    status,
    location: isRedirect(status) && location !== undefined ? ownLocation(location, base, target) : undefined,
    contentType: isContent ? header("content-type") : undefined,
    contentLength: isContent ? header("content-length") : undefined,
    sha256: isContent ? answer.sha256 : undefined,
    sizeBytes: isContent ? answer.sizeBytes : undefined,
  };
}

/** Where two answers differ. Of answers with different statuses only those of one kind are compared further: between a redirect and a 404 there is nothing more to say. */
export function differingFields(a: ComparedAnswer, b: ComparedAnswer): readonly ComparedField[] {
  const isSameBody = a.sha256 === b.sha256;
  const differs: Readonly<Record<ComparedField, boolean>> = {
    status: a.status !== b.status,
    location: isRedirect(a.status) && isRedirect(b.status) && a.location !== b.location,
    body: areContent(a, b) && !isSameBody,
    "content-type": areContent(a, b) && a.contentType !== b.contentType,
    // Other bytes have another length: that is no second difference.
    "content-length": areContent(a, b) && isSameBody && a.contentLength !== b.contentLength,
  };
  return comparedFields.filter((field) => differs[field]);
}

function areContent(a: ComparedAnswer, b: ComparedAnswer): boolean {
  return a.sha256 !== undefined && b.sha256 !== undefined;
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400 && status !== 304;
}

/** Byte for byte as it came, but for the server's own origin and base path, in which two servers may differ. */
function ownLocation(location: string, base: URL, target: string): string {
  const path = pathOf(location, base, target);
  return path.startsWith(base.pathname) ? `./${path.slice(base.pathname.length)}` : path;
}

function pathOf(location: string, base: URL, target: string): string {
  if (location.startsWith(`${base.origin}/`)) return location.slice(base.origin.length);
  if (/^(?:[a-z][a-z0-9+.-]*:|\/)/i.test(location)) return location;
  // `name/`, as some servers redirect to a directory.
  const [asked = ""] = target.split("?");
  return `${asked.slice(0, asked.lastIndexOf("/") + 1)}${location}`;
}
