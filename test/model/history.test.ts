import { createHash } from "node:crypto";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseDigest } from "../../src/model/digest.ts";
import type { Digest } from "../../src/model/digest.ts";
import { foldHistory } from "../../src/model/fold-history.ts";
import {
  keptCheckpoints,
  latestVersion,
  newestPublication,
  nextVersion,
  protectedVersions,
  withdrawnLatest,
} from "../../src/model/history.ts";
import { goneIntervals, timelineOf } from "../../src/model/history-timeline.ts";
import type { HistoryEvent } from "../../src/model/history.ts";
import { applyRetention } from "../../src/model/retention.ts";
import { noRules } from "../../src/model/retention-policy.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";

describe("a history", () => {
  it("begins with version 0, the empty one", () => {
    const history = foldHistory([beginning]);
    expect(history.versions).toEqual([{ version: 0, root: digest(0), files: 0, bytes: 0 }]);
    expect(history.horizon).toBeUndefined();
  });

  it("has the newest checkpoint as its horizon, until a later horizon is recorded", () => {
    expect(foldHistory([beginning, checkpoint(10)]).horizon).toBe(at(10));
    expect(foldHistory([beginning, checkpoint(10), horizon(20)]).horizon).toBe(at(20));
    expect(foldHistory([beginning, checkpoint(10), horizon(20), horizon(15)]).horizon).toBe(at(20));
  });

  it("keeps pruned checkpoints with their tombstones", () => {
    const history = foldHistory([beginning, checkpoint(10), checkpoint(20), tombstone(10)]);
    expect(keptCheckpoints(history).map((one) => one.created)).toEqual([at(20)]);
    expect(history.checkpoints).toHaveLength(2);
    expect(history.horizon).toBe(at(20));
  });

  it("knows for each year the lines that tell of its checkpoints", () => {
    const secondYear = 366 * 86_400;
    const history = foldHistory([beginning, checkpoint(10), checkpoint(secondYear), horizon(2 * secondYear)]);
    expect([...history.tellingYears]).toEqual([
      ["1970", 2],
      ["1971", 3],
    ]);
    const pruned = foldHistory([beginning, checkpoint(10), checkpoint(secondYear), tombstone(10)]);
    expect([...pruned.tellingYears]).toEqual([
      ["1970", 4],
      ["1971", 3],
    ]);
  });

  it("refuses a log that contradicts itself", () => {
    expect(() => foldHistory([])).toThrow();
    expect(() => foldHistory([beginning, beginning])).toThrow("second beginning");
    expect(() => foldHistory([beginning, tombstone(10)])).toThrow("never was");
    expect(() => foldHistory([beginning, checkpoint(10, 3)])).toThrow("version 3");
  });

  it("serves the newest publication of any kind that was not pruned", () => {
    const history = foldHistory([beginning, checkpoint(10), checkpoint(20), tombstone(20)]);
    expect(newestPublication(history)?.created).toBe(at(10));
  });
});

describe("a checkpoint that is filled in", () => {
  const version = (number: number, filled?: true): HistoryEvent => ({
    type: "version",
    at: at(1),
    version: number,
    root: digest(number),
    files: 1,
    bytes: 1,
    ...(filled === undefined ? {} : { filled }),
  });
  const plain = (second: number, of: number): HistoryEvent => ({ ...checkpoint(second, of), checkpoint: false });

  it("leaves the latest version what it is, and the next one gets the next number", () => {
    const history = foldHistory([beginning, version(1), checkpoint(20, 1), version(2, true), checkpoint(10, 2)]);
    expect(latestVersion(history).version).toBe(1);
    expect(nextVersion(history)).toBe(3);
    expect(protectedVersions(history)).toEqual(new Set([1, 2]));
  });

  it("is not the newest publication, unless it is by its time", () => {
    const events = [beginning, checkpoint(10), checkpoint(30), checkpoint(20)];
    expect(newestPublication(foldHistory(events))?.created).toBe(at(30));
    expect(newestPublication(foldHistory([...events, tombstone(30)]))?.created).toBe(at(20));
    expect(newestPublication(foldHistory([...events, horizon(50), checkpoint(40)]))?.created).toBe(at(40));
  });

  it("takes the place of a plain publication only where it is later", () => {
    const events = [beginning, version(1), checkpoint(10), plain(30, 1), horizon(50)];
    const before = foldHistory([...events, checkpoint(20)]);
    expect(newestPublication(before)?.created).toBe(at(30));
    const later = foldHistory([...events, checkpoint(40), tombstone(40)]);
    expect(newestPublication(later)?.created).toBe(at(10));
  });

  it("says what the one after it changes now", () => {
    const next = { created: at(20), added: 1, removed: 2, changed: 3 };
    const history = foldHistory([beginning, checkpoint(20), { ...checkpoint(10), next }]);
    expect(history.checkpoints[1]).toMatchObject({ created: at(20), added: 1, removed: 2, changed: 3 });
    expect(() => foldHistory([beginning, { ...checkpoint(10), next }])).toThrow("never was");
  });
});

describe("tombstones", () => {
  const events = [
    beginning0(),
    ...[10, 20, 30, 40, 50].map((second) => checkpoint(second)),
    tombstone(20),
    tombstone(30),
    tombstone(50),
  ];

  it("that are neighbours are one interval", () => {
    expect(goneIntervals(foldHistory(events)).map(({ from, until, count }) => [from, until, count])).toEqual([
      [at(20), at(30), 2],
      [at(50), at(50), 1],
    ]);
  });

  it("are one point of the timeline for each interval", () => {
    const { points } = timelineOf(foldHistory(events), { pruned: "gone", settled: true });
    expect(points.map(({ at: second, kind }) => [second, kind])).toEqual([
      [at(10), "checkpoint"],
      [at(20), "gone"],
      [at(40), "checkpoint"],
      [at(50), "gone"],
    ]);
  });

  it("are skipped with pruned: redirect", () => {
    const { points } = timelineOf(foldHistory(events), { pruned: "redirect", settled: false });
    expect(points.map((point) => point.at)).toEqual([at(10), at(40)]);
  });
});

describe("retention", () => {
  it("keeps the newest so many, and always the newest, whatever the history", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(10_000), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 40 }),
        (seconds, count) => {
          const history = foldHistory([
            beginning,
            ...seconds.toSorted((a, b) => a - b).map((second) => checkpoint(second + 1)),
          ]);
          const decisions = applyRetention({ ...noRules, checkpoints: count }, keptCheckpoints(history));
          const kept = decisions.filter((decision) => decision.keep).map((decision) => decision.checkpoint.created);
          expect(kept).toEqual(history.checkpoints.slice(-count).map((one) => one.created));
        },
      ),
    );
  });

  it("keeps everything without a rule, and gives a reason for each", () => {
    const history = foldHistory([beginning, checkpoint(1), checkpoint(2), checkpoint(3)]);
    expect(applyRetention(noRules, keptCheckpoints(history)).every((decision) => decision.keep)).toBe(true);
    expect(
      applyRetention({ ...noRules, checkpoints: 2 }, keptCheckpoints(history)).map(({ reasons }) => reasons),
    ).toEqual([["retention: not among the newest 2"], ["checkpoints 2 of 2"], ["the newest", "checkpoints 1 of 2"]]);
  });
});

// Pulp's test_repo_versions.py, restated: what a checkpoint protects.
describe("version clean-up", () => {
  const versions = (last: number): HistoryEvent[] =>
    Array.from({ length: last }, (_, index) => ({
      type: "version",
      at: at(index + 1),
      version: index + 1,
      root: digest(index + 1),
      files: 1,
      bytes: 1,
    }));

  it("keeps the version behind a checkpoint when a newer version is made", () => {
    const history = foldHistory([beginning, ...versions(4), checkpoint(100, 3)]);
    expect([...protectedVersions(history)].toSorted()).toEqual([3, 4]);
  });

  it("keeps every version behind a checkpoint, and lets the unpublished one between go", () => {
    const history = foldHistory([beginning, ...versions(6), checkpoint(100, 3), checkpoint(200, 4)]);
    expect([...protectedVersions(history)].toSorted()).toEqual([3, 4, 6]);
  });

  it("no longer keeps the version behind a pruned checkpoint", () => {
    const history = foldHistory([beginning, ...versions(6), checkpoint(100, 3), checkpoint(200, 4), tombstone(100)]);
    expect([...protectedVersions(history)].toSorted()).toEqual([4, 6]);
  });
});

describe("labels", () => {
  it("are those that were given and not taken away, sorted, each once", () => {
    const label = (type: "label" | "unlabel", second: number, name: string): HistoryEvent => ({
      type,
      at: at(100),
      checkpoint: at(second),
      label: name,
    });
    const history = foldHistory([
      beginning,
      checkpoint(10),
      checkpoint(20),
      label("label", 10, "b"),
      label("label", 10, "a"),
      label("label", 10, "b"),
      label("label", 20, "b"),
      label("unlabel", 20, "b"),
    ]);
    expect(history.checkpoints.map(({ labels }) => labels)).toEqual([["a", "b"], []]);
    expect(() => foldHistory([beginning, label("label", 10, "a")])).toThrow("never was");
  });
});

describe("a withdrawn checkpoint", () => {
  const withdrawn = (second: number, reason = "leaked"): HistoryEvent => ({
    type: "tombstone",
    at: at(1000),
    checkpoint: at(second),
    reason,
    cause: "withdrawn",
  });
  const versionOf = (version: number): Extract<HistoryEvent, { type: "version" }> => ({
    type: "version",
    at: at(version),
    version,
    root: digest(version),
    files: 1,
    bytes: 1,
  });
  const versions: readonly HistoryEvent[] = [1, 2].map(versionOf);
  const plain = (second: number, version: number): HistoryEvent => ({
    ...checkpoint(second, version),
    checkpoint: false,
  });

  it("takes plain distributions back beyond every publication with its content, but not beyond later ones", () => {
    const before = [beginning, ...versions, checkpoint(5, 1), checkpoint(10, 2), checkpoint(20, 2)];
    expect(newestPublication(foldHistory([...before, withdrawn(20)]))?.created).toBe(at(5));
    expect(newestPublication(foldHistory([...before, tombstone(20)]))?.created).toBe(at(10));
    expect(newestPublication(foldHistory([...before, withdrawn(20), plain(30, 2)]))?.created).toBe(at(30));
    expect(newestPublication(foldHistory([beginning, ...versions, checkpoint(20, 2), withdrawn(20)]))).toBe(undefined);
  });

  it("takes plain distributions past publications that were no checkpoints: nothing keeps the content of one that another followed", () => {
    const before = [beginning, ...versions, checkpoint(5, 1), plain(10, 1), plain(15, 1), checkpoint(20, 2)];
    expect(newestPublication(foldHistory([...before, withdrawn(20)]))?.created).toBe(at(5));
    expect(newestPublication(foldHistory(before.slice(0, -1)))?.created).toBe(at(15));
  });

  it("is not to be published again while its version is the latest, unless somebody did", () => {
    const before = [beginning, ...versions, checkpoint(20, 2)];
    const latest = (...more: readonly HistoryEvent[]): Timestamp | undefined =>
      withdrawnLatest(foldHistory([...before, ...more]), () => false)?.created;
    expect(latest()).toBe(undefined);
    expect(latest(tombstone(20))).toBe(undefined);
    expect(latest(withdrawn(20))).toBe(at(20));
    expect(latest(withdrawn(20), checkpoint(30, 2))).toBe(undefined);
    expect(latest(withdrawn(20), versionOf(3))).toBe(undefined);
  });

  it("is not to be published again as another version of the same content either, unless somebody did", () => {
    // Versions 2 and 4 hold the same.
    const holds = ({ version: number }: { readonly version: number }): boolean => number % 2 === 0;
    const before = [
      beginning,
      ...versions,
      checkpoint(20, 2),
      withdrawn(20),
      versionOf(3),
      checkpoint(30, 3),
      versionOf(4),
    ];
    const latest = (...more: readonly HistoryEvent[]): Timestamp | undefined =>
      withdrawnLatest(foldHistory([...before, ...more]), holds)?.created;
    expect(latest()).toBe(at(20));
    expect(latest(checkpoint(40, 4), versionOf(5), versionOf(6))).toBe(undefined);
    expect(latest(checkpoint(40, 4), withdrawn(40), versionOf(5), versionOf(6))).toBe(at(40));
    expect(latest({ ...versionOf(5), files: 2 })).toBe(undefined);
    expect(withdrawnLatest(foldHistory(before.filter(({ type }) => type !== "tombstone")), () => expect.fail())).toBe(
      undefined,
    );
  });

  it("is a point and a page of its own among other tombstones, and one also where those are skipped", () => {
    const made = [10, 20, 30, 40, 50, 60].map((second) => checkpoint(second));
    const history = foldHistory([
      beginning,
      ...made,
      tombstone(10),
      withdrawn(20),
      withdrawn(30),
      withdrawn(40, "broken"),
      tombstone(50),
    ]);
    const points = (pruned: "gone" | "redirect") =>
      timelineOf(history, { pruned, settled: true }).points.map(({ at: second, kind }) => [second, kind]);
    expect(points("gone")).toEqual([
      [at(10), "gone"],
      [at(20), "gone"],
      [at(40), "gone"],
      [at(50), "gone"],
      [at(60), "checkpoint"],
    ]);
    expect(points("redirect")).toEqual([
      [at(20), "gone"],
      [at(40), "gone"],
      [at(60), "checkpoint"],
    ]);
    for (const pruned of ["gone", "redirect"] as const) {
      expect(goneIntervals(history, pruned).map(({ from }) => [from, "gone"])).toEqual(points(pruned).slice(0, -1));
    }
    expect(goneIntervals(history).map(({ until, count, cause, reason }) => [until, count, cause, reason])).toEqual([
      [at(10), 1, "retention", "retention"],
      [at(30), 2, "withdrawn", "leaked"],
      [at(40), 1, "withdrawn", "broken"],
      [at(50), 1, "retention", "retention"],
    ]);
  });
});

const beginning = beginning0();

function beginning0(): HistoryEvent {
  return { type: "repository", at: at(0), name: "repo", root: digest(0) };
}

function checkpoint(second: number, version = 0): Extract<HistoryEvent, { type: "publication" }> {
  const counts = { added: 0, removed: 0, changed: 0 };
  return {
    type: "publication",
    at: at(second),
    publication: second,
    version,
    created: at(second),
    checkpoint: true,
    manifest: null,
    ...counts,
  };
}

function tombstone(second: number): HistoryEvent {
  return { type: "tombstone", at: at(1000), checkpoint: at(second), reason: "retention" };
}

function horizon(second: number): HistoryEvent {
  return { type: "horizon", at: at(second), horizon: at(second) };
}

function at(second: number): Timestamp {
  return timestampFromSeconds(second);
}

function digest(number: number): Digest {
  const parsed = parseDigest(createHash("sha256").update(String(number)).digest("hex"));
  if (parsed === undefined) throw new Error("no digest");
  return parsed;
}
