import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/property-seed.ts"],
    // Child processes (launcher, linter, compiler) start slowly while other files keep both cores busy.
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // Of two cores vitest leaves one idle.
    maxWorkers: "100%",
    coverage: {
      provider: "v8",
      include: ["shared/**/*.ts"],
      reporter: ["text-summary", "json-summary"],
      thresholds: { lines: 90 },
    },
  },
});
