"""What the made-up children have been given: most of them most of it, a little late, as in life."""

from datetime import date, datetime, timedelta
from random import Random

from clinic.accounts.models import User
from clinic.clock import clinic_day
from clinic.families.models import Child, Sex
from clinic.vaccination import record
from clinic.vaccination.child import Child as Patient
from clinic.vaccination.child import Condition, Dose
from clinic.vaccination.forecast import forecast
from clinic.vaccination.models import Source
from clinic.vaccination.record import Entry

OPEN_NOW = timedelta(days=21)  # what became due so lately is still due
LATE = 12  # days, at most
FORGOTTEN = 0.04


def fill(child: Child, *, by: User, dice: Random, now: datetime) -> None:
    """Record a booklet for this child, by the national programme."""
    entries = booklet(child, clinic_day(now), dice)
    record.record(child, entries, by=by, source=Source.BOOKLET, now=now)


def booklet(child: Child, today: date, dice: Random) -> list[Entry]:
    """Dose after dose as each becomes possible; one that is forgotten stays so."""
    conditions = frozenset({Condition.PPD_NEGATIVE})
    sex = "F" if child.sex is Sex.FEMALE else "M"
    patient = Patient(child.birth_date, sex, conditions)
    given: list[Entry] = []
    forgotten: set[str] = set()
    on = child.birth_date
    while on <= today - OPEN_NOW:
        doses = [Dose(one.vaccine, one.given_on) for one in given]
        for one in forecast(patient, doses, on):
            if one.vaccine and one.status in ("due", "overdue") and one.series not in forgotten:
                if dice.random() < FORGOTTEN:
                    forgotten.add(one.series)
                else:
                    given.append(Entry(one.vaccine, on, one.number))
        on += timedelta(days=1 + dice.randrange(LATE))
    return given
