"""Numbers of certificates and identity cards: shown masked, and sealed anew with another key."""

import logging
from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import or_, select

from clinic.db import db
from clinic.families.models import Child
from clinic.sealing import CannotBeRead, masked

NUMBERS = ("certificate_no", "identity_no")
log = logging.getLogger("clinic")


def shown(child: Child, name: str) -> str:
    """The number, masked; empty if there is none, words if it cannot be read."""
    try:
        return masked(getattr(child, name))
    except CannotBeRead:
        log.exception(
            "the %s of child %s cannot be read with the keys of this site", name, child.id
        )
        words: str = _("it cannot be read at the moment")
        return words


def reseal() -> tuple[int, list[int]]:
    """Seal all numbers with the first key. How many, and the ids of children with a number that cannot be read.

    What cannot be read stays as it is. The caller commits.
    """
    done, unread = 0, []
    for child in _with_numbers():
        try:
            numbers = {name: getattr(child, name) for name in NUMBERS}
        except CannotBeRead:
            unread.append(child.id)
            continue
        for name, number in numbers.items():
            setattr(child, name, number)
            done += number is not None
        db.session.flush()
    return done, unread


def _with_numbers() -> Sequence[Child]:
    has_one = or_(Child.certificate_no_sealed.is_not(None), Child.identity_no_sealed.is_not(None))
    return db.session.scalars(select(Child).where(has_one).order_by(Child.id)).all()
