import { describe, expect, it } from "vitest";

import { staticHeaders } from "../../src/redirects/hosts/static-headers.ts";
import { timeline } from "../model/a-timeline.ts";
import { randomHistory, seededRandom } from "../servers/random-history.ts";
import { repository, rulesInput } from "../servers/rules-folder.ts";
import { netlifyHeaders } from "./netlify-headers.ts";

const history = timeline(["-20230101T000000Z", "20240101T000000Z", "20250318T140338Z"]);

describe.each(["/", "/mirror/"])("_headers at %s", (mount) => {
  const input = rulesInput("/srv/public", history, {
    mount,
    scriptHash: "cGFnZXM=",
    repositories: [repository("r", history)],
    distributions: [
      { name: "s", basePath: "cp/r", repository: "r", checkpoint: true },
      { name: "p", basePath: "plain", repository: "r", checkpoint: false },
    ],
  });
  const headers = netlifyHeaders(staticHeaders(input, "bm90LWZvdW5k").content);
  const of = (path: string): Readonly<Record<string, string>> => headers(mount + path);

  it("give every address the policy of the rules for servers, with the script of 404.html, and no caching without asking", () => {
    for (const path of [
      "",
      "cp/r/",
      "cp/r/20250318T140338Z/a.deb",
      "cp/r/20240601T000000Z/a.deb",
      "plain/a",
      "nothing",
    ]) {
      expect(of(path)).toMatchObject({
        "cache-control": "no-cache",
        "x-content-type-options": "nosniff",
        "content-security-policy": expect.stringMatching(
          /^sandbox .* script-src 'sha256-cGFnZXM=' 'sha256-bm90LWZvdW5k'$/,
        ),
      });
    }
    expect(of("_asof/assets/style.css")["cache-control"]).toBe("public, max-age=3600");
  });

  it("keep crawlers out of checkpoints, and of nothing else", () => {
    for (const path of ["cp/r/20250318T140338Z/", "cp/r/20250318T140338Z/a/b", "cp/r/20240601T000000Z/a"]) {
      expect(of(path)["x-robots-tag"]).toBe("noindex, nofollow");
    }
    for (const path of ["", "cp/", "cp/r/", "cp/r/checkpoints.json", "plain/2a", "plain/"]) {
      expect(of(path)["x-robots-tag"]).toBeUndefined();
    }
  });

  it("let any page read JSON, and JSON alone", () => {
    for (const path of ["site.json", "cp/r/checkpoints.json", "cp/r/checkpoints/2024.json", "plain/a/own.json"]) {
      expect(of(path)["access-control-allow-origin"]).toBe("*");
    }
    for (const path of ["", "cp/r/", "plain/a.jsonx", "plain/json"]) {
      expect(of(path)["access-control-allow-origin"]).toBeUndefined();
    }
  });

  it("make the roots of kept checkpoints mementos of the plain distribution, and nothing else", () => {
    expect(of("cp/r/20250318T140338Z/")).toMatchObject({
      "memento-datetime": "Tue, 18 Mar 2025 14:03:38 GMT",
      link: `<${mount}plain/>; rel="original", <${mount}cp/r/timemap>; rel="timemap"; type="application/link-format"`,
    });
    for (const path of ["cp/r/20250318T140338Z/a", "cp/r/20250318T140339Z/", "cp/r/20230101T000000Z/", "cp/r/"]) {
      expect(of(path)["memento-datetime"]).toBeUndefined();
      expect(of(path)["link"]).toBeUndefined();
    }
    expect(of("cp/r/timemap")["content-type"]).toBe("application/link-format");
  });
});

describe("_headers of a long history", () => {
  it("name the newest thousand checkpoints and stay small", () => {
    const long = randomHistory(seededRandom(4), { checkpoints: 3_000, stepSeconds: 40_000 });
    const { content } = staticHeaders(rulesInput("/srv/public", long, {}), "aGFzaA==");
    const named = [...content.matchAll(/\/(\d{8}T\d{6}Z)\/\n {2}Memento/g)].map(([, at]) => at);
    expect(named).toHaveLength(1_000);
    expect(named).toEqual(
      long.points
        .slice(-1_000)
        .map(({ at }) => at)
        .toReversed(),
    );
    expect(content.length).toBeLessThan(300_000);
  });
});
