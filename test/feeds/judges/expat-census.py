"""What Python's expat finds in an XMLTV file: `python3 expat-census.py FILE` prints one line of JSON.

Told are the <channel> children of <tv> and of each <programme>, in the order of the file, its line, channel, start and stop (epoch
milliseconds; null when there is none, false when it cannot be read) and first title that says something; or why expat refuses it.
Written without a look at Calltime's own reader, whose judge it is.
"""

import datetime
import functools
import gzip
import json
import sys
import xml.parsers.expat

ZONES = {"": "+0000", "UTC": "+0000", "GMT": "+0000", "BST": "+0100"}
FORMATS = {14: "%Y%m%d%H%M%S", 12: "%Y%m%d%H%M", 10: "%Y%m%d%H", 8: "%Y%m%d"}


@functools.lru_cache(maxsize=None)
def epoch_ms(text):
    digits, _, zone = text.strip().partition(" ")
    zone = ZONES.get(zone.strip(), zone.strip())
    try:
        moment = datetime.datetime.strptime(digits + zone, FORMATS[len(digits)] + "%z")
    except (KeyError, ValueError):
        return False
    return round(moment.timestamp() * 1000)


def census(file):
    channels, programmes, path, title = [], [], [], None
    parser = xml.parsers.expat.ParserCreate()
    parser.buffer_text = True

    def start(name, attributes):
        nonlocal title
        path.append(name)
        if path == ["tv", "channel"]:
            channels.append(attributes.get("id", "").strip())
        elif path == ["tv", "programme"]:
            times = [epoch_ms(attributes[key]) if key in attributes else None for key in ("start", "stop")]
            programmes.append([parser.CurrentLineNumber, attributes.get("channel", "").strip(), *times, ""])
        elif path == ["tv", "programme", "title"]:
            title = ""

    def text(data):
        nonlocal title
        if title is not None:
            title += data

    def end(name):
        nonlocal title
        if path == ["tv", "programme", "title"]:
            programmes[-1][4] = programmes[-1][4] or " ".join(title.split())
            title = None
        path.pop()

    parser.StartElementHandler, parser.CharacterDataHandler, parser.EndElementHandler = start, text, end
    parser.ParseFile(file)
    return {"channels": channels, "programmes": programmes}


opened = gzip.open if sys.argv[1].endswith(".gz") else open
with opened(sys.argv[1], "rb") as feed:
    try:
        print(json.dumps(census(feed)))
    except xml.parsers.expat.ExpatError as error:
        print(json.dumps({"refused": str(error)}))
