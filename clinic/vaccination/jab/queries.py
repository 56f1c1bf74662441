"""What a visit is for, what was answered and agreed to before it. Everything starts from the user."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from clinic.accounts.models import Person
from clinic.accounts.rights import Deed, centres_for
from clinic.db import db
from clinic.families.models import Child as ChildRow
from clinic.families.models import Guardianship
from clinic.need_to_know.checking import must_need
from clinic.questionnaires.models import QuestionnaireResponse
from clinic.questionnaires.responding import latest_before
from clinic.reservations.models import ReleaseReason
from clinic.scheduling.models import Appointment
from clinic.scheduling.queries import appointments
from clinic.vaccination.jab import consent, screening
from clinic.vaccination.jab.models import (
    AdverseEvent,
    InformedConsent,
    PostVaccinationStay,
)
from clinic.vaccination.jab.rules import why_not
from clinic.vaccination.programme.catalogue import Vaccine, vaccines
from clinic.vaccination.programme.child import Dose
from clinic.vaccination.programme.forecast import forecast
from clinic.vaccination.programme.words import Words
from clinic.vaccination.record import recording
from clinic.vaccination.record.plan import patients_of
from clinic.vaccination.stock.models import DoseReservation


@dataclass(frozen=True)
class DoseToGive:
    """A dose that a visit is for, or that may be given too. `against` is why not on that day."""

    vaccine: Vaccine
    number: int
    is_reserved: bool
    against: Words | None = None


def get_appointment(user: Person, appointment_id: int, deed: Deed) -> Appointment:
    """An appointment at a centre where this user may do that.

    Raises NoResultFound, RecordClosed.
    """
    guardians = joinedload(Appointment.child).selectinload(ChildRow.guardianships)
    query = (
        appointments()
        .where(Appointment.id == appointment_id, Appointment.centre_id.in_(centres_for(user, deed)))
        .options(guardians.joinedload(Guardianship.user))
    )
    found: Appointment = db.session.execute(query).unique().scalar_one()
    must_need(user, found.child_id, found.centre_id, deed, at_hand=found)
    return found


def lines_of(appointment: Appointment, on: date) -> list[DoseToGive]:
    """What is reserved for the visit, then what else the programme asks for on that day.

    What was taken away from it because it is too soon stays in sight, with the reason. One line a
    vaccine, because a vaccine is given once a day.
    """
    over = (ReleaseReason.USED, ReleaseReason.CHANGED)
    booked = select(
        DoseReservation.vaccine, DoseReservation.dose_number, DoseReservation.why_released
    ).where(
        DoseReservation.appointment_id == appointment.id,
        or_(DoseReservation.released_at.is_(None), DoseReservation.why_released.in_(over)),
    )
    child = patients_of([appointment.child])[appointment.child_id]
    history = [
        Dose(row.vaccine, row.given_on)
        for row in recording.history_of(appointment.child_id)
        if row.appointment_id != appointment.id
    ]
    rows = db.session.execute(booked).all()
    wanted = {
        code: (number, True) for code, number, why in rows if why is not ReleaseReason.CHANGED
    }
    taken_away = {code for code, _, why in rows if why is ReleaseReason.CHANGED}
    for one in forecast(child, history, on):
        if one.vaccine and one.number and (one.may_be_given or one.vaccine in taken_away):
            wanted.setdefault(one.vaccine, (one.number, False))
    return [
        DoseToGive(vaccines()[code], number, is_reserved, why_not(child, history, code, on))
        for code, (number, is_reserved) in wanted.items()
    ]


def screening_of(appointment_id: int) -> QuestionnaireResponse | None:
    """The latest answers for this visit."""
    code = screening.versions().code
    return latest_before(code, [appointment_id]).get(appointment_id)


def consents_of(appointment_id: int) -> Mapping[str, InformedConsent]:
    """By vaccine: the latest decision on the text of today."""
    query = select(InformedConsent).where(
        InformedConsent.appointment_id == appointment_id,
        InformedConsent.text_version == consent.version(),
    )
    rows = db.session.scalars(query.order_by(InformedConsent.id))
    return {row.vaccine: row for row in rows}


def observation_of(appointment_id: int) -> PostVaccinationStay | None:
    """The observation after this visit, running or over."""
    return db.session.scalar(
        select(PostVaccinationStay).where(PostVaccinationStay.appointment_id == appointment_id)
    )


def reactions_of(appointment_id: int) -> list[AdverseEvent]:
    """The reactions reported after this visit, the first one first."""
    query = select(AdverseEvent).where(AdverseEvent.appointment_id == appointment_id)
    return list(db.session.scalars(query.order_by(AdverseEvent.id)))
