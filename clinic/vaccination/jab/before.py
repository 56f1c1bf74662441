"""Answers and consents before a vaccination are recorded. Verbs flush; the caller commits."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from clinic import audit
from clinic.accounts.models import Person
from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.models import Appointment
from clinic.vaccination.jab import consent, screening
from clinic.vaccination.jab.models import HealthQuestions, InformedConsent
from clinic.vaccination.jab.queries import DoseToGive
from clinic.vaccination.jab.screening import (
    Answer,
    Outcome,
    Verdict,
    judge,
)


def answer(
    appointment: Appointment,
    answers: Mapping[str, Answer],
    vaccines: Collection[str],
    *,
    language: str,
    by: Person,
    now: datetime,
) -> HealthQuestions:
    """Record the answers for a visit, and what they mean for these vaccines on its day, or today if it is past."""
    on = max(clinic_day(appointment.starts_at), clinic_day(now))
    outcomes = {vaccine: judge(answers, vaccine, on) for vaccine in vaccines}
    row = HealthQuestions(
        appointment_id=appointment.id,
        child_id=appointment.child_id,
        answers={code: [one.yes, _text(one.day)] for code, one in answers.items()},
        outcomes={code: [one.verdict.value, _text(one.until)] for code, one in outcomes.items()},
        verdict=screening.worst(outcomes),
        rules_version=screening.version(),
        language=language,
        at=now,
        by_id=by.id,
    )
    db.session.add(row)
    db.session.flush()
    audit.record("answered", row, by=by.id, now=now, centre_id=appointment.centre_id)
    return row


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def answers_of(row: HealthQuestions) -> dict[str, Answer]:
    """The answers as the rules take them."""
    return {
        code: Answer(bool(yes), date.fromisoformat(str(day)) if day else None)
        for code, (yes, day) in row.answers.items()
    }


def outcome_of(row: HealthQuestions | None, vaccine: str, on: date) -> Outcome:
    """What the answers mean for this vaccine on that day; unanswered is for the nurse."""
    return judge(answers_of(row), vaccine, on) if row else Outcome(Verdict.NURSE)


def decide(
    appointment: Appointment,
    decisions: Sequence[tuple[DoseToGive, bool]],
    *,
    language: str,
    by: Person,
    now: datetime,
) -> None:
    """Record for each of these doses that the guardian agrees to it, or refuses it."""
    for line, given in decisions:
        row = InformedConsent(
            appointment_id=appointment.id,
            child_id=appointment.child_id,
            vaccine=line.vaccine.code,
            dose_number=line.number,
            text_version=consent.version(),
            language=language,
            given=given,
            at=now,
            by_id=by.id,
        )
        db.session.add(row)
        db.session.flush()
        action = "agreed" if given else "refused"
        audit.record(action, row, by=by.id, now=now, centre_id=appointment.centre_id)
