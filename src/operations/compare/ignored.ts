import { Failure } from "../../failure.ts";
import { comparedFields } from "./compare-answers.ts";
import type { ComparedField } from "./compare-answers.ts";

/** Differences that are known and wanted. */
export interface Ignored {
  has(about: string, field: ComparedField): boolean;
}

/** Each text is `CASE`, or `CASE:FIELD`, where a case may be `*` or end in one: `between/*:status`. Throws USAGE for a field that there is not. */
export function parseIgnored(texts: readonly string[]): Ignored {
  const rules = texts.map((text) => {
    const [about = "", field] = text.split(":");
    if (field !== undefined && !comparedFields.some((known) => known === field)) {
      throw new Failure("USAGE", `--ignore ${text}: ${field} is nothing that is compared`, {
        hint: `it may be ${comparedFields.join(", ")}`,
      });
    }
    return { about, field };
  });
  return {
    has: (about, field) =>
      rules.some((rule) => matches(rule.about, about) && (rule.field === undefined || rule.field === field)),
  };
}

function matches(pattern: string, about: string): boolean {
  return pattern.endsWith("*") ? about.startsWith(pattern.slice(0, -1)) : about === pattern;
}
