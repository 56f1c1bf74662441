"""What is kept of a rota in the making: drafts, and the publications that they went into.

A draft that is published stays, with what was made of it, so that it can be undone.

Lists of ids (`kept`, `lost`, `service_ids`, `stayed`) are JSON, and no foreign key guards them: they are
written once, read whole with their row, never joined or searched, and appointments, services and
sessions are never deleted. What may have changed since (a service no longer given, a visit
cancelled) is asked of the rows when a draft is published or a publication undone.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from clinic.accounts.models import User
from clinic.centres.models import Centre, Practitioner, Room
from clinic.db import Base, db
from clinic.scheduling.models import RotaRule
from clinic.scheduling.timetable.weekly import TeamStation, Weekly

ONE_DAY = timedelta(days=1)


class DraftKind(StrEnum):
    """What becomes of the rota."""

    ADD = "add"
    CHANGE = "change"
    END = "end"


class RotaPublication(Base):
    """A centre's drafts became its rota in one step. `kept` and `lost` are appointments' ids.

    A kept appointment got the same time in the session that took its place; a lost one was
    offered a new time.
    """

    __tablename__ = "rota_publications"
    __table_args__ = (
        CheckConstraint("(undone_at IS NULL) = (undone_by_id IS NULL)", name="undone"),
        Index("ix_rota_publications_centre", "centre_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"))
    published_at: Mapped[datetime]
    published_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    kept: Mapped[list[int]] = mapped_column(JSON, default=list)
    lost: Mapped[list[int]] = mapped_column(JSON, default=list)
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    published_by: Mapped[User] = relationship(foreign_keys=published_by_id)


class RotaDraft(Base):
    """One thing meant to happen to the rota. It is open until its publication.

    `first_day` is the first on which it shows: of the new template, or without the old rule.
    """

    __tablename__ = "rota_drafts"
    __table_args__ = (
        CheckConstraint("(kind = 'add') = (rule_id IS NULL)", name="of_a_rule"),
        CheckConstraint("(kind = 'end') = (practitioner_id IS NULL)", name="with_a_template"),
        CheckConstraint("(practitioner_id IS NULL) = (room_id IS NULL)", name="somewhere"),
        # A rule has one open draft: two managers cannot mean two things with it.
        Index(
            "uq_rota_drafts_open",
            "rule_id",
            unique=True,
            sqlite_where=text("publication_id IS NULL"),
            postgresql_where=text("publication_id IS NULL"),
        ),
        Index("ix_rota_drafts_centre", "centre_id", "publication_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"))
    kind: Mapped[DraftKind]
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("rota_rules.id"))
    first_day: Mapped[date]
    practitioner_id: Mapped[int | None] = mapped_column(ForeignKey("practitioners.id"))
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id"))
    service_ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    template: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # a `Weekly`
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    publication_id: Mapped[int | None] = mapped_column(ForeignKey("rota_publications.id"))
    made_rule_id: Mapped[int | None] = mapped_column(ForeignKey("rota_rules.id"))
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # the rule, without it
    stayed: Mapped[list[int]] = mapped_column(JSON, default=list)  # sessions that changed rules

    made_by: Mapped[User] = relationship()
    practitioner: Mapped[Practitioner | None] = relationship()
    room: Mapped[Room | None] = relationship()
    rule: Mapped[RotaRule | None] = relationship(foreign_keys=rule_id)

    @property
    def weekly(self) -> Weekly:
        """The template; only of what is added or changed."""
        return from_json(self.template)

    @property
    def last_day(self) -> date:
        """The last day of the rule that it ends or changes."""
        return self.first_day - ONE_DAY


def to_json(weekly: Weekly) -> dict[str, Any]:
    """A template as a draft keeps it. Pure."""
    plain = {key: value for key, value in vars(weekly).items() if value is not None}
    return (
        plain
        | {
            "weekdays": list(weekly.weekdays),
            "opens": weekly.opens.isoformat("minutes"),
            "closes": weekly.closes.isoformat("minutes"),
            "valid_from": weekly.valid_from.isoformat(),
            "stations": [vars(station) for station in weekly.stations],
        }
        | ({"valid_until": weekly.valid_until.isoformat()} if weekly.valid_until else {})
    )


def from_json(kept: Mapping[str, Any]) -> Weekly:
    """The template that `to_json` kept. Pure."""
    until = kept.get("valid_until")
    return Weekly(
        **{key: kept[key] for key in ("slot_minutes", "capacity", "online_percent", "every_weeks")},
        weekdays=tuple(kept["weekdays"]),
        opens=time.fromisoformat(kept["opens"]),
        closes=time.fromisoformat(kept["closes"]),
        valid_from=date.fromisoformat(kept["valid_from"]),
        valid_until=date.fromisoformat(until) if until else None,
        stations=tuple(TeamStation(**station) for station in kept["stations"]),
    )


def weekly_of(rule: RotaRule) -> Weekly:
    """The template that a rule follows. Pure."""
    return Weekly(
        weekdays=tuple(rule.weekdays),
        opens=rule.opens,
        closes=rule.closes,
        slot_minutes=rule.slot_minutes,
        valid_from=rule.valid_from,
        valid_until=rule.valid_until,
        capacity=rule.capacity,
        stations=tuple(TeamStation(**station) for station in rule.stations),  # type: ignore[arg-type]
        online_percent=rule.online_percent,
        every_weeks=rule.every_weeks,
    )


def drafts_of(centre: Centre) -> list[RotaDraft]:
    """A centre's open drafts, oldest first, with whom and what they are about."""
    query = (
        select(RotaDraft)
        .where(RotaDraft.centre_id == centre.id, RotaDraft.publication_id.is_(None))
        .order_by(RotaDraft.id)
        .options(
            joinedload(RotaDraft.made_by),
            joinedload(RotaDraft.practitioner),
            joinedload(RotaDraft.room),
            joinedload(RotaDraft.rule).options(
                joinedload(RotaRule.practitioner), joinedload(RotaRule.room)
            ),
        )
    )
    return list(db.session.scalars(query))


def last_publication(centre: Centre) -> RotaPublication | None:
    """The centre's last publication that was not undone."""
    query = (
        select(RotaPublication)
        .where(RotaPublication.centre_id == centre.id, RotaPublication.undone_at.is_(None))
        .order_by(RotaPublication.id.desc())
        .limit(1)
        .options(joinedload(RotaPublication.published_by))
    )
    return db.session.scalar(query)
