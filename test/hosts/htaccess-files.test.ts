import { describe, expect, it } from "vitest";

import { Failure } from "../../src/failure.ts";
import type { Timeline } from "../../src/model/timeline.ts";
import { addSeconds } from "../../src/model/timestamp.ts";
import type { RulesFile, RulesInput } from "../../src/redirects/rules.ts";
import { timeline } from "../model/a-timeline.ts";
import { randomHistory, seededRandom } from "../servers/random-history.ts";
import { renderHost, repository, rulesInput } from "../servers/rules-folder.ts";

const day = 86_400;
const history = timeline(["-20230101T000000Z", "20240101T000000Z", "20250318T140338Z"], {
  horizon: "20250401T000000Z",
});

describe("generated .htaccess files", () => {
  it("are the same bytes every time", () => {
    const input = rulesInput("/srv/public", history);
    expect(htaccessFiles(input)).toEqual(htaccessFiles(input));
  });

  it("know nothing of the machine that wrote them", () => {
    const [here, there] = ["/srv/asof/public", "/home/somebody/www"].map((dir) =>
      htaccessFiles(rulesInput(dir, history)),
    );
    expect(here).toEqual(there);
  });

  it("lie at the front, below _asof, and below each checkpoint distribution, whose own comes last", () => {
    const plain = { name: "plain", basePath: "plain", repository: "myfile", checkpoint: false };
    const { distributions } = rulesInput("/srv/public", history);
    const files = htaccessFiles(rulesInput("/srv/public", history, { distributions: [...distributions, plain] }));
    expect(files.map(({ path }) => path)).toEqual([
      "_asof/answers/moved.txt",
      "_asof/answers/refused.txt",
      "_asof/answers/removed.txt",
      "_asof/answers/.htaccess",
      "_asof/.htaccess",
      ".htaccess",
      "checkpoints/myfile/_asof/times/.htaccess",
      "checkpoints/myfile/.htaccess",
    ]);
  });

  it("name the log of a repository in a line that can be parsed", () => {
    const lines = contentOf(rulesInput("/srv/public", history), "checkpoints/myfile/.htaccess").split("\n");
    expect(lines.filter((line) => line.startsWith("# asof-log "))).toEqual([`# asof-log myfile 7 ${"3f".repeat(32)}`]);
  });

  it.each([
    [1, day],
    [1_000, day],
    [10_000, day / 16],
    [100_000, day * 0.058],
    [800, 4.5 * day],
    [5_000, 1],
  ])("have no line that Apache refuses to read: %i checkpoints, one in %d seconds", (checkpoints, stepSeconds) => {
    for (const { content } of ofHistory(randomHistory(seededRandom(1), { checkpoints, stepSeconds }))) {
      for (const line of content.split("\n")) expect(line.length).toBeLessThan(8_000);
    }
  });

  it("are few hundred for 100,000 checkpoints in 16 years", () => {
    const many = randomHistory(seededRandom(1), { checkpoints: 100_000, stepSeconds: day * 0.058 });
    expect(ofHistory(many).length).toBeLessThan(400);
  });

  it("change in one list and in what leads to it with a checkpoint, and in at most six at the turn of a month", () => {
    const { points, ...rest } = randomHistory(seededRandom(2), { checkpoints: 3_000, stepSeconds: day / 16 });
    const changes: number[] = [];
    for (let length = 2_500; length < 3_000; length += 7) {
      const [before, after] = [length, length + 1].map(
        (end) =>
          new Map(
            ofHistory({ ...rest, points: points.slice(0, end), horizon: points[end - 1]?.at }).map((file) => [
              file.path,
              file.content,
            ]),
          ),
      );
      changes.push([...(after ?? [])].filter(([path, content]) => before?.get(path) !== content).length);
    }
    expect(Math.max(...changes)).toBeLessThanOrEqual(6);
    expect(changes.filter((count) => count === 2).length).toBeGreaterThan(changes.length * 0.9);
  });

  it("change in one file when the horizon moves", () => {
    const later = { ...history, horizon: addSeconds(history.points[2]?.at ?? fail(), 60 * day) };
    const before = new Map(ofHistory(history).map(({ path, content }) => [path, content]));
    const changed = ofHistory(later).filter(({ path, content }) => before.get(path) !== content);
    expect(changed.map(({ path }) => path)).toEqual(["checkpoints/myfile/.htaccess"]);
  });

  it.each(["/a,b/", "/a[b/", '/a"b/', "/a b/", "/a\\b/", "/a\nb/"])("are refused for the mount %j", (mount) => {
    expect(() => htaccessFiles(rulesInput("/srv/public", history, { mount }))).toThrow(Failure);
  });

  it.each([".htaccess", "a/.HTACCESS/b"])("are refused for the base path %s", (basePath) => {
    const distributions = [{ name: "odd", basePath, repository: "myfile", checkpoint: false }];
    expect(() => htaccessFiles(rulesInput("/srv/public", history, { distributions }))).toThrow(Failure);
  });
});

function htaccessFiles(input: RulesInput): readonly RulesFile[] {
  return renderHost(input, "htaccess").public;
}

function ofHistory(one: Timeline): readonly RulesFile[] {
  return htaccessFiles(rulesInput("/srv/public", one, { repositories: [repository("myfile", one)] }));
}

function contentOf(input: RulesInput, path: string): string {
  return htaccessFiles(input).find((file) => file.path === path)?.content ?? fail();
}

function fail(): never {
  throw new Error("not there");
}
