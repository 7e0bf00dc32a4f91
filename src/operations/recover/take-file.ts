import { lstatSync } from "node:fs";

import type { Digest } from "../../model/digest.ts";
import type { Transaction } from "../../store/transaction.ts";
import type { Workspace } from "../workspace.ts";

/** Takes a file of the site into the pool, hashing every byte. Answers whether it is there and is the content that is wanted. */
export async function takeFile(
  { config }: Pick<Workspace, "config">,
  transaction: Transaction,
  file: string,
  { digest, bytes }: { readonly digest: Digest; readonly bytes: number },
): Promise<boolean> {
  if (lstatSync(file, { throwIfNoEntry: false })?.isFile() !== true) return false;
  // Every other empty file is a copy of its own.
  const link = config.layout !== "copies" && bytes > 0;
  return (await transaction.putFile(file, { link })).digest === digest;
}
