import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseText } from "./parse-text.ts";

describe("defaults", () => {
  it("leave nothing undecided when only a repository is named", async () => {
    const { config, warnings } = await parseText("repositories: { r: {} }\n");
    expect(warnings).toEqual([]);
    expect(config).toEqual({
      file: "/srv/mirror/asof.yaml",
      site: { name: "main", title: "Package archive", url: undefined, mount: "/" },
      stateDir: "/srv/mirror/state",
      publicDir: "/srv/mirror/public",
      rulesDir: "/srv/mirror/rules",
      servers: ["nginx", "apache", "caddy", "lighttpd"],
      hosts: [],
      checkRules: false,
      templatesDir: undefined,
      theme: "default",
      reload: undefined,
      sign: undefined,
      layout: "shared",
      pruned: "gone",
      graceSeconds: 3600,
      gracePlainSeconds: 3 * 86_400,
      repositories: [
        {
          name: "r",
          remote: undefined,
          manifest: "PULP_MANIFEST",
          sums: true,
          retain: { checkpoints: undefined },
          settled: true,
          horizonStepSeconds: 86_400,
          maxShrinkPercent: 50,
          fetch: { concurrency: 10, retries: 3, timeoutSeconds: 30, maxManifestBytes: 64 * 1024 * 1024 },
        },
      ],
      distributions: [],
    });
  });

  it("take every file of a directory and refuse its links", async () => {
    const { config } = await parseText("repositories: { r: { remote: { type: directory, path: in } } }\n");
    expect(config.repositories[0]?.remote).toEqual({
      type: "directory",
      path: "/srv/mirror/in",
      include: ["**"],
      exclude: [],
      symlinks: "refuse",
    });
  });

  it("ask the content app of a Pulp server alone, and keep what Pulp prunes", async () => {
    const { config } = await parseText('repositories: { r: { remote: { type: pulp, url: "https://h/c/d" } } }\n');
    expect(config.repositories[0]?.remote).toEqual({ type: "pulp", url: "https://h/c/d/", followRetention: false });
  });

  it("find the files with a Pulp server's secrets beside the configuration", async () => {
    const secrets = "user: u, password_file: p, headers_file: h, ca_file: /ca, certificate_file: c, key_file: k";
    const { config } = await parseText(
      `repositories: { r: { remote: { type: pulp, url: "https://h/c", api: "https://h/api/v3", ${secrets} } } }\n`,
    );
    expect(config.repositories[0]?.remote).toMatchObject({
      api: "https://h/api/v3/",
      user: "u",
      passwordFile: "/srv/mirror/p",
      headersFile: "/srv/mirror/h",
      caFile: "/ca",
      certificateFile: "/srv/mirror/c",
      keyFile: "/srv/mirror/k",
    });
  });

  it("add to what a file remote had", async () => {
    const { config } = await parseText('repositories: { r: { remote: { type: file, url: "https://h/M" } } }\n');
    expect(config.repositories[0]?.remote).toEqual({ type: "file", url: "https://h/M", mode: "additive" });
  });
});

describe("a configuration with every key", () => {
  const written = {
    $schema: "./asof.schema.json",
    site: { name: "deb2", title: "Debian", url: "http://mirror.example.org/a~b/c.d" },
    state: "/var/lib/asof",
    output: "../www",
    rules: "/etc/nginx/asof",
    servers: ["lighttpd", "nginx"],
    hosts: ["htaccess", "cloudflare"],
    check_rules: true,
    theme: "classic",
    reload: ["systemctl", "reload", "nginx"],
    sign: { command: ["sign", "{file}"] },
    layout: "copies",
    pruned: "redirect",
    grace: 0,
    grace_plain: "2w",
    repositories: {
      "b.b_b-b": {
        remote: { type: "file", url: "HTTPS://H.example/%7Ea/M?x=1", mode: "mirror" },
        manifest: null,
        sums: false,
        retain: {
          checkpoints: 30,
          last: 1,
          hourly: 2,
          daily: 3,
          weekly: 4,
          monthly: 5,
          yearly: 6,
          within: "36h",
          labels: ["v1", "release-2.0_x"],
        },
        settled: false,
        horizon_step: "90s",
        max_shrink: 100,
        fetch: { concurrency: 1, retries: 0, timeout: "2m", max_manifest: "500 kB" },
      },
      a: {
        remote: {
          type: "directory",
          path: "/srv/in",
          include: ["*.deb"],
          exclude: ["x/**"],
          symlinks: "follow-inside",
          ready: "d/.done",
        },
        settled: false,
      },
    },
    distributions: {
      z: { repository: "a", base_path: "a" },
      "2": { repository: "a", base_path: "checkpoints/a", checkpoint: true },
    },
  };
  const expected = {
    site: { name: "deb2", title: "Debian", url: "http://mirror.example.org/a~b/c.d/", mount: "/a~b/c.d/" },
    stateDir: "/var/lib/asof",
    publicDir: "/srv/www",
    rulesDir: "/etc/nginx/asof",
    servers: ["nginx", "lighttpd"],
    hosts: ["cloudflare", "htaccess"],
    checkRules: true,
    templatesDir: undefined,
    theme: "classic",
    reload: ["systemctl", "reload", "nginx"],
    sign: { command: ["sign", "{file}"], file: "checkpoint.txt.sig" },
    layout: "copies",
    pruned: "redirect",
    graceSeconds: 0,
    gracePlainSeconds: 14 * 86_400,
    repositories: [
      {
        name: "a",
        remote: {
          type: "directory",
          path: "/srv/in",
          include: ["*.deb"],
          exclude: ["x/**"],
          symlinks: "follow-inside",
          ready: "d/.done",
        },
        manifest: "PULP_MANIFEST",
        sums: true,
        retain: { checkpoints: undefined },
        settled: false,
        horizonStepSeconds: 86_400,
        maxShrinkPercent: 50,
        fetch: { concurrency: 10, retries: 3, timeoutSeconds: 30, maxManifestBytes: 64 * 1024 * 1024 },
      },
      {
        name: "b.b_b-b",
        remote: { type: "file", url: "https://h.example/%7Ea/M?x=1", mode: "mirror" },
        manifest: undefined,
        sums: false,
        retain: {
          checkpoints: 30,
          last: 1,
          hourly: 2,
          daily: 3,
          weekly: 4,
          monthly: 5,
          yearly: 6,
          withinSeconds: 36 * 3600,
          labels: ["v1", "release-2.0_x"],
        },
        settled: false,
        horizonStepSeconds: 90,
        maxShrinkPercent: 100,
        fetch: { concurrency: 1, retries: 0, timeoutSeconds: 120, maxManifestBytes: 500_000 },
      },
    ],
    distributions: [
      { name: "2", repository: "a", basePath: "checkpoints/a", checkpoint: true },
      { name: "z", repository: "a", basePath: "a", checkpoint: false },
    ],
  };

  it("is read from JSON, sorted by name", async () => {
    const { config } = await parseText(JSON.stringify(written, undefined, "\t"), { syntax: "json" });
    expect(config).toEqual({ ...expected, file: "/srv/mirror/asof.json" });
  });

  it("is the same in YAML, of which JSON is a part", async () => {
    const { config } = await parseText(JSON.stringify(written, undefined, 2));
    expect(config).toEqual({ ...expected, file: "/srv/mirror/asof.yaml" });
  });
});

describe("what people write", () => {
  it.each([
    ["90s", 90],
    ["30m", 1800],
    ["1h", 3600],
    ["3d", 259_200],
    ["2w", 1_209_600],
    ["45", 45],
    [45, 45],
    ["0s", 0],
  ])("the duration %s is %d seconds", async (duration, seconds) => {
    const { config } = await parseText(`grace: ${duration}\nrepositories: { r: {} }\n`);
    expect(config.graceSeconds).toBe(seconds);
  });

  it.each([
    ["64 MiB", 67_108_864],
    ["64MiB", 67_108_864],
    ["1 GB", 1_000_000_000],
    ["2048B", 2048],
    ["1048576", 1_048_576],
  ])("the size %s is %d bytes", async (size, bytes) => {
    const { config } = await parseText(`repositories: { r: { fetch: { max_manifest: ${size} } } }\n`);
    expect(config.repositories[0]?.fetch.maxManifestBytes).toBe(bytes);
  });

  it("names that YAML could take for numbers stay names", async () => {
    const { config } = await parseText("repositories: { 2024: {}, 1.10: {}, 0x1f: {}, true: {}, null: {} }\n");
    expect(config.repositories.map(({ name }) => name)).toEqual(["0x1f", "1.10", "2024", "null", "true"]);
  });

  it("an anchor may be used again", async () => {
    const { config } = await parseText("repositories:\n  a: &a { retain: { checkpoints: 3 } }\n  b: *a\n");
    expect(config.repositories.map(({ retain }) => retain.checkpoints)).toEqual([3, 3]);
  });

  it("a byte order mark and Windows line ends do not matter", async () => {
    const { config } = await parseText("\uFEFFstate: s\r\nrepositories:\r\n  r: {}\r\n");
    expect(config.stateDir).toBe("/srv/mirror/s");
    await expect(parseText('\uFEFF{ "repositories": { "r": {} } }', { syntax: "json" })).resolves.toBeDefined();
  });

  it("base paths beside each other are fine, and several distributions may serve a repository", async () => {
    const text = `repositories: { r: {} }
distributions:
  a: { repository: r, base_path: x/a }
  b: { repository: r, base_path: x/ab }
  c: { repository: r, base_path: x-a }
`;
    await expect(parseText(text)).resolves.toMatchObject({ warnings: [] });
  });

  it("a site for hosts alone needs no server", async () => {
    const { config } = await parseText("servers: []\nhosts: [netlify]\nlayout: copies\nrepositories: { r: {} }\n");
    expect(config.servers).toEqual([]);
  });

  it("a password in a file that all may read is warned about, without being repeated", async () => {
    const text = 'repositories: { r: { remote: { type: file, url: "https://u:s3cret@h/M" } } }\n';
    const { warnings } = await parseText(text, { isWorldReadable: true });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^asof\.yaml:1:49: repositories\.r\.remote\.url: holds a user name or password/);
    expect(warnings[0]).not.toContain("s3cret");
    await expect(parseText(text, { isWorldReadable: false })).resolves.toMatchObject({ warnings: [] });
  });

  it("no text at all makes anything but a configuration or a failure", async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "repositories",
        ":",
        " ",
        "\n",
        "  ",
        "- ",
        "{",
        "}",
        "[",
        "]",
        '"',
        "'",
        "&a",
        "*a",
        "!!x",
        "?",
        "|",
        "#",
      ),
      fc.string({ maxLength: 4 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 30 }), fc.constantFrom("yaml", "json"), async (pieces, syntax) => {
        await parseText(pieces.join(""), { syntax }).then(
          ({ config }) => expect(config.repositories.length).toBeGreaterThan(0),
          (error: unknown) => expect(error).toMatchObject({ name: "Failure", code: "CONFIG" }),
        );
      }),
      { numRuns: 1000 },
    );
  });
});
