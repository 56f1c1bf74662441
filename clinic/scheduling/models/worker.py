"""What the worker remembers from round to round, so that it works on what changed."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base


class RotaHorizon(Base):
    """How far a centre's rota is open, and by what: see `timetable/horizon`."""

    __tablename__ = "rota_horizons"

    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"), primary_key=True)
    rota: Mapped[str | None] = mapped_column(String(64))  # a hash of the rules; None: open it again
    until: Mapped[date | None]  # the last day that is open by them


class CentreLook(Base):
    """When a centre's free times were last looked through for the waitlist: see `waitlist/changed`."""

    __tablename__ = "centre_looks"

    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"), primary_key=True)
    looked_at: Mapped[datetime | None]
    shared: Mapped[int] = mapped_column(default=0)  # the version of what all pages share, then
    next_at: Mapped[datetime | None]  # when time alone next frees a place there


class DayLook(Base):
    """The version that a day (of UTC) of a centre had when its free times were last looked through."""

    __tablename__ = "day_looks"

    centre_id: Mapped[int] = mapped_column(ForeignKey("centres.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    number: Mapped[int]
