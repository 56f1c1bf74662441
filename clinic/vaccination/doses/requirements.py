"""What a vaccination asks of a visit: which doses, whether they are legal that day, and in stock."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence, Set
from datetime import date, datetime
from functools import cached_property

from clinic.accounts.models import Person
from clinic.clock import clinic_day
from clinic.i18n import name_of
from clinic.scheduling.models import Appointment
from clinic.scheduling.verdict.request import Held
from clinic.scheduling.verdict.requirements import Codes, Note, PurposeChoice
from clinic.scheduling.verdict.rules import Objection
from clinic.scheduling.verdict.slot_times import where_and_when
from clinic.sentences import mark
from clinic.vaccination.doses.booked import (
    booked_for,
    line_of,
    lines_of,
    lost_by,
)
from clinic.vaccination.doses.records import Records, records_of
from clinic.vaccination.doses.shelves import Shelves
from clinic.vaccination.programme import legal
from clinic.vaccination.programme.catalogue import vaccines
from clinic.vaccination.programme.forecast import Forecast
from clinic.vaccination.programme.legal import Booked, ChildRecord, lines_for
from clinic.vaccination.programme.needs import SERIES
from clinic.vaccination.programme.paid import PAID
from clinic.vaccination.stock import reserving

NO_BOOKLET = mark(
    "No vaccination is on record here yet, so nobody can say which doses this child needs. "
    "Please enter the vaccination booklet first."
)
ENTER = mark("Enter the vaccination booklet")
BOOKED = mark("%(vaccine)s, dose %(number)s, is booked for %(day)s already.")
NEXT = mark("Next comes %(vaccine)s, dose %(number)s, from %(first)s.")
NEXT_AFTER = mark(
    "Next comes %(vaccine)s, dose %(number)s, from %(first)s. "
    "It can be booked once the dose before it has been given."
)
PLAN = mark("Care plan")
OPEN = mark("Open the appointment")
NO_STOCK = mark("%(vaccine)s is not available there on that day. Please try another centre.")


class DoseRequirements:
    """For these children. `codes` are the series they come for, by child; not in it: what is usual.

    What this process remembers of the stock is believed while its version is the database's, unless
    `fresh`: for a transaction that has changed stock itself.
    """

    def __init__(
        self,
        child_ids: Sequence[int],
        codes: Codes,
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
            codes = {moving.child_id: {purpose_choice.code for purpose_choice in booked}}
            if not booked and moving.question:  # it is moved to a day on which that may be given
                self._lost = {
                    purpose_choice.code
                    for purpose_choice in lost_by([moving.id]).get(moving.id, ())
                }
        self.codes = codes
        self._vaccines_on: dict[date, Counter[str]] = {}

    # A visit with a question needs no records: they are read when something needs them.

    @cached_property
    def records(self) -> Records:
        """What is on record, and the version of the stock. A visit of yesterday is not booked any more."""
        return records_of(self.child_ids, but=self.moving, today=clinic_day(self.now))

    @property
    def cases(self) -> Mapping[int, ChildRecord]:
        """What is on record, by child."""
        return self.records.cases

    @cached_property
    def candidates(self) -> dict[int, list[Forecast]]:
        """What the visits could be for, by child."""
        found = {
            child_id: legal.candidates(self.cases[child_id], self.today)
            for child_id in self.child_ids
        }
        for one in found.keys() & self.codes.keys():
            paid = lines_for(self.cases[one], PAID & self.series[one], self.today)
            found[one] += [line for line in paid.values() if line.vaccine]
        return found

    @cached_property
    def series(self) -> dict[int, Set[str]]:
        """What the visits are for, by child."""
        return {
            child_id: (SERIES.keys() | PAID)
            & {*self.codes[child_id], *self._lost_and_due(child_id)}
            if child_id in self.codes
            else self._usual(child_id)
            for child_id in self.child_ids
        }

    def _usual(self, child_id: int) -> set[str]:
        """Nothing for a child whose booklet nobody has entered: it would look due for everything."""
        case = self.cases[child_id]
        if legal.lacks_booklet(case, self.today):
            return set()
        return legal.usual(legal.candidates(case, self.today), self.today)

    def notes(self, child_id: int) -> list[Note]:
        """The booklet first, and what is booked already."""
        case = self.cases[child_id]
        booked = [_booked_already(booked) for booked in case.booked]
        if not legal.lacks_booklet(case, self.today):
            is_offered = self.moving or self.purposes(child_id)
            return booked if is_offered else booked + _comes_next(child_id, case, self.today)
        values = {"child_id": child_id}
        return [Note(NO_BOOKLET, {}, ENTER, "vaccination.booklet", values, True), *booked]

    def _lost_and_due(self, child_id: int) -> set[str]:
        """What the visit that is moved was for, as far as another dose of it comes."""
        if not self._lost:
            return set()
        lines = lines_for(self.cases[child_id], self._lost, self.today)
        return {series for series, one in lines.items() if one.vaccine}

    @property
    def made_of(self) -> object:
        return (sorted(self.cases.items()), sorted(self.series.items()), self.shelves.made_of)

    @cached_property
    def shelves(self) -> Shelves:
        """What the centres have."""
        return Shelves(
            self._vaccines(self.today),
            children=self.child_ids,
            moving=self.moving.id if self.moving else None,
            now=self.now,
            version=None if self.fresh else self.records.stock_version,
        )

    def doses(self, child_id: int, day: date) -> list[reserving.DoseToReserve]:
        """What this child's visit on that day is for; by then it may be another vaccine of the series."""
        if not self.series[child_id]:
            return []
        return [
            reserving.DoseToReserve(forecast.vaccine, forecast.series, forecast.number)
            for forecast in lines_for(self.cases[child_id], self.series[child_id], day).values()
            if forecast.vaccine and forecast.number
        ]

    def _vaccines(self, day: date) -> Counter[str]:
        if day not in self._vaccines_on:
            doses = (dose for child_id in self.child_ids for dose in self.doses(child_id, day))
            self._vaccines_on[day] = Counter(dose.vaccine for dose in doses)
        return self._vaccines_on[day]

    def purposes(self, child_id: int) -> list[PurposeChoice]:
        """The next dose of every series that needs one soon, or that was asked for."""
        chosen = self.series[child_id]
        return [
            line_of(
                forecast.series,
                forecast.vaccine,
                forecast.number,
                forecast.earliest,
                forecast.series in chosen,
            )
            for forecast in self.candidates[child_id]
            if forecast.series in chosen
            or (forecast.earliest and legal.is_near(forecast.earliest, self.today))
        ]

    def objections(self, child_id: int, day: date) -> list[Objection]:
        """Whether every dose is legal that day."""
        series = self.series[child_id]
        return legal.objections(self.cases[child_id], series, day) if series else []

    def lacks(self, centre_id: int, day: date) -> Objection | None:
        """The first vaccine of which the centre has not enough left for that day."""
        for vaccine, number in sorted(self._vaccines(day).items()):
            if not self.shelves.has(centre_id, vaccine, number, day):
                name = name_of(vaccines()[vaccine])
                return Objection("no_stock", NO_STOCK, {"vaccine": name})
        return None

    def reserve(self, hold: Held, *, by: Person, now: datetime, is_new: bool) -> None:
        """Reserve the doses with the hold, and nothing else."""
        wanted: list[reserving.DoseToReserve] = []
        if self.series[hold.child_id] and (at := where_and_when(hold.slot_id)):
            wanted = self.doses(hold.child_id, clinic_day(at[1]))
        if not is_new:
            reserving.release_others(wanted, hold=hold, now=now)
        reserving.reserve(wanted, hold=hold, by=by, now=now)

    def leave(self, appointment: Appointment, centre_id: int, *, now: datetime) -> None:
        """Release the doses of the centre that it leaves; there may be none at the other for a moment."""
        reserving.leave(appointment, centre_id, now=now)

    def assign(
        self, appointment: Appointment, from_hold: Held | None = None, *, by: Person, now: datetime
    ) -> None:
        """The doses reserved with the hold are the appointment's; without a hold they are reserved for it.

        What it had for another time, and what it is not for, is released.
        """
        if from_hold is not None and (self.moving or self.series[appointment.child_id]):
            reserving.carry_over(from_hold, appointment, by=by, now=now)
        if from_hold is None or self.moving:
            wanted = self.doses(appointment.child_id, clinic_day(appointment.starts_at))
            reserving.release_others(wanted, appointment=appointment, now=now)
            reserving.must_still_have(appointment)
            reserving.reserve(wanted, appointment=appointment, by=by, now=now)

    @staticmethod
    def reserved_with(hold_ids: Collection[int]) -> Mapping[int, list[PurposeChoice]]:
        """The doses reserved with these holds, by hold."""
        return lines_of("hold_id", hold_ids)


def _comes_next(child_id: int, case: ChildRecord, today: date) -> list[Note]:
    """The dose that comes after all that is booked, where none can be booked soon."""
    line = legal.after_booked(case, today)
    if line is None or line.vaccine is None:
        return []
    name, waits = (
        name_of(vaccines()[line.vaccine]),
        any(booked.series == line.series for booked in case.booked),
    )
    facts = {"vaccine": name, "number": line.number, "first": line.earliest}
    message, day = (NEXT_AFTER, None) if waits else (NEXT, line.earliest)
    return [Note(message, facts, PLAN, "home.plan", {"child_id": child_id}, day=day)]


def _booked_already(one: Booked) -> Note:
    vaccine = name_of(vaccines()[one.dose.vaccine])
    facts = {"vaccine": vaccine, "number": one.number, "day": one.dose.given_on}
    values = {"appointment_id": one.appointment_id}
    return Note(BOOKED, facts, OPEN, "appointments.show", values)
