"""Before a check-in the desk asks again about what a family answered with yes. Verbs flush; the caller commits."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select

from clinic import audit
from clinic.accounts.models import Person
from clinic.clock import clinic_day
from clinic.db import db
from clinic.questionnaires.answers import is_fresh
from clinic.questionnaires.models import AskedAgain
from clinic.questionnaires.questionnaire import Question, Versions
from clinic.questionnaires.responding import latest_before
from clinic.scheduling.models import Appointment
from clinic.visits.desk_changes import desk_changed


@dataclass(frozen=True)
class AsksAgain:
    """What a kind of service has asked again: its questionnaire, and for how long answers hold."""

    versions: Callable[[], Versions]
    good_for: timedelta
    measured: str = ""  # the question that a thermometer answers


@dataclass(frozen=True)
class AnsweredYes:
    """The questions that were answered with yes before a visit, and what the desk heard about it today."""

    response_id: int
    yes: Sequence[Question]
    answered_at: datetime
    is_old: bool  # the answers hold no more, as for the clinician
    asked: AskedAgain | None

    @property
    def still(self) -> Sequence[Question]:
        """Of those, what is so by now; all of it until the desk has asked."""
        if self.asked is None:
            return self.yes
        return [question for question in self.yes if question.code in self.asked.still]

    @property
    def degrees(self) -> Decimal | None:
        """Measured at the desk, in °C."""
        tenths = self.asked.temperature if self.asked else None
        return None if tenths is None else Decimal(tenths) / 10


def answered_yes(
    asks_again: AsksAgain, appointment_ids: Collection[int], now: datetime
) -> dict[int, AnsweredYes]:
    """By visit, for those whose last answers have a yes, however old. Two queries.

    Not for answers to a version whose file is gone: the desk could only ask again in words that the
    family was not asked in. The room judges what becomes of such answers.
    """
    versions = asks_again.versions()
    responses = latest_before(versions.code, appointment_ids)
    query = select(AskedAgain).where(AskedAgain.appointment_id.in_(list(responses)))
    asked = {row.response_id: row for row in db.session.scalars(query.order_by(AskedAgain.id))}
    found = {}
    for visit_id, row in responses.items():
        said, again = row.given, asked.get(row.id)
        if again and clinic_day(again.at) != clinic_day(now):
            again = None
        version = versions.of(row.version)
        questions = version.questions if version else ()
        yes = [each for each in questions if each.code in said and said[each.code].is_yes]
        if yes:
            is_old = not is_fresh(row.at, now, asks_again.good_for)
            found[visit_id] = AnsweredYes(row.id, yes, row.at, is_old, again)
    return found


def ask_again(
    appointment: Appointment,
    answered: AnsweredYes,
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
        response_id=answered.response_id,
        still=list(still),
        temperature=tenths,
        note=note,
        at=now,
        by_id=by.id,
    )
    db.session.add(row)
    db.session.flush()
    audit.record("asked_again", row, by=by.id, now=now, centre_id=appointment.centre_id)
    desk_changed(appointment)
    return row
