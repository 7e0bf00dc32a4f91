import { Failure } from "../failure.ts";
import { camelCase } from "./options.ts";
import type { OptionSpec, OptionSpecs, OptionValues, PositionalSpecs, PositionalValues } from "./options.ts";

/**
 * Turns what yargs parsed into values: numbers are read strictly (yargs would make NaN of `abc`), and a scalar given twice (an array from yargs) is refused instead of
 * one being dropped. Throws USAGE.
 */
export function readOptions(specs: OptionSpecs, parsed: ReadonlyMap<string, unknown>): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>();
  for (const [name, spec] of Object.entries(specs))
    values.set(camelCase(name), readOption(name, spec, parsed.get(name)));
  return values;
}

function readOption(name: string, spec: OptionSpec, given: unknown): unknown {
  if (spec.kind === "flag") return Array.isArray(given) ? given.at(-1) === true : given === true;
  if (spec.kind === "texts") return given === undefined ? [] : [given].flat().map((text) => nonEmpty(name, text));
  if (given === undefined) return spec.default;
  if (Array.isArray(given)) throw new Failure("USAGE", `--${name} was given more than once`);
  const text = nonEmpty(name, given);
  if (spec.kind === "text") return text;
  const { least = 0, most = Number.MAX_SAFE_INTEGER } = spec;
  if (!/^\d{1,15}$/.test(text) || Number(text) < least || Number(text) > most) {
    const range = spec.most === undefined ? `from ${least}` : `from ${least} to ${most}`;
    throw new Failure("USAGE", `--${name} must be a whole number ${range}, not ${JSON.stringify(text)}`);
  }
  return Number(text);
}

function nonEmpty(name: string, given: unknown): string {
  if (typeof given === "string" && given !== "") return given;
  throw new Failure("USAGE", `--${name} needs a value`);
}

/** Whether `value` has what `specs` promise to the types: a check of this file and of yargs, not of the user. */
export function areOptionValues<Specs extends OptionSpecs>(specs: Specs, value: object): value is OptionValues<Specs> {
  const values = new Map<string, unknown>(Object.entries(value));
  return Object.entries(specs).every(([name, spec]) => isOptionValue(spec, values.get(camelCase(name))));
}

function isOptionValue(spec: OptionSpec, value: unknown): boolean {
  if (spec.kind === "flag") return typeof value === "boolean";
  if (spec.kind === "texts") return isTexts(value);
  if (spec.kind === "number") return typeof value === "number" || (value === undefined && spec.default === undefined);
  if (value === undefined) return spec.required === undefined && spec.default === undefined;
  return typeof value === "string" && (spec.choices === undefined || spec.choices.includes(value));
}

export function arePositionalValues<Specs extends PositionalSpecs>(
  specs: Specs,
  value: object,
): value is PositionalValues<Specs> {
  const values = new Map<string, unknown>(Object.entries(value));
  return Object.entries(specs).every(([name, spec]) => {
    const positional = values.get(camelCase(name));
    if (spec.many === true || spec.trailing === true) return isTexts(positional);
    return typeof positional === "string" || (positional === undefined && spec.required === undefined);
  });
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
