/* How many programmes an XMLTV file has and the sum of their times, with libxml2's SAX (-DLIBXML2) or expat; the titles are collected too, as a
   reader would. Prints one line of JSON; the time is the processor's, without the start of the process. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static long programmes, sum, title_bytes;
static int in_title;
static char title[65536];

static long two(const char *s) { return (s[0] - '0') * 10 + s[1] - '0'; }

/* Seconds since 1970 of "YYYYMMDDhhmmss +hhmm". */
static long seconds(const char *s) {
  long year = two(s) * 100 + two(s + 2), month = two(s + 4), day = two(s + 6);
  long before = month <= 2 ? year - 1 : year, moved = (month + 9) % 12;
  long days = 365 * before + before / 4 - before / 100 + before / 400 + (moved * 306 + 5) / 10 + day - 1 - 719468;
  long zone = (two(s + 16) * 60 + two(s + 18)) * 60 * (s[15] == '-' ? -1 : 1);
  return days * 86400 + two(s + 8) * 3600 + two(s + 10) * 60 + two(s + 12) - zone;
}

static void start(void *data, const char *name, const char **attributes) {
  (void)data;
  in_title = strcmp(name, "title") == 0;
  if (in_title) title_bytes = 0;
  if (strcmp(name, "programme") != 0) return;
  programmes++;
  for (; attributes && attributes[0]; attributes += 2) {
    if (strcmp(attributes[0], "start") == 0) sum += seconds(attributes[1]);
    else if (strcmp(attributes[0], "stop") == 0) sum += 2 * seconds(attributes[1]);
  }
}

static void end(void *data, const char *name) { (void)data; (void)name; in_title = 0; }

static void text(void *data, const char *s, int length) {
  (void)data;
  if (!in_title || title_bytes + length > (long)sizeof title) return;
  memcpy(title + title_bytes, s, length);
  title_bytes += length;
}

#ifdef LIBXML2
#include <libxml/parser.h>
static void start_xml(void *d, const xmlChar *n, const xmlChar **a) { start(d, (const char *)n, (const char **)a); }
static void end_xml(void *d, const xmlChar *n) { end(d, (const char *)n); }
static void text_xml(void *d, const xmlChar *s, int l) { text(d, (const char *)s, l); }
#else
#include <expat.h>
#endif

int main(int argc, char **argv) {
  static char buffer[65536];
  clock_t began;
  FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
  size_t length;
  if (!file) return 1;
  began = clock();
#ifdef LIBXML2
  xmlSAXHandler handler;
  memset(&handler, 0, sizeof handler);
  handler.startElement = start_xml;
  handler.endElement = end_xml;
  handler.characters = text_xml;
  xmlParserCtxtPtr parser = xmlCreatePushParserCtxt(&handler, NULL, NULL, 0, argv[1]);
  while ((length = fread(buffer, 1, sizeof buffer, file)) > 0)
    if (xmlParseChunk(parser, buffer, (int)length, 0) != 0) return 2;
  if (xmlParseChunk(parser, buffer, 0, 1) != 0) return 2;
#else
  XML_Parser parser = XML_ParserCreate(NULL);
  XML_SetElementHandler(parser, start, end);
  XML_SetCharacterDataHandler(parser, text);
  while ((length = fread(buffer, 1, sizeof buffer, file)) > 0)
    if (!XML_Parse(parser, buffer, (int)length, 0)) return 2;
  if (!XML_Parse(parser, buffer, 0, 1)) return 2;
#endif
  printf("{\"cpuMs\": %.1f, \"programmes\": %ld, \"times\": %ld}\n", (double)(clock() - began) * 1e3 / CLOCKS_PER_SEC, programmes, sum);
  return 0;
}
