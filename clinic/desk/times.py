"""Free times of this centre, also those that families cannot book themselves."""

from datetime import date, datetime

from sqlalchemy.exc import NoResultFound

from clinic.centres.models import Centre, Service
from clinic.centres.queries import practitioners_for
from clinic.clock import day_bounds
from clinic.i18n import name_of
from clinic.scheduling.queries import Offer, SlotFacts, offers, slots_for
from clinic.scheduling.wanted import SlotTaken


def slots_here(service: Service, centre: Centre, slot_id: int) -> tuple[SlotFacts, ...]:
    """The slots from that one on. Raises SlotTaken for what this centre does not offer any more."""
    try:
        slots = slots_for(service, slot_id)
    except NoResultFound as error:
        raise SlotTaken from error
    if slots[0].centre_id != centre.id:
        raise SlotTaken
    return slots


def free_times(service: Service, centre: Centre, day: date, now: datetime) -> list[Offer]:
    """What is free there on that day and not over yet."""
    start, end = day_bounds(day)
    found = offers(service, [centre.id], start, end, now=now, online=False)
    return [one for one in found if one.is_free and one.ends_at > now]


def names_of(service: Service) -> dict[int, str]:
    """Who gives the service, by id, in the reader's language."""
    return {one.id: name_of(one) for one in practitioners_for(service)}
