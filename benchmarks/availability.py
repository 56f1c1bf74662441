"""Goals 3 and 4: the page of free times, new and unchanged, and its search in a large database."""

import sqlite3
import statistics
import time

from sqlalchemy import select, text

from benchmarks.clients import HELLO, per_second, together
from benchmarks.sites import application, beside_hello, new_families, service_of
from benchmarks.telling import PAIRS, pairs_of, tell, tell_pairs
from clinic import clock
from clinic.centres.models import Centre, Service
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.scheduling.verdict.slot_times import search

CLIENTS = 16
HELLOS, PAGES = 60, 25  # by each client, a pair
DAYS = 14
SEARCHES = 200
FEW, MANY, MOST = 10**4, 10**6, 10**7


def measure(url, engine, *, full):
    with application(url) as app:
        with beside_hello(url) as (hello, site):
            pages(app, hello, site, engine)
        growth(url, engine, MOST if full else MANY)


def pages(app, hello, site, engine):
    """Sixteen families who look for a vaccination at three centres, each with its own connection."""
    families = new_families(app, CLIENTS)
    path = f"/vaccination/?service={service_of('vaccination')}"
    requests = [family.browser.get(path) for family in families]

    def hellos():
        return per_second(hello, [HELLO] * CLIENTS, HELLOS)

    def page():
        return per_second(site, requests, PAGES)

    hellos(), page()
    tell_pairs(
        pairs_of(hellos, page, PAIRS),
        what="availability page, signed in, three centres, 14 days / hello",
        engine=engine,
        goal=">= 0.3" if engine == "sqlite" else ">= 0.2",
        bytes=size(site, requests[0]),
    )
    etags = [together(site, [once(request)])[0][0].header("etag") for request in requests]
    if None in etags:
        tell(what="availability unchanged (304) / hello", engine=engine, ratio=0, goal=">= 0.6")
        return
    unchanged = [
        one.browser.get(path, etag=etag) for one, etag in zip(families, etags, strict=True)
    ]
    tell_pairs(
        pairs_of(hellos, lambda: per_second(site, unchanged, PAGES, status=304), PAIRS),
        what="availability unchanged (304) / hello",
        engine=engine,
        goal=">= 0.6" if engine == "sqlite" else ">= 0.4",
    )


def once(request):
    yield request


def size(site, request):
    return int(together(site, [once(request)])[0][0].header("content-length"))


def growth(url, engine, most):
    """The search itself, by the size of the database; and what its plan touches."""
    service = db.session.scalars(select(Service).where(Service.code == "vaccination")).one()
    centres = list(db.session.scalars(select(Centre.id)))
    start, end = day_bounds(clinic_day(clock.now()), DAYS)
    query = search(service.id, centres, start, end)
    db.session.commit()
    fill(url, engine, FEW)
    small = latency(query)
    fill(url, engine, most)
    large = latency(query)
    db.session.commit()
    tell(
        what=f"search at {most:.0e} slots / at {FEW:.0e}",
        engine=engine,
        ratio=large / small,
        goal="<= 1.5" if engine == "sqlite" else "<= 2.0",
        milliseconds=large * 1000,
        baseline_milliseconds=small * 1000,
        rows=len(db.session.execute(query).all()),
    )
    plan(query, engine)
    db.session.commit()


def latency(query):
    """The seconds of one search, rows read: of the quickest fifth, for neighbours only slow it down.

    Minutes lie between the small and the large database.
    """
    took = []
    for _ in range(SEARCHES):
        begun = time.perf_counter()
        db.session.execute(query).all()
        took.append(time.perf_counter() - begun)
    return statistics.median(sorted(took)[: SEARCHES // 5])


def plan(query, engine):
    """Buffers that PostgreSQL touches; steps of SQLite's plan that read a whole table."""
    compiled = query.compile(db.engine, compile_kwargs={"literal_binds": True})
    if engine == "postgresql":
        explain = text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {compiled}".replace(":", r"\:"))
        (top,) = db.session.execute(explain).scalar_one()
        touched = top["Plan"]["Shared Hit Blocks"] + top["Plan"]["Shared Read Blocks"]
        tell(what="buffers that a search touches", engine=engine, ratio=touched, goal="<= 20")
        return
    steps = db.session.execute(text(f"EXPLAIN QUERY PLAN {compiled}".replace(":", r"\:"))).all()
    scans = [step.detail for step in steps if "SCAN" in step.detail]
    tell(
        what="SCANs in a search's plan",
        engine=engine,
        ratio=len(scans),
        goal="== 0",
        plan=[step.detail for step in steps],
    )


# Times long ago, at the same centres and at many others, for every service: 2,000 shelves of them,
# one after the other in the order of the index, which is several times quicker to write.
COLUMNS = """service_id, centre_id, starts_at, slot_id, ends_at, clinic_session_id,
    practitioner_id, opens_at, free_from, closed, opens_by_hand"""
SHELVES = 2000
FILL_POSTGRESQL = f"""
    INSERT INTO slot_services ({COLUMNS})
    SELECT 1 + shelf / 500, 1 + shelf % 500, begins,
        1000000 + n, begins + interval '15 minutes', n / 12,
        1 + n % 3000, timestamptz '1999-12-01', timestamptz '1970-01-01', false, false
    FROM generate_series(:first, :last) n
    CROSS JOIN LATERAL (SELECT (n - :first) / :each AS shelf) AS a
    CROSS JOIN LATERAL (SELECT timestamptz '2000-01-01'
        + (:first / 2000 + (n - :first) % :each) * interval '15 minutes' AS begins) AS b
    ON CONFLICT DO NOTHING"""
FILL_SQLITE = f"""
    WITH RECURSIVE series (n) AS (SELECT :first UNION ALL SELECT n + 1 FROM series WHERE n < :last),
    placed (n, shelf, begins) AS (SELECT n, (n - :first) / :each,
        946684800 + (:first / 2000 + (n - :first) % :each) * 900 FROM series)
    INSERT OR IGNORE INTO slot_services ({COLUMNS})
    SELECT 1 + shelf / 500, 1 + shelf % 500, datetime(begins, 'unixepoch') || '.000000',
        1000000 + n, datetime(begins + 900, 'unixepoch') || '.000000', n / 12,
        1 + n % 3000, '1999-12-01 00:00:00.000000', '1970-01-01 00:00:00.000000', 0, 0
    FROM placed"""


def fill(url, engine, most):
    """Search rows up to that many; their slots are left out, nothing reads them."""
    have = db.session.scalar(text("SELECT count(*) FROM slot_services"))
    db.session.commit()
    if have >= most:
        return
    rows = {"first": have, "last": most - 1, "each": -(-(most - have) // SHELVES)}
    if engine == "sqlite":
        db.engine.dispose()
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        connection.execute("PRAGMA foreign_keys=OFF")
        triggers = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'slot_services'"
        ).fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(FILL_SQLITE, rows)
        for _, statement in triggers:
            connection.execute(statement)
        connection.execute("ANALYZE")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as server:
        server.execute(text("SET session_replication_role = replica"))  # no triggers
        server.execute(text(FILL_POSTGRESQL), rows)
        server.execute(text("SET session_replication_role = origin"))
        server.execute(text("VACUUM ANALYZE slot_services"))
