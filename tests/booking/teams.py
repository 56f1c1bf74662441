"""Clinicians with free times, and what a page of times offers."""

from datetime import timedelta

from sqlalchemy import func, select

from clinic.accounts.models import Role
from clinic.db import db
from clinic.scheduling.changes import applying
from tests.makes import NOON, TOMORROW, make_user
from tests.pages import values
from tests.world import World


def team(*services, centre=None, days=1, **kw):
    world = World(service=services[0], centre=centre)
    for service in services[1:]:
        world.also_gives(service)
    for n in range(days):
        world.open(TOMORROW + timedelta(days=n), **kw)
    return world.practitioner


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
