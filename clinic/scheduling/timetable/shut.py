"""Is this time shut? Live closures, leaves and what is retired on some days, asked for many slots."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from clinic.centres.models import Closure, Leave
from clinic.centres.retired import retirements
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.scheduling.models import ClosedFor
from clinic.scheduling.timetable.closings import ClosingReason


class Shut:
    """The live closures and leaves of these centres on these days, and what is retired. Three queries."""

    def __init__(self, centre_ids: Sequence[int], days: Sequence[date]) -> None:
        start, end = day_bounds(days[0])[0], day_bounds(days[-1])[1]
        self.closures = db.session.execute(
            select(
                Closure.id, Closure.centre_id, Closure.room_id, Closure.starts_at, Closure.ends_at
            ).where(
                Closure.centre_id.in_(centre_ids),
                Closure.lifted_at.is_(None),
                Closure.starts_at < end,
                Closure.ends_at > start,
            )
        ).all()
        self.leaves = db.session.execute(
            select(Leave.id, Leave.practitioner_id, Leave.starts_at, Leave.ends_at).where(
                Leave.centre_id.in_(centre_ids),
                Leave.lifted_at.is_(None),
                Leave.starts_at < end,
                Leave.ends_at > start,
            )
        ).all()
        self.retired = retirements(centre_ids)

    def why(
        self,
        centre_id: int,
        room_id: int,
        practitioner_id: int,
        times: Sequence[tuple[datetime, datetime]],
    ) -> tuple[tuple[ClosingReason, ...], ...]:
        """For each of these times, all that shuts it; nothing where it is open."""
        closures = [
            closure
            for closure in self.closures
            if closure.centre_id == centre_id and closure.room_id in (None, room_id)
        ]
        leaves = [leave for leave in self.leaves if leave.practitioner_id == practitioner_id]

        def over(rows: Sequence[Any], start: datetime, end: datetime) -> list[int]:
            return [row.id for row in rows if row.starts_at < end and start < row.ends_at]

        return tuple(
            (
                *(
                    ClosingReason(ClosedFor.CLOSURE, closure_id=n)
                    for n in over(closures, start, end)
                ),
                *(ClosingReason(ClosedFor.LEAVE, leave_id=n) for n in over(leaves, start, end)),
                *self._retired(centre_id, room_id, practitioner_id, clinic_day(start)),
            )
            for start, end in times
        )

    def _retired(
        self, centre_id: int, room_id: int, practitioner_id: int, day: date
    ) -> Iterator[ClosingReason]:
        for since, why in (
            (self.retired.centres.get(centre_id), ClosedFor.RETIRED_CENTRE),
            (self.retired.rooms.get(room_id), ClosedFor.RETIRED_ROOM),
            (self.retired.practitioners.get(practitioner_id), ClosedFor.RETIRED_PRACTITIONER),
        ):
            if since is not None and since <= day:
                yield ClosingReason(why)

    def retired_services(
        self, centre_id: int, service_ids: Iterable[int], day: date
    ) -> list[ClosingReason]:
        """What shuts slots of that day for one of these services alone."""
        gone = self.retired.services_on(centre_id, service_ids, day)
        return [ClosingReason(ClosedFor.RETIRED_SERVICE, service_id=number) for number in gone]
