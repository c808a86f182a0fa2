import type { Ports } from "../app/ports.ts";
import { awsBookings } from "../aws/booking-control.ts";
import { awsCapacity } from "../aws/capacity-control.ts";
import { cloudWatchLoads } from "../aws/load-source.ts";
import { targetClients } from "../aws/target-clients.ts";
import type { Place } from "./platform.ts";

// One set of clients for all ports of a function: credentials of another account are fetched once.
const clients = targetClients();

/** Where load is read. */
export function loads({ settings, audience, region }: Place): Pick<Ports, "loads"> {
  return { loads: cloudWatchLoads({ targets: settings.targets, audience, clients, homeRegion: region }) };
}

/** What minimums are set and raises are booked with. */
export function control({ settings, region }: Place): Pick<Ports, "capacity" | "bookings"> {
  const of = { targets: settings.targets, clients, homeRegion: region };
  return { capacity: awsCapacity(of), bookings: awsBookings(of) };
}
