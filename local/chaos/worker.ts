import { parentPort } from "node:worker_threads";
import { playEvening } from "./play.ts";
import { planted } from "./plants.ts";

/** Plays the evenings that the batch asks for, one after the other, and answers with what each came to. */
parentPort?.on("message", ({ seed, plant }: { readonly seed: number; readonly plant: string | undefined }) => {
  playEvening(seed, planted(plant)).then(
    (outcome) => parentPort?.postMessage({ outcome }),
    (error: unknown) => parentPort?.postMessage({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
