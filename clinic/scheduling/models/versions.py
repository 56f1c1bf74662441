"""What the database counts so that pages know whether what they remember is true."""

from datetime import date
from enum import StrEnum

from sqlalchemy import BigInteger, func, select
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, written_out

EVERYWHERE = 0  # the centre under which the database counts what all pages share
ANY_DAY = date(1970, 1, 1)  # the day of what is counted for all days together


class Topic(StrEnum):
    """What a version is of."""

    SHARED = "shared"  # services, centres, practitioners, policies, closures, announcements: EVERYWHERE, ANY_DAY
    TIMES = "times"  # a centre's times on a day (of UTC), as families see them
    DESK = "desk"  # a centre's arrivals and queue on a day (of UTC)
    STOCK = "stock"  # a centre's vaccines and their lots: ANY_DAY


class Version(Base):
    """How often something has changed since the database was made: the sum of its rows.

    The database counts, in the transaction of the change (clinic/promises). On PostgreSQL there is
    a row for each transaction that once found all others locked: none waits for another.
    """

    __tablename__ = "versions"

    topic: Mapped[Topic] = mapped_column(primary_key=True)
    centre_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    part: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, server_default="0"
    )
    number: Mapped[int]


# Written out in the statement: PostgreSQL then knows which topics have few rows.
OF_SHARED = Version.topic.in_(written_out(Topic.SHARED))
OF_TIMES = Version.topic.in_(written_out(Topic.TIMES))
OF_STOCK = Version.topic.in_(written_out(Topic.STOCK))
NUMBER = func.coalesce(func.sum(Version.number), 0)
SHARED_NUMBER = select(NUMBER).where(OF_SHARED)  # the version of what all pages share
