import { Lexer } from "yaml";

const deepest = 64;
const widestIndent = 256;

/**
 * Whether `source` nests deeper than any configuration needs. The YAML parser recurses: a few thousand brackets exhaust the stack and end the process
 * in a way that nothing can catch, so depth is looked at first, on the lexer's tokens, which need no recursion.
 */
export function nestsTooDeep(source: string): boolean {
  let brackets = 0;
  let indicatorsInLine = 0;
  let lineStart = true;
  for (const token of new Lexer().lex(source)) {
    if (lineStart && /^[ \t]/.test(token) && token.length > widestIndent) return true;
    lineStart = token.endsWith("\n");
    if (lineStart) indicatorsInLine = 0;
    if (token === "[" || token === "{") brackets++;
    else if (token === "]" || token === "}") brackets--;
    else if (brackets <= 0 && (token === "-" || token === "?" || token === ":")) indicatorsInLine++;
    if (brackets > deepest || indicatorsInLine > deepest) return true;
  }
  return false;
}
