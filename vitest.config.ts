import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Real processes, sockets and signals: slow on a busy machine, and hung when they are longer.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Files that start servers and threads, or measure a promised bound, must not starve each other.
    maxWorkers: 1,
  },
});
