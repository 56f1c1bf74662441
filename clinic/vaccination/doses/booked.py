"""What is booked for children: the doses of their visits, and their records with these. Read only."""

from collections.abc import Collection, Mapping
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, or_, select

from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.families.models import Child as ChildRow
from clinic.scheduling.models import Appointment
from clinic.scheduling.verdict.requirements import PurposeChoice
from clinic.vaccination.programme.catalogue import vaccines
from clinic.vaccination.programme.child import Dose
from clinic.vaccination.programme.legal import Booked, ChildRecord
from clinic.vaccination.programme.paid import PAID
from clinic.vaccination.record import recording
from clinic.vaccination.record.plan import patients_of
from clinic.vaccination.stock.models import DoseReservation, Why
from clinic.vaccination.stock.queries import (
    TAKEN_AWAY,
    is_to_come,
    visit_starts,
    with_visits,
)


def cases_of(
    child_ids: Collection[int], *, but: Appointment | None = None, today: date
) -> dict[int, ChildRecord]:
    """What is on record of these children and booked for them from today on, apart from one appointment.

    Four queries.
    """
    facts = select(ChildRow.id, ChildRow.birth_date, ChildRow.sex)
    facts = facts.add_columns(ChildRow.birth_weight_g, ChildRow.gestation_weeks)
    rows = db.session.execute(facts.where(ChildRow.id.in_(child_ids))).all()
    given, patients = recording.doses_of(child_ids), patients_of(rows)
    booked = doses_booked(child_ids, but=but, today=today)
    return {
        child_id: ChildRecord(patients[child_id], given[child_id], tuple(booked[child_id]))
        for child_id in child_ids
    }


def doses_booked(
    child_ids: Collection[int], *, but: Appointment | None = None, today: date
) -> dict[int, list[Booked]]:
    """The doses of visits to come of these children, by child, in the order of their days. One query."""
    booked: dict[int, list[Booked]] = {child_id: [] for child_id in child_ids}
    query = (
        with_visits(
            select(
                DoseReservation.child_id,
                DoseReservation.series,
                DoseReservation.vaccine,
                DoseReservation.dose_number,
                DoseReservation.appointment_id,
                visit_starts,
            )
        )
        .where(DoseReservation.child_id.in_(child_ids), DoseReservation.appointment_id.is_not(None))
        .where(
            DoseReservation.appointment_id != (but.id if but else 0),
            is_to_come(day_bounds(today)[0]),
        )
        .order_by(visit_starts, DoseReservation.id)
    )
    for child_id, series, vaccine, number, visit_id, starts_at in db.session.execute(query):
        dose = Dose(vaccine, clinic_day(starts_at))
        booked[child_id].append(Booked(series, dose, number, visit_id))
    return booked


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


_promises = DoseReservation.__table__.c


@cache
def _reserved_for(owner: str) -> Select[*tuple[Any, ...]]:
    """Also to visits that are over: what they were for, unless it was taken back.

    And to forms that are over: who confirms one all the same comes for it.
    """
    over = (Why.EXPIRED,) if owner == "hold_id" else (Why.DONE, Why.USED)
    return (
        select(_promises[owner], _promises.series, _promises.vaccine, _promises.dose_number)
        .where(_promises[owner].in_(bindparam("numbers", expanding=True)))
        .where(or_(_promises.released_at.is_(None), _promises.why_released.in_(over)))
        .order_by(_promises.id)
    )


def lines_of(owner: str, numbers: Collection[int]) -> dict[int, list[PurposeChoice]]:
    """What these holds (`hold_id`) or visits (`appointment_id`) are for. One query."""
    found: dict[int, list[PurposeChoice]] = {}
    rows = db.session.execute(_reserved_for(owner), {"numbers": list(numbers)})
    for number, series, vaccine, dose in rows:
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
