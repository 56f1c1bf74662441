"""Before a check-in the desk asks again about what a family answered with yes. Verbs flush; the caller commits."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select

from clinic import audit
from clinic.accounts.models import Person
from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.models import Appointment
from clinic.services.answers import Answers
from clinic.vaccination.jab import screening
from clinic.vaccination.jab.before import answers_of
from clinic.vaccination.jab.models import AskedAgain, HealthQuestions
from clinic.vaccination.jab.screening import HealthQuestion

MEASURED = "fever"  # the question that a thermometer answers


@dataclass(frozen=True)
class Health:
    """What was answered with yes before a visit, and what the desk heard about it today."""

    screening_id: int
    yes: Sequence[HealthQuestion]
    answered_at: datetime
    is_old: bool  # the answers hold no more, as for the nurse
    asked: AskedAgain | None

    @property
    def still(self) -> Sequence[HealthQuestion]:
        """Of those, what is so by now; all of it until the desk has asked."""
        return [
            health_question
            for health_question in self.yes
            if self.asked is None or health_question.code in self.asked.still
        ]

    @property
    def degrees(self) -> Decimal | None:
        """Measured at the desk, in °C."""
        tenths = self.asked.temperature if self.asked else None
        return None if tenths is None else Decimal(tenths) / 10


def health_of(appointment_ids: Collection[int], now: datetime) -> dict[int, Health]:
    """By visit, for those whose last answers have a yes, however old. Two queries."""
    of_these = HealthQuestions.appointment_id.in_(appointment_ids)
    answers = {
        row.appointment_id: row
        for row in db.session.scalars(
            select(HealthQuestions).where(of_these).order_by(HealthQuestions.id)
        )
    }
    query = (
        select(AskedAgain)
        .where(AskedAgain.appointment_id.in_(list(answers)))
        .order_by(AskedAgain.id)
    )
    asked = {row.screening_id: row for row in db.session.scalars(query)}
    found = {}
    for visit_id, row in answers.items():
        said, again = answers_of(row), asked.get(row.id)
        yes = [
            question
            for question in screening.questions()
            if question.code in said and said[question.code].yes
        ]
        if again and clinic_day(again.at) != clinic_day(now):
            again = None
        if yes:
            is_old = not screening.is_fresh(row.at, now)
            found[visit_id] = Health(row.id, yes, row.at, is_old, again)
    return found


def must_ask(appointment: Appointment, now: datetime) -> bool:
    """Whether the desk has yet to ask about these answers today."""
    health = health_of([appointment.id], now).get(appointment.id)
    return health is not None and health.asked is None


def ask_again(
    appointment: Appointment,
    health: Answers,
    *,
    still: Sequence[str],
    tenths: int | None,
    note: str,
    by: Person,
    now: datetime,
) -> AskedAgain:
    """Keep what the desk heard; `tenths` of a degree Celsius."""
    row = AskedAgain(
        appointment_id=appointment.id,
        screening_id=health.screening_id,
        still=list(still),
        temperature=tenths,
        note=note,
        at=now,
        by_id=by.id,
    )
    db.session.add(row)
    db.session.flush()
    audit.record("asked_again", row, by=by.id, now=now, centre_id=appointment.centre_id)
    return row
