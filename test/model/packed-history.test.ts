import { createHash } from "node:crypto";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseDigest } from "../../src/model/digest.ts";
import type { Digest } from "../../src/model/digest.ts";
import { foldHistory, openHistoryFold } from "../../src/model/fold-history.ts";
import type { HistoryEvent } from "../../src/model/history.ts";
import { packHistory, unpackHistory } from "../../src/model/packed-history.ts";
import type { PackedHistory } from "../../src/model/packed-history.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";

describe("a packed history", () => {
  it("is the same history again, and goes on as it would have gone on", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(), (steps, cut) => {
        const events = eventsOf(steps);
        const lines = 1 + (cut % events.length);
        const before = foldHistory(events.slice(0, lines));
        const unpacked = unpackHistory(throughJson(packHistory(before)));
        expect(unpacked).toEqual(before);
        const fold = openHistoryFold({ history: unpacked, lines });
        for (const event of events.slice(lines)) fold.add(event);
        expect(fold.history()).toEqual(foldHistory(events));
      }),
      { numRuns: 300 },
    );
  });

  it("does not change when its fold goes on", () => {
    const history = foldHistory(eventsOf([{ kind: "publication", of: 1, file: 1, checkpoint: true }]));
    const fold = openHistoryFold({ history, lines: 3 });
    fold.add({ type: "label", at: at(9), checkpoint: history.checkpoints[0]?.created ?? at(0), label: "later" });
    expect(history.checkpoints[0]?.labels).toEqual([]);
    expect(fold.history().checkpoints[0]?.labels).toEqual(["later"]);
  });

  it("is no history where it lacks something", () => {
    const packed = packHistory(foldHistory(eventsOf([{ kind: "publication", of: 1, file: 1, checkpoint: true }])));
    const { versions } = packed;
    expect(() => unpackHistory({ ...packed, versions: { ...versions, root: [] } })).toThrow("lacks");
  });
});

type Step =
  | { readonly kind: "version" | "horizon" | "lost" | "manifest" | "takedown"; readonly of: number }
  | { readonly kind: "settled"; readonly of: number }
  | { readonly kind: "publication"; readonly of: number; readonly file: number; readonly checkpoint: boolean }
  | { readonly kind: "tombstone" | "withdrawal" | "label" | "unlabel" | "again"; readonly of: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("publication" as const),
    of: fc.nat(99),
    file: fc.nat(7),
    checkpoint: fc.boolean(),
  }),
  fc.record({
    kind: fc.constantFrom("version", "horizon", "lost", "manifest", "takedown", "settled"),
    of: fc.nat(99),
  }),
  fc.record({ kind: fc.constantFrom("tombstone", "withdrawal", "label", "unlabel", "again"), of: fc.nat(99) }),
);

/** Events of a log that contradicts nothing; checkpoints are now and then filled in between others, or made again. */
function eventsOf(steps: readonly Step[]): readonly HistoryEvent[] {
  const events: HistoryEvent[] = [{ type: "repository", at: at(0), name: "repo", root: digest(0) }];
  const versions = [0];
  const names: Timestamp[] = [];
  let [horizon, publications] = [0, 0];
  const publish = (of: number, file: number, created: Timestamp, checkpoint: boolean): void => {
    const stored = { digest: digest(file), bytes: file };
    const next = names.toSorted().find((name) => name > created);
    events.push({
      type: "publication",
      at: created,
      publication: (publications += 1),
      version: versions[of % versions.length] ?? 0,
      created,
      checkpoint,
      manifest: (file & 1) === 0 ? null : { name: "PULP_MANIFEST", ...stored },
      ...((file & 2) === 0 ? {} : { sums: stored, statement: stored }),
      ...((file & 4) === 0 ? {} : { signatures: [{ name: "statement.asc", ...stored }] }),
      added: of,
      removed: file,
      changed: 1,
      ...(next === undefined || !checkpoint ? {} : { next: { created: next, added: of + 1, removed: 2, changed: 3 } }),
    });
    if (checkpoint && !names.includes(created)) names.push(created);
  };
  for (const one of steps) {
    const name = names[one.of % names.length];
    const second = timestampFromSeconds((horizon += 1 + one.of * 86_400));
    if (one.kind === "publication") {
      publish(one.of, one.file, one.of % 5 === 4 ? at(one.of) : second, one.checkpoint);
    } else if (one.kind === "version") {
      const version = versions.length;
      versions.push(version);
      const filled = one.of % 4 === 3 ? ({ filled: true } as const) : {};
      events.push({
        type: "version",
        at: second,
        version,
        root: digest(one.of % 3),
        files: one.of,
        bytes: 7,
        ...filled,
      });
    } else if (one.kind === "manifest") events.push({ type: "manifest", at: second, digest: digest(one.of), bytes: 3 });
    else if (one.kind === "takedown")
      events.push({ type: "takedown", at: second, digest: digest(one.of), reason: "é" });
    else if (one.kind === "settled") events.push({ type: "settled", at: second, settled: one.of % 2 === 0 });
    else if (one.kind === "horizon") events.push({ type: "horizon", at: second, horizon: second });
    else if (one.kind === "lost") events.push({ type: "lost", at: second, until: second });
    else if (name === undefined) continue;
    else if (one.kind === "again") publish(one.of, 3, name, true);
    else if (one.kind === "tombstone")
      events.push({ type: "tombstone", at: second, checkpoint: name, reason: "retention" });
    else if (one.kind === "withdrawal") {
      const content = one.of % 2 === 0 ? {} : { content: digest(one.of) };
      events.push({ type: "tombstone", at: second, checkpoint: name, reason: "bad", cause: "withdrawn", ...content });
    } else events.push({ type: one.kind, at: second, checkpoint: name, label: `v${one.of % 4}` });
  }
  return events;
}

function throughJson(packed: PackedHistory): PackedHistory {
  return JSON.parse(JSON.stringify(packed));
}

function at(second: number): Timestamp {
  return timestampFromSeconds(second);
}

function digest(number: number): Digest {
  const found = parseDigest(createHash("sha256").update(String(number)).digest("hex"));
  if (found === undefined) throw new Error("no digest");
  return found;
}
