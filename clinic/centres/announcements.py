"""Announcements of a centre (公告): what families read of it from a moment to another. Verbs flush."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic import audit
from clinic.accounts.models import Person
from clinic.centres.models import Centre
from clinic.db import Base, change_if, db


class Announcement(Base):
    """A typhoon, a vaccine that is out: a text for families, from a moment to another."""

    __tablename__ = "announcements"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="starts_before_ends"),
        CheckConstraint("(ended_at IS NULL) = (ended_by_id IS NULL)", name="ended"),
        Index("ix_announcements_centre", "centre_id", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"))
    text_zh: Mapped[str] = mapped_column(String(300))
    text_en: Mapped[str] = mapped_column(String(400))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None]  # before its time
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    def is_shown(self, now: datetime) -> bool:
        """Whether families read it at that moment."""
        return self.ended_at is None and self.starts_at <= now < self.ends_at


NOT_ENDED = Announcement.ended_at.is_(None)


def announce(
    centre: Centre,
    *,
    text_zh: str,
    text_en: str,
    starts_at: datetime,
    ends_at: datetime,
    by: Person,
    now: datetime,
) -> Announcement:
    """Show families this text from one moment to the other."""
    announcement = Announcement(
        centre_id=centre.id,
        text_zh=text_zh,
        text_en=text_en,
        starts_at=starts_at,
        ends_at=ends_at,
        made_at=now,
        made_by_id=by.id,
    )
    db.session.add(announcement)
    db.session.flush()
    audit.record("announce", announcement, by=by.id, now=now, centre_id=centre.id)
    return announcement


def end(announcement: Announcement, *, by: Person, now: datetime) -> None:
    """It is shown no longer. Nothing happens to one that is over."""
    if change_if(
        announcement, NOT_ENDED, Announcement.ends_at > now, ended_at=now, ended_by_id=by.id
    ):
        where = announcement.centre_id
        audit.record("end announcement", announcement, by=by.id, now=now, centre_id=where)


def not_over(*centre_ids: int, now: datetime, session: Session | None = None) -> list[Announcement]:
    """The announcements that are shown or will be, earliest first; of every centre if none is named."""
    query = select(Announcement).where(NOT_ENDED, Announcement.ends_at > now)
    if centre_ids:
        query = query.where(Announcement.centre_id.in_(centre_ids))
    query = query.order_by(Announcement.starts_at, Announcement.id)
    return list((session or db.session).scalars(query))


def get_announcement(centre: Centre, announcement_id: int) -> Announcement:
    """An announcement of that centre. Raises NoResultFound."""
    query = select(Announcement).where(
        Announcement.id == announcement_id, Announcement.centre_id == centre.id
    )
    return db.session.execute(query).scalar_one()
