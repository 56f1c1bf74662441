"""Answers are kept, and found again. Verbs flush; the caller commits."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select

from clinic import audit
from clinic.accounts.models import Person
from clinic.db import db
from clinic.families.models import Child
from clinic.questionnaires.answers import Answer, Written, written
from clinic.questionnaires.models import QuestionnaireResponse
from clinic.questionnaires.questionnaire import Questionnaire, Versions
from clinic.scheduling.models import Appointment
from clinic.visits.desk_changes import desk_changed


def respond(
    questionnaire: Questionnaire,
    child_id: int,
    answers: Mapping[str, Answer],
    *,
    appointment: Appointment | None = None,
    outcomes: Written | None = None,
    language: str,
    by: Person,
    now: datetime,
) -> QuestionnaireResponse:
    """Keep these answers in place of earlier ones.

    What they come to is in `outcomes` (see the model), or else what the rules say as they stand.
    """
    if outcomes is None:
        consequences = [rule.consequence for rule in questionnaire.counting(answers)]
    else:
        consequences = [str(consequence) for consequence, _day in outcomes.values()]
    row = QuestionnaireResponse(
        questionnaire=questionnaire.code,
        version=questionnaire.version,
        child_id=child_id,
        appointment_id=appointment.id if appointment else None,
        answers=written(answers),
        outcomes=outcomes or {},
        consequence=questionnaire.gravest(consequences),
        language=language,
        at=now,
        by_id=by.id,
    )
    db.session.add(row)
    db.session.flush()
    centre_id = appointment.centre_id if appointment else None
    audit.record("answered", row, by=by.id, now=now, centre_id=centre_id)
    if appointment:
        desk_changed(appointment)
    db.session.flush()
    return row


def respond_to_some(
    versions: Versions,
    child: Child,
    answers: Mapping[str, Answer | None],
    *,
    language: str,
    by: Person,
    now: datetime,
) -> QuestionnaireResponse | None:
    """Keep these beside what was answered before, None takes one back; nothing if nothing changed.

    The child's row is locked, so that two guardians may answer at once.
    """
    db.session.execute(select(Child.id).where(Child.id == child.id).with_for_update(key_share=True))
    before = latest(versions.code, child.id)
    old = versions.still_answered(before.version, before.given) if before else {}
    new = {code: answer for code, answer in {**old, **answers}.items() if answer is not None}
    if new == old:
        return before
    return respond(versions.current, child.id, new, language=language, by=by, now=now)


def latest(code: str, child_id: int) -> QuestionnaireResponse | None:
    """What was answered last about a child, whatever the visit."""
    query = select(QuestionnaireResponse).where(
        QuestionnaireResponse.child_id == child_id, QuestionnaireResponse.questionnaire == code
    )
    return db.session.scalars(query.order_by(QuestionnaireResponse.id.desc()).limit(1)).first()


def latest_before(code: str, appointment_ids: Collection[int]) -> dict[int, QuestionnaireResponse]:
    """What was answered last before each of these visits. One query."""
    query = select(QuestionnaireResponse).where(
        QuestionnaireResponse.appointment_id.in_(appointment_ids),
        QuestionnaireResponse.questionnaire == code,
    )
    rows = db.session.scalars(query.order_by(QuestionnaireResponse.id))
    return {row.appointment_id: row for row in rows if row.appointment_id is not None}
