import type { ChangeCounts } from "../../model/difference.ts";

/** `3 files, 3072 bytes` */
export function contentText(files: number, bytes: number): string {
  return `${files} ${files === 1 ? "file" : "files"}, ${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
}

/** `+3 -0 ~1`: added, removed, changed. */
export function countsText({ added, removed, changed }: ChangeCounts): string {
  return `+${added} -${removed} ~${changed}`;
}
