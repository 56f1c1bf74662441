"""Answers and consents before a vaccination are recorded. Verbs flush; the caller commits."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from clinic import audit
from clinic.accounts.models import Person
from clinic.clock import clinic_day
from clinic.db import db
from clinic.questionnaires.answers import Answer
from clinic.questionnaires.asking_again import AsksAgain
from clinic.questionnaires.models import QuestionnaireResponse
from clinic.questionnaires.responding import respond
from clinic.scheduling.models import Appointment
from clinic.vaccination.jab import consent, screening
from clinic.vaccination.jab.models import InformedConsent
from clinic.vaccination.jab.queries import DoseToGive
from clinic.vaccination.jab.screening import Outcome, Verdict, judge

# The desk asks again about a yes; a fever it measures.
ASKS_AGAIN = AsksAgain(screening.versions, screening.GOOD_FOR, measured="fever")


def answer(
    appointment: Appointment,
    answers: Mapping[str, Answer],
    vaccines: Collection[str],
    *,
    language: str,
    by: Person,
    now: datetime,
) -> QuestionnaireResponse:
    """Record the answers for a visit, and what they mean for these vaccines on its day, or today if it is past."""
    on, asked = (
        max(clinic_day(appointment.starts_at), clinic_day(now)),
        screening.versions().current,
    )
    outcomes = {vaccine: judge(asked, answers, vaccine, on) for vaccine in vaccines}
    return respond(
        asked,
        appointment.child_id,
        answers,
        appointment=appointment,
        outcomes={code: [one.verdict.value, _text(one.until)] for code, one in outcomes.items()},
        language=language,
        by=by,
        now=now,
    )


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def outcome_of(row: QuestionnaireResponse | None, vaccine: str, on: date) -> Outcome:
    """What the answers mean for this vaccine on that day, by the rules of the version that was asked.

    Unanswered is for the nurse, and so are answers to a version whose file is gone.
    """
    asked = screening.versions().of(row.version) if row else None
    if row is None or asked is None:
        return Outcome(Verdict.NURSE)
    return judge(asked, row.given, vaccine, on)


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
