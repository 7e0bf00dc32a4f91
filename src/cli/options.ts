/** An option of a command, named in kebab-case by its key. A `flag` is there or not; `texts` may be given several times. */
export type OptionSpec =
  | { readonly kind: "flag"; readonly description: string; readonly alias?: string }
  | {
      readonly kind: "text";
      readonly description: string;
      readonly alias?: string;
      readonly choices?: readonly string[];
      readonly default?: string;
      readonly required?: true;
    }
  | { readonly kind: "texts"; readonly description: string; readonly alias?: string }
  | {
      readonly kind: "number";
      readonly description: string;
      readonly alias?: string;
      /** Whole numbers only, from `least` (0 when left out) to `most`. */
      readonly least?: number;
      readonly most?: number;
      readonly default?: number;
    };

/** An argument by its place. Required ones come first; `many` takes all that are left and stands last. `trailing` takes all words after `--`, which without it are arguments like others. */
export interface PositionalSpec {
  readonly description: string;
  readonly required?: true;
  readonly many?: true;
  readonly trailing?: true;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;
export type PositionalSpecs = Readonly<Record<string, PositionalSpec>>;

/** What `run` gets for its options, under camelCase names. */
export type OptionValues<Specs extends OptionSpecs> = {
  readonly [Name in keyof Specs & string as CamelCase<Name>]: OptionValue<Specs[Name]>;
};

export type PositionalValues<Specs extends PositionalSpecs> = {
  readonly [Name in keyof Specs & string as CamelCase<Name>]: Specs[Name] extends
    | { readonly many: true }
    | { readonly trailing: true }
    ? readonly string[]
    : Specs[Name] extends { readonly required: true }
      ? string
      : string | undefined;
};

type OptionValue<Spec extends OptionSpec> = Spec extends { readonly kind: "flag" }
  ? boolean
  : Spec extends { readonly kind: "texts" }
    ? readonly string[]
    : (Spec extends { readonly kind: "number" } ? number : TextOf<Spec>) | WhenAbsent<Spec>;

type TextOf<Spec> = Spec extends { readonly choices: readonly (infer Choice extends string)[] } ? Choice : string;

type WhenAbsent<Spec> = Spec extends { readonly required: true } | { readonly default: string | number }
  ? never
  : undefined;

type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

/** Options that every command takes. */
export const globalOptions = {
  config: { kind: "text", alias: "c", description: "Configuration file, instead of asof.yaml here" },
  json: { kind: "flag", description: "Print one JSON document on stdout" },
  quiet: { kind: "flag", alias: "q", description: "Print complaints only" },
  verbose: { kind: "flag", alias: "v", description: "Print more of what happens, and causes of failures" },
} as const;

/** To be spread into the options of a command that writes. */
export const dryRunOption = {
  "dry-run": { kind: "flag", alias: "n", description: "Print what would be done, and write nothing" },
} as const;

/** To be spread into the options of a command that takes the lock of the state. The frame reads `allow-unsafe-owner` (see run.ts), so that no command has to pass it on. */
export const waitOption = {
  "allow-unsafe-owner": { kind: "flag", description: "Let root work in folders that others own or may write" },
  wait: { kind: "number", default: 0, most: 86_400, description: "Seconds to wait for another run to end" },
} as const;

/** To be spread into the options of a command that takes the second of a checkpoint from the clock. */
export const acceptClockOption = {
  "accept-clock": { kind: "flag", description: "Believe the clock although it looks wrong" },
} as const;

/** To be spread into the options of a command that reads sources. */
export const allowShrinkOption = {
  "allow-shrink": { kind: "flag", description: "Believe a source that lost most or all of its files" },
} as const;

export function camelCase(name: string): string {
  return name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
