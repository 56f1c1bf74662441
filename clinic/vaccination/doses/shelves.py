"""Which centres can reserve doses for a day: asked for many centres and days at once."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_, case, func, or_, select, tuple_

from clinic.clock import clinic_day
from clinic.db import db
from clinic.remembered import Remembered
from clinic.reservations.queries import is_to_come, visit_starts, with_visits
from clinic.scheduling.models import Hold
from clinic.vaccination.stock.models import (
    DoseReservation,
    Stock,
    VaccineLot,
    VaccineProduct,
)
from clinic.vaccination.stock.queries import LEFT
from clinic.vaccination.stock.rules import Doses, can_keep

HORIZON = timedelta(days=120)  # nothing is booked for later than this

Shelf = tuple[int, str]  # of a centre, with a vaccine


class _Left(NamedTuple):
    lasting: int  # doses that outlast the horizon
    reserved: int  # as counted, with what is over and not swept yet


MOST_SHELVES = 1000  # in memory
_shelves: Remembered[tuple[str, ...], Mapping[Shelf, _Left]] = (
    Remembered()
)  # by the vaccines asked for


class Shelves:
    """What all centres have of these vaccines. One query, or none if the stock's `version` is one
    that this process remembers; two more where little is left.

    What is kept for open forms of `children`, and for the appointment `moving`, counts as free:
    it is what they choose anew.
    """

    def __init__(
        self,
        vaccines: Collection[str],
        *,
        children: Collection[int] = (),
        moving: int | None = None,
        now: datetime,
        version: int | None = None,
    ) -> None:
        self.version = version
        self.children, self.moving = children, moving
        self.now, self.today = now, clinic_day(now)
        self.read: set[str] = set()
        self._exact: dict[Shelf, tuple[list[Doses], list[date]]] = {}
        self.left: dict[Shelf, _Left] = {}
        self._read(vaccines)

    @property
    def made_of(self) -> object:
        """What decides the answers, but for the days of what is reserved where little is left."""
        return self.left

    def has(self, centre_id: int, vaccine: str, number: int, day: date) -> bool:
        """Whether so many more doses can be reserved there for that day, within the horizon."""
        shelf = (centre_id, vaccine)
        if vaccine not in self.read:
            self._read([vaccine])
        if shelf not in self.left:
            return False
        if self.left[shelf].lasting >= self.left[shelf].reserved + number:
            return True
        if shelf not in self._exact:
            self._read_exactly()
        doses, days = self._exact[shelf]
        return can_keep(doses, [*days, *[day] * number])

    def _read(self, vaccines: Collection[str]) -> None:
        if vaccines:
            self.left |= self._left_of(vaccines)
            self.read |= set(vaccines)
            self._exact = {}

    def _left_of(self, vaccines: Collection[str]) -> Mapping[Shelf, _Left]:
        lasts_until, names = self.today + HORIZON, tuple(sorted(set(vaccines)))
        if self.version is None:
            return _left(names, lasts_until)
        version = (self.version, lasts_until)
        left = _shelves.at(names, version)
        if left is None:
            left = _left(names, lasts_until)
            _shelves.put(names, version, left, most=MOST_SHELVES)
        return left

    def _read_exactly(self) -> None:
        """The lots and the reserved days of every shelf with little left."""
        scarce = [key for key, one in self.left.items() if one.lasting <= one.reserved + SCARCE]
        self._exact = {key: ([], []) for key in scarce}
        lots = (
            select(VaccineLot.centre_id, VaccineProduct.vaccine, VaccineLot.expires_on, LEFT)
            .join(VaccineProduct)
            .where(
                tuple_(VaccineLot.centre_id, VaccineProduct.vaccine).in_(scarce),
                VaccineLot.recalled_at.is_(None),
            )
        )
        for centre_id, vaccine, expires_on, number in db.session.execute(lots):
            self._exact[centre_id, vaccine][0].append(Doses(expires_on, number))
        kept = (
            with_visits(
                select(DoseReservation.centre_id, DoseReservation.vaccine, visit_starts),
                DoseReservation,
            )
            .where(tuple_(DoseReservation.centre_id, DoseReservation.vaccine).in_(scarce))
            .where(or_(is_to_come(self.now), Hold.expires_at > self.now))
            .where(or_(Hold.id.is_(None), DoseReservation.child_id.not_in(self.children)))
            .where(func.coalesce(DoseReservation.appointment_id, 0) != (self.moving or -1))
        )
        for centre_id, vaccine, starts_at in db.session.execute(kept):
            self._exact[centre_id, vaccine][1].append(clinic_day(starts_at))


SCARCE = 8  # doses: the most that one visit of a family takes of a vaccine, and some


def _left(vaccines: Collection[str], lasts_until: date) -> Mapping[Shelf, _Left]:
    lasting = func.sum(case((VaccineLot.expires_on >= lasts_until, LEFT), else_=0))
    query = (
        select(Stock.centre_id, Stock.vaccine, lasting, Stock.reserved)
        .join(VaccineProduct, VaccineProduct.vaccine == Stock.vaccine)
        .join(
            VaccineLot,
            and_(
                VaccineLot.product_id == VaccineProduct.id, VaccineLot.centre_id == Stock.centre_id
            ),
        )
        .where(Stock.vaccine.in_(vaccines), VaccineLot.recalled_at.is_(None), LEFT > 0)
        .group_by(Stock.centre_id, Stock.vaccine, Stock.reserved)
    )
    return {(row[0], row[1]): _Left(int(row[2]), row[3]) for row in db.session.execute(query)}
