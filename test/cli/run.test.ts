import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { Interruption } from "../../src/cli/interruption.ts";
import { Failure } from "../../src/failure.ts";
import { captured } from "./captured-run.ts";
import type { CapturedRun } from "./captured-run.ts";
import { sampleCommands } from "./sample-command.ts";

async function sample(line: string, options: Parameters<typeof captured>[1] = {}): Promise<CapturedRun> {
  return captured(line === "" ? [] : line.split(" "), { commands: sampleCommands(), ...options });
}

/** The options that the command saw. */
async function seen(line: string): Promise<unknown> {
  const { code, out, err } = await sample(`sample ${line} --json`);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return JSON.parse(out);
}

/** A command that fails with `error`. */
function failing(error: unknown): ReturnType<typeof sampleCommands> {
  return sampleCommands(async () => {
    throw error;
  });
}

describe("help", () => {
  it("lists the commands, the options of all and the exit codes, and loads no command", async () => {
    const { code, out, err } = await sample("--help");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/asof sample +Show a sample\./);
    expect(out).toMatch(/asof other +Load nothing\./);
    expect(out).toMatch(/-c, --config +Configuration file/);
    expect(out).toMatch(/ 75 {2}another run holds the lock/);
  });

  it("goes to stderr, with exit code 2, when nothing was asked for", async () => {
    const { code, out, err } = await sample("");
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain("asof sample");
  });

  it("of a command has its arguments, options, examples and own exit codes", async () => {
    const { code, out } = await sample("sample --help");
    expect(code).toBe(0);
    expect(out).toMatch(
      /^Usage: asof sample <distribution> <time> \[paths\.\.\] \[options\]\n\nShow a sample\.\n\nShows what/,
    );
    expect(out).toMatch(/distribution +Name of a distribution/);
    expect(out).toMatch(/--format .*\[choices: "table", "lines"\] \[default: table\]/);
    expect(out).toMatch(/-n, --dry-run/);
    expect(out).toContain("--keep-last");
    expect(out).toContain("Options of every command:");
    expect(out).toContain("  asof sample a 20250318T140338Z\n      show it\n");
    expect(out).toContain("    4  the source failed");
    expect(out).not.toContain("verify found damage");
  });

  it("is English in every locale and fits the terminal", async () => {
    const { out } = await sample("sample -h", { env: { LC_ALL: "de_DE.UTF-8", LANG: "fr_FR" }, columns: 60 });
    expect(out).toContain("Options:");
    const [before = ""] = out.split("Exit codes:");
    expect(Math.max(...before.split("\n").map((line) => line.length))).toBeLessThanOrEqual(60);
  });

  it("tells the version of the package", async () => {
    expect((await sample("--version")).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(JSON.parse((await sample("--version --json")).out)).toMatchObject({
      schemaVersion: 1,
      version: expect.any(String),
    });
  });
});

describe("options reach the command", () => {
  it("with their defaults", async () => {
    expect(await seen("a 20260101")).toEqual({
      schemaVersion: 1,
      distribution: "a",
      time: "20260101",
      paths: [],
      format: "table",
      include: [],
      wait: 0,
      dryRun: false,
      quiet: false,
    });
  });

  it("as they were written: numbers as text, lists whole, short forms in a cluster", async () => {
    expect(
      await seen("1e3 0x10 p q -nq -l x --include a --include=b --keep-last 7 --wait=60 --format lines --include c.d"),
    ).toMatchObject({
      distribution: "1e3",
      time: "0x10",
      paths: ["p", "q"],
      label: "x",
      include: ["a", "b", "c.d"],
      keepLast: 7,
      wait: 60,
      format: "lines",
      dryRun: true,
      quiet: true,
    });
  });

  it("also before the command's name, where they are common ones", async () => {
    const { out } = await sample("--json --config sample -n sample a b");
    expect(JSON.parse(out)).toMatchObject({ distribution: "a", dryRun: true });
  });

  it("with the exit code that the command returns", async () => {
    expect((await sample("sample four b")).code).toBe(4);
  });
});

describe("wrong usage ends with 2 and a sentence", () => {
  it.each([
    ["smaple", 'there is no command "smaple"', 'did you mean "asof sample"?'],
    ["xyzzy", 'there is no command "xyzzy"', "asof --help lists the commands"],
    ["--json", "no command was given", "asof --help lists the commands"],
    ["smaple --frobnicate x", 'there is no command "smaple"', 'did you mean "asof sample"?'],
    ["--frobnicate sample a b", "there is no option --frobnicate", "stand after its name"],
    ["sample", "the argument <distribution> is missing", "asof sample --help"],
    ["sample a", "the argument <time> is missing", "asof sample --help"],
    ["sample a b --dry-rn", "there is no option --dry-rn", "did you mean --dry-run?"],
    ["sample a b --no-json", "there is no option --no-json", "did you mean --json?"],
    ["sample a b -x", "there is no option -x", "asof sample --help"],
    ["sample a b -nx", "there is no option -x", "asof sample --help"],
    ["sample a b --conf=x", "there is no option --conf", "did you mean --config?"],
    ["sample a b -- c d", 'there is an argument too many: "c"', "asof sample --help"],
    ["sample a b --config", "--config needs a value", ""],
    ["sample a b --config=", "--config needs a value", ""],
    ["sample a b -c", "-c needs a value", ""],
    ["sample a b --include", "--include needs a value", ""],
    ["sample a b --label x --label y", "--label was given more than once", ""],
    ["sample a b --format csv", '--format must be one of "table", "lines", not "csv"', ""],
    ["sample a b --keep-last abc", '--keep-last must be a whole number from 1 to 1000, not "abc"', ""],
    ["sample a b --keep-last 0", "--keep-last must be a whole number from 1 to 1000", ""],
    ["sample a b --keep-last 1e2", "--keep-last must be a whole number", ""],
    ["sample a b --wait -5", "--wait", ""],
    ["sample a b --__proto__ x", "asof: there is", "asof sample --help"],
  ])("asof %s", async (line, message, hint) => {
    const { code, err } = await sample(line);
    expect(err).toContain(message);
    expect(err).toContain(hint);
    expect(err).not.toMatch(/\n\s+at /);
    expect(code).toBe(2);
  });
});

describe("a failure", () => {
  const failure = new Failure("SOURCE_BAD_DATA", "the manifest of https://u:s3cret@h/M is bad", {
    hint: "ask upstream",
    details: ["line 1: no digest", "line 2: no size"],
    cause: new Error("fetching https://u:s3cret@h/M"),
  });

  it("is told on stderr, with details and hint, and decides the exit code", async () => {
    const { code, out, err } = await sample("sample a b", { commands: failing(failure) });
    expect({ code, out }).toEqual({ code: 4, out: "" });
    expect(err).toBe(
      "asof: the manifest of https://***@h/M is bad\n  line 1: no digest\n  line 2: no size\nhint: ask upstream\n",
    );
  });

  it("is one JSON document on stdout with --json", async () => {
    const { code, out, err } = await sample("sample a b --json", { commands: failing(failure) });
    expect(code).toBe(4);
    expect(JSON.parse(out)).toEqual({
      schemaVersion: 1,
      error: {
        code: "SOURCE_BAD_DATA",
        message: "the manifest of https://***@h/M is bad",
        details: ["line 1: no digest", "line 2: no size"],
        hint: "ask upstream",
        exit: 4,
      },
    });
    expect(err).toContain("asof: the manifest");
  });

  it("of usage is JSON too, even when no command was found", async () => {
    const { code, out } = await sample("smaple --json");
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ schemaVersion: 1, error: { code: "USAGE", exit: 2 } });
  });

  it("after the result leaves stdout one document", async () => {
    const commands = sampleCommands(async ({ print }) => {
      print({ text: () => "", json: () => ({ done: true }) });
      throw failure;
    });
    const { out, code } = await sample("sample a b --json", { commands });
    expect(code).toBe(4);
    expect(JSON.parse(out)).toEqual({ schemaVersion: 1, done: true });
  });

  it("shows its causes with --verbose, without their passwords", async () => {
    const { err } = await sample("sample a b --verbose", { commands: failing(failure) });
    expect(err).toContain("  caused by: Error: fetching https://***@h/M\n");
    expect(err).not.toContain("s3cret");
  });

  it("that is a bug shows its stack and asks for a report", async () => {
    const { code, err } = await sample("sample a b", { commands: failing(new TypeError("x is not a function")) });
    expect(code).toBe(1);
    expect(err).toMatch(/^asof: x is not a function\n {2}TypeError: x is not a function\n\s+at /);
    expect(err).toContain("hint: this is a bug in asof; please report it");
  });

  it("in red on a terminal that wants it", async () => {
    const { err } = await sample("sample a b", { commands: failing(failure), color: true });
    expect(err).toContain("\u001B[31masof:\u001B[39m the manifest");
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("that %s asked for ends with %d", async (signal, exit) => {
    const interrupt = new AbortController();
    const reason = new Interruption(signal);
    const wait = async ({ signal: aborted }: { readonly signal: AbortSignal }): Promise<void> => {
      interrupt.abort(reason);
      aborted.throwIfAborted();
    };
    const wrapped = async (): Promise<void> => {
      interrupt.abort(reason);
      throw new Failure("SOURCE_UNREACHABLE", "h did not answer", { cause: new DOMException("stop", "AbortError") });
    };
    for (const act of [wait, wrapped]) {
      const { code, out, err } = await sample("sample a b --json", {
        commands: sampleCommands(act),
        signal: interrupt.signal,
      });
      expect({ code, err }).toEqual({ code: exit, err: `asof: interrupted by ${signal}\n` });
      expect(JSON.parse(out)).toMatchObject({ error: { code: "INTERRUPTED", exit } });
    }
  });

  it("that came by itself keeps its own exit code, also after a signal", async () => {
    const interrupt = new AbortController();
    interrupt.abort(new Interruption("SIGINT"));
    const { code } = await sample("sample a b", { commands: failing(failure), signal: interrupt.signal });
    expect(code).toBe(4);
  });
});

describe("output", () => {
  it("is coloured where colour is wanted", async () => {
    expect((await sample("sample a b")).out).toBe("a\n");
    expect((await sample("sample a b", { color: true })).out).toBe("\u001B[1ma\u001B[22m\n");
  });

  it("is nothing with --quiet, and notes are nothing, but complaints stay", async () => {
    const commands = sampleCommands(async ({ note, detail, terminal }) => {
      note("noted");
      detail("detailed");
      terminal.err("complaint\n");
    });
    expect(await sample("sample a b", { commands })).toEqual({ code: 0, out: "a\n", err: "noted\ncomplaint\n" });
    expect(await sample("sample a b -q", { commands })).toEqual({ code: 0, out: "", err: "complaint\n" });
    expect((await sample("sample a b -v", { commands })).err).toBe("noted\ndetailed\ncomplaint\n");
  });
});

describe("the configuration", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "asof-run-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  const loading = sampleCommands(async ({ loadConfig, note }) => {
    const [first, second] = await Promise.all([loadConfig(), loadConfig()]);
    note(first === second ? first.file : "read twice");
  });

  it("is read once, where --config says or where the command runs", async () => {
    await writeFile(path.join(folder, "asof.yaml"), "repositories: { r: {} }\n");
    await writeFile(path.join(folder, "my.yaml"), "repositories: { r: {} }\n");
    expect((await sample("sample a b", { commands: loading, cwd: folder })).err).toBe(`${folder}/asof.yaml\n`);
    expect((await sample("sample a b -c my.yaml", { commands: loading, cwd: folder })).err).toBe(`${folder}/my.yaml\n`);
  });

  it("that is missing or bad ends with 2, its faults indented below", async () => {
    const missing = await sample("sample a b", { commands: loading, cwd: folder });
    expect(missing.code).toBe(2);
    expect(missing.err).toContain("hint: `asof init` writes one");
    await writeFile(path.join(folder, "asof.yaml"), "outptu: x\nrepositories: { r: {} }\n");
    expect(await sample("sample a b", { commands: loading, cwd: folder })).toEqual({
      code: 2,
      out: "",
      err: 'asof: the configuration asof.yaml has 1 fault\n  asof.yaml:1:1: outptu: unknown key; did you mean "output"?\n',
    });
  });

  it("has its warnings on stderr", async () => {
    const text = 'repositories: { r: { remote: { type: file, url: "https://u:p@h/M" } } }\n';
    await writeFile(path.join(folder, "asof.yaml"), text, { mode: 0o644 });
    const { err } = await sample("sample a b", { commands: loading, cwd: folder });
    expect(err).toMatch(/^asof: warning: asof\.yaml:1:49: repositories\.r\.remote\.url: holds a user name/);
  });
});
