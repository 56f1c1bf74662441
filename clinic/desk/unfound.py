"""Why nobody fits what was typed or scanned, and what to do: a sentence for each case."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from clinic.centres.models import Centre
from clinic.db import db
from clinic.desk.finding import reads_like
from clinic.i18n import gettext, in_words, name_of
from clinic.scheduling.models import Appointment, Booking
from clinic.scheduling.references import parse_reference
from clinic.sentences import mark


def why_not_found(centre: Centre, typed: str) -> str:
    """One sentence. Of a booking at another centre it says where and when, never whose it is."""
    kind = reads_like(typed)
    if kind == "reference":
        return _of_a_reference(centre, parse_reference(typed) or "")
    if kind == "almost":
        return gettext(
            mark(
                "A character of this reference is wrong. Ask for it again, or for the child's name."
            )
        )
    if kind == "code":
        return gettext(
            mark("This code is not one of ours. Ask for the child's name or the guardian's phone.")
        )
    return gettext(
        mark("Check the spelling, or book a walk-in. Bookings of other centres are not shown here.")
    )


def _of_a_reference(centre: Centre, reference: str) -> str:
    query = (
        select(Appointment)
        .join(Appointment.booking)
        .where(Booking.reference == reference)
        .options(joinedload(Appointment.centre))
        .order_by(Appointment.starts_at)
    )
    first = db.session.scalars(query).first()
    if first is None:
        return gettext(
            mark("No booking has this reference. Ask for the child's name, or book a walk-in.")
        )
    if first.centre_id == centre.id:
        return ""
    return gettext(
        mark(
            "This booking is for %(centre)s, %(when)s. Show the family the way, or book a walk-in here."
        ),
        centre=name_of(first.centre),
        when=in_words(first.starts_at),
    )
