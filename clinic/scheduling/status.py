"""The one function that names where an appointment stands."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from clinic.scheduling.models import Appointment
from clinic.sentences import mark


class Status(StrEnum):
    """FHIR's names, where it has one."""

    BOOKED = "booked"
    ARRIVED = "arrived"
    DONE = "fulfilled"
    NO_SHOW = "noshow"
    DISPLACED = "needs-new-time"  # ours: the centre changed its hours
    CANCELLED = "cancelled"


class Tag(NamedTuple):
    """How pages show a status: a class of app.css and a message id."""

    color: str
    label: str


TAGS = {
    Status.BOOKED: Tag("tag-info", mark("Booked")),
    Status.ARRIVED: Tag("tag-warn", mark("Arrived")),
    Status.DONE: Tag("tag-ok", mark("Completed")),
    Status.NO_SHOW: Tag("tag-bad", mark("Did not come")),
    Status.DISPLACED: Tag("tag-bad", mark("Needs a new time")),
    Status.CANCELLED: Tag("", mark("Cancelled")),
}


def status_of(appointment: Appointment) -> Status:
    """Where it stands, from its facts; the first that holds counts.

    | cancelled_at | no_show_at | displaced_at | done_at | arrived_at | status |
    |---|---|---|---|---|---|
    | set | – | any | – | any | cancelled |
    | – | set | – | – | any | noshow |
    | – | – | set | – | – | needs-new-time |
    | – | – | – | set | any | fulfilled |
    | – | – | – | – | set | arrived |
    | – | – | – | – | – | booked |
    """
    if appointment.cancelled_at:
        return Status.CANCELLED
    if appointment.no_show_at:
        return Status.NO_SHOW
    if appointment.displaced_at:
        return Status.DISPLACED
    if appointment.done_at:
        return Status.DONE
    return Status.ARRIVED if appointment.arrived_at else Status.BOOKED


def last_changed(appointment: Appointment) -> datetime:
    """When it last changed; for the calendars that hold a copy of it. Its booking must be loaded."""
    facts = (
        appointment.changed_at,
        appointment.arrived_at,
        appointment.done_at,
        appointment.no_show_at,
        appointment.displaced_at,
        appointment.cancelled_at,
    )
    return max(moment for moment in (appointment.booking.made_at, *facts) if moment)
