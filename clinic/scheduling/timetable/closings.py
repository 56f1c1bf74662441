"""What shuts slots: a row for each reason, with its source. A slot without a row is open.

The database keeps `slots.closed_at` in step with these rows; nothing else writes it. Lock the
slots before rows are added or deleted.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    and_,
    delete,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, db
from clinic.scheduling.models import ClinicSession, ClosedFor, Slot, SlotService

UNSYNCHRONISED = {"synchronize_session": False}
SOURCES = ("closure_id", "leave_id", "publication_id", "service_id")


class SlotClosing(Base):
    """One reason why a slot is shut. Several may be true at once; lifting one deletes its row."""

    __tablename__ = "slot_closings"
    __table_args__ = (
        CheckConstraint("(reason = 'closure') = (closure_id IS NOT NULL)", name="closure"),
        CheckConstraint("(reason = 'leave') = (leave_id IS NOT NULL)", name="leave"),
        CheckConstraint("(reason = 'retired_service') = (service_id IS NOT NULL)", name="service"),
        CheckConstraint("publication_id IS NULL OR reason = 'rule'", name="publication"),
        Index(
            "uq_slot_closings_reason",
            "slot_id",
            "reason",
            text("coalesce(closure_id, leave_id, publication_id, service_id, 0)"),
            unique=True,
        ),
        *(
            Index(
                f"ix_slot_closings_{source}",
                source,
                sqlite_where=text(f"{source} IS NOT NULL"),
                postgresql_where=text(f"{source} IS NOT NULL"),
            )
            for source in ("closure_id", "leave_id", "publication_id")
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slots.id"))
    reason: Mapped[ClosedFor]
    closure_id: Mapped[int | None] = mapped_column(ForeignKey("closures.id"))
    leave_id: Mapped[int | None] = mapped_column(ForeignKey("leaves.id"))
    publication_id: Mapped[int | None] = mapped_column(ForeignKey("rota_publications.id"))
    service_id: Mapped[int | None] = mapped_column(ForeignKey("services.id"))  # shut for it alone
    made_at: Mapped[datetime]


@dataclass(frozen=True)
class ClosingReason:
    """A reason for which slots are shut, and its source."""

    reason: ClosedFor
    closure_id: int | None = None
    leave_id: int | None = None
    publication_id: int | None = None
    service_id: int | None = None

    @property
    def same(self) -> ColumnElement[bool]:
        """Whether a row says this."""
        source = func.coalesce(*(getattr(SlotClosing, name) for name in SOURCES), 0)
        number = next((n for name in SOURCES if (n := getattr(self, name))), 0)
        return and_(SlotClosing.reason == self.reason, source == number)


def shut(slot_ids: Iterable[int], why: ClosingReason, *, now: datetime) -> None:
    """Shut these slots for that reason; one that is shut for it already stays as it is."""
    wanted = set(slot_ids)
    already = select(SlotClosing.slot_id).where(SlotClosing.slot_id.in_(wanted), why.same)
    wanted -= set(db.session.scalars(already)) if wanted else set()
    add({slot_id: [why] for slot_id in wanted}, now=now)


def add(reasons: Mapping[int, Sequence[ClosingReason]], *, now: datetime) -> None:
    """Shut slots, by their ids, for reasons for which they are not shut yet."""
    rows = [
        {"slot_id": slot_id, "made_at": now, **vars(why)}
        for slot_id in sorted(reasons)
        for why in reasons[slot_id]
    ]
    if rows:
        db.session.execute(insert(SlotClosing), rows)


@dataclass(frozen=True)
class Lifting:
    """Closings that go, by their slots, and the slots that give a service again then."""

    closing_ids: Mapping[int, Sequence[int]] = field(default_factory=dict)
    opens: Collection[int] = ()


def lifting(which: ColumnElement[bool], *, now: datetime) -> Lifting:
    """What deleting the closings that are so would open, of slots that are not over. Three queries at most.

    `which` may speak of `SlotClosing`, of its `Slot` and its `ClinicSession`.
    """
    going = (
        select(SlotClosing.id, SlotClosing.slot_id)
        .join(Slot, Slot.id == SlotClosing.slot_id)
        .join(ClinicSession, ClinicSession.id == Slot.clinic_session_id)
        .where(which, Slot.ends_at > now)
    )
    found: dict[int, list[int]] = {}
    for row in db.session.execute(going):
        found.setdefault(row.slot_id, []).append(row.id)
    if not found:
        return Lifting()
    return Lifting(found, sorted(found.keys() - _still_shut(found)))


def _still_shut(going: Mapping[int, Sequence[int]]) -> set[int]:
    """Of these slots those that stay shut without these closings: for all that they give."""
    left = select(SlotClosing.id, SlotClosing.slot_id, SlotClosing.service_id).where(
        SlotClosing.slot_id.in_(going)
    )
    shut: set[int] = set()
    alone: set[int] = set()
    for row in db.session.execute(left):
        if row.id not in going[row.slot_id]:
            (shut if row.service_id is None else alone).add(row.slot_id)
    return shut | (alone - _giving(alone, {n for ids in going.values() for n in ids}))


def _giving(slot_ids: Collection[int], going: Collection[int]) -> set[int]:
    """Of these slots those with a service that no closing but these shuts alone. One query, if any."""
    if not slot_ids:
        return set()
    shut = select(SlotClosing.id).where(
        SlotClosing.slot_id == SlotService.slot_id,
        SlotClosing.service_id == SlotService.service_id,
        SlotClosing.id.not_in(going),
    )
    query = select(SlotService.slot_id).where(SlotService.slot_id.in_(slot_ids), ~shut.exists())
    return set(db.session.scalars(query))


def given_by_others(slot_ids: Collection[int], service_id: int) -> set[int]:
    """Of these slots those that give another service than this one, which nothing shuts alone."""
    shut = select(SlotClosing.id).where(
        SlotClosing.slot_id == SlotService.slot_id,
        SlotClosing.service_id == SlotService.service_id,
    )
    query = select(SlotService.slot_id).where(
        SlotService.slot_id.in_(slot_ids), SlotService.service_id != service_id, ~shut.exists()
    )
    return set(db.session.scalars(query))


def remove(lifting: Lifting, slot_ids: Iterable[int]) -> None:
    """Delete the closings of these slots that go."""
    going = [closing_id for slot_id in slot_ids for closing_id in lifting.closing_ids[slot_id]]
    if going:
        statement = delete(SlotClosing).where(SlotClosing.id.in_(going))
        db.session.execute(statement, execution_options=UNSYNCHRONISED)


def taken_out(session_ids: Collection[int]) -> set[int]:
    """Of these sessions, which are withdrawn, those that were taken out by hand. One query."""
    query = (
        select(Slot.clinic_session_id)
        .join(SlotClosing, SlotClosing.slot_id == Slot.id)
        .where(Slot.clinic_session_id.in_(session_ids), SlotClosing.reason == ClosedFor.HAND)
        .distinct()
    )
    return set(db.session.scalars(query))
