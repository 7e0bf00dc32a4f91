import { lstatSync, statSync } from "node:fs";
import type { Stats } from "node:fs";

import type { Digest } from "../../model/digest.ts";
import type { Transaction } from "../../store/transaction.ts";
import type { Workspace } from "../workspace.ts";

/** Takes a file of the site into the pool, hashing every byte. Answers whether it is there and is the content that is wanted. */
export async function takeFile(
  workspace: Pick<Workspace, "config" | "store">,
  transaction: Transaction,
  file: string,
  { digest, bytes }: { readonly digest: Digest; readonly bytes: number },
): Promise<boolean> {
  const there = lstatSync(file, { throwIfNoEntry: false });
  if (there?.isFile() !== true) return false;
  // Every other empty file is a copy of its own.
  const link = workspace.config.layout !== "copies" && bytes > 0 && isAsLeft(workspace, there);
  return (await transaction.putFile(file, { link })).digest === digest;
}

/** Whether a file of the site is as asof leaves its own, so that the pool may have it: nobody else can write it, nor let others write it. */
export function isAsLeft({ store }: Pick<Workspace, "store">, there: Stats): boolean {
  const isOurs = there.uid === process.geteuid?.() || there.uid === statSync(store.layout.root).uid;
  return there.isFile() && (there.mode & 0o7777) === 0o444 && isOurs;
}
