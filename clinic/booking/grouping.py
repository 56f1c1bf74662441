"""Free times as buttons, by centre and part of the day."""

from collections.abc import Mapping, Sequence

from clinic.booking.chooser import Chooser, Free, TimeChoice, TimeGroup
from clinic.scheduling.dayparts import PARTS, part_of
from clinic.scheduling.search.together import Trip


def groups(chooser: Chooser, free: Sequence[Free]) -> list[TimeGroup]:
    """By centre, in the order of the centres, and part of the day."""
    centres = {centre.id: centre for centre in chooser.centres}
    one_each = chooser.practitioner is None and not chooser.moving
    return [
        TimeGroup(
            centres[each.centre_id],
            part,
            times,
            (each.schedule.key, part, one_each) if each.schedule else None,
        )
        for each in free
        for part, times in _parts(each, one_each=one_each).items()
        if times
    ]


def _parts(free: Free, *, one_each: bool) -> Mapping[str, Sequence[TimeChoice]]:
    """The buttons of each part of the day; made once for all who may have the whole schedule."""
    key = ("buttons", one_each)
    if free.schedule and key in free.schedule.shown:
        made: Mapping[str, Sequence[TimeChoice]] = free.schedule.shown[key]
        return made
    by_part: dict[str, list[Trip]] = {part: [] for part in PARTS}
    for trip in free.visits:
        by_part[part_of(trip.starts_at)].append(trip)
    made = {part: _times(those, one_each=one_each) for part, those in by_part.items()}
    if free.schedule:
        free.schedule.shown[key] = made
    return made


def _times(free: Sequence[Trip], *, one_each: bool) -> tuple[TimeChoice, ...]:
    """A button for each visit; where anyone will do, one for each moment."""
    times: dict[object, TimeChoice] = {}
    for trip in free:
        lead = trip.offers[0]
        slots = "-".join(str(each.slot_id) for each in trip.offers)
        moment = trip.starts_at if one_each else slots
        before = times.get(moment)
        practitioner_ids = (*(before.practitioner_ids if before else ()), lead.practitioner_id)
        times[moment] = TimeChoice(
            starts_at=trip.starts_at,
            slots=before.slots if before else slots,
            practitioner_ids=practitioner_ids,
            anyone=len(practitioner_ids) > 1 and len(trip.offers) == 1,
            ends_at=trip.ends_at if len(trip.offers) > 1 else None,
        )
    return tuple(times.values())
