/** Which checkpoints of a repository are kept: by any rule that is set, and the newest always. Without a rule all of them are. */
export interface RetentionPolicy {
  /** Pulp's `retain_checkpoints`: the newest so many. Undefined, here as below, is no such rule. */
  readonly checkpoints: number | undefined;
  /** restic's `--keep-last`: the same under another name. */
  readonly last: number | undefined;
  /** The newest of each of the last so many hours (UTC) that have a checkpoint; days, ISO weeks, months and years likewise. */
  readonly hourly: number | undefined;
  readonly daily: number | undefined;
  readonly weekly: number | undefined;
  readonly monthly: number | undefined;
  readonly yearly: number | undefined;
  /** Those less than so many seconds older than the newest checkpoint. The clock has no part in it. */
  readonly withinSeconds: number | undefined;
  /** Labels that keep a checkpoint; undefined: every label does. */
  readonly labels: readonly string[] | undefined;
}

export const noRules: RetentionPolicy = {
  checkpoints: undefined,
  last: undefined,
  hourly: undefined,
  daily: undefined,
  weekly: undefined,
  monthly: undefined,
  yearly: undefined,
  withinSeconds: undefined,
  labels: undefined,
};

/** Whether anything can be pruned at all. That every label keeps its checkpoint is no rule: by itself it must not remove what has none. */
export function hasRule({ labels, ...rules }: RetentionPolicy): boolean {
  return (labels?.length ?? 0) > 0 || Object.values(rules).some((rule) => rule !== undefined);
}

/** What a policy keeps, for the reason why a checkpoint goes: `the newest 3, 7 daily, 12 monthly`. */
export function describePolicy(policy: RetentionPolicy): string {
  const { checkpoints, last, withinSeconds, labels = [] } = policy;
  const newest = Math.max(checkpoints ?? 0, last ?? 0);
  const periods = (["hourly", "daily", "weekly", "monthly", "yearly"] as const).flatMap((name) =>
    policy[name] === undefined ? [] : [`${policy[name]} ${name}`],
  );
  return [
    ...(newest === 0 ? [] : [`the newest ${newest}`]),
    ...periods,
    ...(withinSeconds === undefined ? [] : [`those within ${durationText(withinSeconds)} of the newest`]),
    ...(labels.length === 0 ? [] : [`those labelled ${labels.join(" or ")}`]),
  ].join(", ");
}

/** `30d`, `36h`, `90s`: the largest unit that says it in whole numbers, as in the configuration. */
export function durationText(seconds: number): string {
  const unit = units.find(([, length]) => seconds % length === 0);
  return unit === undefined ? `${seconds}s` : `${seconds / unit[1]}${unit[0]}`;
}

const units = [
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
] as const;
