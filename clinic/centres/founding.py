"""A centre comes to be, changes what it says of itself, and opens for families. Verbs flush."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from clinic import audit
from clinic.accounts.models import Person
from clinic.centres.models import Centre
from clinic.db import change_if, db
from clinic.errors import DomainError
from clinic.sentences import mark

FACTS = (
    "name_zh",
    "name_en",
    "code",
    "district",
    "address_zh",
    "address_en",
    "phone",
    "latitude",
    "longitude",
    "about_zh",
    "about_en",
    "parking_zh",
    "parking_en",
    "map_url",
    "is_wheelchair_accessible",
)


class CodeTaken(DomainError):
    message = mark("Another centre has this address. Please choose another one.")


class CodeInUse(DomainError):
    message = mark("The address stays as it is: families have links to this centre.")


def found(facts: Mapping[str, object], *, by: Person | None, now: datetime) -> Centre:
    """A new centre, which families do not see until it opens; `by` is None for a command.

    `facts` has FACTS, of which those that may be empty can be left out. Raises CodeTaken.
    """
    known = {"about_zh": "", "about_en": "", **facts}
    _must_be_free(str(facts["code"]), except_for=None)
    centre = Centre(**{name: known[name] for name in FACTS if name in known})
    db.session.add(centre)
    try:
        db.session.flush()
    except IntegrityError as error:  # of two at the same moment
        raise CodeTaken from error
    who = by.id if by else None
    audit.record("found centre", centre, by=who, now=now, centre_id=centre.id)
    return centre


def change(centre: Centre, facts: Mapping[str, object], *, by: Person, now: datetime) -> bool:
    """Give the centre these facts; whether anything changed. Raises CodeTaken, CodeInUse."""
    new = {name: value for name, value in facts.items() if getattr(centre, name) != value}
    if not new:
        return False
    if "code" in new:
        if centre.opened_at is not None:
            raise CodeInUse
        _must_be_free(str(new["code"]), except_for=centre.id)
    for name, value in new.items():
        setattr(centre, name, value)
    try:
        db.session.flush()
    except IntegrityError as error:
        raise CodeTaken from error
    audit.record(
        "change centre", centre, by=by.id, now=now, centre_id=centre.id, fields=sorted(new)
    )
    return True


def open_to_families(centre: Centre, *, by: Person, now: datetime) -> None:
    """From now on families see the centre and can book there. Once is enough."""
    if change_if(centre, Centre.opened_at.is_(None), opened_at=now):
        audit.record("open centre", centre, by=by.id, now=now, centre_id=centre.id)


def _must_be_free(code: str, *, except_for: int | None) -> None:
    query = select(Centre.id).where(Centre.code == code, Centre.id != (except_for or 0))
    if db.session.scalar(query) is not None:
        raise CodeTaken
