/** Runs tasks, so many at a time. */
export interface Pool {
  /** Starts a task as soon as there is room for it. Throws what an earlier one threw. */
  add(task: () => Promise<void>): Promise<void>;
  /** Waits for all. Throws what one of them threw. */
  drain(): Promise<void>;
}

export function openPool(limit: number): Pool {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];

  async function run(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      failures.push(error);
    }
  }

  return {
    async add(task) {
      while (running.size >= limit) await Promise.race(running);
      if (failures.length > 0) throw failures[0];
      const started = run(task).finally(() => running.delete(started));
      running.add(started);
    },
    async drain() {
      await Promise.all(running);
      if (failures.length > 0) throw failures[0];
    },
  };
}
