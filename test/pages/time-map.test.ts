import { describe, expect, test } from "vitest";

import { mementoPaths } from "../../src/model/memento.ts";
import { addSeconds } from "../../src/model/timestamp.ts";
import type { Timestamp } from "../../src/model/timestamp.ts";
import { renderTimeMaps } from "../../src/pages/time-map.ts";
import type { TimeMapFile } from "../../src/pages/time-map.ts";
import { time } from "../model/a-timeline.ts";
import { readLinks, secondOfDate } from "./link-format.ts";
import type { Link } from "./link-format.ts";

const paths = mementoPaths("/mirror/", "c/tree", ["tree"]);

describe("a TimeMap", () => {
  test("lists every checkpoint with its time, and says what it covers", () => {
    expect(contentOf(mapsOf("20231231T235959Z", "20240229T120000Z", "20250318T140338Z"), "timemap")).toBe(
      `<https://mirror.example.org/mirror/tree/>; rel="original",
<https://mirror.example.org/mirror/c/tree/timemap>; rel="self"; type="application/link-format"; from="Sun, 31 Dec 2023 23:59:59 GMT"; until="Tue, 18 Mar 2025 14:03:38 GMT",
<https://mirror.example.org/mirror/_asof/timegate/c/tree/>; rel="timegate",
<https://mirror.example.org/mirror/c/tree/20231231T235959Z/>; rel="first memento"; datetime="Sun, 31 Dec 2023 23:59:59 GMT",
<https://mirror.example.org/mirror/c/tree/20240229T120000Z/>; rel="memento"; datetime="Thu, 29 Feb 2024 12:00:00 GMT",
<https://mirror.example.org/mirror/c/tree/20250318T140338Z/>; rel="last memento"; datetime="Tue, 18 Mar 2025 14:03:38 GMT"
`,
    );
  });

  test("of one checkpoint has it for the first and the last", () => {
    expect(contentOf(mapsOf("20250318T140338Z"), "timemap")).toContain(
      '/20250318T140338Z/>; rel="first last memento";',
    );
  });

  test("is there before there is a checkpoint, and covers nothing", () => {
    const [map, ...others] = renderTimeMaps({ paths, origin: "", checkpoints: [] });
    expect(others).toEqual([]);
    expect(map?.content).toBe(`</mirror/tree/>; rel="original",
</mirror/c/tree/timemap>; rel="self"; type="application/link-format",
</mirror/_asof/timegate/c/tree/>; rel="timegate"
`);
  });

  test("of more than 1,000 checkpoints is an index of years, which hold each of them once", () => {
    const checkpoints = everyDay("20220101T000000Z", 1001);
    const files = renderTimeMaps({ paths, origin: "", checkpoints });
    expect(files.map(({ path }) => path)).toEqual([
      "timemap",
      "_asof/timemap/2022",
      "_asof/timemap/2023",
      "_asof/timemap/2024",
    ]);
    expect(contentOf(files, "timemap")).toBe(`</mirror/tree/>; rel="original",
</mirror/c/tree/timemap>; rel="self"; type="application/link-format"; from="Sat, 01 Jan 2022 00:00:00 GMT"; until="Fri, 27 Sep 2024 00:00:00 GMT",
</mirror/_asof/timegate/c/tree/>; rel="timegate",
</mirror/c/tree/_asof/timemap/2022>; rel="timemap"; type="application/link-format"; from="Sat, 01 Jan 2022 00:00:00 GMT"; until="Sat, 31 Dec 2022 00:00:00 GMT",
</mirror/c/tree/_asof/timemap/2023>; rel="timemap"; type="application/link-format"; from="Sun, 01 Jan 2023 00:00:00 GMT"; until="Sun, 31 Dec 2023 00:00:00 GMT",
</mirror/c/tree/_asof/timemap/2024>; rel="timemap"; type="application/link-format"; from="Mon, 01 Jan 2024 00:00:00 GMT"; until="Fri, 27 Sep 2024 00:00:00 GMT"
`);
    const years = files.slice(1);
    expect(years.flatMap(({ content }) => mementosIn(content))).toEqual(checkpoints);
    expect(contentOf(years, "_asof/timemap/2023")).toMatch(
      /^<\/mirror\/tree\/>; rel="original",\n<\/mirror\/c\/tree\/_asof\/timemap\/2023>; rel="self"; .*\n<.*>; rel="timegate",\n/,
    );
    const relations = years.flatMap(({ content }) => content.match(/rel="(?:first|last)[^"]*"/g));
    expect(relations).toEqual(['rel="first memento"', null, 'rel="last memento"']);
  });

  test.each([0, 1, 2, 999, 1001, 2500])("of %i checkpoints is link-format with what RFC 7089 asks for", (count) => {
    const origin = "https://mirror.example.org";
    const checkpoints = everyDay("20220101T000000Z", count);
    const mementos: Timestamp[] = [];
    const spans = new Map<string, readonly string[]>();
    for (const { path, content } of renderTimeMaps({ paths, origin, checkpoints })) {
      const links = readLinks(content);
      const of = (relation: string): readonly Link[] => links.filter(({ relations }) => relations.includes(relation));
      const [original, self, gate] = [of("original"), of("self"), of("timegate")];
      expect([original, self, gate].map(({ length }) => length)).toEqual([1, 1, 1]);
      expect(links.every(({ target }) => URL.canParse(target))).toBe(true);
      expect(links.every(({ relations }) => relations.length > 0)).toBe(true);
      expect(self[0]?.target).toBe(`${origin}/mirror/c/tree/${path}`);
      for (const { attributes } of [...self, ...of("timemap")]) {
        expect(attributes.get("type")).toBe("application/link-format");
      }
      const seconds = of("memento").map(({ attributes }) => secondOfDate(attributes.get("datetime")));
      expect(seconds).toEqual(seconds.toSorted());
      for (const [index, { target }] of of("memento").entries())
        expect(target).toBe(`${origin}/mirror/c/tree/${seconds[index] ?? ""}/`);
      mementos.push(...seconds);
      for (const { target, attributes } of [...self, ...of("timemap")]) {
        const span = ["from", "until"].flatMap((name) => attributes.get(name) ?? []).map(secondOfDate);
        // What an index says of a map is what that map says of itself.
        expect(spans.get(target) ?? span).toEqual(span);
        spans.set(target, span);
        expect(span).toEqual(span.toSorted());
      }
      const said = spans.get(self[0]?.target ?? "");
      expect(said).toEqual(seconds.length === 0 ? said : [seconds[0], seconds.at(-1)]);
    }
    expect(mementos).toEqual(checkpoints);
  });

  test("changes the index and one year with a checkpoint", () => {
    const before = renderTimeMaps({ paths, origin: "", checkpoints: everyDay("20220101T000000Z", 1500) });
    const after = renderTimeMaps({ paths, origin: "", checkpoints: everyDay("20220101T000000Z", 1501) });
    const changed = after.filter(({ path, content }) => contentOf(before, path) !== content);
    expect(changed.map(({ path }) => path)).toEqual(["timemap", "_asof/timemap/2026"]);
  });
});

function mapsOf(...checkpoints: readonly string[]): readonly TimeMapFile[] {
  return renderTimeMaps({
    paths,
    origin: "https://mirror.example.org",
    checkpoints: checkpoints.map((at) => time(at)),
  });
}

function contentOf(files: readonly TimeMapFile[], path: string): string | undefined {
  return files.find((file) => file.path === path)?.content;
}

function everyDay(from: string, count: number): readonly Timestamp[] {
  return Array.from({ length: count }, (_, index) => addSeconds(time(from), index * 86_400));
}

function mementosIn(content: string): readonly string[] {
  return [...content.matchAll(/\/(\d{8}T\d{6}Z)\/>; rel="(?:first )?(?:last )?memento"/g)].map(([, at = ""]) => at);
}
