"""The rows that taking a place writes: statements that are built once, and ids instead of objects."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    CompoundSelect,
    bindparam,
    case,
    exists,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from clinic.db import UTCDateTime, db, written_out
from clinic.families.models import Guardianship
from clinic.prepared import Prepared
from clinic.scheduling.models import Appointment, Booking, Channel, Hold, HoldFor
from clinic.scheduling.references import new_reference

_bookings, _made, _holds = (one.__table__ for one in (Booking, Appointment, Hold))
ONE_APPOINTMENT = Prepared(insert(_made).returning(_made.c.id))  # type: ignore[arg-type]
_HELD = (
    "user_id",
    "child_id",
    "service_id",
    "slot_id",
    "slot_count",
    "moves_id",
    "reason",
    "lead_id",
    "created_at",
    "expires_at",
)
# Only while the user cares for the child: a guardian removed since the form was read holds nothing.
ONE_HOLD = Prepared(
    insert(_holds)  # type: ignore[arg-type]
    .from_select(
        _HELD,
        select(*(bindparam(name, type_=_holds.c[name].type) for name in _HELD)).where(
            exists().where(
                Guardianship.user_id == bindparam("user_id"),
                Guardianship.child_id == bindparam("child_id"),
                Guardianship.revoked_at.is_(None),
            )
        ),
    )
    .returning(_holds.c.id)
)
MADE_BEFORE = (
    select(_bookings.c.id, _made.c.id)
    .join(_made, _made.c.booking_id == _bookings.c.id)
    .where(_bookings.c.idempotency_key == bindparam("key"))
    .order_by(_made.c.starts_at, _made.c.id)
)
USE_HOLD = Prepared(
    update(_holds)  # type: ignore[arg-type]
    .where(
        _holds.c.id == bindparam("used"),
        _holds.c.ended_at.is_(None),
        or_(
            _holds.c.purpose != HoldFor.WAITLIST,
            _holds.c.expires_at > bindparam("now", type_=UTCDateTime()),
        ),
    )
    .values(
        booking_id=bindparam("became"),
        # Whatever is used late is over then, and cleared away a day after it.
        expires_at=case(
            (_holds.c.expires_at > bindparam("now"), _holds.c.expires_at),
            else_=bindparam("now", type_=UTCDateTime()),
        ),
    )
    .returning(_holds.c.entry_id)
)


def _open_forms() -> CompoundSelect[*tuple[Any, ...]]:
    """What a user, and the other guardians of the same children, hold in forms.

    Expired forms are the user's only: one at most for each child and service. The purpose is
    written out, not bound, so that the index on open forms can be used.
    """
    mine, theirs = (Guardianship.__table__.alias() for _ in "ab")
    family = (
        select(theirs.c.user_id)
        .join(mine, mine.c.child_id == theirs.c.child_id)
        .where(
            mine.c.user_id == bindparam("user_id"),
            mine.c.revoked_at.is_(None),
            theirs.c.revoked_at.is_(None),
        )
    )
    forms = select(
        _holds.c.id,
        _holds.c.lead_id,
        _holds.c.user_id,
        _holds.c.child_id,
        _holds.c.service_id,
        (_holds.c.expires_at > bindparam("now")).label("is_live"),
    ).where(_holds.c.purpose.in_(written_out(HoldFor.FORM)), _holds.c.booking_id.is_(None))
    own = forms.where(_holds.c.user_id == bindparam("user_id"))
    others = forms.where(
        _holds.c.user_id.in_(family),
        _holds.c.user_id != bindparam("user_id"),
        _holds.c.expires_at > bindparam("now"),
    )
    return own.union_all(others)


OPEN_FORMS = Prepared(_open_forms())


class BookingMade(NamedTuple):
    """What came of one decision: a booking's id, and its appointments' in the order of what was wanted.

    Not new is what the same key made before: its appointments in the order of time.
    """

    booking_id: int
    appointment_ids: list[int]
    is_new: bool

    @property
    def row(self) -> Booking:
        """The booking, to go on with its rows."""
        return db.session.get_one(Booking, self.booking_id)


@cache
def _one_booking(engine: str) -> Prepared:
    insert_on = postgresql.insert if engine == "postgresql" else sqlite.insert
    return Prepared(
        insert_on(_bookings)  # type: ignore[arg-type]
        .on_conflict_do_nothing(index_elements=[Booking.idempotency_key])
        .returning(_bookings.c.id)
    )


def add_booking(key: str, *, by: int, channel: Channel, now: datetime) -> int | None:
    """The id of a new booking, or None where this key has made one before."""
    row = {
        "reference": new_reference(),
        "idempotency_key": key,
        "made_by_id": by,
        "made_at": now,
        "channel": channel,
    }
    made = _one_booking(db.engine.dialect.name).first(**row)
    return made.id if made else None


def made_before(key: str) -> BookingMade:
    """What this key made before."""
    found = db.session.execute(MADE_BEFORE, {"key": key}).all()
    return BookingMade(found[0][0], [row[1] for row in found], is_new=False)


def add_appointment(row: Mapping[str, Any]) -> int:
    """The id of a new appointment. Raises IntegrityError where the child is elsewhere then."""
    number: int = ONE_APPOINTMENT.one(**row).id
    return number


def add_hold(row: Mapping[str, Any]) -> int:
    """The id of a new hold. Raises NoResultFound where its user does not care for its child (any more)."""
    number: int = ONE_HOLD.one(**row).id
    return number


def use_hold(hold_id: int, booking_id: int, *, now: datetime) -> Any:
    """The hold became this booking: its `entry_id`. None if it is gone, or an offer that is over."""
    return USE_HOLD.first(used=hold_id, became=booking_id, now=now)
