import { ingest } from "../../shared/app/ingest.ts";
import { newestUploads } from "../../shared/deployed/feeds.ts";
import { deployed } from "../../shared/deployed/platform.ts";
import { state } from "../../shared/deployed/state.ts";
import { onUpload } from "../../shared/lambda/on-upload.ts";

const { handling, context, place, now } = deployed("ingest", import.meta.url, state);
const newest = newestUploads(place);

/** Puts the newest upload of a feed in force, whichever of them the bucket tells of. */
export const handler = onUpload(handling, async ({ feedId }) => ingest(context, { feedId, ...(await newest(feedId)) }, now()));
