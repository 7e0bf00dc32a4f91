import type { z } from "zod";

import { closestName } from "../model/closest-name.ts";
import { quoted } from "./fault.ts";
import type { Fault, PathKey } from "./fault.ts";
import { knownKeys } from "./known-keys.ts";

/** The faults that one issue of the schema stands for, in words of the configuration instead of the validator's. */
export function faultsOfIssue(issue: z.core.$ZodIssue): readonly Fault[] {
  const path = issue.path.map((key) => (typeof key === "symbol" ? String(key) : key));
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(path, key, issue.input));
  if (issue.code === "invalid_key") {
    return [{ path, at: "key", message: issue.issues[0]?.message ?? issue.message }];
  }
  return [{ path, at: isMissing(issue) ? "key" : "value", message: messageOf(issue) }];
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") return typeMessage(issue);
  if (issue.code === "too_small" || issue.code === "too_big") return rangeMessage(issue);
  if (issue.code !== "invalid_value") return issue.message;
  return `must be ${issue.values.map((value) => quoted(String(value))).join(" or ")}`;
}

function typeMessage(issue: z.core.$ZodIssueInvalidType): string {
  if (isMissing(issue)) return "is missing";
  if (issue.input === null) return "has no value; give one or leave the key out";
  // A union's own words (a duration, a size) tell more than the types that it is made of.
  if (!issue.message.startsWith("Invalid input")) return issue.message;
  const isQuotable = typeof issue.input === "number" || typeof issue.input === "boolean";
  const hint = issue.expected === "string" && isQuotable ? "; put it in quotes" : "";
  return `must be ${expectedWords.get(issue.expected) ?? issue.expected}, not ${nameOf(issue.input)}${hint}`;
}

const expectedWords: ReadonlyMap<string, string> = new Map([
  ["object", "a mapping of keys to values"],
  ["record", "a mapping of names to settings"],
  ["array", "a list"],
  ["string", "text"],
  ["int", "a whole number"],
  ["number", "a whole number"],
  ["boolean", "true or false"],
]);

function rangeMessage(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  if (issue.message.startsWith("Too small") || issue.message.startsWith("Too big")) {
    if (issue.code === "too_small" && issue.origin === "string") return "must not be empty";
    if (issue.code === "too_small" && issue.origin === "array") return "must have at least one item";
    return issue.code === "too_small" ? `must be at least ${issue.minimum}` : `must be at most ${issue.maximum}`;
  }
  return issue.message;
}

function isMissing(issue: z.core.$ZodIssue): boolean {
  return (issue.code === "invalid_type" || issue.code === "invalid_union") && issue.input === undefined;
}

function nameOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return quoted(value);
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "a mapping";
}

function unknownKey(path: readonly PathKey[], key: string, mapping: unknown): Fault {
  const refusal = path[0] === "distributions" && path.length === 2 ? pulpsReason(key) : undefined;
  return { path: [...path, key], at: "key", message: refusal ?? unknownKeyMessage(key, knownKeys(path, mapping)) };
}

function unknownKeyMessage(key: string, known: readonly string[]): string {
  const meant = closestName(key, known);
  return meant === undefined ? `unknown key; known here: ${known.join(", ")}` : `unknown key; did you mean "${meant}"?`;
}

/** Pulp refuses these beside `checkpoint`, and so do we, for the same reason. */
function pulpsReason(key: string): string | undefined {
  if (!["publication", "version", "repository_version"].includes(key)) return undefined;
  return "is not possible: a distribution names a repository, never a publication or version; a checkpoint distribution serves all checkpoints of its repository, any other one its newest publication";
}
