"""A strict reader of iCalendar by the letter of RFC 5545, which shares nothing with what writes it.

It takes the bytes apart by the grammar of section 3.1 and raises ValueError at the first thing that
a picky calendar would refuse.
"""

import re
from datetime import UTC, date, datetime
from typing import NamedTuple

LINE = 75  # octets, without the break (3.1)
NAME = re.compile(r"[A-Z0-9-]+")
PARAMETER = re.compile(
    r';([A-Z0-9-]+)=("[^"\x00-\x08\x0a-\x1f\x7f]*"|[^";:,\x00-\x08\x0a-\x1f\x7f]*)'
)
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
# Section 3.6.1: at most once each; those that must be there; and what an event here may have at all.
ONCE = {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "LOCATION", "STATUS", "SEQUENCE"}
ONCE |= {"LAST-MODIFIED", "TRANSP", "CLASS"}
NEEDED = {"UID", "DTSTAMP", "DTSTART"}
VALUES = {
    "STATUS": {"TENTATIVE", "CONFIRMED", "CANCELLED"},
    "TRANSP": {"OPAQUE", "TRANSPARENT"},
    "CLASS": {"PUBLIC", "PRIVATE", "CONFIDENTIAL"},
}
TEXTS = {"SUMMARY", "LOCATION", "UID"}


class Property(NamedTuple):
    """A content line: its name, parameters, and bare value."""

    name: str
    parameters: dict[str, str]
    value: str


def read(data):
    """The events, each a dict of values by name, and the calendar's own properties."""
    lines = [content(one) for one in unfolded(data)]
    if lines[0] != Property("BEGIN", {}, "VCALENDAR") or lines[-1] != ("END", {}, "VCALENDAR"):
        raise ValueError("not one calendar")
    calendar, events, inside = [], [], None
    for line in lines[1:-1]:
        if line.name == "BEGIN":
            must(line.value == "VEVENT" and inside is None, f"unknown component {line.value}")
            inside = []
        elif line.name == "END":
            must(line.value == "VEVENT" and inside is not None, "an end without a beginning")
            events.append(event(inside))
            inside = None
        else:
            (calendar if inside is None else inside).append(line)
    must(inside is None, "an event without an end")
    names = [one.name for one in calendar]
    must(names.count("VERSION") == names.count("PRODID") == 1, "version and product id, once each")
    must({one.name: one.value for one in calendar}["VERSION"] == "2.0", "version 2.0")
    must(len({event["UID"] for event in events}) == len(events), "an id twice")
    return events, {one.name: one.value for one in calendar}


def must(holds, what):
    if not holds:
        raise ValueError(what)


def unfolded(data):
    """The lines: CRLF and nothing else ends them, at most 75 octets, whole characters, joined again."""
    must(data.endswith(b"\r\n"), "the last line has no end")
    rows = data[:-2].split(b"\r\n")
    for row in rows:
        must(len(row) <= LINE, f"{len(row)} octets")
        must(b"\r" not in row and b"\n" not in row, "a bare line break")
        must(row, "an empty line")
        row.decode()  # a fold never cuts a character in two
    lines = []
    for row in rows:
        if row.startswith((b" ", b"\t")):
            must(lines, "it begins with a fold")
            lines[-1] += row[1:].decode()
        else:
            lines.append(row.decode())
    return lines


def content(line):
    """A content line in its parts."""
    name = NAME.match(line)
    must(name, f"no name: {line[:20]}")
    parameters, rest = {}, line[name.end() :]
    while found := PARAMETER.match(rest):
        must(found[1] not in parameters, "a parameter twice")
        parameters[found[1]] = found[2].strip('"')
        rest = rest[found.end() :]
    must(rest.startswith(":"), f"no value: {line[:40]}")
    must(not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", rest), "a control character")
    return Property(name[0], parameters, rest[1:])


def event(properties):
    """The values of an event, checked one by one."""
    names = [one.name for one in properties]
    must(set(names) <= ONCE, f"more than an event here has: {set(names) - ONCE}")
    must(len(set(names)) == len(names), "a property twice")
    must(set(names) >= NEEDED, f"missing: {NEEDED - set(names)}")
    values = {one.name: value(one) for one in properties}
    start, end = values["DTSTART"], values.get("DTEND")
    must(type(start) is type(end), "a day and a moment")
    must(end > start, "it ends before it begins")
    return values


def value(one):
    """The value by its type."""
    if one.name in VALUES:
        must(one.value in VALUES[one.name], f"{one.name} {one.value}")
        return one.value
    if one.name == "SEQUENCE":
        must(re.fullmatch(r"\d+", one.value), "a sequence is a number")
        return int(one.value)
    if one.name in TEXTS:
        return text(one.value)
    return moment(one)


def text(raw):
    """TEXT (3.3.11): backslash, comma, semicolon and line breaks are escaped, nothing else is."""
    must(not re.search(r"(?<!\\)(?:\\\\)*[,;]", raw), "a bare comma or semicolon")
    must(all(one in "\\,;nN" for one in ESCAPE.findall(raw)), "an unknown escape")
    must(not re.search(r"(?<!\\)(?:\\\\)*\\$", raw), "a backslash at the end")
    return ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], raw)


def moment(one):
    """A day, or a moment in UTC; DTSTAMP and LAST-MODIFIED are always that (3.8.7)."""
    if one.parameters == {"VALUE": "DATE"}:
        must(one.name in ("DTSTART", "DTEND"), f"{one.name} is a moment")
        must(re.fullmatch(r"\d{8}", one.value), one.value)
        return date(int(one.value[:4]), int(one.value[4:6]), int(one.value[6:]))
    must(not one.parameters or one.parameters == {"VALUE": "DATE-TIME"}, str(one.parameters))
    return datetime.strptime(one.value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
