/**
 * The headers that a `_headers` file gives a request path, after Netlify's documentation and the behaviour of its own parser (netlify/build, packages/headers-parser): every rule whose path
 * matches counts, whatever the case of letters; a component `*` stands for any rest, also none, `*` inside of one for any characters; a slash at the end is all the same. Of rules that
 * set the same header the last one counts.
 */
export function netlifyHeaders(file: string): (requestPath: string) => Readonly<Record<string, string>> {
  const rules: { readonly pattern: RegExp; readonly headers: [string, string][] }[] = [];
  for (const line of file.split("\n").map((one) => one.trim())) {
    if (line === "" || line.startsWith("#")) continue;
    if (line.startsWith("/")) {
      rules.push({ pattern: patternOf(line), headers: [] });
      continue;
    }
    const [, name = "", value = ""] = /^([A-Za-z-]+): (.+)$/.exec(line) ?? [];
    if (name === "") throw new Error(`not a header: ${line}`);
    rules.at(-1)?.headers.push([name.toLowerCase(), value]);
  }
  return (requestPath) =>
    Object.fromEntries(rules.filter(({ pattern }) => pattern.test(requestPath)).flatMap(({ headers }) => headers));
}

function patternOf(rule: string): RegExp {
  const components = rule
    .split("/")
    .filter((one) => one !== "")
    .map((one) => (one === "*" ? "?(.*)" : one.split("*").map(quoted).join("(.*)")));
  return new RegExp(`^/${components.join("/")}/?$`, "i");
}

function quoted(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}
