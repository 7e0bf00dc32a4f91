import { addressBelow } from "./kit-context.ts";
import type { KitContext } from "./kit-context.ts";
import { kitFile, leftOutLines, printableDirectory, printableItems } from "./kit-part.ts";
import type { KitPart } from "./kit-part.ts";
import { kitText } from "./printable.ts";

/** The registry whose package documents are those of the checkpoint. Where tarballs are stands in these documents, with the digests that npm checks. */
export function npmPart(context: KitContext, directories: readonly string[]): KitPart {
  const { id, newest, checkpoint, snapshot } = context;
  const { kept, leftOut } = printableItems(directories, printableDirectory);
  const [first, ...others] = kept;
  const file = kitFile("npmrc", [
    kitText`# ${id} as it was at ${newest}. Save as .npmrc in your project or your home directory.`,
    "# Tarballs come from where the package documents say; npm checks them against the digests there.",
    ...leftOutLines(leftOut),
    ...(first === undefined ? [] : [kitText`registry=${addressBelow(checkpoint, ...first, "/")}`]),
    ...others.map((directory) => kitText`# or: registry=${addressBelow(checkpoint, ...directory, "/")}`),
  ]);
  return {
    title: "npm (JavaScript)",
    files: first === undefined ? [] : [file],
    leftOut,
    image: first === undefined ? [] : [kitText`ENV npm_config_registry=${addressBelow(snapshot, ...first, "/")}`],
  };
}
