/** Something wrong in a configuration. Findings, not failures: all of them are gathered before anybody is told. */
export interface Fault {
  /** Where in the configuration: keys and list positions from the root. */
  readonly path: readonly PathKey[];
  /** Whether the key or its value is to blame, for the line and column. */
  readonly at: "key" | "value";
  /** Reads on after the path and a colon: `is missing`. */
  readonly message: string;
}

export type PathKey = string | number;

/** `distributions.x.base_path`, `reload[1]`, `repositories["odd name"].remote`. */
export function pathText(path: readonly PathKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    if (!/^[\w$-]+$/.test(key)) return `${text}[${quoted(key)}]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}

/** Text from a configuration inside a message: quoted, control characters escaped, cut to a length that leaves the message readable. */
export function quoted(text: string): string {
  const cut = text.length > 80 ? `${text.slice(0, 77)}...` : text;
  return JSON.stringify(cut).replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

/** Whether `path` is `prefix` or lies below it. */
export function isAtOrBelow(path: readonly PathKey[], prefix: readonly PathKey[]): boolean {
  return prefix.every((key, index) => path[index] === key);
}
