import type { ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = {
  root: new URL("..", import.meta.url).pathname,
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ["default", "./test/closing-line-reporter.ts"],
  },
};

export default config;
