import { addressBelow } from "./kit-context.ts";
import type { KitContext } from "./kit-context.ts";
import { kitFile, leftOutLines, printableDirectory, printableItems } from "./kit-part.ts";
import type { KitPart } from "./kit-part.ts";
import { kitText } from "./printable.ts";

/** One index: pip takes the best version of all that it is given, so a second one is for the user to choose. */
export function pipPart(context: KitContext, directories: readonly string[]): KitPart {
  const { id, newest, checkpoint, snapshot } = context;
  const { kept, leftOut } = printableItems(directories, printableDirectory);
  const [first, ...others] = kept;
  const file = kitFile("pip.conf", [
    kitText`# ${id} as it was at ${newest}. Save as pip.conf, and name it in PIP_CONFIG_FILE or put it where pip config debug says.`,
    ...leftOutLines(leftOut),
    "[global]",
    ...(first === undefined ? [] : [kitText`index-url = ${addressBelow(checkpoint, ...first, "/")}`]),
    ...others.map((directory) => kitText`# or: index-url = ${addressBelow(checkpoint, ...directory, "/")}`),
  ]);
  return {
    title: "pip (Python)",
    files: first === undefined ? [] : [file],
    leftOut,
    image: first === undefined ? [] : [kitText`ENV PIP_INDEX_URL=${addressBelow(snapshot, ...first, "/")}`],
  };
}
