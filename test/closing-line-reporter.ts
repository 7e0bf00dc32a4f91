import type { Reporter, SerializedError, TestModule } from "vitest/node";

/** Ends the run with `tests: N passed, N failed`, the line that scripts read. A skip is counted aloud. */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state] += 1;
      // A file that fails to load has no tests to count, and a hook that fails is no test.
      for (const suite of [module, ...module.children.allSuites()]) if (suite.errors().length > 0) count.failed += 1;
    }
    const skipped = count.skipped + count.pending;
    console.log(
      `\ntests: ${count.passed} passed, ${count.failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`,
    );
  }
}
