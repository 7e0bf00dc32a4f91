import type { RetentionPolicy } from "../../src/model/retention-policy.ts";

/** A snapshot as restic's policy sees it. */
export interface Snapshot {
  readonly time: Date;
  readonly tags: readonly string[];
}

/**
 * What `restic forget` keeps, newest first, restated from the manual (Removing backup snapshots) without a look at our code: for each rule and each snapshot a question of its own, by the
 * calendar of Date. What we add stands at the end: the newest is always kept, and every tag keeps where none is named.
 */
export function keptByRestic(snapshots: readonly Snapshot[], policy: RetentionPolicy): readonly boolean[] {
  const { labels, withinSeconds } = policy;
  const counts: readonly (readonly [number | undefined, (time: Date) => string])[] = [
    [policy.checkpoints, (time) => time.toISOString()],
    [policy.last, (time) => time.toISOString()],
    [policy.hourly, (time) => `${dayOf(time)} ${time.getUTCHours()}`],
    [policy.daily, dayOf],
    [policy.weekly, isoWeekOf],
    [policy.monthly, (time) => `${time.getUTCFullYear()}-${time.getUTCMonth()}`],
    [policy.yearly, (time) => String(time.getUTCFullYear())],
  ];
  const isEmpty =
    counts.every(([count]) => count === undefined) && withinSeconds === undefined && (labels ?? []).length === 0;
  if (isEmpty) return snapshots.map(() => true);
  const times = snapshots.map(({ time }) => time.getTime());
  return snapshots.map(({ time, tags }) => {
    const newer = snapshots.filter((other) => other.time > time);
    const isNewest = newer.length === 0;
    const isOldest = time.getTime() === Math.min(...times);
    const isCounted = counts.some(([count, periodOf]) => {
      if (count === undefined) return false;
      const period = periodOf(time);
      const periodsBefore = new Set(newer.map((other) => periodOf(other.time)));
      // "The newest of its period, and fewer than N periods came before"; the oldest stands in for periods that there are not.
      if (!periodsBefore.has(period)) return periodsBefore.size < count;
      return isOldest && periodsBefore.size < count;
    });
    const isWithin = withinSeconds !== undefined && time.getTime() > Math.max(...times) - withinSeconds * 1000;
    const isTagged = tags.some((tag) => labels === undefined || labels.includes(tag));
    return isNewest || isCounted || isWithin || isTagged;
  });
}

function dayOf(time: Date): string {
  return `${time.getUTCFullYear()}-${time.getUTCMonth()}-${time.getUTCDate()}`;
}

/** ISO 8601: the week belongs to the year that holds its Thursday, and is counted from that year's first Thursday. */
function isoWeekOf(time: Date): string {
  const thursday = new Date(Date.UTC(time.getUTCFullYear(), time.getUTCMonth(), time.getUTCDate()));
  thursday.setUTCDate(thursday.getUTCDate() + 3 - ((thursday.getUTCDay() + 6) % 7));
  const year = thursday.getUTCFullYear();
  const dayOfYear = Math.round((thursday.getTime() - Date.UTC(year, 0, 1)) / 86_400_000);
  return `${year}-W${1 + Math.floor(dayOfYear / 7)}`;
}
