import type { Change } from "../../src/model/difference.ts";
import { parseDigest } from "../../src/model/digest.ts";
import type { Digest } from "../../src/model/digest.ts";
import type { ChangesView, LookUpView } from "../../src/pages/views.ts";
import { time } from "./example-views.ts";

export function digestOf(digit: string): Digest {
  const digest = parseDigest(digit.repeat(64));
  if (digest === undefined) throw new Error(`no digit: ${digit}`);
  return digest;
}

export function added(path: string, more: Partial<Change> = {}): Change {
  return { kind: "added", path, digest: digestOf("a"), sizeBytes: 1536, since: time("20250130T205000Z"), ...more };
}

const before = { digest: digestOf("b"), sizeBytes: 1 };

export const changesView: ChangesView = {
  siteTitle: "Example mirror",
  assets: "/_asof/assets/",
  heading: "/checkpoints/myfile/",
  from: time("20250130T203000Z"),
  to: time("20250130T205000Z"),
  counts: { added: 23, removed: 1, changed: 1 },
  part: 2,
  parts: 3,
  changes: [
    added("R&D <draft>.txt"),
    { ...added("old/1.iso", { since: time("20250130T203000Z") }), kind: "removed" },
    ...Array.from({ length: 21 }, (_, index) => added(`pool/${String(index).padStart(2, "0")}.deb`)),
    { ...added("tools/a#b?c=100%.sh"), kind: "changed", was: before },
    added("tools/leaked", { digest: digestOf("c") }),
  ],
  isTakenDown: (digest) => digest === digestOf("c"),
};

export const compareView: LookUpView = {
  siteTitle: "Example mirror",
  assets: "/_asof/assets/",
  heading: "/checkpoints/myfile/",
  repository: "myfile",
  isTold: true,
};
