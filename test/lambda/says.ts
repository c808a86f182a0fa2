// What a function says, on its own standard output and error, for telemetry.test.ts.
import { CalltimeError } from "../../shared/core/error.ts";
import { telemetryOf } from "../../shared/lambda/telemetry.ts";

const telemetry = telemetryOf({ functionName: "cue", stage: "test" });
telemetry.info("a line", { hops: 2 });
telemetry.error("cue failed", new CalltimeError("time-over", "its time was over"), { durationMs: 12 });
telemetry.count("handled", 1);
telemetry.count("feedAge", 600);
telemetry.flush();
