import type { ViteUserConfig } from "vitest/config";

/** A real Pulp, installed from its packages: minutes, and no part of `npm run check`. */
const config: ViteUserConfig = {
  root: new URL("../..", import.meta.url).pathname,
  test: {
    include: ["test/pulp/*.pulp.ts"],
    pool: "forks",
    maxWorkers: 1,
    testTimeout: 600_000,
    hookTimeout: 300_000,
    bail: 1,
    disableConsoleIntercept: true,
  },
};

export default config;
