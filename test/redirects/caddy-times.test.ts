import { describe, expect, it } from "vitest";

import type { Timeline } from "../../src/model/timeline.ts";
import { isTimestamp } from "../../src/model/timestamp.ts";
import { longestList } from "../../src/redirects/caddy/caddy-search.ts";
import { caddyTimes } from "../../src/redirects/caddy/caddy-times.ts";
import type { CaddyTable, CaddyTimes } from "../../src/redirects/caddy/caddy-times.ts";
import { boundariesOf } from "../../src/redirects/day-lists.ts";
import { timeline } from "../model/a-timeline.ts";
import { randomHistory, seededRandom, timesToAsk } from "../servers/random-history.ts";

const random = seededRandom(26);
const day = 86_400;

const histories: Readonly<Record<string, Timeline>> = {
  nothing: timeline([]),
  "the last second": timeline(["20000101T000000Z"], { horizon: "99991231T235959Z" }),
  "ten in years": randomHistory(random, { checkpoints: 10, stepSeconds: 200 * day }),
  "a thousand, some gone": randomHistory(random, { checkpoints: 1_000, stepSeconds: day / 3, gone: 0.2 }),
  "a burst in one hour": randomHistory(random, { checkpoints: 900, stepSeconds: 2, horizonSeconds: day }),
  "every second of two minutes": timeline(
    Array.from(
      { length: 120 },
      (_, second) =>
        `20250318T14${String(Math.floor(second / 60)).padStart(2, "0")}${String(second % 60).padStart(2, "0")}Z`,
    ),
  ),
};

describe.each(Object.keys(histories))("tables of times for Caddy: %s", (name) => {
  const history = histories[name] ?? timeline([]);
  const times = caddyTimes(history);

  it("lead from every second to the boundary at or before it", () => {
    const boundaries = boundariesOf(history).map(({ at }) => at);
    for (const at of timesToAsk(random, history, { boundaries: 200, anywhere: 300, now: 0 }).filter(isTimestamp)) {
      expect(found(times, at), at).toBe(boundaries.findLast((boundary) => boundary <= at)?.slice(0, 15) ?? "");
    }
  });

  it("have no list that is longer than a search can be", () => {
    const tables = [times.tenths, times.hours, times.minutes, times.seconds].flatMap(({ rows }) =>
      rows.flatMap(({ lists }) => lists),
    );
    const lists = [...times.months, ...times.years, ...times.centuries].map(({ list }) => list);
    for (const list of [...tables, ...lists]) {
      expect(list.split(",").filter((item) => item !== "4/").length - 1).toBeLessThanOrEqual(longestList);
    }
  });
});

describe("tables of times for Caddy", () => {
  it("know which days there are none of, and where a day ends", () => {
    const dense = caddyTimes(randomHistory(random, { checkpoints: 3_000, stepSeconds: day / 20 }));
    expect(listIn(dense.tenths, "201002", "29T0")).toBe("!");
    expect(listIn(dense.tenths, "201002", "28T0")).not.toBe("!");
    expect(listIn(dense.tenths, "201002", "28T2")).toMatch(/,4\/$/);
    expect(listIn(dense.tenths, "201002", "28T1")).not.toContain("4/");
  });
});

/** What Caddy does with the tables, said in other words. */
function found(times: CaddyTimes, at: string): string {
  const fine: readonly (readonly [CaddyTable, number, number])[] = [
    [times.tenths, 6, 10],
    [times.hours, 8, 11],
    [times.minutes, 11, 13],
    [times.seconds, 13, 15],
  ];
  for (const [table, row, shared] of fine) {
    const column = table === times.hours ? at.slice(9, 11) : at.slice(row, shared);
    const list = listIn(table, at.slice(0, row), column);
    if (list === undefined) break;
    if (list !== "+") return lastOf(list, at, shared);
  }
  const coarse = [times.months, times.years, times.centuries]
    .flatMap((lists, level) => lists.filter(({ key }) => key === at.slice(0, 6 - 2 * level)))
    .map(({ list }) => list);
  return lastOf(coarse[0] ?? times.later, at, 0);
}

function listIn(table: CaddyTable, key: string, column: string): string | undefined {
  return table.rows.find((row) => row.key === key)?.lists[table.columns.indexOf(column)];
}

function lastOf(list: string, at: string, shared: number): string {
  const [before = "", ...items] = list.split(",");
  const item = items.findLast((one) => one <= at.slice(shared));
  if (item !== undefined) return at.slice(0, shared) + item.replace(/[A-Z]$/, "");
  return (before.startsWith(":") ? at.slice(0, 6) : "") + before.slice(1).replace(/[A-Z]$/, "");
}
