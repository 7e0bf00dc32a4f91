import { parseDigest } from "../../model/digest.ts";
import type { ListedContent } from "../listed-content.ts";
import { attributesOf, elementIn } from "./xml.ts";

/** One file of repodata/, as repomd.xml lists it. */
export interface RepomdFile {
  /** `primary`, `filelists`, `other`, and what else there is. */
  readonly type: string;
  /** Relative to the repository, `repodata/…` as a rule. Not to be trusted as a path. */
  readonly href: string;
  /** Undefined where its digest is no SHA-256. */
  readonly content: ListedContent | undefined;
}

/** The files that a repomd.xml names. Nothing in a text that is none. */
export function parseRepomd(xml: string): readonly RepomdFile[] {
  return xml
    .split(/<(?:[\w-]+:)?data(?=[\s>])/)
    .slice(1)
    .flatMap((data) => {
      const type = attributesOf(data.slice(0, Math.max(0, data.slice(0, 8192).indexOf(">")))).get("type") ?? "";
      const location = elementIn(data, "location");
      const href = location === undefined ? undefined : attributesOf(location.head).get("href");
      return href === undefined ? [] : [{ type, href, content: contentIn(data, elementIn(data, "size")?.text) }];
    });
}

/** The SHA-256 and size that an element of rpm's metadata states. */
export function contentIn(xml: string, size: string | undefined): ListedContent | undefined {
  const checksum = elementIn(xml, "checksum");
  if (checksum === undefined || attributesOf(checksum.head).get("type") !== "sha256") return undefined;
  const digest = parseDigest(checksum.text.trim().toLowerCase());
  if (digest === undefined) return undefined;
  return { digest, sizeBytes: size !== undefined && /^\d{1,15}$/.test(size) ? Number(size) : undefined };
}
