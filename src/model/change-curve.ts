/** What differs between two checkpoints that lie some time apart. */
export interface ChangeAmount {
  /** Files that have other bytes, or are new. */
  readonly files: number;
  readonly bytes: number;
  /** Directories with any difference below them, without the root. */
  readonly directories: number;
}

/**
 * How much changes in how much time. `measured` comes from a history: so much in one step, and less than twice as much in two, because the same files change again and again (`exponents`: 1 where nothing changes
 * twice). `uniform` is an assumption: so many files in each step, any file as likely as another.
 */
export type ChangeCurve =
  | {
      readonly kind: "measured";
      readonly stepSeconds: number;
      readonly perStep: ChangeAmount;
      readonly exponents: ChangeAmount;
    }
  | { readonly kind: "uniform"; readonly stepSeconds: number; readonly filesPerStep: number };

/** What a curve needs to know of the content: nothing changes more than all of it. */
export interface ChangingContent {
  readonly files: number;
  readonly bytes: number;
  readonly directories: number;
  /** How many directories, without the root, have so many files below them. */
  readonly directorySizes: ReadonlyMap<number, number>;
}

/** The difference between two checkpoints that are `seconds` apart. */
export function changeWithin(curve: ChangeCurve, seconds: number, content: ChangingContent): ChangeAmount {
  const steps = seconds / curve.stepSeconds;
  if (curve.kind === "uniform") return uniformChange(curve.filesPerStep, steps, content);
  const of = (what: keyof ChangeAmount): number =>
    Math.min(curve.perStep[what] * steps ** curve.exponents[what], content[what]);
  return { files: of("files"), bytes: of("bytes"), directories: of("directories") };
}

/** The curve through what one step changes on average and what `steps` of them change together. */
export function measuredCurve(
  stepSeconds: number,
  perStep: ChangeAmount,
  steps: number,
  together: ChangeAmount,
): ChangeCurve {
  const exponent = (what: keyof ChangeAmount): number => {
    if (steps <= 1 || perStep[what] === 0 || together[what] === 0) return 1;
    return Math.min(1, Math.max(0, Math.log(together[what] / perStep[what]) / Math.log(steps)));
  };
  const exponents = { files: exponent("files"), bytes: exponent("bytes"), directories: exponent("directories") };
  return { kind: "measured", stepSeconds, perStep, exponents };
}

function uniformChange(filesPerStep: number, steps: number, content: ChangingContent): ChangeAmount {
  if (content.files === 0) return { files: 0, bytes: 0, directories: 0 };
  const inOneStep = Math.min(1, filesPerStep / content.files);
  const share = 1 - (1 - inOneStep) ** steps;
  let directories = 0;
  // A directory is as it was when every file below it is.
  for (const [files, count] of content.directorySizes) directories += count * (1 - (1 - share) ** files);
  return { files: content.files * share, bytes: content.bytes * share, directories };
}
