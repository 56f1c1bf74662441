"""What all pages share and what seldom changes: kept in memory for as long as its version is the database's."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.centres.announcements import NOT_ENDED, Announcement
from clinic.centres.models import (
    Centre,
    CentreService,
    Closure,
    Practitioner,
    PractitionerService,
    Service,
)
from clinic.centres.queries import PRICE
from clinic.centres.retired import in_use
from clinic.db import db
from clinic.remembered import Remembered
from clinic.scheduling.models import SHARED_NUMBER
from clinic.scheduling.policies.policy import Policy
from clinic.scheduling.policies.stored import policies


@dataclass(frozen=True)
class Catalogue:
    """Services that an open centre offers, these centres, their clinicians, policies, closures and
    announcements, all of one version.

    Its rows belong to no session: read them, never hand them to a verb.
    """

    version: int
    services: Sequence[Service]
    centres: Mapping[int, Sequence[Centre]]  # by service
    practitioners: Mapping[int, Sequence[Practitioner]]  # by service
    prices: Mapping[tuple[int, int], int | None]  # by service and centre, in fen
    policy_of: Callable[[int, int], Policy]
    closures: Mapping[int, Sequence[Closure]]  # by centre
    announcements: Mapping[int, Sequence[Announcement]]  # by centre, past ones too
    gone: Mapping[tuple[int, int], date]  # from when on a centre does not offer a service

    def on(self, day: date) -> "Catalogue":
        """It without what is retired on that day."""
        if self.retires is None or day < self.retires:
            return self
        if day not in self._by_day:
            self._by_day.clear()
            self._by_day[day] = self._without_retired(day)
        return self._by_day[day]

    @cached_property
    def _by_day(self) -> "dict[date, Catalogue]":
        """What `on` made for the day that it was asked for last."""
        return {}

    def _without_retired(self, day: date) -> "Catalogue":
        gone = {key for key, since in self.gone.items() if since <= day}
        centres = {
            service_id: [row for row in in_use(rows, day) if (row.id, service_id) not in gone]
            for service_id, rows in self.centres.items()
        }
        return replace(
            self,
            services=[row for row in in_use(self.services, day) if centres.get(row.id)],
            centres=centres,
            practitioners={
                service_id: in_use(rows, day) for service_id, rows in self.practitioners.items()
            },
        )

    @cached_property
    def retires(self) -> date | None:
        """The first day on which something is retired; None: nothing ever is."""
        rows: list[Any] = [
            *self.services,
            *(row for those in self.centres.values() for row in those),
            *(row for those in self.practitioners.values() for row in those),
        ]
        days = [*self.gone.values(), *(row.retired_on for row in rows)]
        return min((day for day in days if day is not None), default=None)

    @cached_property
    def centre_ids(self) -> list[int]:
        """Every centre that offers anything."""
        return sorted({centre.id for those in self.centres.values() for centre in those})

    @cached_property
    def offered(self) -> int:
        """How many services there are to be had, each counted once for each centre."""
        return sum(map(len, self.centres.values()))

    def services_of(self, kind: str) -> list[Service]:
        """The services of one kind."""
        return [service for service in self.services if service.kind == kind]

    def prices_of(self, service_id: int, centre_id: int | None) -> list[int]:
        """What the service costs at that centre, or (None) anywhere, in fen: the lowest first."""
        at = [centre_id] if centre_id else [row.id for row in self.centres.get(service_id, ())]
        found = {self.prices.get((service_id, number)) for number in at}
        return sorted(price for price in found if price is not None)

    def closure_at(self, centre_id: int, start: datetime, end: datetime) -> Closure | None:
        """The closure that touches [start, end) at the centre."""
        return next(
            (
                closure
                for closure in self.closures.get(centre_id, ())
                if closure.starts_at < end and start < closure.ends_at
            ),
            None,
        )


T = TypeVar("T")


def _by_id(pairs: Iterable[tuple[int, T]]) -> dict[int, list[T]]:
    found: dict[int, list[T]] = {}
    for number, row in pairs:
        found.setdefault(number, []).append(row)
    return found


_catalogues: Remembered[str, Catalogue] = Remembered()
THE_ONE = "catalogue"


def last_known() -> Catalogue:
    """The catalogue that this process read last, perhaps out of date; read now if there is none."""
    return _catalogues.last(THE_ONE) or read()


def _rows(session: Session) -> tuple[Any, ...]:
    """Services, centres that offer them, who gives them, closures and announcements; of open centres."""
    has_opened = Centre.opened_at.is_not(None)
    offered = (
        select(CentreService.service_id)
        .join(Centre, Centre.id == CentreService.centre_id)
        .where(has_opened)
    )
    services = session.scalars(
        select(Service).where(Service.id.in_(offered)).order_by(Service.id)
    ).all()
    centres = session.execute(
        select(CentreService.service_id, Centre, PRICE, CentreService.retired_on)
        .join(Centre, Centre.id == CentreService.centre_id)
        .join(Service, Service.id == CentreService.service_id)
        .where(has_opened)
        .order_by(Centre.id)
    ).all()
    practitioners = session.execute(
        select(PractitionerService.service_id, Practitioner)
        .join(Practitioner, Practitioner.id == PractitionerService.practitioner_id)
        .join(Centre, Centre.id == Practitioner.centre_id)
        .where(has_opened)
        .order_by(Practitioner.id)
    ).all()
    closures = session.scalars(
        select(Closure).where(Closure.lifted_at.is_(None)).order_by(Closure.id)
    ).all()
    announcements = session.scalars(
        select(Announcement).where(NOT_ENDED).order_by(Announcement.starts_at, Announcement.id)
    ).all()
    return services, centres, practitioners, closures, announcements


def read() -> Catalogue:
    """Read it anew and keep it."""
    # In a session of its own: the rows outlive the request. It only reads, whatever the request
    # does: on SQLite it would wait for the request's own turn to write, and that for it.
    with Session(db.engine.execution_options(writes=False)) as session:
        # The version before the rows: what is newer than its number is only read again too early.
        version = session.scalar(SHARED_NUMBER) or 0
        services, centres, practitioners, closures, announcements = _rows(session)
        policy_of = policies([service.id for service in services], session)
        session.expunge_all()
    found = Catalogue(
        version=version,
        services=services,
        centres=_by_id([(row[0], row[1]) for row in centres]),
        practitioners=_by_id([(row[0], row[1]) for row in practitioners]),
        prices={(row[0], row[1].id): row[2] for row in centres},
        policy_of=policy_of,
        closures=_by_id([(closure.centre_id, closure) for closure in closures]),
        announcements=_by_id([(each.centre_id, each) for each in announcements]),
        gone={(row[1].id, row[0]): row[3] for row in centres if row[3] is not None},
    )
    _catalogues.put(THE_ONE, version, found, most=1)
    return found
