"""`./dev bench`: each line is JSON: what, how often a second, and the ratio to its baseline.

A baseline runs right before what it is compared with, so that a slow machine slows both; what is
told is the median of the pairs. Slot search and booking go over HTTP to the real server, on
SQLite and on PostgreSQL; their baselines are the bare statements on the same database.
"""

import json
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from flask_migrate import upgrade
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select, text

from clinic import clock
from clinic.accounts.models import Membership, Role, User
from clinic.accounts.queries import find_user
from clinic.app import create_app
from clinic.centres.models import Centre, Service
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.demo.load import load
from clinic.families.models import Child, ConsentKind, Guardianship, Relation, Sex
from clinic.families.registering import record_consents
from clinic.scheduling.models import Slot, SlotService
from tests.engines import database, throwaway_postgres
from tests.serving import SECRET, serving

PAIRS = 5
SEARCHES = 40
CLIENTS = 8
BOOKINGS = 80  # a pair
DAYS = 14
RAW_TOKEN = "0123456789abcdef" * 2


def tell(**line):
    print(json.dumps(line), flush=True)


@contextmanager
def city(url):
    """The application on a database with the demo city."""
    settings = {"DATABASE_URL": url, "SECRET_KEY": SECRET, "DEMO": True}
    app = create_app(settings)
    with app.app_context():
        upgrade()
        load(clinic_day(clock.now()))
        yield app
        db.session.remove()
        db.engine.dispose()


class Browser:
    """A signed-in client that keeps its connection."""

    def __init__(self, app, site, user_id):
        session = {"_user_id": user_id, "_fresh": True, "csrf_token": RAW_TOKEN}
        signed = app.session_interface.get_signing_serializer(app).dumps(session)
        self.headers = {"Cookie": f"session={signed}"}
        self.token = URLSafeTimedSerializer(SECRET, salt="wtf-csrf-token").dumps(RAW_TOKEN)
        self.connection = HTTPConnection(urlsplit(site).netloc, timeout=60)

    def get(self, path):
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        answer.read()
        return answer.status

    def post(self, path, **fields):
        body = urlencode(fields | {"csrf_token": self.token})
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request("POST", path, body, self.headers | form)
        answer = self.connection.getresponse()
        answer.read()
        return answer.status, answer.headers.get("Location")


def per_second(work, times):
    begun = time.perf_counter()
    for _ in range(times):
        work()
    return times / (time.perf_counter() - begun)


def search(app, site, engine):
    """The chooser of vaccination for two weeks at three centres, against its one query."""
    parent = find_user("parent@demo.example")
    service = db.session.scalars(select(Service).where(Service.code == "vaccination")).one()
    start, end = day_bounds(clinic_day(clock.now()), DAYS)
    centres = list(db.session.scalars(select(Centre.id)))
    bare = (
        select(Slot.id, Slot.starts_at, Slot.capacity, Slot.taken)
        .join(SlotService, SlotService.slot_id == Slot.id)
        .where(
            SlotService.service_id == service.id,
            SlotService.centre_id.in_(centres),
            SlotService.starts_at >= start,
            SlotService.starts_at < end,
        )
    )
    browser = Browser(app, site, parent.get_id())
    path = f"/vaccination/?service={service.id}"
    db.session.commit()

    def raw():
        db.session.execute(bare).all()
        db.session.rollback()

    def page():
        if browser.get(path) != 200:
            raise RuntimeError(path)

    page()
    pairs = [(per_second(raw, SEARCHES), per_second(page, SEARCHES)) for _ in range(PAIRS)]
    report("slot search over HTTP", engine, pairs)


def new_families(number):
    """(session id, child id) of fresh families, in few statements."""
    now, made = clock.now(), []
    for n in range(number):
        user = User(name="家长", email=f"{time.time_ns()}-{n}@bench.example", created_at=now)
        user.memberships.append(Membership(role=Role.PARENT))
        db.session.add(user)
        db.session.flush()
        record_consents(user, list(ConsentKind), language="zh", by=user, now=now)
        born = clinic_day(now) - timedelta(days=500)
        child = Child(name="孩子", sex=Sex.MALE, birth_date=born, created_at=now)
        child.guardianships.append(
            Guardianship(
                user=user,
                relation=Relation.FATHER,
                is_first=True,
                granted_at=now,
                granted_by_id=user.id,
            )
        )
        db.session.add(child)
        db.session.flush()
        made.append((user.get_id(), child.id))
    db.session.commit()
    return made


def crowd(work, things):
    """How many a second, `CLIENTS` at a time."""
    begun = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as people:
        for _ in people.map(work, things):
            pass
    return len(things) / (time.perf_counter() - begun)


def book(app, site, engine):
    """Keep and confirm a time over HTTP, against a bare update and insert, eight at once."""
    service = db.session.scalars(select(Service).where(Service.code == "vaccination")).one()
    now = clock.now()
    ids = (
        select(SlotService.slot_id)
        .where(
            SlotService.service_id == service.id, SlotService.starts_at > now + timedelta(days=1)
        )
        .order_by(SlotService.starts_at)
    )
    slots = iter(list(db.session.scalars(ids)))
    service_id = service.id
    db.session.execute(text("CREATE TABLE bench_slots (id INTEGER PRIMARY KEY, taken INTEGER)"))
    db.session.execute(text("CREATE TABLE bench_bookings (slot_id INTEGER, child_id INTEGER)"))
    values = ",".join(f"({n}, 0)" for n in range(BOOKINGS))
    db.session.execute(text(f"INSERT INTO bench_slots VALUES {values}"))
    db.session.commit()
    engine_of = db.engine

    def raw(n):
        with engine_of.begin() as connection:
            connection.execute(
                text("UPDATE bench_slots SET taken = taken + 1 WHERE id = :id AND taken < 1000"),
                {"id": n},
            )
            connection.execute(text("INSERT INTO bench_bookings VALUES (:id, 1)"), {"id": n})

    def over_http(thing):
        (session_id, child_id), slot_id = thing
        browser = Browser(app, site, session_id)
        fields = {"child": child_id, "service": service_id, "slot": slot_id}
        status, where = browser.post("/vaccination/holds", **fields)
        if status == 303:
            status, where = browser.post(where, reason="")
        browser.connection.close()
        if status != 303:
            raise RuntimeError(status)

    pairs = []
    for _ in range(PAIRS):
        things = list(zip(new_families(BOOKINGS), slots, strict=False))
        pairs.append((crowd(raw, range(BOOKINGS)), crowd(over_http, things)))
    report("booking over HTTP (hold, then confirm)", engine, pairs)


def report(what, engine, pairs):
    ratios = [mine / raw for raw, mine in pairs]
    tell(
        what=what,
        engine=engine,
        per_second=round(statistics.median(mine for _, mine in pairs), 1),
        baseline_per_second=round(statistics.median(raw for raw, _ in pairs), 1),
        ratio=round(statistics.median(ratios), 4),
        pairs=len(pairs),
    )


def measure(url, engine):
    with city(url) as app, serving(url) as site:
        search(app, site, engine)
        book(app, site, engine)


def main():
    with tempfile.TemporaryDirectory() as folder:
        measure(f"sqlite:///{Path(folder) / 'clinic.sqlite3'}", "sqlite")
    with throwaway_postgres() as server:
        measure(database(server, "bench"), "postgresql")


if __name__ == "__main__":
    sys.exit(main())
