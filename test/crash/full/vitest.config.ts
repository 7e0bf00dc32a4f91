import type { ViteUserConfig } from "vitest/config";

/** Everything there is to stop: minutes, and no part of `npm run check`. */
const config: ViteUserConfig = {
  root: new URL("../../..", import.meta.url).pathname,
  test: {
    include: ["test/crash/full/*.crash.ts"],
    globalSetup: ["test/crash/full/results.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 7_200_000,
    disableConsoleIntercept: true,
  },
};

export default config;
