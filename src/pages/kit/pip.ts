import { addressBelow } from "./kit-context.ts";
import type { KitContext } from "./kit-context.ts";
import { kitFile, leftOutLines, printableDirectory, printableItems } from "./kit-part.ts";
import type { KitPart } from "./kit-part.ts";
import { kitText } from "./printable.ts";

/** One index: pip takes the best version of all that it is given, so a second one is for the user to choose. */
export function pipPart(context: KitContext, directories: readonly string[]): KitPart {
  const { id, newest, checkpoint, snapshot, site } = context;
  const { kept, leftOut } = printableItems(directories, printableDirectory);
  const [first, ...others] = kept;
  const httpLines = site.startsWith("http:") ? overHttp : [];
  const file = kitFile("pip.conf", [
    kitText`# ${id} as it was at ${newest}. Save as pip.conf, and name it in PIP_CONFIG_FILE or put it where pip config debug says.`,
    ...leftOutLines(leftOut),
    ...httpLines,
    "[global]",
    ...(first === undefined ? [] : [kitText`index-url = ${addressBelow(checkpoint, ...first, "/")}`]),
    ...others.map((directory) => kitText`# or: index-url = ${addressBelow(checkpoint, ...directory, "/")}`),
  ]);
  return {
    title: "pip (Python)",
    files: first === undefined ? [] : [file],
    leftOut,
    image:
      first === undefined ? [] : [...httpLines, kitText`ENV PIP_INDEX_URL=${addressBelow(snapshot, ...first, "/")}`],
  };
}

/** Said, and nothing more: a line that makes pip take what anybody on the way may have changed is not for a kit to print. */
const overHttp = [
  "# This address is http: pip ignores such an index. Serve the site over https; or decide for yourself",
  "# whether to name its host in pip's trusted-host, which gives up the check of who answers.",
];
