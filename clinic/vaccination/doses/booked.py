"""What visits and forms are booked for: their doses. Read only."""

from collections.abc import Collection, Mapping
from datetime import date
from functools import cache

from sqlalchemy import bindparam, or_, select

from clinic.db import db
from clinic.prepared import Prepared
from clinic.reservations.models import ReleaseReason
from clinic.scheduling.verdict.requirements import PurposeChoice
from clinic.vaccination.programme.catalogue import vaccines
from clinic.vaccination.programme.paid import PAID
from clinic.vaccination.stock.models import DOSE, DoseReservation
from clinic.vaccination.stock.queries import TAKEN_AWAY


def booked_for(appointment_ids: Collection[int]) -> Mapping[int, list[PurposeChoice]]:
    """The doses that these visits are for, by appointment. One query."""
    return lines_of("appointment_id", appointment_ids)


def lost_by(appointment_ids: Collection[int]) -> Mapping[int, list[PurposeChoice]]:
    """What these visits were for until a change took it away, by appointment. One query."""
    query = (
        select(
            DoseReservation.appointment_id,
            DoseReservation.series,
            DoseReservation.vaccine,
            DoseReservation.dose_number,
        )
        .where(
            DoseReservation.appointment_id.in_(appointment_ids),
            DoseReservation.why_released.in_(TAKEN_AWAY),
        )
        .order_by(DoseReservation.id)
    )
    found: dict[int, dict[str, PurposeChoice]] = {}
    for number, series, vaccine, dose in db.session.execute(query):
        assert number
        found.setdefault(number, {})[series] = line_of(series, vaccine, dose, None, False)
    return {number: list(lines.values()) for number, lines in found.items()}


_columns = DoseReservation.__table__.c


@cache
def _reserved_for(owner: str) -> Prepared:
    """Also to visits that are over: what they were for, unless it was taken back.

    And to forms that are over: one that is confirmed all the same is for it.
    """
    over = (
        (ReleaseReason.EXPIRED,) if owner == "hold_id" else (ReleaseReason.DONE, ReleaseReason.USED)
    )
    return Prepared(
        select(_columns[owner], _columns.purpose, _columns.key, _columns.number)
        .where(_columns[owner].in_(bindparam("numbers", expanding=True)))
        .where(_columns.resource == DOSE)
        .where(or_(_columns.released_at.is_(None), _columns.why_released.in_(over)))
        .order_by(_columns.id)
    )


def lines_of(owner: str, numbers: Collection[int]) -> dict[int, list[PurposeChoice]]:
    """What these holds (`hold_id`) or visits (`appointment_id`) are for. One query."""
    found: dict[int, list[PurposeChoice]] = {}
    for number, series, vaccine, dose in _reserved_for(owner).all(numbers=list(numbers)):
        assert number
        found.setdefault(number, []).append(line_of(series, vaccine, dose, None, True))
    return found


def line_of(
    series: str, vaccine: str | None, number: int | None, first: date | None, is_chosen: bool
) -> PurposeChoice:
    """A dose as a box that can be ticked, or as what a visit is for."""
    assert vaccine
    known = vaccines()[vaccine]
    zh, en = ("（自费·自愿）", " (paid, optional)") if series in PAID else ("", "")
    return PurposeChoice(
        series,
        f"{known.name_zh} 第{number}剂{zh}",
        f"{known.name_en}, dose {number}{en}",
        first,
        is_chosen,
    )
