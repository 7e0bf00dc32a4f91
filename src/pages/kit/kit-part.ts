import { isPrintable } from "./printable.ts";
import type { Printable } from "./printable.ts";

/** What a kit says to one client. */
export interface KitPart {
  readonly title: string;
  readonly files: readonly KitFile[];
  /** How many names of the repository are not in it, because they cannot be printed. */
  readonly leftOut: number;
  /** Lines of a Dockerfile that say the same of `$SNAPSHOT`. */
  readonly image: readonly string[];
  /** What to know before any of the files is taken. */
  readonly note?: string | undefined;
}

/** A file below `<base path>/kit/`. */
export interface KitFile {
  readonly name: string;
  readonly text: string;
}

/** Every name that there may be in `<base path>/kit/`: a build takes away those that the content does not fit any more, and nothing else. */
const kitFileNames = [
  "index.html",
  "apt.sources",
  "apt-live.sources",
  "apt-snapshots.conf",
  "dnf.repo",
  "zypper.repo",
  "pacman.conf",
  "pip.conf",
  "npmrc",
  "Dockerfile",
  "fetch.sh",
] as const;

export function isKitFileName(name: string): boolean {
  return kitFileNames.some((one) => one === name);
}

/** Lines joined to a file, of the kit or of what stands beside a checkpoint. */
export function kitFile(
  name: (typeof kitFileNames)[number] | `mirrorlist${string}`,
  lines: readonly string[],
): KitFile {
  return { name, text: lines.map((line) => `${line}\n`).join("") };
}

/** Those of `items` whose every name can be printed, as `read` makes them of the names, and how many cannot. */
export function printableItems<Item, Read>(
  items: readonly Item[],
  read: (item: Item) => Read | undefined,
): { readonly kept: readonly Read[]; readonly leftOut: number } {
  const kept: Read[] = [];
  for (const item of items) {
    const printed = read(item);
    if (printed !== undefined) kept.push(printed);
  }
  return { kept, leftOut: items.length - kept.length };
}

/** A directory of the repository, or undefined when it cannot be printed; the root is the empty list of values. */
export function printableDirectory(directory: string): readonly Printable[] | undefined {
  if (directory === "") return [];
  return isPrintable(directory) ? [directory] : undefined;
}

/** A comment in the clients' files: that something is missing, never what. */
export function leftOutLines(leftOut: number): readonly string[] {
  if (leftOut === 0) return [];
  return [
    `# Left out: ${leftOut} ${leftOut === 1 ? "name" : "names"} with other characters than A-Z a-z 0-9 . _ + / -, or like a time.`,
  ];
}
