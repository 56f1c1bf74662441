"""A recall of a lot: first shown whom it concerns, then done as it was shown. The caller commits."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from clinic.accounts.models import Person
from clinic.db import db
from clinic.scheduling.changes.as_shown import NotAsShown
from clinic.scheduling.models import Appointment
from clinic.scheduling.queries import appointments
from clinic.vaccination.jab.models import GivenDose
from clinic.vaccination.record.models import Immunization
from clinic.vaccination.stock import lots
from clinic.vaccination.stock.models import VaccineLot


@dataclass(frozen=True)
class Concerned:
    """Whom a recall concerns. `version` stands for exactly this answer."""

    version: str
    given: tuple[Appointment, ...]  # where a dose of the lot was given, the latest first
    losing: tuple[Appointment, ...]  # visits to come that no other lot has a dose for, by time
    forms: int  # as many families fill in a form, and will be told that no dose is left
    left: int  # doses in the fridge

    @property
    def children(self) -> int:
        """How many children that is."""
        return len({visit.child_id for visit in (*self.given, *self.losing)})


def concerned_by(lot: VaccineLot, *, now: datetime) -> Concerned:
    """Whom a recall of the lot would concern. It writes nothing."""
    given = dict(
        db.session.execute(
            select(Immunization.id, Immunization.appointment_id)
            .join(GivenDose, GivenDose.immunization_id == Immunization.id)
            .where(GivenDose.lot_id == lot.id, Immunization.voided_at.is_(None))
        ).all()
    )
    broken = [] if lot.recalled_at else lots.broken_with(lot, 0, now=now)
    losing = {dose.appointment_id for dose in broken if dose.appointment_id}
    shown = [str(lot.left), str(sorted(given)), str(sorted(dose.id for dose in broken))]
    query = appointments().where(Appointment.id.in_({*given.values(), *losing}))
    visits = sorted(db.session.scalars(query), key=lambda visit: (visit.starts_at, visit.id))
    return Concerned(
        version=hashlib.sha256(";".join(shown).encode()).hexdigest()[:16],
        given=tuple(visit for visit in reversed(visits) if visit.id in given.values()),
        losing=tuple(visit for visit in visits if visit.id in losing),
        forms=sum(dose.appointment_id is None for dose in broken),
        left=lot.left,
    )


def recall_as_shown(
    lot: VaccineLot, reason: str, version: str, *, by: Person, now: datetime
) -> list[Appointment]:
    """Recall the lot if it concerns just those who were shown under that version. As `lots.recall`.

    Raises NotAsShown when a dose was given or reserved, or came, in between.
    """
    lots.lock_lot(lot)
    if lot.recalled_at is None and concerned_by(lot, now=now).version != version:
        raise NotAsShown
    return lots.recall(lot, reason, by=by, now=now)
