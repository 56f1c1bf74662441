"""What is measured: the application on a database with the demo city, and families who use it."""

import time
from contextlib import contextmanager
from datetime import timedelta

from flask_migrate import upgrade
from sqlalchemy import select

from benchmarks import clients
from benchmarks.clients import Browser, together
from clinic import clock
from clinic.accounts.models import Membership, Role, User
from clinic.app import create_app
from clinic.centres.models import Service
from clinic.clock import clinic_day
from clinic.db import db
from clinic.demo.load import load
from clinic.demo_mark import mark_as_demo
from clinic.families.models import Child, ConsentKind, Guardianship, Relation, Sex
from clinic.families.registering import record_consents
from clinic.scheduling.models import SlotService
from tests.makes import sign_in
from tests.serving import SECRET, serving

HELLO = "benchmarks.hello:app"


@contextmanager
def application(url, *, demo=True):
    """The application on that database, its context pushed; with the demo city if asked."""
    app = create_app({"DATABASE_URL": url, "SECRET_KEY": SECRET, "DEMO": True})
    with app.app_context():
        try:
            upgrade()
            mark_as_demo(clock.now())
            db.session.commit()
            if demo:
                load(clinic_day(clock.now()))
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


@contextmanager
def served(url, **kw):
    """The address of a server as in production, and it has started: templates are not looked for again."""
    with serving(url, FLASK_DEBUG="0", **kw) as site:
        together(site, [_one_request()])  # a server of the morning has started before anybody comes
        yield site


def _one_request():
    yield clients.HELLO


@contextmanager
def beside_hello(url):
    """The addresses of the hello application and of ours, served in the same way."""
    with served(url, app=HELLO) as hello, served(url) as site:
        yield hello, site


def service_of(code):
    """The id of that service."""
    service_id = db.session.scalars(select(Service.id).where(Service.code == code)).one()
    db.session.commit()
    return service_id


def free_slots(service_id):
    """Slots with a place, from the day after tomorrow on, in the order of time."""
    now = clock.now()
    query = select(SlotService.slot_id).where(
        SlotService.service_id == service_id,
        SlotService.starts_at > now + timedelta(days=1),
        SlotService.opens_at <= now,
        SlotService.free_from <= now,
    )
    found = list(db.session.scalars(query.order_by(SlotService.starts_at, SlotService.slot_id)))
    db.session.commit()
    return found


class Family:
    """A fresh parent with one child of 500 days."""

    def __init__(self, app, user, child, session):
        self.child_id = child.id
        self.user_id = user.id
        self.browser = Browser(app, session)


def new_families(app, number):
    """So many families who agreed to the texts."""
    now = clock.now()
    born = clinic_day(now) - timedelta(days=500)
    made = []
    for n in range(number):
        user = User(name="家长", email=f"{time.time_ns()}-{n}@bench.example", created_at=now)
        user.memberships.append(Membership(role=Role.PARENT))
        child = Child(name="孩子", sex=Sex.MALE, birth_date=born, created_at=now)
        made.append((user, child))
    db.session.add_all([row for pair in made for row in pair])
    db.session.flush()
    for user, child in made:
        record_consents(user, list(ConsentKind), language="zh", by=user, now=now)
        guardianship = Guardianship(
            user_id=user.id,
            child_id=child.id,
            relation=Relation.FATHER,
            is_first=True,
            granted_at=now,
            granted_by_id=user.id,
        )
        db.session.add(guardianship)
    db.session.flush()
    sessions = sign_in(*(user for user, _ in made))
    return [Family(app, *pair, session) for pair, session in zip(made, sessions, strict=True)]


def books(family, service_id, slot_id):
    """A client that keeps a time and confirms it. What it returns is whether that was booked."""
    fields = {"child": family.child_id, "service": service_id, "slot": slot_id}
    fields["need"] = f"{family.child_id}."  # for a question: the scheduler alone is measured
    answer = yield family.browser.post("/vaccination/holds", **fields)
    if answer.status == 303:
        answer = yield family.browser.post(answer.header("location"), reason="")
    return answer.status


def books_for_sure(family, service_id, slot_id):
    """The same; anything but a booking is an error."""
    status = yield from books(family, service_id, slot_id)
    if status != 303:
        raise RuntimeError(status)
