import type { PacmanDatabase } from "../../model/repository-kind.ts";
import { addressBelow } from "./kit-context.ts";
import type { KitContext } from "./kit-context.ts";
import { kitFile, leftOutLines, printableDirectory, printableItems } from "./kit-part.ts";
import type { KitPart } from "./kit-part.ts";
import { unifyDirectories } from "./path-variables.ts";
import { isPathPattern, isPrintable, kitText } from "./printable.ts";
import type { PathPattern, Printable } from "./printable.ts";

/** A section for each database. What packages must be signed with is what `pacman.conf` says already: nothing here changes it. */
export function pacmanPart(context: KitContext, databases: readonly PacmanDatabase[]): KitPart {
  const { id, newest, checkpoint, snapshot } = context;
  const { kept, leftOut } = printableItems(databases, ({ directory, name }) =>
    printableDirectory(directory) === undefined || !isPrintable(name) || name === "options"
      ? undefined
      : { directory, name },
  );
  const sections = sectionsOf(kept);
  const file = kitFile("pacman.conf", [
    kitText`# ${id} as it was at ${newest}. Add these lines to /etc/pacman.conf; SigLevel is that of its [options].`,
    ...leftOutLines(leftOut),
    ...sections.flatMap(({ name, directory }) => [
      "",
      kitText`[${name}]`,
      kitText`Server = ${addressBelow(checkpoint, ...directory)}`,
    ]),
  ]);
  return {
    title: "pacman (Arch Linux)",
    files: sections.length === 0 ? [] : [file],
    leftOut,
    image: sections.map(
      ({ name, directory }) =>
        kitText`RUN printf '%s\\n' '[${name}]' "Server = ${snapshot}"` +
        directory.map((below) => kitText`'${below}'`).join("") +
        " >> /etc/pacman.conf",
    ),
  };
}

interface Section {
  readonly name: Printable;
  readonly directory: readonly PathPattern[];
}

/**
 * pacman has one section of a name: of several databases of that name which no `$arch` brings together, the first. Where every directory is another only by its database's name, they are
 * written with `$repo`: that line fits into a mirrorlist as it is.
 */
function sectionsOf(
  databases: readonly { readonly directory: string; readonly name: Printable }[],
): readonly Section[] {
  const directories = new Map<Printable, string[]>();
  for (const { name, directory } of databases) directories.set(name, [...(directories.get(name) ?? []), directory]);
  const firsts = [...directories].map(([name, all]) => {
    const [first = ""] = unifyDirectories(all, { name: "$arch", values: architectures });
    return { name, literal: first, byName: withRepositoryVariable(first, name) };
  });
  const isUniform = firsts.length > 1 && new Set(firsts.map(({ byName }) => byName)).size === 1;
  return firsts.map(({ name, literal, byName }) => {
    const directory = isUniform ? byName : literal;
    return { name, directory: isPathPattern(directory) ? [directory] : [] };
  });
}

function withRepositoryVariable(directory: string, name: string): string {
  return directory
    .split("/")
    .map((segment) => (segment === name ? "$repo" : segment))
    .join("/");
}

/** Values of `$arch`. */
const architectures: ReadonlySet<string> = new Set([
  "aarch64",
  "armv6h",
  "armv7h",
  "i486",
  "i686",
  "loong64",
  "pentium4",
  "riscv64",
  "x86_64",
  "x86_64_v3",
]);
