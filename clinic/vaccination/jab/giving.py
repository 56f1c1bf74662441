"""Doses are given at a visit. The verb flushes; the caller commits.

Locks: the child, the appointment, then all stock that is reserved for it or given, then the ticket.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select

from clinic import audit
from clinic.accounts.models import Person
from clinic.clock import clinic_day
from clinic.db import db, lock_row
from clinic.errors import DomainError
from clinic.questionnaires.answers import is_fresh
from clinic.questionnaires.models import QuestionnaireResponse
from clinic.scheduling import places
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment
from clinic.sentences import mark
from clinic.vaccination.jab import before, screening
from clinic.vaccination.jab import queries as jab_queries
from clinic.vaccination.jab.models import GivenDose, PostVaccinationStay
from clinic.vaccination.jab.queries import DoseToGive
from clinic.vaccination.jab.rules import CHECKS, sites_for
from clinic.vaccination.jab.screening import Verdict
from clinic.vaccination.record import recording
from clinic.vaccination.record.models import Immunization, Source
from clinic.vaccination.record.rules import Entry
from clinic.vaccination.stock import refusals, using
from clinic.vaccination.stock.models import VaccineLot
from clinic.vaccination.stock.queries import lock_all, lot_numbered, reserved_for
from clinic.visits import recorded

STAY = timedelta(minutes=30)  # 预防接种工作规范 (2023)


class NothingGiven(DomainError):
    message = mark("Choose at least one dose.")


class NotChecked(DomainError):
    message = mark("Every check must be made before a dose is given.")


class AskAgain(DomainError):
    message = mark("Please ask the questions about health first; answers hold for a day.")


class NotAgreed(DomainError):
    message = mark("The guardian has not agreed to this vaccine.")


class NeedsReason(DomainError):
    message = mark("There is a reason not to vaccinate. Write down why it is given anyway.")


class NotDueNow(DomainError):
    message = mark("The record was changed meanwhile: this vaccine is not due at this visit.")


class WrongSite(DomainError):
    message = mark("Choose a site that fits the vaccine.")


class SameSite(DomainError):
    message = mark("Two injections need two sites.")


class DoseRefused(DomainError):
    """What was refused, and at which vaccine."""

    def __init__(self, vaccine: str, why: DomainError) -> None:
        super().__init__(**why.params)
        self.message, self.vaccine, self.why = why.message, vaccine, why


@dataclass(frozen=True)
class Jab:
    """One dose as the nurse gives it. `reason` is why it is given although something speaks against it."""

    line: DoseToGive
    lot_number: str
    site: str
    reason: str = ""

    @property
    def code(self) -> str:
        return self.line.vaccine.code


def give(
    appointment: Appointment,
    jabs: Sequence[Jab],
    checks: Collection[str],
    *,
    by: Person,
    now: datetime,
) -> PostVaccinationStay:
    """Record these doses, take them from their lots, end the visit and begin the observation; or none of it.

    What is saved twice is done once. Raises DoseRefused, or what stands against all of them.
    """
    places.lock_children([appointment.child_id])
    lock_row(appointment)
    if before_this := jab_queries.observation_of(appointment.id):
        return before_this
    if not jabs:
        raise NothingGiven
    if set(checks) != set(CHECKS):
        raise NotChecked
    answers = jab_queries.screening_of(appointment.id)
    if answers is None or not is_fresh(answers.at, now, screening.GOOD_FOR):
        raise AskAgain
    jabs = _as_on_record(appointment, jabs, now)
    _must_be_right(appointment, jabs, answers, now)
    _take(appointment, jabs, checks, by=by, now=now)
    attendance.finish(appointment, by=by, now=now, note=appointment.note)
    recorded.seen(appointment, by=by, now=now)
    return _observe(appointment, by=by, now=now)


def _as_on_record(appointment: Appointment, jabs: Sequence[Jab], now: datetime) -> list[Jab]:
    """What speaks against them by now, with the child locked: the page was made before. DoseRefused."""
    db.session.refresh(appointment.child, ["birth_date"])
    lines = {line.vaccine.code: line for line in jab_queries.lines_of(appointment, clinic_day(now))}
    for jab in jabs:
        if jab.code not in lines:
            raise DoseRefused(jab.code, NotDueNow())
    return [replace(jab, line=lines[jab.code]) for jab in jabs]


def _must_be_right(
    appointment: Appointment, jabs: Sequence[Jab], answers: QuestionnaireResponse, now: datetime
) -> None:
    """Site, consent, and a reason where something speaks against the dose."""
    agreed = jab_queries.consents_of(appointment.id)
    used: set[str] = set()
    for jab in jabs:
        if jab.site not in sites_for(jab.line.vaccine.route):
            raise DoseRefused(jab.code, WrongSite())
        if jab.site in used:
            raise DoseRefused(jab.code, SameSite())
        if jab.site != "mouth":
            used.add(jab.site)
        if jab.code not in agreed or not agreed[jab.code].given:
            raise DoseRefused(jab.code, NotAgreed())
        outcome = before.outcome_of(answers, jab.code, clinic_day(now))
        is_doubtful = jab.line.against is not None or outcome.verdict is not Verdict.GO
        if is_doubtful and not jab.reason:
            raise DoseRefused(jab.code, NeedsReason())


def _take(
    appointment: Appointment,
    jabs: Sequence[Jab],
    checks: Collection[str],
    *,
    by: Person,
    now: datetime,
) -> None:
    here = {(appointment.centre_id, jab.code) for jab in jabs}
    lock_all({*reserved_for([appointment.child_id]), *here})
    for jab in sorted(jabs, key=lambda one: one.code):
        try:
            _take_one(appointment, jab, checks, by=by, now=now)
        except DomainError as refused:
            raise DoseRefused(jab.code, refused) from refused


def _take_one(
    appointment: Appointment, jab: Jab, checks: Collection[str], *, by: Person, now: datetime
) -> None:
    lot = _lot(appointment.centre_id, jab)
    using.use(appointment, jab.code, lot, by=by, now=now)
    entry = Entry(jab.code, clinic_day(now), jab.line.number)
    (row,) = recording.add(appointment.child, [entry], by=by, source=Source.HERE, now=now)
    for name, value in _facts(appointment, jab, lot, by, now).items():
        setattr(row, name, value)
    db.session.add(
        GivenDose(immunization_id=row.id, lot_id=lot.id, checks=sorted(checks), reason=jab.reason)
    )
    db.session.flush()
    if jab.reason:
        audit.record("override", row, by=by.id, now=now, centre_id=appointment.centre_id)


def _facts(
    appointment: Appointment, jab: Jab, lot: VaccineLot, by: Person, now: datetime
) -> Mapping[str, object]:
    """What the record of a dose given here says beyond vaccine and day."""
    return {
        "given_at": now,
        "lot_number": lot.number,
        "manufacturer": lot.product.manufacturer,
        "site": jab.site,
        "route": jab.line.vaccine.route,
        "centre_id": appointment.centre_id,
        "performed_by_id": by.id,
        "appointment_id": appointment.id,
        "verified_at": now,
        "verified_by_id": by.id,
    }


def _lot(centre_id: int, jab: Jab) -> VaccineLot:
    """The centre's lot of that number. Raises NotThisLot: it has none, or of another vaccine."""
    found = lot_numbered(centre_id, jab.code, jab.lot_number)
    if found is None:
        raise refusals.NotThisLot
    return found


def _observe(appointment: Appointment, *, by: Person, now: datetime) -> PostVaccinationStay:
    row = PostVaccinationStay(
        appointment_id=appointment.id,
        centre_id=appointment.centre_id,
        started_at=now,
        ends_at=now + STAY,
    )
    db.session.add(row)
    db.session.flush()
    audit.record("observe", row, by=by.id, now=now, centre_id=appointment.centre_id)
    db.session.flush()
    return row


def given_at(appointment_id: int) -> list[Immunization]:
    """What was given at this visit and counts."""
    query = select(Immunization).where(
        Immunization.appointment_id == appointment_id, Immunization.voided_at.is_(None)
    )
    return list(db.session.scalars(query.order_by(Immunization.id)))
