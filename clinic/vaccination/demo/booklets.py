"""What the made-up children have been given: most of them most of it, a little late, as in life."""

from datetime import date, datetime, timedelta
from random import Random

from clinic.accounts.models import User
from clinic.clock import clinic_day
from clinic.families.models import Child, Sex
from clinic.vaccination.programme.child import Condition, Dose, Recipient
from clinic.vaccination.programme.forecast import forecast
from clinic.vaccination.record import recording
from clinic.vaccination.record.models import Source
from clinic.vaccination.record.rules import Entry

OPEN_NOW = timedelta(days=21)  # what became due so lately is still due
LATE = 12  # days, at most
FORGOTTEN = 0.04


def fill(child: Child, *, by: User, dice: Random, now: datetime) -> None:
    """Record a booklet for this child, by the national programme."""
    entries = booklet(child, clinic_day(now), dice)
    recording.record(child, entries, by=by, source=Source.BOOKLET, now=now)


def booklet(child: Child, today: date, dice: Random) -> list[Entry]:
    """Dose after dose, each some days after it becomes possible; one that is forgotten stays so."""
    conditions = frozenset({Condition.PPD_NEGATIVE})
    sex = "F" if child.sex is Sex.FEMALE else "M"
    patient = Recipient(child.birth_date, sex, conditions)
    given: list[Entry] = []
    forgotten: set[str] = set()
    on, last = child.birth_date, today - OPEN_NOW
    while on <= last:
        doses = [Dose(entry.vaccine, entry.given_on) for entry in given]
        later: list[date] = []
        for line in forecast(patient, doses, on):
            if not line.vaccine or line.series in forgotten:
                continue
            if line.status not in ("due", "overdue"):
                later += [line.earliest] if line.earliest and line.earliest > on else []
            elif dice.random() < FORGOTTEN:
                forgotten.add(line.series)
            else:
                given.append(Entry(line.vaccine, on, line.number))
                later.append(on + timedelta(days=1))  # what comes after it, is then known
        on = min(later, default=last) + timedelta(days=1 + dice.randrange(LATE))
    return given
