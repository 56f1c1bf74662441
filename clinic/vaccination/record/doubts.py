"""Which recorded doses may not count, and why: what the programme says, else the vaccine's ages."""

from collections.abc import Mapping, Sequence
from datetime import date

from clinic.families.models import Child
from clinic.vaccination.programme.catalogue import vaccines
from clinic.vaccination.programme.child import Dose, Recipient
from clinic.vaccination.programme.forecast import forecast
from clinic.vaccination.programme.national import national, period
from clinic.vaccination.programme.words import AGE, Words, words
from clinic.vaccination.record.models import Immunization
from clinic.vaccination.record.plan import patients_of

EARLY = Words(
    "这一剂接种过早，可能不算有效剂次，由中心核对：{zh}。",
    "This dose was given too early and may not count; the centre will check: {en}.",
)
LATE = Words(
    "这一剂接种时已超过该疫苗的年龄范围，可能不算有效剂次，由中心核对：满{zh}不再接种。",
    "This dose was given too late and may not count; the centre will check: not from {en} of age on.",
)


def vaccinee(child: Child) -> Recipient:
    """The child as the programme sees it."""
    return patients_of([child])[child.id]


def doubts(
    child: Recipient, history: Sequence[Immunization], on: date
) -> Mapping[tuple[str, date], Words]:
    """By vaccine and day: why a dose may not count. Pure."""
    given = {Dose(immunization.vaccine, immunization.given_on) for immunization in history}
    found = {
        (dose.vaccine, dose.given_on): doubt
        for dose in given
        if (doubt := by_age(child.birth_date, dose))
    }
    known = [dose for dose in given if dose.vaccine in national().vaccines]
    for series in forecast(child, known, on):
        for seen in series.doses:
            if seen.why:
                why = Words(EARLY.zh.format(zh=seen.why.zh), EARLY.en.format(en=seen.why.en))
                found[seen.dose.vaccine, seen.dose.given_on] = why
    return found


def by_age(birth_date: date, dose: Dose) -> Words | None:
    """Outside the vaccine's ages. The programme itself judges whether its own came too early."""
    vaccine = vaccines().get(dose.vaccine)
    if vaccine is None:
        return None
    least = period(vaccine.min_age)
    if not vaccine.is_programme and dose.given_on < least.after(birth_date):
        why = words(AGE, least)
        return Words(EARLY.zh.format(zh=why.zh), EARLY.en.format(en=why.en))
    if vaccine.max_age and dose.given_on >= period(vaccine.max_age).after(birth_date):
        return words(LATE, period(vaccine.max_age))
    return None
