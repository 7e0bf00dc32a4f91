import { Failure } from "../failure.ts";
import { noRules } from "../model/retention-policy.ts";
import type { RetentionPolicy } from "../model/retention-policy.ts";
import { durationPattern, durationSeconds } from "./duration.ts";

/** Reads rules as a person gives them on a command line: `daily: 7, weekly: 4, within: 2d`, with or without colons, commas and braces; `all` for none. Throws USAGE. */
export function parseRetention(text: string): RetentionPolicy {
  if (text.trim() === "all") return noRules;
  const words = text.split(/[\s,:={}]+/).filter((word) => word !== "");
  const rules = new Map<string, number>();
  for (let index = 0; index < words.length; index += 2) {
    const [name = "", value = ""] = words.slice(index, index + 2);
    const number = name === "within" ? withinSeconds(value) : countOf(name, value);
    if (number === undefined || rules.has(name)) throw unreadable(text);
    rules.set(name, number);
  }
  if (rules.size === 0) throw unreadable(text);
  const { checkpoints, last, hourly, daily, weekly, monthly, yearly, within } = Object.fromEntries(rules);
  return { checkpoints, last, hourly, daily, weekly, monthly, yearly, withinSeconds: within, labels: undefined };
}

function countOf(name: string, value: string): number | undefined {
  return counted.has(name) && /^[1-9]\d{0,8}$/.test(value) ? Number(value) : undefined;
}

function withinSeconds(value: string): number | undefined {
  return durationPattern.test(value) ? durationSeconds(value) : undefined;
}

const counted: ReadonlySet<string> = new Set(["checkpoints", "last", "hourly", "daily", "weekly", "monthly", "yearly"]);

function unreadable(text: string): Failure {
  return new Failure("USAGE", `--retain has no rules that could be read: ${JSON.stringify(text)}`, {
    hint: "write them as in the configuration: --retain 'daily: 7, monthly: 12, within: 2d', or --retain all",
  });
}
