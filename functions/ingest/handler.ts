import { ingest } from "../../shared/app/ingest.ts";
import { newestUploads } from "../../shared/deployed/feeds.ts";
import { loads } from "../../shared/deployed/control.ts";
import { deployed } from "../../shared/deployed/platform.ts";
import { state } from "../../shared/deployed/state.ts";
import { onUpload } from "../../shared/lambda/on-upload.ts";
// What others load when they read a feed is loaded at once: every upload is read.
import "../../shared/feeds/read-feed.ts";

const { handling, context, place, now } = deployed("ingest", import.meta.url, (at) => ({ ...state(at), ...loads(at) }));
const newest = newestUploads(place);

/** Puts the newest upload of a feed in force, whichever of them the bucket tells of. */
export const handler = onUpload(handling, async ({ feedId }, { telemetry }) => {
  const { outcome, generation, warnings, load } = await ingest(context, { feedId, ...(await newest(feedId)) }, now());
  const warned = warnings.filter(({ code }) => code !== "channel-gaps").map(({ sentence }) => sentence);
  telemetry.info("a feed was judged", { feedId, outcome, generation, warnings: warned, load: load.sentence });
});
