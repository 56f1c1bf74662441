"""Reads all records and reports what they contradict: doses reserved for visits, days before birth.

It asks the programme anew, on purpose, and does not believe that records were
reconciled: this is how we would notice if that were missing.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, text

from clinic.clock import clinic_day
from clinic.db import db
from clinic.reservations.models import ReleaseReason
from clinic.reservations.queries import is_to_come
from clinic.scheduling.models import Appointment
from clinic.vaccination.doses.records import cases_of
from clinic.vaccination.programme.legal import ChildRecord, lines_for
from clinic.vaccination.stock.models import DoseReservation
from clinic.vaccination.stock.queries import TAKEN_AWAY

AT_ONCE = 500  # children
BEFORE_BIRTH = {
    "immunization {id}: given before the child was born": """
        SELECT i.id FROM immunizations i JOIN children c ON c.id = i.child_id
        WHERE i.voided_at IS NULL AND i.given_on < c.birth_date""",
    "condition {id}: before the child was born": """
        SELECT o.id FROM child_conditions o JOIN children c ON c.id = o.child_id
        WHERE o.ended_at IS NULL AND o."on" < c.birth_date""",
    "measurement {id}: before the child was born": """
        SELECT m.id FROM measurements m JOIN children c ON c.id = m.child_id
        WHERE m.voided_at IS NULL AND m.measured_on < c.birth_date""",
    "check {id}: before the child was born": """
        SELECT v.id FROM check_visits v JOIN children c ON c.id = v.child_id
        WHERE v.done_on < c.birth_date""",
}


def broken_records(*, now: datetime) -> list[str]:
    """One line a contradiction; empty when there is none."""
    found = [
        line.format(id=row.id)
        for line, query in BEFORE_BIRTH.items()
        for row in db.session.execute(text(query))
    ]
    return [*found, *_broken_reservations(now), *_not_asked(now)]


def _broken_reservations(now: datetime) -> Iterator[str]:
    query = (
        select(
            DoseReservation.id,
            DoseReservation.child_id,
            DoseReservation.series,
            DoseReservation.vaccine,
            DoseReservation.dose_number,
            Appointment.starts_at,
        )
        .join(Appointment, Appointment.id == DoseReservation.appointment_id)
        .where(
            DoseReservation.released_at.is_(None),
            is_to_come(now),
            Appointment.displaced_at.is_(None),
        )
        .order_by(DoseReservation.child_id, DoseReservation.id)
    )
    by_child: dict[int, list[Row[*tuple[Any, ...]]]] = {}
    for row in db.session.execute(query):
        by_child.setdefault(row.child_id, []).append(row)
    children = list(by_child)
    for start in range(0, len(children), AT_ONCE):
        some = children[start : start + AT_ONCE]
        for child_id, case in cases_of(some, today=clinic_day(now)).items():
            for row in by_child[child_id]:
                yield from _broken(row, case)


def _broken(row: Row[*tuple[Any, ...]], case: ChildRecord) -> Iterator[str]:
    line = lines_for(case, {row.series}, clinic_day(row.starts_at)).get(row.series)
    if line is None or not line.may_be_given:
        yield f"reservation {row.id}: of {row.vaccine}, not to be given on that day"
    elif (line.vaccine, line.number) != (row.vaccine, row.dose_number):
        yield f"reservation {row.id}: dose {row.dose_number} of {row.vaccine}, another one is next"


def _not_asked(now: datetime) -> Iterator[str]:
    """Visits that lost all their doses by a change, and nobody is asked about them, or has answered."""
    lost = select(DoseReservation.id).where(
        DoseReservation.appointment_id == Appointment.id,
        DoseReservation.why_released.in_((*TAKEN_AWAY, ReleaseReason.NO_SHOW)),  # a miss taken back
    )
    live = select(DoseReservation.id).where(
        DoseReservation.appointment_id == Appointment.id, DoseReservation.released_at.is_(None)
    )
    query = select(Appointment.id).where(
        lost.exists(),
        ~live.exists(),
        is_to_come(now),
        Appointment.question.is_(None),
        Appointment.kept_at.is_(None),
        Appointment.moved_at.is_(None),
    )
    for number in db.session.scalars(query):
        yield f"appointment {number}: nothing is left to do, and nobody is asked"
