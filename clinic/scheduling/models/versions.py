"""What the database counts so that pages know whether what they remember is true."""

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base


class Version(Base):
    """How often what families see has changed: the free times of a centre on a day (of UTC).

    Under centre 0 what all pages share: services, centres, practitioners, policies, closures.
    The database counts; nothing else writes here.
    """

    __tablename__ = "versions"

    centre_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    number: Mapped[int]
