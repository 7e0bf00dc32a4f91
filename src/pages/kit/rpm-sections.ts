import type { KitContext } from "./kit-context.ts";
import { printableDirectory, printableItems } from "./kit-part.ts";
import { unifyDirectories } from "./path-variables.ts";
import { isPathPattern, isPrintable, kitText } from "./printable.ts";
import type { PathPattern, Printable } from "./printable.ts";

/** An RPM repository as it is named in a `.repo` file. */
export interface RpmSection {
  readonly id: Printable;
  /** Its directory, perhaps with `$basearch` in it; none for the root. */
  readonly directory: readonly PathPattern[];
}

/** One section for each repository, or for several that differ in their architecture alone. */
export function rpmSections(
  { id }: KitContext,
  directories: readonly string[],
): { readonly sections: readonly RpmSection[]; readonly leftOut: number } {
  const { kept, leftOut } = printableItems(directories, (one) =>
    printableDirectory(one) === undefined ? undefined : one,
  );
  const patterns = unifyDirectories(kept, { name: "$basearch", values: baseArchitectures });
  const sections = new Map<string, RpmSection>();
  for (const pattern of patterns) {
    const sectionId = patterns.length === 1 ? id : `${id}-${spelledAsId(pattern)}`;
    // Directories whose names differ in slashes and dashes alone would be one section: the first has it.
    if (sections.has(sectionId) || !isPrintable(sectionId)) continue;
    sections.set(sectionId, { id: sectionId, directory: isPathPattern(pattern) ? [pattern] : [] });
  }
  return { sections: [...sections.values()], leftOut: leftOut + patterns.length - sections.size };
}

/** The lines that begin and end a section, around those that say where it is. */
export function sectionLines({ newest }: KitContext, { id }: RpmSection, where: readonly string[]): readonly string[] {
  return [
    "",
    kitText`[${id}]`,
    kitText`name=${id} at ${newest}`,
    "enabled=1",
    ...where,
    "gpgcheck=1",
    "# gpgkey= the address of this repository's public key",
  ];
}

/** A section's directory as a shell that knows `$SNAPSHOT` passes it on: variables in it are the client's. */
export function quotedDirectory({ directory }: RpmSection): string {
  return directory.map((below) => kitText`'${below}/'`).join("");
}

/** dnf takes letters, digits, `-`, `_`, `.` and `:` in the name of a section. */
function spelledAsId(pattern: string): string {
  const segments = pattern.split("/").filter((segment) => segment !== "$basearch");
  return segments.join("-").replaceAll("+", "_");
}

/** Values of `$basearch` in dnf and libzypp. */
const baseArchitectures: ReadonlySet<string> = new Set([
  "aarch64",
  "armhfp",
  "i386",
  "i586",
  "i686",
  "loongarch64",
  "ppc64",
  "ppc64le",
  "riscv64",
  "s390x",
  "x86_64",
]);
