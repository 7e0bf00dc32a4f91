import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { openCrashProject } from "./project.ts";
import { builtProgram } from "./record/built-program.ts";
import type { Call } from "./record/call.ts";
import { checkProtocol } from "./record/protocol.ts";
import { startRunner } from "./runner.ts";
import { scenarios } from "./scenarios.ts";

describe("the write protocol", () => {
  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    "gives no name to what is not durable, and begins no phase before the names are: %s",
    async (name, scenario) => {
      const dir = mkdtempSync(path.join(os.tmpdir(), "asof-protocol-"));
      const runner = startRunner(builtProgram());
      try {
        writeFileSync(path.join(dir, "reload.sh"), "");
        const project = openCrashProject(path.join(dir, "live"), runner);
        await scenario.prepare(project);
        const { calls } = await project.ok(...scenario.argv);
        const { renames, unsynced } = checkProtocol(calls, project.dir);
        console.log(`${name}: ${renames} renames, ${unsynced.length} unsynced`);
        expect(unsynced).toEqual([]);
        expect(renames).toBeGreaterThan(5);
      } finally {
        runner.close();
        rmSync(dir, { recursive: true, force: true });
      }
    },
    120_000,
  );

  it("is broken by each of the mistakes that it is there to find", () => {
    const rename: Call = { n: 2, call: "rename", path: "/d/state/incoming/x/file", to: "/d/public/file" };
    const write: Call = { n: 1, call: "write", path: "/d/state/incoming/x/file", bytes: 1 };
    const barrier: Call = { n: 3, call: "syncfs", path: "/d/state" };
    expect(checkProtocol([write, rename, barrier], "/d").unsynced).toEqual([
      "2: public/file got its name while state/incoming/x/file was not durable",
    ]);
    expect(checkProtocol([write, barrier, rename], "/d").unsynced).toEqual([
      "2: state/incoming/x/file -> public/file was not durable when the run ended",
    ]);
    const log: Call = { n: 4, call: "write", path: "/d/state/repositories/r/log", bytes: 1 };
    expect(checkProtocol([write, barrier, rename, log, barrier], "/d").unsynced).toHaveLength(1);
    expect(checkProtocol([write, barrier, rename, barrier, log, barrier], "/d")).toEqual({ renames: 1, unsynced: [] });
  });
});
