"""What staff read of corrections, and which records they may correct."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from clinic.accounts.models import User
from clinic.db import db
from clinic.vaccination.jab.models import GivenDose
from clinic.vaccination.jab.rules import SITES
from clinic.vaccination.record import recording
from clinic.vaccination.record.models import Immunization


@dataclass(frozen=True)
class Corrected:
    """A correction as staff read it: when, by whom, what stood there before, and why."""

    at: datetime
    by: str
    was: str
    reason: str


def given_ids(rows: Collection[Immunization], centre_ids: Collection[int]) -> dict[int, int]:
    """Of these records, those of doses given at these centres: the given dose's id. One query."""
    here = [row.id for row in rows if row.centre_id in centre_ids]
    query = select(GivenDose.immunization_id, GivenDose.id)
    query = query.where(GivenDose.immunization_id.in_(here))
    return dict(db.session.execute(query).all()) if here else {}


def corrections_shown(rows: Collection[Immunization]) -> dict[int, list[Corrected]]:
    """What was corrected in each of these records, the first correction first. Two queries."""
    found = recording.corrections_of([row.id for row in rows])
    every = [correction for corrections in found.values() for correction in corrections]
    numbers = {correction.by_id for correction in every}
    numbers |= {
        correction.was["performed_by_id"]
        for correction in every
        if "performed_by_id" in correction.was
    }
    people = select(User.id, User.name).where(User.id.in_(numbers))
    names = dict(db.session.execute(people).all()) if every else {}
    return {
        number: [
            Corrected(
                correction.at,
                names[correction.by_id],
                _was(correction.was, names),
                correction.reason,
            )
            for correction in corrections
        ]
        for number, corrections in found.items()
    }


def _was(was: Mapping[str, object], names: Mapping[int, str]) -> str:
    said: list[str] = []
    if "lot_number" in was:
        said.append(_("lot %(number)s", number=was["lot_number"]))
    if "site" in was:
        said.append(_(SITES[str(was["site"])]))
    if "performed_by_id" in was:
        said.append(_("given by %(name)s", name=names.get(was["performed_by_id"], "?")))  # type: ignore[call-overload]
    return str(_(", ")).join(said)
