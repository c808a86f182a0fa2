import fc from "fast-check";

/**
 * XMLTV documents in every form that XML allows: any order and quotes of attributes, ">" in them, comments and CDATA that look like
 * programmes, references of each kind, processing instructions, nesting, white space everywhere, line ends of two kinds.
 */
export function xmltvDocuments(): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.constantFrom("", "\uFEFF"),
      fc.constantFrom("", '<?xml version="1.0"?>', "<?xml version='1.0' encoding='UTF-8' standalone='no' ?>"),
      fc.array(misc, { maxLength: 2 }),
      fc.constantFrom(
        "",
        "<!DOCTYPE tv>",
        '<!DOCTYPE tv SYSTEM "xmltv.dtd">',
        `<!DOCTYPE tv PUBLIC "a>b" 'c' [ <!-- ]> <tv> --> <!ELEMENT tv (#PCDATA)> <?x ]> ?> <!ATTLIST tv a CDATA "]>"> ] >`,
      ),
      fc.array(misc, { maxLength: 2 }),
      startTag("tv", fc.constantFrom<[string, string][]>([], [["generator-info-name", "x > y"]])),
      fc.array(fc.oneof({ weight: 6, arbitrary: programme }, { weight: 2, arbitrary: channel }, { weight: 2, arbitrary: between }), {
        maxLength: 12,
      }),
      fc.array(misc, { maxLength: 2 }),
      fc.constantFrom("\n", "\r\n"),
    )
    .map(([mark, declaration, first, doctype, second, tv, elements, last, lineEnd]) =>
      [mark + declaration, ...first, doctype, ...second, tv, ...elements, "</tv >", ...last].join("\n").replaceAll("\n", lineEnd),
    );
}

const space = fc.constantFrom(" ", "\n", "\t ", "\n    ", "  ");
const maybeSpace = fc.constantFrom("", "", "", " ", "\n\t");

const comment = fc.constantFrom(
  "<!---->",
  "<!-- <programme start='20260101' channel='no'><title>no</title></programme> -->",
  "<!-- & ' \" < > ]]> é -->",
  "<!--\n</tv>\n-->",
);
const instruction = fc.constantFrom("<?x?>", "<?php echo '<programme>' ?>", '<?x & < > " ?>');
const misc = fc.oneof(comment, instruction, space);
const between = fc.oneof(
  misc,
  fc.constantFrom(
    "text between",
    "æøå 日本 😀 mellem",
    "<![CDATA[<programme>]]>",
    "<group><programme start='20260101' channel='no'><title>nested</title></programme></group>",
    "<programmes/>",
    "<chan id='x'>&amp;</chan>",
    '<x:programme start="20260101" channel="a"><title>prefixed</title></x:programme>',
    "<é ü='ö'>ß</é>",
  ),
);

const letters = fc.string({
  unit: fc.constantFrom(..."abc XYZ 0 \n \t  éßøÅ Жд 日本 😀 ​ \u00a0 \u2003 \ufeff \u0301 \u0085 - ]]".split("")),
  maxLength: 60,
});
const words = letters.filter((text) => text.isWellFormed());

/** Text as it may be written: escaped, in CDATA, with references and comments inside. */
const text = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: words.map((plain) => plain.replaceAll("]]", "]")) },
      { weight: 1, arbitrary: words.map((plain) => `<![CDATA[${plain.replaceAll("]]", "]")} <b> & ' </title>]]>`) },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          "&amp;",
          "&lt;",
          "&gt;",
          "&quot;",
          "&apos;",
          "&#229;",
          "&#xE5;",
          "&#x1F600;",
          "&#10;",
          "&#160;",
          "&#0065;",
        ),
      },
      { weight: 1, arbitrary: comment },
      { weight: 1, arbitrary: instruction },
      { weight: 1, arbitrary: fc.constantFrom("<b>bold</b>", "<b/>", "<b a='>'><i>x</i > y</b>", '"', "'", ">") },
    ),
    { maxLength: 4 },
  )
  .map((pieces) => pieces.join(""));

function startTag(name: string, attributes: fc.Arbitrary<[string, string][]>, end: ">" | "/>" = ">"): fc.Arbitrary<string> {
  return attributes.chain((pairs) =>
    fc
      .tuple(
        fc.shuffledSubarray(pairs, { minLength: pairs.length }),
        fc.array(fc.tuple(space, maybeSpace, maybeSpace, fc.constantFrom('"', "'")), { minLength: pairs.length, maxLength: pairs.length }),
        maybeSpace,
      )
      .map(([shuffled, layout, trailing]) => {
        const written = shuffled.map(([attribute, value], index) => {
          const [before, left, right, quote] = layout[index] ?? [" ", "", "", '"'];
          const quoted = quote === '"' ? value.replaceAll('"', "&quot;") : value.replaceAll("'", "&apos;");
          return `${before}${attribute}${left}=${right}${quote}${quoted}${quote}`;
        });
        return `<${name}${written.join("")}${trailing}${end}`;
      }),
  );
}

function element(name: string, attributes: fc.Arbitrary<[string, string][]>, content: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 1, arbitrary: startTag(name, attributes, "/>") },
    {
      weight: 8,
      arbitrary: fc.tuple(startTag(name, attributes), content, maybeSpace).map(([tag, inner, end]) => `${tag}${inner}</${name}${end}>`),
    },
  );
}

const noAttributes = fc.constant<[string, string][]>([]);
const language = fc.constantFrom<[string, string][]>(
  [],
  [["lang", "en"]],
  [
    ["lang", "da"],
    ["x", "a > b"],
  ],
);
const system = fc.constantFrom<[string, string][]>([], [["system", "xmltv_ns"]], [["system", "onscreen"]], [["system", "dd_progid"]]);

const child = fc.oneof(
  { weight: 4, arbitrary: element("title", language, text) },
  { weight: 2, arbitrary: element("sub-title", language, text) },
  { weight: 2, arbitrary: element("desc", language, text) },
  { weight: 2, arbitrary: element("category", language, text) },
  { weight: 2, arbitrary: element("episode-num", system, fc.oneof(fc.constantFrom("3 . 4 . 0/1", "S4E5", "EP0123.0001"), text)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("live", "new", "premiere", "previously-shown").chain((name) => element(name, noAttributes, text)),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "<credits><actor role='a &gt; b'>A <b>name</b></actor><title>not the title</title></credits>",
      '<icon src="https://example.org/a.png?b=1&amp;c=2"/>',
      "<rating system='x'><value>PG</value></rating>",
      "<titles>x</titles>",
      "<date>2026</date>",
      "<descr/>",
      "<categorx>y</categorx>",
    ),
  },
  { weight: 2, arbitrary: misc },
);

const time = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(
        fc.integer({ min: 1_700_000_000, max: 1_900_000_000 }),
        fc.constantFrom(" +0000", " +0530", " -0400", "+0200", "", " UTC", " BST"),
      )
      .map(([seconds, zone]) => new Date(seconds * 1_000).toISOString().replaceAll(/[-:T]|\..*$/g, "") + zone),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("20260613", "202606131800", "2026061318 +0100", " 20260613180000 +0000 ", "20260613180000\u0020&#43;0100"),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("20260230120000 +0000", "20260613240000 +0000", "soon", "", "20260613180000 +2500", "2026061318000x +0000"),
  },
);

const channelId = fc.constantFrom(
  "a",
  "one.example",
  "DR1 HD (T).dk",
  "é.fr",
  "A&amp;E",
  "__proto__",
  " a ",
  "a\n b",
  "",
  "x &gt; &#x1F600;",
  "'\"",
);

const channel = element(
  "channel",
  fc.tuple(channelId, fc.boolean()).map(([id, has]): [string, string][] => (has ? [["id", id]] : [["x", id]])),
  fc
    .array(fc.oneof({ weight: 3, arbitrary: element("display-name", language, text) }, misc, fc.constant("<url>x</url>")), { maxLength: 4 })
    .map(joined),
);

const programme = element(
  "programme",
  fc
    .tuple(
      fc.tuple(time, time, channelId, fc.constantFrom("0/1", " 1/2 ", "")),
      fc.subarray(["start", "stop", "channel", "clumpidx", "other"]),
    )
    .map(([[start, stop, id, clump], names]) => {
      const all: [string, string][] = [
        ["start", start],
        ["stop", stop],
        ["channel", id],
        ["clumpidx", clump],
        ["other", "a > b"],
      ];
      // Mostly whole, so that most of them become programmes.
      return all.filter(([name]) =>
        name === "start" || name === "channel" ? names.length !== 1 || names[0] !== name : names.includes(name),
      );
    }),
  fc.tuple(fc.array(child, { maxLength: 8 }).map(joined), fc.constantFrom("<title>T</title>", "<title>Last</title>", "")).map(joined),
);

function joined(pieces: readonly string[]): string {
  return pieces.join("");
}
