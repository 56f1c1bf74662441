"""What the statements of a page read: by which way each comes to its rows, and how many it looks at.

PostgreSQL tells the plan of each statement as it ran it (auto_explain), of those in triggers too:
once with a plan made for its values, once with one made for any, as a statement that is prepared
gets it. SQLite is asked for the plan, and the steps of its machine are counted.
"""

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import event, text

from clinic.db import Base, db

BIG = 5_000  # rows of a table that grows with the city
MOST = 4_000  # rows of it that one statement may look at
MOST_STEPS = 150_000  # of SQLite's machine; a row takes some tens
PLANS = ("force_custom_plan", "force_generic_plan")
EXPLAIN = """
    LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0;
    SET auto_explain.log_analyze = on; SET auto_explain.log_timing = off;
    SET auto_explain.log_nested_statements = on; SET auto_explain.log_format = json;
    SET auto_explain.log_level = notice; SET client_min_messages = notice;
    SET plan_cache_mode = """
FIRST_COLUMNS = """
    SELECT i.indexrelid::regclass::text, a.attname FROM pg_index i
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]"""


@dataclass(frozen=True)
class Fault:
    """A statement that reads more than a page shows."""

    why: str
    statement: str

    def __str__(self):
        plain = " ".join(self.statement.split())
        plain = re.sub(r"SELECT (?:(?!SELECT).)*? FROM", "SELECT … FROM", plain)
        return f"{self.why} in {re.sub(r'IN [(][^()]*[)]', 'IN (…)', plain)[:900]}"


def big_tables():
    """The tables that grow with the city."""
    few = "SELECT count(*) FROM (SELECT 1 FROM {} LIMIT {}) AS few"
    tables = Base.metadata.tables
    return {table for table in tables if db.session.scalar(text(few.format(table, BIG))) == BIG}


def faults_of(work, big):
    """What the statements of `work()`, which is done for each way to plan, read too much of."""
    if db.engine.dialect.name == "sqlite":
        return _by_steps(work, big)
    first = dict(db.session.execute(text(FIRST_COLUMNS)).all())
    return [fault for plans in PLANS for fault in _by_plans(work, big, first, plans)]


def _by_plans(work, big, first, plans):
    told = []

    def begin(connection, record):
        connection.execute(EXPLAIN + plans)
        connection.commit()
        connection.prepare_threshold = 0  # at once
        connection.add_notice_handler(lambda notice: told.append(notice.message_primary))

    with _new_connections(begin):
        work()
    for one in told:
        if "plan:" in one:
            plan = json.loads(one[one.index("{") :])
            for why in _wrong(plan["Plan"], big, first):
                yield Fault(why, plan["Query Text"])


def _wrong(node, big, first, table=None):
    """What is wrong with a node of a plan, and with those below it."""
    table = node.get("Relation Name", table)
    kind, index = node["Node Type"], node.get("Index Name")
    if table in big and kind == "Seq Scan":
        yield f"scans {table}"
    elif table in big and (index or "Relation Name" in node):
        looked_at = node["Actual Loops"] * sum(
            node.get(each, 0)
            for each in ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
        )
        if looked_at > MOST:
            yield f"looks at {looked_at} rows of {table}"
        if index and node.get("Index Cond") and first[index] not in node["Index Cond"]:
            yield f"reads all of {index}"
    for below in node.get("Plans", ()):
        yield from _wrong(below, big, first, table if kind.startswith("Bitmap") else None)


def _by_steps(work, big):
    asked, steps = [], []

    def begin(connection, record):
        connection.set_progress_handler(lambda: steps.append(len(asked)), 1000)

    def note(connection, cursor, statement, parameters, *rest):
        asked.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        with _new_connections(begin):
            work()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    found = []
    for number, (statement, parameters) in enumerate(asked, 1):
        if (took := steps.count(number) * 1000) >= MOST_STEPS:
            found.append(Fault(f"takes {took} steps", statement))
        if statement.startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            found += _scans(statement, parameters, big)
    return found


def _scans(statement, parameters, big):
    names = {name: name for name in big}
    names |= {
        alias: name for name, alias in re.findall(r"(\w+) AS (\w+)", statement) if name in big
    }
    values = tuple(parameters) if isinstance(parameters, list) else parameters
    plan = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    for step in plan:
        found = re.match(r"(SCAN|SEARCH) (\w+)(.*)", step.detail)
        if found and found[2] in names and (found[1] == "SCAN" or "AUTOMATIC" in found[3]):
            yield Fault(f"scans {names[found[2]]} ({step.detail})", statement)


@contextmanager
def _new_connections(begin):
    """Each connection to the database is a new one, and `begin` has been called with it."""
    db.session.remove()
    db.engine.dispose()
    event.listen(db.engine, "connect", begin)
    try:
        yield
    finally:
        event.remove(db.engine, "connect", begin)
        db.session.remove()
        db.engine.dispose()
