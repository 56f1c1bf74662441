"""What a vaccination asks of a visit: which doses, whether they are legal that day, who has them."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence, Set
from datetime import date, datetime
from functools import cache, cached_property
from typing import Any

from sqlalchemy import Select, bindparam, or_, select

from clinic.accounts.models import Person
from clinic.booking.terms import Line
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.families.models import Child as ChildRow
from clinic.i18n import mark, name_of
from clinic.scheduling.models import Appointment
from clinic.scheduling.queries import where_and_when
from clinic.scheduling.rules import Objection
from clinic.scheduling.wanted import Held
from clinic.vaccination import legal, record, stock
from clinic.vaccination.catalogue import vaccines
from clinic.vaccination.child import Dose
from clinic.vaccination.forecast import Forecast
from clinic.vaccination.legal import Booked, Case, lines_for
from clinic.vaccination.needs import SERIES
from clinic.vaccination.optional import PAID
from clinic.vaccination.plan import patients_of
from clinic.vaccination.shelves import Shelves
from clinic.vaccination.stock_models import DosePromise, Why
from clinic.vaccination.stock_queries import TAKEN_AWAY, is_to_come, visit_starts, with_visits
from clinic.vaccination.versions import Versions, recall, remember, versions_of

NO_STOCK = mark("%(vaccine)s is not available there on that day. Please try another centre.")


class DoseTerms:
    """For these children. `codes` are the series they come for, by child; not in it: what is usual.

    What this process remembers of their records is believed while its version is the database's,
    unless `fresh`: so whoever changes records in the same transaction wants it.
    """

    def __init__(
        self,
        child_ids: Sequence[int],
        codes: Mapping[int, Collection[str]],
        moving: Appointment | None,
        today: date,
        now: datetime,
        *,
        fresh: bool = False,
    ) -> None:
        self.child_ids, self.moving, self.now, self.today = child_ids, moving, now, today
        self.fresh = fresh
        self._lost: set[str] = set()
        if moving is not None:
            booked = booked_for([moving.id]).get(moving.id, ())
            codes = {moving.child_id: {one.code for one in booked}}
            if not booked and moving.question:  # it is moved to a day on which that may be given
                self._lost = {one.code for one in lost_by([moving.id]).get(moving.id, ())}
        self.codes = codes
        self._vaccines_on: dict[date, Counter[str]] = {}

    # Who comes with a question is asked for no records: they are read when something needs them.

    @cached_property
    def versions(self) -> Versions | None:
        """Of the records and the stock."""
        return None if self.fresh else versions_of(self.child_ids)

    @cached_property
    def cases(self) -> dict[int, Case]:
        """What is on record, by child."""
        return self._cases(self.child_ids)

    @cached_property
    def candidates(self) -> dict[int, list[Forecast]]:
        """What the visits could be for, by child."""
        found = {one: legal.candidates(self.cases[one], self.today) for one in self.child_ids}
        for one in found.keys() & self.codes.keys():
            paid = lines_for(self.cases[one], PAID & self.series[one], self.today)
            found[one] += [line for line in paid.values() if line.vaccine]
        return found

    @cached_property
    def series(self) -> dict[int, Set[str]]:
        """What the visits are for, by child."""
        return {
            one: (SERIES.keys() | PAID) & {*self.codes[one], *self._lost_and_due(one)}
            if one in self.codes
            else legal.usual(legal.candidates(self.cases[one], self.today), self.today)
            for one in self.child_ids
        }

    def _lost_and_due(self, child_id: int) -> set[str]:
        """What the visit that is moved was for, as far as another dose of it comes."""
        if not self._lost:
            return set()
        lines = lines_for(self.cases[child_id], self._lost, self.today)
        return {series for series, one in lines.items() if one.vaccine}

    @property
    def made_of(self) -> object:
        return (sorted(self.cases.items()), sorted(self.series.items()), self.shelves.made_of)

    def _cases(self, child_ids: Sequence[int]) -> dict[int, Case]:
        today = clinic_day(self.now)  # a visit of yesterday is not booked any more
        if self.versions is None or self.moving:
            return cases_of(child_ids, but=self.moving, today=today)
        records = self.versions.records
        known: dict[int, Case] = {one: recall(one, (records[one], today)) for one in child_ids}
        if missing := [one for one, case in known.items() if case is None]:
            for child_id, case in cases_of(missing, today=today).items():
                remember(child_id, (records[child_id], today), case)
                known[child_id] = case
        return known

    @cached_property
    def shelves(self) -> Shelves:
        """What the centres have."""
        return Shelves(
            self._vaccines(self.today),
            children=self.child_ids,
            moving=self.moving.id if self.moving else None,
            now=self.now,
            version=self.versions.stock if self.versions else None,
        )

    def doses(self, child_id: int, day: date) -> list[stock.Dose]:
        """What this child's visit on that day is for; by then it may be another vaccine of the series."""
        if not self.series[child_id]:
            return []
        return [
            stock.Dose(one.vaccine, one.series, one.number)
            for one in lines_for(self.cases[child_id], self.series[child_id], day).values()
            if one.vaccine and one.number
        ]

    def _vaccines(self, day: date) -> Counter[str]:
        if day not in self._vaccines_on:
            doses = (dose for one in self.child_ids for dose in self.doses(one, day))
            self._vaccines_on[day] = Counter(dose.vaccine for dose in doses)
        return self._vaccines_on[day]

    def lines(self, child_id: int) -> list[Line]:
        """The next dose of every series that needs one soon, or that was asked for."""
        chosen = self.series[child_id]
        return [
            _line(one.series, one.vaccine, one.number, one.earliest, one.series in chosen)
            for one in self.candidates[child_id]
            if one.series in chosen or (one.earliest and legal.is_near(one.earliest, self.today))
        ]

    def objections(self, child_id: int, day: date) -> list[Objection]:
        """Whether every dose is legal that day."""
        series = self.series[child_id]
        return legal.objections(self.cases[child_id], series, day) if series else []

    def lacks(self, centre_id: int, day: date) -> Objection | None:
        """The first vaccine of which the centre cannot promise enough for that day."""
        for vaccine, number in sorted(self._vaccines(day).items()):
            if not self.shelves.has(centre_id, vaccine, number, day):
                name = name_of(vaccines()[vaccine])
                return Objection("no_stock", NO_STOCK, {"vaccine": name})
        return None

    def keep(self, hold: Held, *, by: Person, now: datetime, is_new: bool) -> None:
        """Promise the doses to the hold, and nothing else."""
        wanted: list[stock.Dose] = []
        if self.series[hold.child_id] and (at := where_and_when(hold.slot_id)):
            wanted = self.doses(hold.child_id, clinic_day(at[1]))
        if not is_new:
            stock.only(wanted, hold=hold, now=now)
        stock.promise(wanted, hold=hold, by=by, now=now)

    def keep_for(self, appointment: Appointment, *, by: Person, now: datetime) -> None:
        """Promise the doses to the visit, and nothing else."""
        wanted = self.doses(appointment.child_id, clinic_day(appointment.starts_at))
        stock.only(wanted, appointment=appointment, now=now)
        stock.must_still_have(appointment)
        stock.promise(wanted, appointment=appointment, by=by, now=now)

    @staticmethod
    def book(hold: Held, appointment: Appointment, *, by: Person, now: datetime) -> None:
        """What was promised to the hold is the appointment's."""
        stock.carry_over(hold, appointment, by=by, now=now)

    @staticmethod
    def moved(appointment: Appointment) -> None:
        """The doses must be there on the new day too."""
        stock.must_still_have(appointment)

    @staticmethod
    def kept_with(hold_ids: Collection[int]) -> Mapping[int, list[Line]]:
        """What was promised to these holds, by hold."""
        return _lines_of("hold_id", hold_ids)


def cases_of(
    child_ids: Collection[int], *, but: Appointment | None = None, today: date
) -> dict[int, Case]:
    """What is on record of these children and booked for them from today on, apart from one appointment.

    Four queries.
    """
    facts = select(ChildRow.id, ChildRow.birth_date, ChildRow.sex)
    facts = facts.add_columns(ChildRow.birth_weight_g, ChildRow.gestation_weeks)
    rows = db.session.execute(facts.where(ChildRow.id.in_(child_ids))).all()
    given, patients = record.doses_of(child_ids), patients_of(rows)
    booked: dict[int, list[Booked]] = {one: [] for one in child_ids}
    query = (
        with_visits(
            select(DosePromise.child_id, DosePromise.series, DosePromise.vaccine, visit_starts)
        )
        .where(DosePromise.child_id.in_(child_ids), DosePromise.appointment_id.is_not(None))
        .where(
            DosePromise.appointment_id != (but.id if but else 0), is_to_come(day_bounds(today)[0])
        )
        .order_by(visit_starts, DosePromise.id)
    )
    for child_id, series, vaccine, starts_at in db.session.execute(query):
        booked[child_id].append(Booked(series, Dose(vaccine, clinic_day(starts_at))))
    return {
        one: Case(
            patients[one],
            given[one],
            tuple(booked[one]),
        )
        for one in child_ids
    }


def booked_for(appointment_ids: Collection[int]) -> Mapping[int, list[Line]]:
    """The doses that these visits are for, by appointment. One query."""
    return _lines_of("appointment_id", appointment_ids)


def lost_by(appointment_ids: Collection[int]) -> Mapping[int, list[Line]]:
    """What these visits were for until a change took it away, by appointment. One query."""
    query = (
        select(
            DosePromise.appointment_id,
            DosePromise.series,
            DosePromise.vaccine,
            DosePromise.dose_number,
        )
        .where(
            DosePromise.appointment_id.in_(appointment_ids),
            DosePromise.why_released.in_(TAKEN_AWAY),
        )
        .order_by(DosePromise.id)
    )
    found: dict[int, dict[str, Line]] = {}
    for number, series, vaccine, dose in db.session.execute(query):
        assert number
        found.setdefault(number, {})[series] = _line(series, vaccine, dose, None, False)
    return {number: list(lines.values()) for number, lines in found.items()}


_promises = DosePromise.__table__.c


@cache
def _promised_to(owner: str) -> Select[*tuple[Any, ...]]:
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


def _lines_of(owner: str, numbers: Collection[int]) -> dict[int, list[Line]]:
    found: dict[int, list[Line]] = {}
    rows = db.session.execute(_promised_to(owner), {"numbers": list(numbers)})
    for number, series, vaccine, dose in rows:
        assert number
        found.setdefault(number, []).append(_line(series, vaccine, dose, None, True))
    return found


def _line(
    series: str, vaccine: str | None, number: int | None, first: date | None, is_chosen: bool
) -> Line:
    assert vaccine
    known = vaccines()[vaccine]
    zh, en = ("（自费·自愿）", " (paid, optional)") if series in PAID else ("", "")
    return Line(
        series,
        f"{known.name_zh} 第{number}剂{zh}",
        f"{known.name_en}, dose {number}{en}",
        first,
        is_chosen,
    )
