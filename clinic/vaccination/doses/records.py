"""What is on record of children and booked for them, with the version of the stock: one statement."""

from collections.abc import Collection, Mapping
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Integer,
    Select,
    String,
    bindparam,
    cast,
    literal_column,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.types import TypeEngine

from clinic.clock import clinic_day, day_bounds
from clinic.db import UTCDateTime
from clinic.families.models import Child
from clinic.prepared import Prepared
from clinic.reservations.queries import is_from
from clinic.scheduling.models import NUMBER, OF_STOCK, Appointment
from clinic.vaccination.programme.child import Dose
from clinic.vaccination.programme.legal import Booked, ChildRecord
from clinic.vaccination.record.models import ChildCondition, Immunization
from clinic.vaccination.record.plan import patient_of
from clinic.vaccination.stock.models import DOSE, DoseReservation

CHILD, GIVEN, CONDITION, BOOKED, STOCK = range(5)  # what a row of the statement speaks of
COLUMNS: Mapping[str, TypeEngine[Any]] = {
    "child_id": Integer(),
    "id": Integer(),
    "sex": String(),
    "birth_date": Date(),
    "birth_weight_g": Integer(),
    "gestation_weeks": Integer(),
    "code": String(),  # of a vaccine, or of a condition
    "on": Date(),
    "series": String(),
    "number": Integer(),
    "appointment_id": Integer(),
    "starts_at": UTCDateTime(),
}
Rows = Collection[Any]


class Records(NamedTuple):
    """Children's records, by child, and how often any stock had changed when they were read."""

    cases: Mapping[int, ChildRecord]
    stock_version: int


def cases_of(
    child_ids: Collection[int], *, but: Appointment | None = None, today: date
) -> Mapping[int, ChildRecord]:
    """What is on record of these children and booked for them from today on, apart from one appointment."""
    return records_of(child_ids, but=but, today=today).cases


def records_of(
    child_ids: Collection[int], *, but: Appointment | None = None, today: date
) -> Records:
    """The same, and the version of the stock. One query."""
    values = {
        "child_ids": list(child_ids),
        "but": but.id if but else 0,
        "today": day_bounds(today)[0],
    }
    stock_version = 0
    by_child: dict[int, list[list[Any]]] = {child_id: [[], [], [], []] for child_id in child_ids}
    for row in _statement().all(**values):
        if row.says == STOCK:
            stock_version = row.number
        else:
            by_child[row.child_id][row.says].append(row)
    return Records({child_id: _case(*rows) for child_id, rows in by_child.items()}, stock_version)


def _case(child: Rows, given: Rows, conditions: Rows, booked: Rows) -> ChildRecord:
    (row,) = child
    return ChildRecord(
        patient_of(row, conditions),
        tuple(
            Dose(dose.code, dose.on) for dose in sorted(given, key=lambda dose: (dose.on, dose.id))
        ),
        tuple(
            Booked(
                visit.series,
                Dose(visit.code, clinic_day(visit.starts_at)),
                visit.number,
                visit.appointment_id,
            )
            for visit in sorted(booked, key=lambda visit: (visit.starts_at, visit.id))
        ),
    )


@cache
def _statement() -> Prepared:
    child, given, condition = (model.__table__.c for model in (Child, Immunization, ChildCondition))
    ids: BindParameter[int] = bindparam("child_ids", expanding=True)
    children = _rows(
        CHILD,
        child_id=child.id,
        sex=type_coerce(child.sex, String()),
        birth_date=child.birth_date,
        birth_weight_g=child.birth_weight_g,
        gestation_weeks=child.gestation_weeks,
    ).where(child.id.in_(ids))
    doses = _rows(
        GIVEN, child_id=given.child_id, id=given.id, code=given.vaccine, on=given.given_on
    ).where(given.child_id.in_(ids), given.voided_at.is_(None))
    conditions = _rows(
        CONDITION,
        child_id=condition.child_id,
        id=condition.id,
        code=type_coerce(condition.code, String()),
        on=condition.on,
    ).where(condition.child_id.in_(ids), condition.ended_at.is_(None))
    stock = _rows(STOCK, number=NUMBER).where(OF_STOCK)
    return Prepared(union_all(children, doses, conditions, _booked(ids), stock))


def _booked(child_ids: BindParameter[int]) -> Select[*tuple[Any, ...]]:
    """The doses that visits of these children are booked for, from today on."""
    dose, visit = DoseReservation.__table__.c, Appointment.__table__.c
    return (
        _rows(
            BOOKED,
            child_id=dose.child_id,
            id=dose.id,
            code=dose.key,
            series=dose.purpose,
            number=dose.number,
            appointment_id=dose.appointment_id,
            starts_at=visit.starts_at,
        )
        .select_from(DoseReservation.__table__)
        .join(Appointment.__table__, visit.id == dose.appointment_id)
        .where(dose.child_id.in_(child_ids), dose.resource == DOSE, dose.released_at.is_(None))
        .where(visit.id != bindparam("but"), is_from(bindparam("today")))
    )


def _rows(says: int, **columns: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """Rows of the statement; what they do not speak of is empty."""
    return select(
        literal_column(str(says)).label("says"),
        *(
            columns.get(name, cast(null(), column_type)).label(name)
            for name, column_type in COLUMNS.items()
        ),
    )
