import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { RepositoryKind } from "../../src/model/repository-kind.ts";
import { checkpointPins, clientKit } from "../../src/pages/client-kit.ts";
import { kitText } from "../../src/pages/kit/printable.ts";
import { kitInput, kitOf, linesOf, newest, suite, textOf, textsOf } from "./example-kit.ts";
import { checkpointListView, openTheme } from "./example-views.ts";
import { hrefsOf, readHtml } from "./read-html.ts";

const everything: RepositoryKind = {
  apt: [suite({ expires: true })],
  rpm: ["BaseOS/aarch64/os", "BaseOS/x86_64/os", "extras"],
  pacman: [
    { directory: "core/os/x86_64", name: "core" },
    { directory: "extra/os/x86_64", name: "extra" },
  ],
  python: ["simple"],
  npm: ["npm"],
  complete: true,
};

const root = `https://mirror.example.org/checkpoints/myfile/${newest}`;

describe("a client kit", () => {
  const whole = textsOf(kitOf(everything, { manifest: "PULP_MANIFEST" }));

  test.each([...whole])("has the golden file %s", async (name, text) => {
    await expect(text).toMatchFileSnapshot(`../golden/kit/${name}`);
  });

  test("has lines for the clients that fit, and for curl, wget and images always", () => {
    const names = (kind: Partial<RepositoryKind>): readonly string[] => [...textsOf(kitOf(kind)).keys()];
    expect(names({})).toEqual(["Dockerfile", "fetch.sh"]);
    expect(names({ rpm: [""] })).toEqual(["dnf.repo", "zypper.repo", "Dockerfile", "fetch.sh"]);
    expect(names({ pacman: [{ directory: "", name: "x" }] })).toEqual(["pacman.conf", "Dockerfile", "fetch.sh"]);
    expect(names({ python: ["simple"] })).toEqual(["pip.conf", "Dockerfile", "fetch.sh"]);
    expect(names({ npm: [""] })).toEqual(["npmrc", "Dockerfile", "fetch.sh"]);
    expect(names({ apt: [suite()] })).toEqual([
      "apt.sources",
      "apt-live.sources",
      "apt-snapshots.conf",
      "Dockerfile",
      "fetch.sh",
    ]);
  });

  test("names the one exact checkpoint everywhere but in the live source", () => {
    const pinned = [...whole].filter(([name]) => name !== "apt-live.sources" && name !== "apt-snapshots.conf");
    for (const [name, text] of pinned) expect(text, name).toContain(newest);
    expect(linesOf(kitOf({ rpm: [""] }), "dnf.repo")).toContain(`baseurl=${root}/`);
    expect(linesOf(kitOf({ python: ["simple"] }), "pip.conf")).toContain(`index-url = ${root}/simple/`);
    expect(linesOf(kitOf({ npm: [""] }), "npmrc")).toEqual([`registry=${root}/`]);
    expect(linesOf(kitOf({ pacman: [{ directory: "", name: "x" }] }), "pacman.conf")).toEqual([
      "[x]",
      `Server = ${root}/`,
    ]);
  });

  test.each([
    "https://user.example.org/~mirror/",
    "http://[::1]:8080/",
    "https://mirror.example.org/%7Emirror/",
    "https://mirror.example.org/$HOME/",
  ])("is not made for the address %s, which cannot be printed", (url) => {
    expect(clientKit(kitInput(everything, { url }))).toBeUndefined();
  });

  test("is not made for a base path that cannot be printed", () => {
    expect(clientKit(kitInput(everything, { basePath: "~me/files" }))).toBeUndefined();
  });

  test("is made for any scheme, port and mount that an address can have", () => {
    const kit = kitOf({ rpm: [""] }, { url: "http://mirror.example.org:8080/pub/mirror/" });
    expect(linesOf(kit, "dnf.repo")).toContain(
      `baseurl=http://mirror.example.org:8080/pub/mirror/checkpoints/myfile/${newest}/`,
    );
  });

  test("keeps sections apart from those that clients reserve", () => {
    expect(linesOf(kitOf({ rpm: [""] }, { distribution: "main" }), "dnf.repo")).toContain("[main-checkpoint]");
    const kit = kitOf({ pacman: [{ directory: "", name: "options" }] });
    expect(textsOf(kit).has("pacman.conf")).toBe(false);
    expect(kit.leftOut).toBe(1);
  });

  test("uses a variable of the client where directories differ in it alone, and the directory itself elsewhere", () => {
    expect(linesOf(kitOf(everything), "dnf.repo").filter((line) => /^(?:\[|baseurl)/.test(line))).toEqual([
      "[myfile-snapshot-BaseOS-os]",
      `baseurl=${root}/BaseOS/$basearch/os/`,
      "[myfile-snapshot-extras]",
      `baseurl=${root}/extras/`,
    ]);
    expect(linesOf(kitOf({ rpm: ["8/x86_64"] }), "dnf.repo")).toContain(`baseurl=${root}/8/x86_64/`);
    const both = kitOf({
      pacman: [
        { directory: "own/aarch64", name: "own" },
        { directory: "own/x86_64", name: "own" },
      ],
    });
    expect(linesOf(both, "pacman.conf")).toEqual(["[own]", `Server = ${root}/own/$arch`]);
    expect(linesOf(kitOf(everything), "pacman.conf").filter((line) => line.startsWith("Server"))).toEqual([
      `Server = ${root}/$repo/os/x86_64`,
      `Server = ${root}/$repo/os/x86_64`,
    ]);
  });

  test("enables none of several suites by itself", () => {
    const kit = kitOf({ apt: [suite(), suite({ name: "sid" })] });
    expect(linesOf(kit, "apt.sources").filter((line) => /^(?:Suites|Enabled)/.test(line))).toEqual([
      "Suites: stable",
      "Enabled: no",
      "Suites: sid",
      "Enabled: no",
    ]);
    expect(linesOf(kit, "Dockerfile").some((line) => line.startsWith("RUN"))).toBe(false);
  });

  test("tells apt's two sources apart, in both files and on the page, where there are two", () => {
    const kit = kitOf({ apt: [suite()] });
    expect(textOf(kit, "apt.sources")).toContain("# Take this file or apt-live.sources, not both");
    expect(textOf(kit, "apt-live.sources")).toContain("# Take this file or apt.sources, not both");
    expect(openTheme("default").checkpointList({ ...checkpointListView, kit })).toMatch(
      /apt \(Debian, Ubuntu\)<\/summary>\n<p>Take one of the two: apt\.sources /,
    );
    const alone = kitOf({ apt: [suite()] }, { plainBasePath: undefined });
    expect([...textsOf(alone).values()].join("")).not.toMatch(/not both/);
    expect(alone.clients.map(({ note }) => note)).toEqual([undefined, undefined, undefined]);
  });

  test("says of an address without TLS what pip says, and leaves the decision to its reader", () => {
    const over = (scheme: string) => kitOf({ python: ["simple"] }, { url: `${scheme}://mirror.example.org/` });
    for (const name of ["pip.conf", "Dockerfile"]) {
      expect(textOf(over("https"), name)).not.toMatch(/trusted/);
      expect(textOf(over("http"), name)).toMatch(/^# .*pip ignores such an index/m);
      expect(linesOf(over("http"), name).join("\n")).not.toMatch(/trusted/);
    }
    expect(linesOf(over("http"), "pip.conf")).toEqual([
      "[global]",
      `index-url = http://mirror.example.org/checkpoints/myfile/${newest}/simple/`,
    ]);
  });

  test("says what zypper does with a repository that is not signed", () => {
    expect(textOf(kitOf({ rpm: [""] }), "zypper.repo")).toMatch(/^# zypper asks before it reads a repository without/m);
  });

  test("spells the pins of a checkpoint as its lists name them", () => {
    const pins = checkpointPins({ ...kitInput(everything), at: newest });
    expect(pins).toEqual([
      { name: "mirrorlist/BaseOS/aarch64/os", text: `${root}/BaseOS/aarch64/os/\n` },
      { name: "mirrorlist/BaseOS/x86_64/os", text: `${root}/BaseOS/x86_64/os/\n` },
      { name: "mirrorlist/extras", text: `${root}/extras/\n` },
    ]);
    const atRoot = checkpointPins({ ...kitInput({ rpm: [""] }), at: newest });
    expect(atRoot).toEqual([{ name: "mirrorlist", text: `${root}/\n` }]);
    expect(textOf(kitOf({ rpm: [""] }), "dnf.repo")).toContain(
      `# mirrorlist=https://mirror.example.org/checkpoints/myfile/_asof/${newest}/mirrorlist\n`,
    );
    expect(checkpointPins({ ...kitInput(everything, { url: "https://a.example/~b/" }), at: newest })).toEqual([]);
  });
});

describe("what a client kit never does", () => {
  /** Names that mean something to a shell, a Dockerfile or a package manager, or only look harmless. */
  const hostile = fc
    .string({
      unit: fc.constantFrom(..."ab/$`\"'\\;&|<>(){}[]#!*?~=%@,: \n\t\u00e9\u202e".split("")),
      minLength: 1,
      maxLength: 12,
    })
    .filter((name) => !/^[A-Za-z0-9._+/-]*$/.test(name));
  const name = fc.oneof(hostile, fc.constantFrom("stable", "a.b", "x86_64", "20250101T000000Z", "libstdc++"));
  const names = fc.array(name, { maxLength: 3 });
  const kinds = fc.record({
    apt: fc.array(
      fc.record({
        directory: fc.oneof(fc.constant(""), name),
        name,
        components: names,
        architectures: names,
        expires: fc.boolean(),
        snapshotsElsewhere: fc.boolean(),
      }),
      { maxLength: 3 },
    ),
    rpm: names,
    pacman: fc.array(fc.record({ directory: fc.oneof(fc.constant(""), name), name }), { maxLength: 3 }),
    python: names,
    npm: names,
    complete: fc.boolean(),
  });
  const inputs = fc
    .record({ kind: kinds, manifest: fc.option(name, { nil: undefined }), distribution: name })
    .map(({ kind, manifest, distribution }) => kitInput(kind, { manifest, distribution }));

  test("prints no name of a repository that could mean anything else", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const kit = clientKit(input);
        if (kit === undefined) throw new Error("no kit");
        for (const [file, text] of textsOf(kit)) {
          if (file === "fetch.sh") continue;
          const lines = text.split("\n");
          for (const line of lines) expect(line, file).toMatch(shapes[file] ?? /^never$/);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("puts nothing into the script but two names that mean nothing to a shell", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { manifest, distribution } = input;
        const kit = clientKit(input);
        if (kit === undefined) throw new Error("no kit");
        expect(textOf(kit, "fetch.sh")).toBe(
          fetchScript(isPlain(manifest) ? manifest : undefined, isPlain(distribution) ? distribution : "checkpoint"),
        );
      }),
    );
  });

  test("says how many names are missing", () => {
    const kit = kitOf({
      apt: [suite({ name: "a b" }), suite({ components: ["$(id)"] })],
      rpm: ["x;y", "z"],
      python: ["'"],
    });
    expect(kit.leftOut).toBe(4);
    expect([...textsOf(kit).keys()]).toEqual(["dnf.repo", "zypper.repo", "Dockerfile", "fetch.sh"]);
    expect(textOf(kit, "dnf.repo")).toContain("# Left out: 1 name ");
    expect([...textsOf(kit).values()].join("")).not.toMatch(/a b|id\)|x;y/);
  });

  test("makes no client check less, but for the date of a Debian source at one exact checkpoint", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const kit = clientKit(input);
        for (const [file, text] of kit === undefined ? [] : textsOf(kit)) {
          expect(text, file).not.toMatch(
            /trusted|gpgcheck *= *(?:0|no|false)|insecure|allow-|no-?gpg|strict-ssl|SigLevel *=|no-check|sslverify|AllowWeak|(?:^|\s)-k(?:\s|$)/i,
          );
          for (const stanza of text.split("\n\n")) {
            if (!/check-valid-until/i.test(stanza)) continue;
            expect(file).toBe("apt.sources");
            expect(stanza).toMatch(
              new RegExp(`^URIs: https://mirror\\.example\\.org/checkpoints/myfile/${newest}/`, "m"),
            );
          }
        }
      }),
      { numRuns: 500 },
    );
    expect(linesOf(kitOf({ apt: [suite({ expires: true })] }), "apt.sources")).toContain("Check-Valid-Until: no");
    expect(textOf(kitOf({ apt: [suite()] }), "apt.sources")).not.toMatch(/valid-until/i);
  });

  test("is refused by the text itself, whatever the types say", () => {
    for (const value of ["a b", "$(id)", "a\nb", "'", "", "https://a/$(id)/", "$SNAPSHOT;"]) {
      const values: never[] = JSON.parse(JSON.stringify([value]));
      expect(() => kitText`x ${values}`).toThrow("not printable");
    }
  });
});

function isPlain(name: string | undefined): name is string {
  return name !== undefined && /^[A-Za-z0-9._+/-]+$/.test(name) && !/\d{8}T\d{6}Z/.test(name);
}

/** The script as it is for a harmless name, with that name put in. */
function fetchScript(manifest: string | undefined, distribution: string): string {
  const kit = kitOf({}, { manifest: manifest === undefined ? undefined : "MANIFEST", distribution: "NAME" });
  return textOf(kit, "fetch.sh")
    .replaceAll("MANIFEST", manifest ?? "")
    .replaceAll("NAME", distribution);
}

/** Every line that a file of a kit may have: text of ours, and between it the characters that a value may have. */
const value = "[A-Za-z0-9._+/-]+";
const address = `https://mirror\\.example\\.org/(?:[A-Za-z0-9._+/-]|\\$(?:basearch|arch|repo|SNAPSHOT))*`;
const comment = `(?:#|//) [A-Za-z0-9 ,.;:()\\[\\]'=/_+$-]*`;
const quoted = `'${value}/?'|'(?:${value}|\\$basearch|\\$arch|\\$repo)+/?'`;
const shapes: Readonly<Record<string, RegExp>> = {
  "apt.sources": anyOf(
    `(?:Types|Suites|Components|Enabled|Check-Valid-Until): ${value}(?: ${value})*`,
    `URIs: ${address}`,
  ),
  "apt-live.sources": anyOf(`(?:Types|Suites|Components|Enabled|Snapshot): ${value}(?: ${value})*`, `URIs: ${address}`),
  "apt-snapshots.conf": anyOf(`Acquire::Snapshots::URI::Host::${value} "https://${value}@PATH@/@SNAPSHOTID@/";`),
  "dnf.repo": anyOf(`\\[${value}\\]`, `name=${value} at ${value}`, `baseurl=${address}`, "enabled=1|gpgcheck=1"),
  "zypper.repo": anyOf(
    `\\[${value}\\]`,
    `name=${value} at ${value}`,
    `baseurl=${address}`,
    "enabled=1|gpgcheck=1|type=rpm-md|autorefresh=0",
  ),
  "pacman.conf": anyOf(`\\[${value}\\]`, `Server = ${address}`),
  "pip.conf": anyOf("\\[global\\]", `index-url = ${address}`),
  npmrc: anyOf(`registry=${address}`),
  Dockerfile: anyOf(
    "ARG BASE",
    "FROM \\$BASE",
    `ARG SNAPSHOT=${value}`,
    `(?:# )?ENV [A-Za-z_]+=${address}`,
    `# ADD ${address} /usr/local/src/`,
    `(?:# )?RUN printf '%s\\\\n'(?: (?:'Types: deb'|'\\[${value}\\]'|'[a-z]+=${value}'|'(?:Suites|Components): ${value}(?: ${value})*'|"(?:URIs: |Server = |baseurl=)${address}"(?:${quoted})?))+ >>? /etc/${value}(?: && apt-get update)?`,
    `# RUN zypper --non-interactive addrepo --gpgcheck "${address}"(?:${quoted})? ${value}`,
  ),
};

function anyOf(...lines: readonly string[]): RegExp {
  return new RegExp(`^(?:${["", comment, ...lines].join("|")})$`);
}

describe("the page of a distribution with a kit", () => {
  const kit = kitOf(everything, { manifest: "PULP_MANIFEST" });
  const view = { ...checkpointListView, kit };

  test("shows every file of it and leads to each, without a script", async () => {
    const html = openTheme("default")
      .checkpointList(view)
      .replace(/<script>[^]*?<\/script>/, "");
    const elements = readHtml(html);
    const shown = elements.filter(({ tag }) => tag === "pre").map(({ text }) => text);
    expect(shown).toEqual([...textsOf(kit).values()]);
    expect(hrefsOf(elements).filter((href) => href.startsWith("./kit/"))).toEqual(
      [...textsOf(kit).keys()].map((name) => `./kit/${name}`),
    );
    expect(elements.filter(({ tag }) => tag === "summary")).toHaveLength(8);
    expect(html).not.toMatch(/<script|<style|style=|\son\w+=/);
    await expect(html).toMatchFileSnapshot("../golden/pages/default-checkpoint-list-with-kit.html");
  });

  test("spells kept checkpoints, and nothing else, as timestamps", () => {
    const hostile = kitOf({
      apt: [suite({ name: "20000101T000000Z" })],
      rpm: ["x20000101T000000Z"],
      python: ["simple"],
    });
    const html = openTheme("default").checkpointList({ ...view, kit: hostile });
    expect(new Set(html.match(/\d{8}T\d{6}Z/g))).toEqual(
      new Set(["20250130T203000Z", "20250130T205000Z", "20250202T101112Z"]),
    );
    expect(html).toContain("2 places of the repository are left out");
  });

  test("says when the tree was searched in part", () => {
    const html = openTheme("default").checkpointList({ ...view, kit: { ...kit, complete: false } });
    expect(html).toContain("more directories than were searched");
  });

  test("is Pulp's document in the classic theme all the same", () => {
    const classic = openTheme("classic");
    expect(classic.checkpointList(view)).toBe(classic.checkpointList(checkpointListView));
  });
});
