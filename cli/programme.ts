import { Command } from "commander";
import { isoOf } from "../events/index.ts";
import { answerOf, minuteText, print, withClientOptions, type ClientOptions } from "./client.ts";
import { linesOfLate, type LateChange } from "./late-change.ts";
import { authorOption, instant } from "./option-values.ts";

/** The answers of the API, as far as these commands read them; docs/openapi.json has them whole. */
type Correction = {
  readonly startsAt: string | null;
  readonly endsAt: string | null;
  readonly title: string | null;
  readonly cancelled: boolean;
  readonly actualStartsAt: string | null;
  readonly actualEndsAt: string | null;
  readonly author: string;
  readonly why: string;
  readonly until: string;
};
type Programmes = {
  readonly now: string;
  readonly programmes: readonly {
    readonly id: string;
    readonly title: string;
    readonly channelId: string;
    readonly startsAt: string;
    readonly endsAt: string;
    readonly correction: Correction | null;
  }[];
  readonly more: number;
};
type Corrected = {
  readonly outcome: string;
  readonly programmeId: string;
  readonly correction: Correction | null;
  readonly late: readonly LateChange[];
};

type FindOptions = ClientOptions & { readonly title?: string; readonly channel?: string; readonly from?: number; readonly to?: number };
type CorrectOptions = ClientOptions & {
  readonly starts?: number;
  readonly ends?: number;
  readonly title?: string;
  readonly cancel?: true;
  readonly started?: number;
  readonly ended?: number | true;
  readonly forget?: true;
  readonly until?: number;
  readonly why: string;
  readonly author: string;
};

/** `calltime programme`: what people say of programmes over the guide. */
export function programmeCommand(): Command {
  return new Command("programme")
    .description("Find programmes of the guide, and correct what it says of them.")
    .exitOverride()
    .addCommand(findCommand())
    .addCommand(correctCommand());
}

function findCommand(): Command {
  return withClientOptions(
    new Command("find")
      .description("The programmes on air in a window, with their ids.")
      .option("--title <text>", "a part of the title")
      .option("--channel <id>", "one channel")
      .option("--from <instant>", "start of the window; now when left out", instant)
      .option("--to <instant>", "its end; 24 hours after its start when left out", instant),
  ).action(async (options: FindOptions) => {
    const { title, channel } = options;
    const query = { title, channel, from: isoOrUndefined(options.from), to: isoOrUndefined(options.to) };
    print(options, await answerOf<Programmes>(options, { path: "/v1/programmes", query }), linesOfFound);
  });
}

function correctCommand(): Command {
  return withClientOptions(
    new Command("correct")
      .description("Say something of a programme over what its feed lists. In force at once; what you leave out stays.")
      .argument("<id>", "the programme, as find names it")
      .option("--starts <instant>", "when it starts; alone it moves the programme with its length", instant)
      .option("--ends <instant>", "when it ends", instant)
      .option("--title <text>", "what it is called")
      .option("--cancel", "it does not take place")
      .option("--started <instant>", "when it really started", instant)
      .option("--ended [instant]", "when it really ended, now when left out: what it held may be released", instant)
      .option("--forget", "take back all that was said of it")
      .option("--until <instant>", "when the correction ends by itself; a day after the programme when left out", instant)
      .requiredOption("--why <text>", "why; whoever asks why the floor is what it is reads this")
      .addOption(authorOption("who says so")),
  ).action(async (id: string, options: CorrectOptions, command: Command) => {
    const path = `/v1/programmes/${encodeURIComponent(id)}`;
    const { author, why } = options;
    const body = { ...(await saidIn(options, command)), until: isoOrUndefined(options.until), author, why };
    print(options, await answerOf<Corrected>(options, { method: "PATCH", path, body }), linesOfCorrected);
  });
}

/** What is said of the programme. All taken back and something said at once is a wrong call. */
async function saidIn(options: CorrectOptions, command: Command): Promise<Readonly<Record<string, unknown>>> {
  const { starts, ends, title, cancel, started, ended, forget } = options;
  const said = [starts, ends, title, cancel, started, ended].some((each) => each !== undefined);
  if (forget === true && said) command.error("error: --forget takes back all that was said; alone, or left out, it would be right");
  if (forget === true) return { startsAt: null, endsAt: null, title: null, cancelled: false, actualStartsAt: null, actualEndsAt: null };
  // What "now" is, is for the platform's clock to say.
  const now = ended === true ? (await answerOf<Programmes>(options, { path: "/v1/programmes" })).now : undefined;
  return {
    startsAt: isoOrUndefined(starts),
    endsAt: isoOrUndefined(ends),
    title,
    cancelled: cancel,
    actualStartsAt: isoOrUndefined(started),
    actualEndsAt: ended === true ? now : isoOrUndefined(ended),
  };
}

function linesOfFound({ programmes, more }: Programmes): readonly string[] {
  if (programmes.length === 0) return ["no programme of the guide is meant"];
  return [
    ...programmes.map(({ id, title, channelId, startsAt, endsAt, correction }) => {
      const corrected = correction === null ? "" : ` (${effectOf(correction)}, said by ${correction.author}: ${correction.why})`;
      return `${id}  ${minuteText(startsAt)}–${minuteText(endsAt)}  ${channelId}  ${title}${corrected}`;
    }),
    ...(more > 0 ? [`and ${more} more; say more of what you look for`] : []),
  ];
}

function linesOfCorrected({ outcome, programmeId, correction, late }: Corrected): readonly string[] {
  if (correction === null) return [`${programmeId}: as its feed has it`, ...linesOfLate(late)];
  const { author, why, until } = correction;
  const same = outcome === "unchanged" ? "unchanged: " : "";
  return [`${programmeId}: ${same}${effectOf(correction)} until ${minuteText(until)}, ${author}: ${why}`, ...linesOfLate(late)];
}

function effectOf({ startsAt, endsAt, title, cancelled, actualStartsAt, actualEndsAt }: Correction): string {
  return [
    ...(cancelled ? ["cancelled"] : []),
    ...(title === null ? [] : [`titled "${title}"`]),
    ...(startsAt === null ? [] : [`starts at ${minuteText(startsAt)}`]),
    ...(endsAt === null ? [] : [`ends at ${minuteText(endsAt)}`]),
    ...(actualStartsAt === null ? [] : [`really started at ${minuteText(actualStartsAt)}`]),
    ...(actualEndsAt === null ? [] : [`really ended at ${minuteText(actualEndsAt)}`]),
  ].join(", ");
}

function isoOrUndefined(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : isoOf(ms);
}
