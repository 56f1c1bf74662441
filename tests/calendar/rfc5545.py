"""A strict reader of iCalendar by the letter of RFC 5545, which shares nothing with what writes it.

It takes the bytes apart by the grammar of section 3.1 and raises ValueError at the first thing that
a picky calendar would refuse; where there is a METHOD, also by the tables of RFC 5546.
"""

import re
from datetime import UTC, date, datetime
from typing import NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

LINE = 75  # octets, without the break (3.1)
NAME = re.compile(r"[A-Z0-9-]+")
PARAMETER = re.compile(
    r';([A-Z0-9-]+)=("[^"\x00-\x08\x0a-\x1f\x7f]*"|[^";:,\x00-\x08\x0a-\x1f\x7f]*)'
)
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
# Section 3.6.1: at most once each; those that must be there; and what an event here may have at all.
ONCE = {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "LOCATION", "STATUS", "SEQUENCE"}
ONCE |= {"LAST-MODIFIED", "TRANSP", "CLASS", "ORGANIZER", "DESCRIPTION", "GEO", "URL"}
NEEDED = {"UID", "DTSTAMP", "DTSTART"}
# RFC 5546, 3.2.1 and 3.2.5: what an event must have besides, by the calendar's METHOD.
NEEDED_FOR = {
    None: set(),
    "PUBLISH": {"ORGANIZER", "SUMMARY"},
    "CANCEL": {"ORGANIZER", "SEQUENCE", "STATUS"},
}
# Section 3.6.5 and 3.6.6: what a time zone's rules and a reminder must have.
NEEDED_IN = {
    "STANDARD": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"},
    "DAYLIGHT": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"},
    "VALARM": {"ACTION", "TRIGGER", "DESCRIPTION"},
    "VTIMEZONE": {"TZID"},
}
INSIDE = {"VEVENT": {"VALARM"}, "VTIMEZONE": {"STANDARD", "DAYLIGHT"}}
VALUES = {
    "STATUS": {"TENTATIVE", "CONFIRMED", "CANCELLED"},
    "TRANSP": {"OPAQUE", "TRANSPARENT"},
    "CLASS": {"PUBLIC", "PRIVATE", "CONFIDENTIAL"},
}
TEXTS = {"SUMMARY", "LOCATION", "UID", "DESCRIPTION"}


class Property(NamedTuple):
    """A content line: its name, parameters, and bare value."""

    name: str
    parameters: dict[str, str]
    value: str


class Component(NamedTuple):
    """What stands between BEGIN and END: its name, properties and components."""

    name: str
    properties: list[Property]
    components: list["Component"]


def read(data):
    """The events, each a dict of values by name, and the calendar's own properties."""
    lines = [content(line) for line in unfolded(data)]
    must(lines[0] == Property("BEGIN", {}, "VCALENDAR"), "no calendar")
    calendar, rest = component("VCALENDAR", lines[1:])
    must(not rest, "not one calendar")
    names = [own.name for own in calendar.properties]
    must(names.count("VERSION") == names.count("PRODID") == 1, "version and product id, once each")
    own = {own.name: own.value for own in calendar.properties}
    must(own["VERSION"] == "2.0", "version 2.0")
    method = own.get("METHOD")
    must(method in NEEDED_FOR, f"method {method}")
    zones = {zone_id(part) for part in calendar.components if part.name == "VTIMEZONE"}
    events = [event(part, method, zones) for part in calendar.components if part.name == "VEVENT"]
    must(len({event["UID"] for event in events}) == len(events), "an id twice")
    return events, own


def component(name, lines):
    """The component whose BEGIN has been read, and the lines after its END."""
    found = Component(name, [], [])
    while lines:
        line, lines = lines[0], lines[1:]
        if line.name == "BEGIN":
            allowed = INSIDE.get(name, set()) if name != "VCALENDAR" else set(INSIDE)
            must(line.value in allowed, f"{line.value} inside {name}")
            part, lines = component(line.value, lines)
            found.components.append(part)
        elif line.name == "END":
            must(line.value == name, f"{line.value} ends inside {name}")
            missing = NEEDED_IN.get(name, set()) - {own.name for own in found.properties}
            must(not missing, f"{name} without {missing}")
            return found, lines
        else:
            found.properties.append(line)
    raise ValueError(f"{name} without an end")


def zone_id(zone):
    """The name of a time zone that says what its clock does."""
    must(zone.components, "a time zone without rules")
    return next(own.value for own in zone.properties if own.name == "TZID")


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


def event(part, method, zones):
    """The values of an event, checked one by one."""
    properties, names = part.properties, [own.name for own in part.properties]
    must(set(names) <= ONCE, f"more than an event here has: {set(names) - ONCE}")
    must(len(set(names)) == len(names), "a property twice")
    needed = NEEDED | NEEDED_FOR[method]
    must(set(names) >= needed, f"missing: {needed - set(names)}")
    must(method != "CANCEL" or not part.components, "a reminder of what is cancelled")
    values = {own.name: value(own, zones) for own in properties}
    must((method == "CANCEL") <= (values.get("STATUS") == "CANCELLED"), "cancelled, but its status")
    start, end = values["DTSTART"], values.get("DTEND")
    must(type(start) is type(end), "a day and a moment")
    must(end > start, "it ends before it begins")
    return values


def value(one, zones):
    """The value by its type."""
    if one.name in VALUES:
        must(one.value in VALUES[one.name], f"{one.name} {one.value}")
        return one.value
    if one.name == "SEQUENCE":
        must(re.fullmatch(r"\d+", one.value), "a sequence is a number")
        return int(one.value)
    if one.name in ("ORGANIZER", "URL"):
        must(urlsplit(one.value).scheme, f"{one.name} is an address")
        return one.value
    if one.name == "GEO":
        must(re.fullmatch(r"-?\d+\.?\d*;-?\d+\.?\d*", one.value), "two numbers")
        return one.value
    if one.name in TEXTS:
        return text(one.value)
    return moment(one, zones)


def text(raw):
    """TEXT (3.3.11): backslash, comma, semicolon and line breaks are escaped, nothing else is."""
    must(not re.search(r"(?<!\\)(?:\\\\)*[,;]", raw), "a bare comma or semicolon")
    must(all(one in "\\,;nN" for one in ESCAPE.findall(raw)), "an unknown escape")
    must(not re.search(r"(?<!\\)(?:\\\\)*\\$", raw), "a backslash at the end")
    return ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], raw)


def moment(one, zones):
    """A day, or a moment in UTC or in a time zone of this calendar; DTSTAMP and LAST-MODIFIED are
    always in UTC (3.8.7)."""
    if one.parameters == {"VALUE": "DATE"}:
        must(one.name in ("DTSTART", "DTEND"), f"{one.name} is a moment")
        must(re.fullmatch(r"\d{8}", one.value), one.value)
        return date(int(one.value[:4]), int(one.value[4:6]), int(one.value[6:]))
    if set(one.parameters) == {"TZID"} and one.name in ("DTSTART", "DTEND"):
        must(one.parameters["TZID"] in zones, f"an unknown time zone: {one.parameters['TZID']}")
        zone = ZoneInfo(one.parameters["TZID"])
        return datetime.strptime(one.value, "%Y%m%dT%H%M%S").replace(tzinfo=zone)
    must(not one.parameters or one.parameters == {"VALUE": "DATE-TIME"}, str(one.parameters))
    return datetime.strptime(one.value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
