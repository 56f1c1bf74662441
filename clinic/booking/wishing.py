"""A wish as addresses and forms say it, carried from page to page: who comes for what, and the filters."""

from collections.abc import Collection, Mapping, Sequence

from werkzeug.datastructures import MultiDict

from clinic.booking.requirements import needs_text
from clinic.clock import clinic_day
from clinic.scheduling.models import Hold

WHO = ("child", "with", "service", "then", "sessions")  # times are found for just this
FILTERS = ("centre", "district", "practitioner", "part", "more")
PATTERN = ("sessions", "weekdays", "gap", "longest", "begin")  # of a course
ALL = (*WHO, "need", "day", "move", *FILTERS)
# Goes along to the page that confirms: what was wished for, should the time be held no more.
KEPT = (*ALL, "slot", "any")
MOST = 50  # values of one name

Query = dict[str, object]


def carried(args: MultiDict[str, str], names: Collection[str] = ALL) -> Query:
    """What the address or form says under these names, for the next address."""
    return {
        name: values
        for name in names
        if (values := [value for value in args.getlist(name)[:MOST] if value])
    }


def wish_text(args: MultiDict[str, str]) -> str:
    """Who comes for what as one text, the same however it was said; one session is no course."""
    said = carried(args, WHO)
    if said.get("sessions") == ["1"]:
        del said["sessions"]
    return " ".join(
        f"{name}={'-'.join(sorted(set(map(str, values))))}"
        for name, values in said.items()
        if isinstance(values, list)
    )


def text_of(query: Mapping[str, object]) -> str:
    """The same of an address."""
    pairs = [
        (name, str(text))
        for name, value in query.items()
        if value is not None
        for text in (value if isinstance(value, list) else [value])
    ]
    return wish_text(MultiDict(pairs))


def wish_of(group: Sequence[Hold], codes: Mapping[int, Collection[str]]) -> Query:
    """What was asked for when these times were kept; `codes` are what they were to be for, by child."""
    lead = group[0]
    then = next((hold.service_id for hold in group if hold.service_id != lead.service_id), None)
    others = {hold.child_id: None for hold in group if hold.child_id != lead.child_id}
    day = clinic_day(lead.slot.starts_at).isoformat()
    if lead.moves_id:
        return {"move": lead.moves_id, "day": day}
    return {
        "child": lead.child_id,
        "with": list(others) or None,
        "service": lead.service_id,
        "then": then,
        "need": needs_text(codes) or None,
        "day": day,
    }
