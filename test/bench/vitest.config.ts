import type { ViteUserConfig } from "vitest/config";

/** Benchmarks are programs that print a table; vitest only runs them. They take minutes and are no part of `npm run check`. */
const config: ViteUserConfig = {
  root: new URL("../..", import.meta.url).pathname,
  test: {
    include: ["test/bench/**/*.bench.ts"],
    pool: "forks",
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 3_600_000,
    hookTimeout: 600_000,
    disableConsoleIntercept: true,
  },
};

export default config;
