"""A check as its page shows it: the appointment, what is due, what is on record, who answered what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from clinic.ages import age_months
from clinic.amounts import How, Kind
from clinic.checkups.check import queries
from clinic.checkups.due.items import CheckSheet
from clinic.checkups.growth.measuring import Measured, Patient
from clinic.checkups.growth.queries import patient_of
from clinic.checkups.models import CheckVisit
from clinic.clock import clinic_day
from clinic.scheduling.models import Appointment


@dataclass(frozen=True)
class CheckAtHand:
    """One check of one child; `fields` is what is on record of it, or what a fresh page shows."""

    appointment: Appointment
    check: CheckVisit | None
    sheet: CheckSheet
    on: date
    patient: Patient
    fields: Mapping[str, str]
    before: Sequence[Measured]
    from_home: frozenset[Measured]
    answers: Mapping[str, str]
    done: Sequence[str]

    @property
    def version(self) -> int:
        """Of what is on record; 0 for nothing yet."""
        return self.check.version if self.check else 0

    @property
    def age_months(self) -> int:
        """Completed months on the day of the check, by the calendar."""
        return age_months(self.patient.birth_date, self.on)


def case_of(appointment: Appointment) -> CheckAtHand | None:
    """The check of that appointment; None where no check of the schedule is left. Five queries."""
    check = queries.check_of(appointment.id)
    done = queries.done_before(appointment)
    one = queries.check_age_at(appointment, check, done)
    if one is None:
        return None
    record = queries.on_record(appointment, check)
    sheet = queries.sheet_of(appointment, one, done, record)
    how = How.STANDING if "height" in one.items else How.LYING
    kept = {"how": how.value} if Kind.LENGTH in sheet.amounts else {}
    kept |= {"note": appointment.note} | record.fields
    answered = queries.answers_of(appointment.child_id, one)
    return CheckAtHand(
        appointment=appointment,
        check=check,
        sheet=sheet,
        on=check.done_on if check else clinic_day(appointment.starts_at),
        patient=patient_of(appointment.child),
        fields={name: kept.get(name, "") for name in sheet.fields},
        before=record.before,
        from_home=record.from_home,
        answers={code: answer.value for code, answer in answered.items()},
        done=done,
    )
