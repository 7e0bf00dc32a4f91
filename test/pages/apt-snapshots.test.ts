import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { snapshotServer, snapshotServerValue } from "../../src/pages/kit/apt-snapshots.ts";
import type { AptArchivePlace } from "../../src/pages/kit/apt-snapshots.ts";
import { isAddress } from "../../src/pages/kit/printable.ts";
import { kitOf, linesOf, suite, textsOf } from "./example-kit.ts";

function valueFor(places: readonly AptArchivePlace[], site = "https://mirror.example.org/"): string | undefined {
  if (!isAddress(site)) throw new Error("no address");
  const server = snapshotServer(site, places);
  return server === undefined ? undefined : snapshotServerValue(server);
}

function place(basePath: string, checkpoints: string | undefined, directory = ""): AptArchivePlace {
  return { basePath, checkpoints, directory };
}

/** What apt 2.7.12 to 3.1 makes of the value: the time, then the path of the live source without its slashes; `dists/…` is appended as it is. */
function snapshotOf(value: string, live: string, at: string): string {
  const path = new URL(live).pathname.replace(/^\/+|\/+$/g, "");
  return value.replaceAll("@SNAPSHOTID@", at).replaceAll("@PATH@", path);
}

describe("where apt is told that a host keeps the past of its archives", () => {
  test("is made from the path of the live source where the base paths allow it", () => {
    expect(valueFor([place("myfile", "checkpoints/myfile")])).toBe(
      "https://mirror.example.org/checkpoints/@PATH@/@SNAPSHOTID@/",
    );
    expect(valueFor([place("a", "checkpoints/a"), place("b/c", "checkpoints/b/c")])).toBe(
      "https://mirror.example.org/checkpoints/@PATH@/@SNAPSHOTID@/",
    );
    expect(valueFor([place("a", "a-at"), place("b", "b-at")])).toBe(
      "https://mirror.example.org/@PATH@-at/@SNAPSHOTID@/",
    );
  });

  test("is one address where there is one archive with another name", () => {
    expect(valueFor([place("live", "past")])).toBe("https://mirror.example.org/past/@SNAPSHOTID@/");
    expect(valueFor([place("a", "data")])).toBe("https://mirror.example.org/data/@SNAPSHOTID@/");
    expect(valueFor([place("live", "past", "debian")])).toBe("https://mirror.example.org/past/@SNAPSHOTID@/debian/");
    expect(valueFor([place("live", "past")], "https://example.org/mirror/")).toBe(
      "https://example.org/mirror/past/@SNAPSHOTID@/",
    );
  });

  test("is not said where one line would lead some archive to another's past", () => {
    expect(valueFor([])).toBeUndefined();
    expect(valueFor([place("live", undefined)])).toBeUndefined();
    expect(valueFor([place("a", "x"), place("b", "y")])).toBeUndefined();
    expect(valueFor([place("live", "past"), place("other", undefined)])).toBeUndefined();
    expect(valueFor([place("a", "checkpoints/a"), place("b", "checkpoints/c")])).toBeUndefined();
    expect(valueFor([place("a", "checkpoints/a", "deb"), place("b", "checkpoints/b")])).toBeUndefined();
  });

  test("is right for every archive of the site, whenever it is said, and leads no other to a past that is not its own", () => {
    const name = fc.constantFrom("a", "b", "ab", "a-b", "checkpoints", "b/a");
    const places = fc.uniqueArray(
      fc.record({
        basePath: name,
        directory: fc.constantFrom("", "", "", "deb"),
        checkpoints: fc.option(
          fc
            .tuple(fc.constantFrom("", "checkpoints/", "a", "x-"), name, fc.constantFrom("", "-at", "/past"))
            .map((parts) => parts.join("")),
          { nil: undefined },
        ),
      }),
      { selector: ({ basePath }) => basePath, minLength: 1, maxLength: 3 },
    );
    const site = fc.constantFrom("https://mirror.example.org/", "http://example.org:8080/a/");
    let said = 0;
    fc.assert(
      fc.property(places, site, (all, url) => {
        const value = valueFor(all, url);
        if (value === undefined) return;
        said += 1;
        expect(value).toMatch(/^https?:\/\/.*\/$/);
        const at = "20250318T140338Z";
        const right = new Set<string>();
        for (const { basePath, directory, checkpoints } of all) {
          if (checkpoints === undefined) continue;
          const below = directory === "" ? "" : `${directory}/`;
          right.add(`${url}${checkpoints}/${at}/${below}`);
          expect(snapshotOf(value, `${url}${basePath}/${below}`, at)).toBe(`${url}${checkpoints}/${at}/${below}`);
        }
        for (const { basePath, directory, checkpoints } of all) {
          if (checkpoints !== undefined) continue;
          const live = `${url}${basePath}/${directory}`;
          expect(right).not.toContain(snapshotOf(value, live, at));
        }
      }),
      { numRuns: 2000 },
    );
    expect(said).toBeGreaterThan(200);
  });
});

describe("the kit of a Debian archive", () => {
  test("has a live source with the snapshot option beside that line", () => {
    const kit = kitOf({ apt: [suite()] });
    expect(linesOf(kit, "apt-live.sources")).toEqual([
      "Types: deb",
      "URIs: https://mirror.example.org/myfile/",
      "Suites: stable",
      "Components: main contrib",
      "Snapshot: enable",
    ]);
    expect(linesOf(kit, "apt-snapshots.conf")).toEqual([
      'Acquire::Snapshots::URI::Host::mirror.example.org "https://mirror.example.org/checkpoints/@PATH@/@SNAPSHOTID@/";',
    ]);
  });

  test("names the host without its port: apt looks it up so", () => {
    const kit = kitOf({ apt: [suite()] }, { url: "http://mirror.example.org:8080/" });
    expect(linesOf(kit, "apt-snapshots.conf")).toEqual([
      'Acquire::Snapshots::URI::Host::mirror.example.org "http://mirror.example.org:8080/checkpoints/@PATH@/@SNAPSHOTID@/";',
    ]);
  });

  test("has neither where apt would go elsewhere, where there is no plain distribution, and where no line is right", () => {
    for (const kit of [
      kitOf({ apt: [suite({ snapshotsElsewhere: true })] }),
      kitOf({ apt: [suite()] }, { plainBasePath: undefined, aptArchives: [] }),
      kitOf({ apt: [suite()] }, { aptArchives: [place("myfile", "x"), place("other", "y")] }),
    ]) {
      expect([...textsOf(kit).keys()]).toEqual(["apt.sources", "Dockerfile", "fetch.sh"]);
    }
  });

  test("leaves suites that have their past elsewhere out of the live source alone", () => {
    const kit = kitOf({ apt: [suite(), suite({ name: "security", snapshotsElsewhere: true })] });
    expect(linesOf(kit, "apt.sources")).toContain("Suites: security");
    expect(linesOf(kit, "apt-live.sources")).toContain("Suites: stable");
    expect(linesOf(kit, "apt-live.sources")).not.toContain("Suites: security");
  });
});
