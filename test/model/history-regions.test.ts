import { hash } from "node:crypto";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Digest } from "../../src/model/digest.ts";
import { isDigest } from "../../src/model/digest.ts";
import { editsAfter } from "../../src/model/history-regions.ts";
import { eventText } from "../../src/model/history-shards.ts";
import { eventsIn } from "../../src/model/path-events.ts";
import { planTrees } from "../../src/model/plan-trees.ts";
import { parseRelativePath } from "../../src/model/relative-path.ts";
import { timestampFromSeconds } from "../../src/model/timestamp.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";
import type { Tree } from "../../src/model/tree.ts";

const paths = ["a", "d/a", "d/b", "d/e/c", "f"];
/** For each checkpoint which paths get which content from it on, "" being none; and in which of two builds it is kept. */
const aHistory = fc.array(
  fc.record({
    changes: fc.dictionary(fc.constantFrom(...paths), fc.constantFrom("", "1", "2"), { noNullPrototype: true }),
    builds: fc.constantFrom("both", "both", "first", "second", "none"),
  }),
  { minLength: 1, maxLength: 12 },
);

describe("events after checkpoints came and went", () => {
  it("are those that the kept checkpoints alone tell", () => {
    let followed = 0;
    fc.assert(
      fc.property(aHistory, (history) => {
        const { points, trees } = recorded(history.map(({ changes }) => changes));
        const read = (digest: Digest): Tree => trees.get(digest) ?? { repository: "repo", path: "", nodes: [] };
        // What is new is newer than all that the first build knew.
        const known = Math.max(
          0,
          ...history.map(({ builds }, at) => (builds === "both" || builds === "first" ? at + 1 : 0)),
        );
        const [before, now] = ["first", "second"].map((build) =>
          points.filter(
            (_, at) =>
              [build, "both"].includes(history[at]?.builds ?? "") &&
              (build === "first" || history[at]?.builds !== "second" || at >= known),
          ),
        );
        const everBefore = points.slice(0, known).map(({ created }) => created);
        const ever = points.map(({ created }) => created);
        const edits = editsAfter({ before: before ?? [], now: now ?? [], ever, read, isTakenDown: () => false });
        if (edits === undefined) return;
        followed += 1;
        const texts = new Map(toldBy(before ?? [], everBefore, read));
        for (const [path, edit] of edits) {
          const text = edit(texts.get(path));
          if (text === undefined) texts.delete(path);
          else texts.set(path, text);
        }
        expect(sorted(texts)).toEqual(sorted(toldBy(now ?? [], ever, read)));
      }),
      { numRuns: 2000 },
    );
    expect(followed).toBeGreaterThan(1000);
  });
});

interface Point {
  readonly created: Timestamp;
  readonly root: Digest;
}

function recorded(all: readonly Readonly<Record<string, string>>[]): {
  points: readonly Point[];
  trees: ReadonlyMap<Digest, Tree>;
} {
  const trees = new Map<Digest, Tree>();
  const files = new Map<string, { content: string; added: Timestamp }>();
  const points = all.map((changes, index) => {
    const created = timestampFromSeconds(1_742_306_618 + index * 60);
    // Versions are made a while before they are published.
    const added = timestampFromSeconds(1_742_306_618 + index * 60 - 30);
    for (const [path, content] of Object.entries(changes)) {
      if (content === "") files.delete(path);
      else if (files.get(path)?.content !== content) files.set(path, { content, added });
    }
    const entries = [...files].map(([path, file]) => {
      const entryPath = parseRelativePath(path);
      if (entryPath === undefined) throw new Error(path);
      return { path: entryPath, digest: digestOf(file.content), sizeBytes: 1, added: file.added };
    });
    const root = planTrees(
      "repo",
      entries.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
      (tree) => {
        const digest = digestOf(JSON.stringify(tree));
        trees.set(digest, tree);
        return digest;
      },
    );
    return { created, root };
  });
  return { points, trees };
}

function toldBy(
  points: readonly Point[],
  ever: readonly Timestamp[],
  read: (digest: Digest) => Tree,
): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const [index, checkpoint] of points.entries()) {
    for (const event of eventsIn({ previous: points[index - 1], checkpoint, ever }, read)) {
      const text = eventText(event, false);
      const before = texts.get(event.path);
      texts.set(event.path, before === undefined ? text : `${before},${text}`);
    }
  }
  return texts;
}

function sorted(texts: ReadonlyMap<string, string>): readonly unknown[] {
  return [...texts].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function digestOf(text: string): Digest {
  const digest = hash("sha256", text);
  if (!isDigest(digest)) throw new Error(digest);
  return digest;
}
