/**
 * The same script with short names and without comments and blanks, a line for each statement at the top: for platforms that count the bytes of a function. Made for the scripts of
 * templates/hosts: all names are declared by `function`, `const`, `let`, `catch` or as parameters in parentheses, every statement ends with a semicolon, and no object has a property by the mere name of
 * a variable. `kept` are names that the platform calls.
 */
export function shortenScript(script: string, kept: readonly string[]): string {
  const tokens = tokensOf(script);
  const names = shortNames(tokens, kept);
  let depth = 0;
  let short = "";
  for (const [index, token] of tokens.entries()) {
    const before = tokens[index - 1] ?? "";
    const isProperty = before === "." || (tokens[index + 1] === ":" && (before === "{" || before === ","));
    const text = isProperty ? token : (names.get(token) ?? token);
    if (depth === 0 && /^[;}]$/.test(before) && isWord(token)) short += "\n";
    else if (/\w$/.test(short) ? isWord(text) : /[+-]$/.test(short) && /^[+-]/.test(text)) short += " ";
    short += text;
    if (token === "{") depth++;
    if (token === "}") depth--;
  }
  return `${short}\n`;
}

/** Words, signs, texts and regular expressions. */
function tokensOf(script: string): readonly string[] {
  const tokens: string[] = [];
  const expression = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\]|\\.)*\])+\/[a-z]*/y;
  const other = /\s+|\/\*[^]*?\*\/|\/\/.*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\w+|=>|\+\+|--|[^]/y;
  for (let position = 0; position < script.length;) {
    // Behind a value a slash divides.
    const mayBegin =
      /^(?:[(,=:!&|?{;]|return)$/.test(tokens.at(-1) ?? ";") && !/^\/[/*]/.test(script.slice(position, position + 2));
    expression.lastIndex = position;
    other.lastIndex = position;
    const [token = ""] = (mayBegin ? expression.exec(script) : null) ?? other.exec(script) ?? [];
    position += token.length;
    if (token.trim() !== "" && !/^\/[/*]/.test(token)) tokens.push(token);
  }
  return tokens;
}

function shortNames(tokens: readonly string[], kept: readonly string[]): ReadonlyMap<string, string> {
  const declared = declaredNames(tokens).filter((name) => !kept.includes(name));
  const taken = new Set(tokens.filter((token) => isWord(token) && !declared.includes(token)));
  const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".split("");
  const pairs = letters.flatMap((first) => letters.map((second) => first + second));
  const free = [...letters, ...pairs].filter((name) => !taken.has(name) && !reserved.has(name));
  return new Map(declared.map((name, index) => [name, free[index] ?? name]));
}

/** Two letters that mean something in the language. */
const reserved = new Set(["do", "if", "in", "of", "as"]);

function declaredNames(tokens: readonly string[]): readonly string[] {
  const names = new Set<string>();
  for (const [index, token] of tokens.entries()) {
    const next = tokens[index + 1] ?? "";
    if (/^(?:function|const|let)$/.test(token)) names.add(next);
    if (token === "function") addWords(tokens.slice(index + 3, tokens.indexOf(")", index)));
    if (token === "catch") addWords(tokens.slice(index + 2, index + 3));
    if (token === "=>") addWords(tokens.slice(tokens.lastIndexOf("(", index), index));
  }
  return [...names];

  function addWords(words: readonly string[]): void {
    for (const word of words) if (isWord(word)) names.add(word);
  }
}

function isWord(token: string): boolean {
  return /^\w+$/.test(token);
}
