const HOUR_MS = 3_600_000;

/** Words of eleven languages: one to four bytes a character. */
const LANGUAGES: readonly { readonly lang: string; readonly words: readonly string[] }[] = [
  { lang: "en", words: "the match of season story news world final great night house family murder garden".split(" ") },
  { lang: "da", words: "sæson finale nytårstale værsgo mødet på øen blå himmel kærlighed søndag".split(" ") },
  { lang: "de", words: "Fußball Länderspiel über Straße Märchen schöne Grüße Abend Tatort Nachrichten".split(" ") },
  { lang: "fr", words: "l'été à la télévision française où naît forêt cœur événement soirée".split(" ") },
  { lang: "es", words: "mañana señor corazón último programa niños años película noticias".split(" ") },
  { lang: "pl", words: "wiadomości żółw miłość dziś wieczór świat gwiazdy książę".split(" ") },
  { lang: "ru", words: "новости сегодня вечер футбол матч сезон серия любовь мир".split(" ") },
  { lang: "el", words: "ειδήσεις σήμερα βράδυ αγώνας σειρά κόσμος αγάπη".split(" ") },
  { lang: "ar", words: "أخبار اليوم مساء مباراة الموسم حلقة العالم".split(" ") },
  { lang: "ja", words: "ニュース 今夜 試合 シーズン 世界 愛 物語 家族 最終回".split(" ") },
  { lang: "xx", words: "😀 🎬 live ⚽ show 🏆 party 🎉".split(" ") },
];
const OFFSETS = ["+0000", "+0100", "+0200", "+0300", "+0530", "+0545", "+0900", "+1200", "-0300", "-0500"];
const CATEGORIES = ["Sports", "News", "Movie", "Series", "Children &amp; Family", "Documentary", "Kultur", "Фильм"];

/** What the feed is made of; the same numbers give the same bytes. */
export type GeneratedFeed = { readonly channels: number; readonly programmes: number };

/**
 * A large feed with everything a real one may have and seldom has at once: ten zones, eleven languages, several titles, CDATA, comments that
 * hold programmes, references, both quotes, three orders of attributes. About 900 bytes a programme; in pieces of about 64 kB.
 */
export function* generatedFeed({ channels, programmes }: GeneratedFeed): Generator<Buffer, void, undefined> {
  const dice = seeded(20_261_128);
  let piece = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE tv SYSTEM "xmltv.dtd">\n<tv generator-info-name="generated">\n';
  for (let channel = 0; channel < channels; channel++) {
    piece += `  <channel id="channel-${channel}.example">\n    <display-name lang="en">Channel ${channel} &amp; Co</display-name>\n`;
    piece += `    <icon src="https://img.example.org/${channel}.png?w=200&amp;h=100"/>\n  </channel>\n`;
  }
  const perChannel = Math.ceil(programmes / channels);
  for (let made = 0; made < programmes; made++) {
    piece += programmeText(dice, Math.floor(made / perChannel), made % perChannel);
    if (piece.length > 48_000) {
      yield Buffer.from(piece);
      piece = "";
    }
  }
  yield Buffer.from(`${piece}</tv>\n`);
}

function programmeText(dice: (below: number) => number, channel: number, slot: number): string {
  const offset = OFFSETS[channel % OFFSETS.length] ?? "+0000";
  const startMs = Date.UTC(2026, 5, 1) + slot * HOUR_MS * 0.5;
  const quote = dice(4) === 0 ? "'" : '"';
  const attributes = [
    `start=${quote}${written(startMs)} ${offset}${quote}`,
    `stop=${quote}${written(startMs + HOUR_MS * 0.5)} ${offset}${quote}`,
    `channel=${quote}channel-${channel}.example${quote}`,
  ];
  const order = dice(3);
  const ordered = [...attributes.slice(order), ...attributes.slice(0, order)].join(" ");
  const { lang, words } = LANGUAGES[dice(LANGUAGES.length)] ?? { lang: "en", words: ["x"] };
  const sentence = (length: number): string => Array.from({ length }, () => words[dice(words.length)] ?? "x").join(" ");
  let text = `  <programme ${ordered}>\n`;
  text +=
    dice(8) === 0
      ? `    <title lang="${lang}"><![CDATA[${sentence(3)} <live> & more]]></title>\n`
      : `    <title lang="${lang}">${sentence(3)}</title>\n`;
  if (dice(3) === 0) text += `    <title lang="en">Title ${slot} &amp; ${channel}</title>\n`;
  if (dice(2) === 0) text += `    <sub-title lang="${lang}">${sentence(4)} &#8211; ${sentence(2)}</sub-title>\n`;
  text += `    <desc lang="${lang}">${sentence(18)}${dice(5) === 0 ? " &quot;x&quot; &#xE5;" : ""}${dice(6) === 0 ? "\n      " : " "}${sentence(12)}.</desc>\n`;
  if (dice(20) === 0)
    text += `    <!-- <programme start="20260101000000 +0000" channel="no"><title>not a programme</title></programme> -->\n`;
  text += `    <credits>\n      <actor role="${sentence(1)}">A. Name</actor>\n      <director>B. Name</director>\n    </credits>\n`;
  text += `    <date>${1_990 + dice(36)}</date>\n    <category lang="en">${CATEGORIES[dice(CATEGORIES.length)] ?? ""}</category>\n`;
  text += `    <icon src="https://img.example.org/${channel}/${slot}.jpg?w=400&amp;h=300" />\n`;
  text += `    <episode-num system="xmltv_ns">${dice(9)} . ${dice(40)} . 0/1</episode-num>\n`;
  text += `    <episode-num system='onscreen'>S${dice(9)}E${dice(40)}</episode-num>\n`;
  if (dice(10) === 0) text += "    <previously-shown/>\n";
  if (dice(25) === 0) text += "    <live />\n";
  return `${text}  </programme>\n`;
}

function written(ms: number): string {
  return new Date(ms).toISOString().replaceAll(/[-:T]|\..*$/g, "");
}

/** Whole numbers from 0 to below what is asked, the same each run (xorshift). */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
