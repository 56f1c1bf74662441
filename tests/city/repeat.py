"""A day of one centre, over and over: at many centres, on many days, as many families. Plain SQL.

Every copy has the rows of the day, all ids moved by a whole number of STEPs and all moments by a
whole number of days: what the database promises of the day it promises of every copy. So nothing
is asked row by row, triggers and foreign keys rest meanwhile. A new table is copied like any other.
"""

from contextlib import contextmanager
from itertools import product

from sqlalchemy import Date, Integer, String, UniqueConstraint, create_engine, text

from clinic.db import Base, UTCDateTime, db
from tests.city.day import Day

STEP = 50_000  # more than any id of the day
SHARED = {
    "services",
    "vaccine_products",
    "policies",
    "counters",
    "demo_messages",
    "sign_in_codes",
    "site_marks",
    "calendar_years",
}
OF_CENTRE = {
    "centres",
    "opening_hours",
    "rooms",
    "practitioners",
    "practitioner_services",
    "centre_services",
    "stock",
    "rota_horizons",
    "centre_looks",
    "vaccine_lots",
}
# The rows that are copied, where it is not all of them.
WHICH = {
    "audit_events": "subject = 'appointments'",
    "versions": "topic IN ('times', 'desk')",
}
TABLES = [table for table in Base.metadata.sorted_tables if table.name not in SHARED]
# A centre's stock is one for all its days: what they used came too, what they reserve is counted.
COUNT_STOCK = (
    """
    UPDATE vaccine_lots SET received = received + n - used, used = n FROM
        (SELECT lot_id, count(*) AS n FROM given_doses GROUP BY lot_id) AS given
    WHERE lot_id = vaccine_lots.id""",
    """
    UPDATE stock SET reserved = n FROM
        (SELECT centre_id, key, sum(quantity) AS n FROM reservations
         WHERE resource = 'dose' AND released_at IS NULL GROUP BY centre_id, key) AS live
    WHERE live.centre_id = stock.centre_id AND live.key = stock.vaccine""",
)
# What a column refers to, by its name: some refer to a row without a foreign key.
REFERS_TO = {
    key.parent.name: key.column.table.name
    for table in Base.metadata.tables.values()
    for key in table.foreign_keys
} | {"subject_id": "appointments"}


def load(url, day, *, centres, before, after):
    """So many centres, with as many days before that one, on which families were seen, and after it,
    for which they have booked. The site's context is pushed, its database has no rows.
    """
    made = Day(day)
    _keep(url, "booked")
    made.wait()
    made.pass_by()
    _keep(url, "seen")
    _repeat(url, centres=centres, before=before, after=after)
    return made


def _keep(url, name):
    """Remember the rows of the day as they are by now, under that name."""
    db.session.remove()
    with _connected(url) as connection:
        for table in TABLES:
            which = WHICH.get(table.name, "true")
            connection.execute(
                text(
                    f"CREATE TABLE {name}_{table.name} AS SELECT * FROM {table.name} WHERE {which}"
                )
            )


def _repeat(url, *, centres, before, after):
    """Copy what was kept to all centres and days; the day itself is there at the first of them."""
    db.session.remove()
    db.engine.dispose()
    with _bulk(url) as connection:
        engine = connection.dialect.name
        connection.execute(text("CREATE TEMPORARY TABLE copies (n int, centre int, days int)"))
        for name, days in (("seen", range(-before, 1)), ("booked", range(1, after + 1))):
            copies = [
                {"n": day % (before + 1 + after) * centres + centre, "centre": centre, "days": day}
                for day in days
                for centre in range(centres)
                if day or centre
            ]
            connection.execute(text("INSERT INTO copies VALUES (:n, :centre, :days)"), copies)
            for table in TABLES:
                if table.name not in OF_CENTRE or name == "seen":
                    connection.execute(text(_insert(table, name, engine)))
            connection.execute(text("DELETE FROM copies"))
        for statement in COUNT_STOCK:
            connection.execute(text(statement))
        for name, table in product(("seen", "booked"), TABLES):
            connection.execute(text(f"DROP TABLE {name}_{table.name}"))


def _insert(table, name, engine):
    """The statement that copies the rows that a table had; a centre's own are copied once."""
    columns = {f'"{column.name}"': _moved(column, engine) for column in table.columns}
    once = " WHERE c.days = 0" if table.name in OF_CENTRE else ""
    return (
        f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT {', '.join(columns.values())} "
        f"FROM copies c CROSS JOIN {name}_{table.name} r{once}"
    )


def _step(column):
    """By which number of the copy an id moves: its own, or its centre's. None: it is no id, or for all."""
    is_key = column.name == "id" and isinstance(column.type, Integer)
    target = column.table.name if is_key else REFERS_TO.get(column.name)
    if target is None or target in SHARED:
        return None
    return "centre" if target in OF_CENTRE else "n"


def _moved(column, engine):
    """What a column holds in the copy `c` of the row `r`."""
    old = f'r."{column.name}"'
    if step := _step(column):
        return f"{old} + c.{step} * {STEP}"
    if _is(column, UTCDateTime):  # but for long ago and never
        new = f"date({old}, c.days || ' days') || substr({old}, 11)"
        if engine == "postgresql":
            new = f"{old} + make_interval(days => c.days)"
        return f"CASE WHEN {old} > '1971-01-01' AND {old} < '9000-01-01' THEN {new} ELSE {old} END"
    if _is(column, Date):
        return f"{old} + c.days" if engine == "postgresql" else f"date({old}, c.days || ' days')"
    if _is(column, String) and _is_alone_unique(column):
        number = "to_hex(c.n)" if engine == "postgresql" else "printf('%x', c.n)"
        dash = (
            "" if (column.type.length or 100) <= 20 else " || '-'"
        )  # short ones are of one length
        return f"{old}{dash} || {number}"
    return old


def _is(column, kind):
    return isinstance(column.type, kind)


def _is_alone_unique(column):
    keys = [
        constraint
        for constraint in column.table.constraints
        if isinstance(constraint, UniqueConstraint)
    ]
    return any(list(key.columns) == [column] for key in keys)


@contextmanager
def _connected(url):
    """A connection of its own, without what the site does at each."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def _bulk(url):
    """A connection for rows by the million: triggers and foreign keys rest, indexes are made at the end."""
    with _connected(url) as connection:
        resting = _what_rests(connection)
        for drop, _ in resting:
            connection.exec_driver_sql(drop)
        yield connection
        for _, make in resting:
            connection.exec_driver_sql(make)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(
                "SET default_statistics_target = 25"
            )  # a quarter of the time
            connection.exec_driver_sql("ANALYZE")


def _what_rests(connection):
    """The statements that drop an index, a trigger or a constraint, each with the one that makes it again."""
    if connection.dialect.name == "sqlite":  # foreign keys rest unless they are asked for
        return connection.exec_driver_sql("""
            SELECT 'DROP ' || type || ' ' || name, sql FROM sqlite_master
            WHERE type IN ('index', 'trigger') AND sql IS NOT NULL""").all()
    connection.exec_driver_sql("SET session_replication_role = replica")
    return connection.exec_driver_sql("""
        SELECT 'DROP INDEX ' || indexname, indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND indexname NOT IN (SELECT conname FROM pg_constraint)
        UNION ALL SELECT 'ALTER TABLE ' || conrelid::regclass || ' DROP CONSTRAINT ' || conname,
            'ALTER TABLE ' || conrelid::regclass || ' ADD CONSTRAINT ' || conname || ' '
                || pg_get_constraintdef(oid)
        FROM pg_constraint WHERE contype = 'x'""").all()
