/** A variable in a client's configuration, and what it can stand for. */
export interface PathVariable {
  readonly name: "$arch" | "$basearch";
  readonly values: ReadonlySet<string>;
}

/**
 * Where several directories differ in nothing but one segment, and that segment is a value of a client's variable, one path with the variable stands for them all: `8/x86_64/os` and
 * `8/aarch64/os` become `8/$basearch/os`. Other directories stay as they are. In the order of the first of each.
 */
export function unifyDirectories(directories: readonly string[], variable: PathVariable): readonly string[] {
  const members = new Map<string, string[]>();
  for (const directory of directories) {
    const pattern = patternOf(directory, variable);
    members.set(pattern, [...(members.get(pattern) ?? []), directory]);
  }
  return [...members].flatMap(([pattern, alike]) => (alike.length > 1 ? [pattern] : alike));
}

function patternOf(directory: string, { name, values }: PathVariable): string {
  const segments = directory.split("/");
  const at = segments.findLastIndex((segment) => values.has(segment));
  return at < 0 ? directory : segments.with(at, name).join("/");
}
