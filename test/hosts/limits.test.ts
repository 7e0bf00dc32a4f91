import { describe, expect, it } from "vitest";

import { hostNames } from "../../src/model/server-name.ts";
import { limitWarnings } from "../../src/redirects/hosts/limits.ts";

describe("a site that is more than a host takes", () => {
  it("is warned of, for each host and limit", () => {
    expect(limitWarnings(hostNames, { files: 200_001, bytes: 1_234_567_890 })).toEqual([
      "cloudflare takes 20000 files, and this site has 200001",
      "github-pages takes 1 GB for a site, and the files of this one are 1.23 GB",
      "gitlab-pages takes 1 GB for a site, and the files of this one are 1.23 GB",
      "gitlab-pages takes 200000 files, and this site has 200001",
    ]);
  });

  it("is not one that is just as much", () => {
    expect(limitWarnings(hostNames, { files: 20_000, bytes: 1e9 })).toEqual([]);
    expect(limitWarnings(["gitlab-pages"], { files: 200_000, bytes: 1e9 })).toEqual([]);
  });
});
