import { addressBelow } from "./kit-context.ts";
import type { KitContext } from "./kit-context.ts";
import { kitFile, printableDirectory } from "./kit-part.ts";
import type { KitFile } from "./kit-part.ts";
import { kitText } from "./printable.ts";

/**
 * The lists that pin dnf to one checkpoint, one for each directory of the checkpoint that is an RPM repository, with one line. dnf reads its list once a run and asks for everything else below
 * the address in it. Names are relative to `<base path>/_asof/<time>/`.
 */
export function mirrorlists({ checkpoint }: KitContext, directories: readonly string[]): readonly KitFile[] {
  return directories.flatMap((directory) => {
    const printed = printableDirectory(directory);
    if (printed === undefined) return [];
    return [
      kitFile(`mirrorlist${printed.map((one) => `/${one}`).join("")}`, [
        kitText`${addressBelow(checkpoint, ...printed, "/")}`,
      ]),
    ];
  });
}
