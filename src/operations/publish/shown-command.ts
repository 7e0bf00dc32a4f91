const secretName = "(?:pass(?:word|phrase|wd)?|secret|token|pin(?:-value)?)";
const secretOption = new RegExp(`^--?(?:[a-z0-9]+[-_])*${secretName}$`, "i");
const secretInside = new RegExp(`((?:^|[^a-z])${secretName}(?:[=:]|\\s+))(?:"[^"]*"|'[^']*'|\\S)+`, "gi");

/** A command as it may stand in a log: what is called a secret in it (`--passphrase X`, `PASSWORD=X`, `pass:X`, `?pin-value=X`) is left out. */
export function shownCommand(words: readonly string[]): string {
  return words
    .map((word, index) => (secretOption.test(words[index - 1] ?? "") ? "***" : word.replace(secretInside, "$1***")))
    .join(" ");
}
