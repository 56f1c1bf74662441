"""Clinicians with free times, and what a page of times offers."""

from datetime import timedelta

from sqlalchemy import func, select

from clinic.accounts.models import Role
from clinic.db import db
from clinic.scheduling.changes import applying
from tests.makes import (
    NOON,
    TOMORROW,
    make_practitioner,
    make_room,
    make_session,
    make_user,
)
from tests.pages import values


def team(*services, centre=None, days=1, **kw):
    practitioner = make_practitioner(services, centre=centre)
    room = make_room(practitioner.centre)
    for n in range(days):
        make_session(practitioner, room, services, day=TOMORROW + timedelta(days=n), **kw)
    return practitioner


def buttons(page):
    """What the time buttons would post."""
    return values(page, "button.slot[name=slot]", "value")


def count(model):
    return db.session.scalar(select(func.count(model.id)))


def apply(change):
    """Carry a change of hours out as it was shown."""
    shown = applying.preview(change, now=NOON)
    db.session.commit()
    manager = make_user(Role.ADMIN)
    applying.apply(change, shown.version, by=manager, now=NOON)
    db.session.commit()
