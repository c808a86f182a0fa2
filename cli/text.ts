import { msOf, type AnyEvent } from "../events/index.ts";
import type { EveningReport, HeldTarget, TargetReport } from "../local/report.ts";
import type { IngestReport } from "../shared/app/ingest.ts";
import { countOf, MOST_LISTED } from "../shared/core/schedule/findings.ts";
import { CAUSES } from "../shared/core/score.ts";
import type { Target } from "../shared/core/target.ts";

/** How the feed was taken in: counts first, then what was mended or left out. */
export function textOfFeed(name: string, report: IngestReport): readonly string[] {
  const { counts, findings, findingCounts } = report;
  const found = countOf(findingCounts);
  const repaired = findings.filter(({ kind }) => kind === "repaired");
  const rejected = findings.filter(({ kind }) => kind === "rejected");
  const lines = [
    `feed     ${name}: ${whole(counts.channelsDeclared)} channels, ${whole(counts.channelsWithProgrammes)} with programmes, ` +
      `${whole(counts.programmesRead)} programmes, ${whole(countOf(findingCounts, "repaired"))} repairs, ${whole(countOf(findingCounts, "rejected"))} rejected`,
  ];
  for (const finding of [...rejected, ...repaired].slice(0, LISTED)) {
    lines.push(`         ${finding.kind}${finding.line === undefined ? "" : `, line ${finding.line}`}: ${finding.what}`);
  }
  const all = findings.length === found ? "them all" : `${whole(MOST_LISTED)} of each kind`;
  if (found > LISTED) lines.push(`         … and ${whole(found - LISTED)} more (--json lists ${all})`);
  for (const { code, sentence } of report.warnings) if (code !== "channel-gaps") lines.push(`         warning: ${sentence}`);
  return lines;
}

const LISTED = 10;

/** One line of the evening, or undefined for what only machines want to know. */
export function textOfEvent(event: AnyEvent): string | undefined {
  const at = clock(event.at);
  switch (event.type) {
    case "calltime.programme.starting":
    case "calltime.programme.ending": {
      const { data } = event;
      const side = event.type === "calltime.programme.starting" ? "starting" : "ending";
      const instant = side === "starting" ? data.startsAt : data.endsAt;
      const when =
        data.timing.kind === "actual"
          ? `really ${side === "starting" ? "started" : "ended"} at ${clock(data.timing.actualAt)}`
          : `${side === "starting" ? "starts" : "ends"} at ${clock(instant)} (T-${data.timing.offsetMinutes}${data.late ? ", late" : ""})`;
      const { median, lower, upper } = data.expectedAudience;
      const warming = data.warming.map(({ targetId, floorUnits }) => `${targetId} ${floorUnits}`).join(", ");
      const floors = warming === "" ? "no floor of its own" : `floors ${warming}`;
      return `${at}  cue      ${data.name} ${when}: ${whole(median)} viewers expected (${whole(lower)}–${whole(upper)}); ${floors}; revision ${data.revision}`;
    }
    case "calltime.cue.withdrawn":
      return `${at}  cue      withdrawn: ${event.data.occasions.map(({ name }) => name).join(", ")} ${event.data.cue}: ${event.data.reason}`;
    case "calltime.readiness.assessed": {
      const { name, verdict, checkpoint, evidence, pages } = event.data;
      const said = evidence.map(({ targetId: id, note, next }) => ({ id, note: next === null ? note : `${note}; next: ${next.text}` }));
      const targets = [...said, ...event.data.warmUps].map(({ id, note }) => `${id} ${note}`).join("; ");
      const when =
        checkpoint === "longest-lead" ? `T-${minutesBetween(event.at, event.data.startsAt)}, the last moment to ask` : checkpoint;
      return `${at}  verdict  ${name}: ${verdict} at ${when}${pages ? " (pages)" : ""}: ${targets}`;
    }
    case "calltime.limits.checked":
      return event.data.findings.length === 0 ? undefined : `${at}  limits   ${event.data.findings.map(({ what }) => what).join("; ")}`;
    case "calltime.content.warmed": {
      const { name, edges, bytes, requests } = event.data;
      const held = edges.map(({ edgeId, warm, objects }) => `${edgeId} holds ${whole(warm)} of ${whole(objects)}`).join(", ");
      return `${at}  content  ${name}: ${held}; ${whole(requests)} requests, ${whole(bytes)} bytes`;
    }
    case "calltime.cache.warmed": {
      const { databaseId, instances } = event.data;
      return `${at}  database ${databaseId}: ${instances.map(textOfInstance).join(", ")}`;
    }
    case "calltime.warm-up.failed":
      return `${at}  warm-up  ${event.data.targetId} to ${event.data.floorUnits} ${event.data.outcome}: ${event.data.reason}`;
    case "calltime.release.withheld": {
      const { targetId, floorUnits, reason, pages } = event.data;
      return `${at}  held     ${targetId} stays at ${floorUnits}${pages ? " (pages)" : ""}: ${reason}`;
    }
    case "calltime.release.assessed": {
      const { targetId, outcome, floorUnits, desiredUnits, costUsdPerHour } = event.data;
      if (outcome === "done") return undefined;
      const cost = costUsdPerHour === null ? "" : `, $${costUsdPerHour.toFixed(2)} an hour`;
      return `${at}  release  ${targetId} is still up: ${desiredUnits} where ${floorUnits} would do${cost}`;
    }
    case "calltime.feed.quarantined":
      return `${at}  feed     ${event.data.feedId} quarantined: ${event.data.findings.map(({ what }) => what).join(" ")}`;
    case "calltime.quarantine.decided":
      return `${at}  feed     ${event.data.feedId}: its upload of ${clock(event.data.receivedAt)} was ${event.data.decision} by ${event.data.author}: ${event.data.reason}`;
    case "calltime.model.updated":
      return event.data.cause === "lead" ? undefined : `${at}  learned  ${event.data.what}`;
    case "calltime.override.changed": {
      const { overrideId, change, what, author, reason, expiresAt } = event.data;
      return `${at}  override ${overrideId} ${change}: ${what} until ${clock(expiresAt)}, set by ${author}: ${reason}`;
    }
    case "calltime.programme.corrected": {
      const { title, change, author, reason } = event.data;
      const what =
        change === "corrected" ? correctionText(event.data) : change === "expired" ? "as in the guide again" : "correction taken back";
      return `${at}  guide    ${title}: ${what}, said by ${author}: ${reason}`;
    }
    case "calltime.mode.changed": {
      const { targetId, mode, author, reason } = event.data;
      return `${at}  mode     ${targetId ?? "all targets"}: ${mode}, set by ${author}: ${reason}`;
    }
    case "calltime.schedule.changed":
    case "calltime.capacity.planned":
    case "calltime.warm-up.requested":
    case "calltime.warm-up.completed":
    case "calltime.load.measured":
      return undefined;
    default: {
      const never: never = event;
      return never;
    }
  }
}

type CachedInstance = Extract<AnyEvent, { type: "calltime.cache.warmed" }>["data"]["instances"][number];

function textOfInstance({ instanceId, state, cachedBefore, cachedAfter }: CachedInstance): string {
  const percent = (share: number | null): string => (share === null ? "unknown" : `${Math.floor(share * 100)} %`);
  return `${instanceId} ${state}, ${percent(cachedAfter)} cached (${percent(cachedBefore)} before)`;
}

/** What holds of a correction. */
function correctionText(data: Extract<AnyEvent, { type: "calltime.programme.corrected" }>["data"]): string {
  const { startsAt, endsAt, correctedTitle, cancelled, actualStartsAt, actualEndsAt, endedBy } = data;
  return [
    ...(cancelled ? ["cancelled"] : []),
    ...(correctedTitle === null ? [] : [`titled "${correctedTitle}"`]),
    ...(startsAt === null ? [] : [`starts at ${clock(startsAt)}`]),
    ...(endsAt === null ? [] : [`ends at ${clock(endsAt)}`]),
    ...(actualStartsAt === null ? [] : [`really started at ${clock(actualStartsAt)}`]),
    ...(actualEndsAt === null ? [] : [`really ended at ${clock(actualEndsAt)} (${endedBy})`]),
  ].join(", ");
}

/** What the evening came to. */
export function textOfReport(report: EveningReport, targets: readonly Target[]): readonly string[] {
  const { above, below, unknownAudience } = report.occasions;
  const lines = [
    "",
    `report   ${clock(iso(report.fromMs))}–${clock(iso(report.toMs))} UTC: ${above} ${above === 1 ? "occasion" : "occasions"} above the impact threshold, ${below} below, ${unknownAudience} of unknown audience`,
  ];
  const revealed = [...report.revealed].sort((a, b) => b.viewers - a.viewers);
  for (const { impact, name, startsAtMs, viewers } of revealed.slice(0, LISTED)) {
    const thought = impact === "below" ? "forecast below the threshold" : "of unknown audience";
    lines.push(
      `         ${thought}, and turned out above the threshold: ${name} (${clock(iso(startsAtMs))}), ${whole(viewers)} viewers above usual`,
    );
  }
  if (revealed.length > LISTED) lines.push(`         … and ${revealed.length - LISTED} smaller ones (--json lists them all)`);
  for (const { name, forecastViewers, measuredViewers, held } of report.audiences) {
    // A crowd that did not come leaves nothing to take a share of.
    const fact =
      measuredViewers < 1
        ? "no more than usual measured"
        : `${whole(measuredViewers)} measured (forecast ${percent((forecastViewers - measuredViewers) / measuredViewers)})`;
    lines.push(`         ${name}: ${whole(forecastViewers)} viewers forecast, ${fact}`);
    if (held !== undefined)
      lines.push(
        `           held to its real end at ${clock(iso(held.endedAtMs))}; floors since: ${held.targets.map(textOfHeld).join(", ")}`,
      );
  }
  for (const target of report.targets)
    lines.push(
      ...textOfTarget(
        target,
        targets.find(({ id }) => id === target.targetId),
      ),
    );
  lines.push(...textOfDeaths(report.deaths));
  return lines;
}

function textOfDeaths(deaths: EveningReport["deaths"]): readonly string[] {
  if (deaths.length === 0) return [];
  const redriven = deaths.filter(({ redrivenAtMs }) => redrivenAtMs !== undefined).length;
  const lines = [`dead letters: ${deaths.length}, of which ${redriven} redriven`];
  for (const { event, subscriber, tries, diedAtMs, reason, fate } of deaths)
    lines.push(
      `         ${event.type} of ${clock(event.at)} to ${subscriber}: ${reason} (given up at ${clock(iso(diedAtMs))}, try ${tries}); ${FATES[fate]}`,
    );
  return lines;
}

const FATES: Readonly<Record<EveningReport["deaths"][number]["fate"], string>> = {
  "lies-there": "lies there still",
  "being-tried": "redriven, and being tried",
  delivered: "redriven, and delivered",
  "died-again": "redriven, and given up again",
};

function textOfHeld({ targetId, peakUnits, releasedToUnits, releasedAtMs }: HeldTarget): string {
  return `${targetId} ${peakUnits} → ${releasedToUnits} by ${clock(iso(releasedAtMs))}`;
}

function textOfTarget(
  { targetId, calltime, withoutPreWarming, loadForecastError }: TargetReport,
  target: Target | undefined,
): readonly string[] {
  const alone = withoutPreWarming;
  const hours = `${one(calltime.unitHours)} unit-hours; no pre-warming ${one(alone.unitHours)}, oracle ${one(calltime.oracleUnitHours)} (${ratio(calltime.unitHours, calltime.oracleUnitHours)} and ${ratio(alone.unitHours, alone.oracleUnitHours)} of it)`;
  const price = target?.costUsdPerUnitHour;
  const cost = price === undefined ? "" : `, ${money(calltime.unitHours * price)} against ${money(alone.unitHours * price)}`;
  const lines = [
    `${targetId}`,
    `         unserved ${one(calltime.unservedPerMillion)} per million of ${whole(calltime.requests)} requests; no pre-warming ${one(alone.unservedPerMillion)}`,
    `         ${hours}${cost}`,
  ];
  if (loadForecastError !== undefined)
    lines.push(`         load forecast one lead ahead: off by ${percent(loadForecastError, false)} on average`);
  for (const cause of CAUSES) {
    const { minutes, unservedRequests } = calltime.causes[cause];
    if (minutes > 0) lines.push(`         short for ${minutes} min (${whole(unservedRequests)} requests): ${cause}`);
  }
  return lines;
}

function minutesBetween(from: string, to: string): number {
  return Math.round((msOf(to) - msOf(from)) / 60_000);
}

function clock(instant: string): string {
  return iso(msOf(instant)).slice(11, 16);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** A whole number with its thousands apart. Not Intl: the same text on every machine, whatever its locale data. */
export function whole(value: number): string {
  const digits = String(Math.abs(Math.round(value))).replace(/\B(?=(\d{3})+$)/g, ",");
  return value < 0 ? `-${digits}` : digits;
}

function one(value: number): string {
  return value.toFixed(1);
}

function ratio(value: number, base: number): string {
  return base === 0 ? "–" : `${(value / base).toFixed(2)}×`;
}

function percent(share: number, signed = true): string {
  return `${signed && share > 0 ? "+" : ""}${(share * 100).toFixed(0)} %`;
}

function money(usd: number): string {
  return `$${usd.toFixed(2)}`;
}
