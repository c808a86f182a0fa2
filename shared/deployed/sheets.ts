import type { Ports } from "../app/ports.ts";
import { ownStorage } from "../aws/own-clients.ts";
import { s3Sheets } from "../aws/sheets.ts";
import type { Place } from "./platform.ts";

/** Where the evening by hand is put, for whoever needs it while Calltime is down. */
export function sheets({ bucket, region }: Place): Pick<Ports, "sheets"> {
  return { sheets: s3Sheets({ client: ownStorage(), bucket, region }) };
}
