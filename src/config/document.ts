import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Document, Node } from "yaml";

import { quoted } from "./fault.ts";
import type { PathKey } from "./fault.ts";
import { nestsTooDeep } from "./nesting.ts";

export type Syntax = "yaml" | "json";

/** A configuration file as plain data, with the way back to its lines. */
export interface ConfigDocument {
  /** Undefined when the text is not even well formed. */
  readonly value: unknown;
  /** What is wrong with the text itself: syntax, a key written twice, an alias without its anchor. */
  readonly problems: readonly SyntaxProblem[];
  /** Where a key or its value stands; of something that is not there, the nearest thing around it. Undefined where that cannot be told. */
  place(path: readonly PathKey[], at: "key" | "value"): Place | undefined;
}

interface SyntaxProblem {
  readonly place: Place | undefined;
  readonly message: string;
}

/** Both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/**
 * Reads YAML 1.2 (core schema: dates stay text, `yes` stays text) or strict JSON. Nothing in the text can run or grow: unknown tags, alias bombs
 * and bottomless nesting are problems like any other.
 */
export function readConfigDocument(text: string, syntax: Syntax): ConfigDocument {
  if (nestsTooDeep(text)) return failed({ place: { line: 1, column: 1 }, message: "nests too deep" });
  return syntax === "json" ? readJson(text) : readYaml(text);
}

function readYaml(text: string): ConfigDocument {
  const { document, placeAt } = parseWithPlaces(text);
  const problems = [...document.errors, ...document.warnings].map(({ code, message, pos: [from] }) => ({
    place: placeAt(from),
    message: code === "DUPLICATE_KEY" ? twice(text, from) : `not valid YAML: ${firstLine(message)}`,
  }));
  if (document.directives?.yaml.version !== "1.2") {
    problems.push({ place: placeAt(0), message: "not valid YAML: only version 1.2 is understood" });
  }
  if ([...document.errors, ...document.warnings].some(({ code }) => code !== "DUPLICATE_KEY")) {
    return { value: undefined, problems, place: () => undefined };
  }
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return { value, problems, place: (path, at) => placeOf(document, path, at, placeAt) };
  } catch (error) {
    // An alias without anchor, or aliases of aliases that would grow without bound.
    if (!(error instanceof ReferenceError)) throw error;
    return failed({ place: placeAt(0), message: `not valid YAML: ${error.message}` });
  }
}

/** JSON is read by `JSON.parse` alone; the YAML parser, which would take comments and more, only tells the places and the keys written twice. */
function readJson(text: string): ConfigDocument {
  const { document, placeAt } = parseWithPlaces(text);
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { message, offset } = jsonProblem(error.message, text);
    const place = offset === undefined ? undefined : placeAt(offset);
    return failed({ place, message: `not valid JSON: ${message}` });
  }
  const readable = document.errors.every(({ code }) => code === "DUPLICATE_KEY");
  return {
    value,
    problems: readable
      ? document.errors.map(({ pos: [from] }) => ({ place: placeAt(from), message: twice(text, from) }))
      : [],
    place: (path, at) => (readable ? placeOf(document, path, at, placeAt) : undefined),
  };
}

/**
 * V8 tells a position for some errors; for others it quotes the text from ten characters before to ten after. The quotation is left out of the message: it may
 * hold half a password.
 */
function jsonProblem(message: string, text: string): { readonly message: string; readonly offset: number | undefined } {
  const [, said = message, position] = /^(.*?)(?: in JSON)? at position (\d+)/.exec(message) ?? [];
  if (position !== undefined) return { message: said, offset: Number(position) };
  if (message.startsWith("Unexpected end")) return { message, offset: text.length };
  const [, token = message, cut, excerpt] =
    /^(Unexpected token .+?), (\.\.\.)?"(.*)"(?:\.\.\.)? is not valid/s.exec(message) ?? [];
  const start = excerpt === undefined ? -1 : text.indexOf(excerpt);
  return { message: token, offset: start < 0 ? undefined : start + (cut === undefined ? 0 : 10) };
}

function parseWithPlaces(text: string): {
  readonly document: Document;
  readonly placeAt: (offset: number) => Place;
} {
  const lineCounter = new LineCounter();
  const document: Document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    stringKeys: true,
    version: "1.2",
  });
  return {
    document,
    placeAt: (offset) => {
      const { line, col } = lineCounter.linePos(offset);
      return { line: Math.max(line, 1), column: Math.max(col, 1) };
    },
  };
}

function placeOf(
  document: Document,
  path: readonly PathKey[],
  at: "key" | "value",
  placeAt: (offset: number) => Place,
): Place | undefined {
  let node: unknown = document.contents;
  let found = startOf(node);
  for (const [index, key] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (pair === undefined) break;
      node = pair.value;
      const wantsKey = at === "key" && index === path.length - 1;
      // An empty value (`retain:`) has no place that a person would look at.
      const isEmpty = isScalar(node) && node.value === null;
      const isInside = index < path.length - 1;
      found = (wantsKey || isEmpty || isInside ? startOf(pair.key) : startOf(node)) ?? found;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      found = startOf(node) ?? found;
    } else break;
  }
  return found === undefined ? undefined : placeAt(found);
}

function startOf(node: unknown): number | undefined {
  return isPositioned(node) ? node.range?.[0] : undefined;
}

function isPositioned(node: unknown): node is Node {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node);
}

function twice(text: string, offset: number): string {
  const key = /^(?:"[^"\n]*"|'[^'\n]*'|[^:,\n]*)/.exec(text.slice(offset, offset + 200))?.[0].trim() ?? "";
  return `key ${quoted(key.replaceAll(/^["']|["']$/g, ""))} is written twice`;
}

/** The parser's own words, without advice meant for programmers. */
function firstLine(message: string): string {
  if (message.startsWith("Source contains multiple documents")) return "there is more than one document";
  if (message.startsWith("With stringKeys")) return "a list or a mapping cannot be a key";
  return message.split("\n")[0] ?? message;
}

function failed(problem: SyntaxProblem): ConfigDocument {
  return { value: undefined, problems: [problem], place: () => undefined };
}
