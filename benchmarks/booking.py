"""Goals 2 and 6: booking over HTTP and in the verbs against raw statements, and how long writers wait."""

import multiprocessing
import sqlite3
import time

import psycopg
from sqlalchemy import event, text

from benchmarks.clients import together
from benchmarks.sites import (
    application,
    books_for_sure,
    free_slots,
    new_families,
    served,
    service_of,
)
from benchmarks.telling import pairs_of, percentile, seconds, tell, tell_pairs
from clinic import clock
from clinic.accounts.models import User
from clinic.app import create_app
from clinic.centres.models import Service
from clinic.db import db
from clinic.families.models import Child
from clinic.scheduling.appointments import booking, holding
from clinic.scheduling.models import Channel
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from tests.serving import SECRET

CLIENTS = 8
BOOKINGS = 80  # over HTTP, a pair
RAW = 200  # a client and pair
VERBS = 60
WRITING = 5.0  # seconds

TABLES = (
    "CREATE TABLE bench_slots (id INTEGER PRIMARY KEY, centre_id INTEGER, starts_at TIMESTAMP,"
    " capacity INTEGER, taken INTEGER, CHECK (taken <= capacity))",
    "CREATE TABLE bench_appointments (id INTEGER PRIMARY KEY {identity}, slot_id INTEGER"
    " REFERENCES bench_slots (id), child_id INTEGER, starts_at TIMESTAMP, made_at TIMESTAMP)",
)
POSTGRESQL = """
    WITH taken AS (UPDATE bench_slots SET taken = taken + 1
        WHERE id = %s AND taken < capacity RETURNING id, starts_at)
    INSERT INTO bench_appointments (slot_id, child_id, starts_at, made_at)
    SELECT id, %s, starts_at, now() FROM taken RETURNING id"""
SQLITE = (
    "UPDATE bench_slots SET taken = taken + 1 WHERE id = ? AND taken < capacity "
    "RETURNING starts_at",
    "INSERT INTO bench_appointments (slot_id, child_id, starts_at, made_at) "
    "VALUES (?, ?, ?, CURRENT_TIMESTAMP) RETURNING id",
)


def measure(url, engine, *, full):
    with application(url) as app:
        raw_tables(engine)
        over_http(app, url, engine)
        verbs(app, engine)
        if engine == "sqlite":
            waits(url)


def raw_tables(engine):
    """What the raw booking needs: a copy of the shape of the real tables, each slot its own row."""
    identity = "" if engine == "sqlite" else "GENERATED ALWAYS AS IDENTITY"
    for table in TABLES:
        db.session.execute(text(table.format(identity=identity)))
    rows = [{"id": n, "when": clock.now().replace(tzinfo=None)} for n in range(CLIENTS * RAW)]
    db.session.execute(text("INSERT INTO bench_slots VALUES (:id, 1, :when, 1000000, 0)"), rows)
    db.session.commit()


def over_http(app, url, engine):
    """Keep and confirm over HTTP, eight at once, against the raw booking, eight processes at once."""
    service_id = service_of("vaccination")
    slots = iter(free_slots(service_id))
    with served(url) as site:

        def http():
            families = new_families(app, BOOKINGS)
            chosen = [
                [(family, next(slots)) for family in families[n::CLIENTS]] for n in range(CLIENTS)
            ]
            people = [in_turn(service_id, those) for those in chosen]
            return BOOKINGS / together(site, people)[1]

        http()  # warm
        found = pairs_of(lambda: raw_per_second(url, engine), http, 5)
    tell_pairs(
        found,
        what="booking over HTTP (keep, then confirm) / raw one-statement booking",
        engine=engine,
        goal=">= 0.2" if engine == "sqlite" else ">= 0.12",
    )


def in_turn(service_id, chosen):
    """A client that books for one family after the other."""
    for family, slot_id in chosen:
        yield from books_for_sure(family, service_id, slot_id)


def raw_per_second(url, engine):
    """Raw bookings a second of eight processes, each on its own connection, counted by the slowest."""
    context = multiprocessing.get_context("fork")
    line, results = context.Barrier(CLIENTS), context.Queue()
    work = raw_sqlite if engine == "sqlite" else raw_postgresql
    people = [
        context.Process(target=work, args=(url, number, line, results)) for number in range(CLIENTS)
    ]
    for person in people:
        person.start()
    times = [results.get() for _ in people]
    for person in people:
        person.join()
    return CLIENTS * RAW / (max(end for _, end in times) - min(begin for begin, _ in times))


def raw_postgresql(url, number, line, results):
    address = url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(address, autocommit=True) as connection:
        cursor = connection.cursor()
        cursor.execute(POSTGRESQL, (number, 0), prepare=True)
        line.wait()
        begun = time.perf_counter()
        for n in range(RAW):
            cursor.execute(POSTGRESQL, (number * RAW + n, n))
            cursor.fetchone()
        results.put((begun, time.perf_counter()))


def raw_sqlite(url, number, line, results):
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, timeout=30)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    line.wait()
    begun = time.perf_counter()
    for n in range(RAW):
        connection.execute("BEGIN IMMEDIATE")
        slot_id = number * RAW + n
        (starts_at,) = connection.execute(SQLITE[0], (slot_id,)).fetchone()
        connection.execute(SQLITE[1], (slot_id, n, starts_at)).fetchone()
        connection.execute("COMMIT")
    results.put((begun, time.perf_counter()))
    connection.close()


def verbs(app, engine):
    """hold + book on one connection, against the statements that they sent, sent again raw.

    Both are rolled back, and the sequences set back, so that the statements mean the same and
    no waiting for the disk hides what Python costs.
    """
    service_id = service_of("vaccination")
    slots = free_slots(service_id)[-VERBS:]
    families = new_families(app, VERBS)
    sequences = Sequences(engine)

    def once(family, slot_id):
        keep_and_book(service_id, family, slot_id)

    sent = []
    for family, slot_id in zip(families, slots, strict=True):
        sequences.set_back()
        sent.append(statements_of(lambda family=family, slot=slot_id: once(family, slot)))

    def all_verbs():
        return sum(
            sequences.after_set_back(lambda f=f, s=s: once(f, s))
            for f, s in zip(families, slots, strict=True)
        )

    def all_raw():
        return sum(sequences.after_set_back(lambda one=one: replay(one)) for one in sent)

    tell_pairs(
        pairs_of(all_raw, all_verbs, 5),
        what="verbs keep + book / the same statements sent raw, on one connection",
        engine=engine,
        goal=">= 0.5",
        unit="seconds",
        invert=True,
        statements=len(sent[0]),
    )


def keep_and_book(service_id, family, slot_id):
    """Both verbs in one transaction, rolled back."""
    by, child = (
        db.session.get_one(User, family.user_id),
        db.session.get_one(Child, family.child_id),
    )
    service = db.session.get_one(Service, service_id)
    now = clock.now()
    wanted = Request(child, service, slots_for(service, slot_id))
    kept = holding.hold([wanted], by=by, now=now).holds[0]
    again = Request(child, service, slots_for(service, slot_id), hold=kept)
    booking.book([again], by=by, key=f"hold:{kept.id}", channel=Channel.ONLINE, now=now)
    db.session.rollback()


def statements_of(work):
    """What it sends to the driver: (text, parameters, many)."""
    sent = []

    def note(connection, cursor, statement, parameters, context, many):
        sent.append((statement, parameters, many))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return sent


def replay(sent):
    """Send the same to the driver again, read every answer, roll back."""
    pooled = db.engine.raw_connection()
    cursor = pooled.cursor()
    for statement, parameters, many in sent:
        if many:
            cursor.executemany(statement, parameters)
        else:
            cursor.execute(statement, parameters)
        if cursor.description:
            cursor.fetchall()
    pooled.rollback()
    cursor.close()
    pooled.close()


class Sequences:
    """PostgreSQL's counters of ids, which a rollback does not set back (SQLite's it does)."""

    def __init__(self, engine):
        self.values = {}
        if engine == "postgresql":
            names = db.session.scalars(text("SELECT sequencename FROM pg_sequences")).all()
            for name in names:
                row = db.session.execute(text(f"SELECT last_value, is_called FROM {name}")).one()
                self.values[name] = tuple(row)
        db.session.commit()

    def set_back(self):
        for name, (value, is_called) in self.values.items():
            db.session.execute(
                text("SELECT setval(:name, :value, :called)"),
                {"name": name, "value": value, "called": is_called},
            )
        db.session.commit()

    def after_set_back(self, work):
        """Seconds that the work takes, without the setting back."""
        self.set_back()
        return seconds(work)


def waits(url):
    """Eight processes that write through the application's own engine: the worst wait to begin."""
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    db.session.remove()
    db.engine.dispose()
    people = [context.Process(target=writer, args=(url, n, results)) for n in range(CLIENTS)]
    for person in people:
        person.start()
    waited = [one for _ in people for one in results.get()]
    for person in people:
        person.join()
    tell(
        what="worst wait of 8 writers in milliseconds",
        engine="sqlite",
        ratio=max(waited) * 1000,
        goal="<= 50",
        p50=percentile(waited, 0.5) * 1000,
        p99=percentile(waited, 0.99) * 1000,
        transactions_per_second=len(waited) / WRITING,
    )


def writer(url, number, results):
    app = create_app({"DATABASE_URL": url, "SECRET_KEY": SECRET})
    waited = []
    with app.app_context():
        until = time.perf_counter() + WRITING
        while time.perf_counter() < until:
            begun = time.perf_counter()
            db.session.execute(
                text("UPDATE bench_slots SET taken = taken + 1 WHERE id = :id"), {"id": number}
            )
            waited.append(time.perf_counter() - begun)
            db.session.execute(
                text("INSERT INTO bench_appointments (slot_id, child_id) VALUES (:id, 1)"),
                {"id": number},
            )
            db.session.commit()
        db.session.remove()
        db.engine.dispose()
    results.put(waited)
