"""PostgreSQL counts versions once a transaction, all in one order

Until now each changed row counted by itself at the commit, in the order of the changes: a
cancellation came to the desk's version of a day first, a move to that of its times, and of two
that met so one was rolled back to be tried again. Now a change only notes what is to be counted,
in a setting of its transaction, and the first of the deferred triggers counts all that is noted:
versions of times, of desks, of records, each in the order of their keys. What was noted ten times
is counted once. What all pages share is counted at once, as before.

The notes are one text that is searched for each row: thousands of days or children changed in one
transaction take seconds.

SQLite has one writer at a time, and counts at once as before.

Revision ID: 0014
Revises: 0013
"""

from alembic import op

revision, down_revision = "0014", "0013"
branch_labels = depends_on = None

DAY = "({row}.starts_at AT TIME ZONE 'UTC')::date"
TIMES = f"'times:' || {{row}}.centre_id || ':' || {DAY}"
DESK = f"'desk:' || {{row}}.centre_id || ':' || {DAY}"
TICKET = "'desk:' || {row}.centre_id || ':' || {row}.day"
RECORD = "'record:' || {row}.child_id"
CHILD = "'record:' || {row}.id"
ALL = "INSERT OR UPDATE OR DELETE"

# What was counted by itself: the trigger, its table, its events, their condition, the function
# (which stays for the way back), and what is noted now instead.
COUNTED = (
    ("slot_services_version_update", "slot_services", "UPDATE", "", "one_version", TIMES),
    ("appointments_desk_version", "appointments", "INSERT OR UPDATE", "", "desk_appointments", DESK),
    ("tickets_desk_version", "tickets", "INSERT OR UPDATE", "", "desk_tickets", TICKET),
    ("children_record", "children", "UPDATE", "", "record_of_child", CHILD),
    ("immunizations_record", "immunizations", ALL, "", "record", RECORD),
    ("child_conditions_record", "child_conditions", ALL, "", "record", RECORD),
    ("dose_promises_record", "dose_promises", ALL, "", "record", RECORD),
    (
        "appointments_record",
        "appointments",
        "UPDATE",
        "WHEN (NEW.starts_at <> OLD.starts_at)",
        "record",
        RECORD,
    ),
)
EVENTS = {table: events for _, table, events, *_ in reversed(COUNTED)}  # the first are the most
# Also what was counted by the statement, at once, and kept its versions locked until the commit.
COMES_AND_GOES = {"insert": "NEW", "delete": "OLD"}
EVENTS["slot_services"] = ALL

COUNT = """INSERT INTO {table} ({key}, number) {rows}
    ON CONFLICT ({key}) DO UPDATE SET number = {table}.number + 1;"""
OF_DAY = "split_part(one, ':', 2)::int, split_part(one, ':', 3)::date"
VERSIONS = (
    ("times", "versions", "centre_id, day", OF_DAY),
    ("desk", "desk_versions", "centre_id, day", OF_DAY),
    ("record", "record_versions", "child_id", "split_part(one, ':', 2)::int"),
)


def function(name: str, body: str, *, declare: str = "", returns: str = "trigger") -> str:
    return (
        f"CREATE FUNCTION {name} RETURNS {returns} LANGUAGE plpgsql AS $$ {declare} "
        f"BEGIN {body} END $$"
    )


def counting(kind: str, table: str, key: str, found: str) -> str:
    rows = f"""
        SELECT {found}, 1 FROM regexp_split_to_table(rtrim(noted), ' ') one
        WHERE starts_with(one, '{kind}:') ORDER BY {found}"""
    return (
        f"IF position('{kind}:' IN noted) > 0 THEN "
        f"{COUNT.format(table=table, key=key, rows=rows)} END IF;"
    )


def noting(what: str) -> str:
    old, new = what.format(row="OLD"), what.format(row="NEW")
    return f"""
        IF TG_OP <> 'INSERT' THEN
            PERFORM note_version({old});
        END IF;
        IF TG_OP = 'INSERT' THEN
            PERFORM note_version({new});
        ELSIF TG_OP = 'UPDATE' THEN
            IF {new} <> {old} THEN PERFORM note_version({new}); END IF;
        END IF;
        RETURN NULL;"""


def functions() -> list[str]:
    noted = "DECLARE noted text := coalesce(current_setting('clinic.noted', true), '');"
    note = """
        IF position(what || ' ' IN noted) = 0 THEN
            PERFORM set_config('clinic.noted', noted || what || ' ', true);
        END IF;"""
    count = f"""
        IF noted = '' THEN RETURN NULL; END IF;
        PERFORM set_config('clinic.noted', '', true);
        {" ".join(counting(*one) for one in VERSIONS)}
        RETURN NULL;"""
    return [
        function("note_version(what text)", note, declare=noted, returns="void"),
        function("count_noted()", count, declare=noted),
        *(function(f"note_{name}()", noting(what)) for name, *_, what in COUNTED),
    ]


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        return
    for statement in functions():
        bind.exec_driver_sql(statement)
    for name, table, events, when, _, _ in COUNTED:
        bind.exec_driver_sql(f"DROP TRIGGER {name} ON {table}")
        bind.exec_driver_sql(
            f"CREATE TRIGGER {name} AFTER {events} ON {table} "
            f"FOR EACH ROW {when} EXECUTE FUNCTION note_{name}()"
        )
    for event in COMES_AND_GOES:
        name = f"slot_services_version_{event}"
        bind.exec_driver_sql(f"DROP TRIGGER {name} ON slot_services")
        bind.exec_driver_sql(
            f"CREATE TRIGGER {name} AFTER {event} ON slot_services "
            "FOR EACH ROW EXECUTE FUNCTION note_slot_services_version_update()"
        )
    # Triggers of one event fire in the order of their names: where constraints are set immediate,
    # what is noted must come before what counts it.
    for table, events in EVENTS.items():
        bind.exec_driver_sql(
            f"CREATE CONSTRAINT TRIGGER {table}_versions_counted AFTER {events} ON {table} "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_noted()"
        )


def downgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        return
    for table in EVENTS:
        bind.exec_driver_sql(f"DROP TRIGGER {table}_versions_counted ON {table}")
    for event, which in COMES_AND_GOES.items():
        name = f"slot_services_version_{event}"
        bind.exec_driver_sql(f"DROP TRIGGER {name} ON slot_services")
        bind.exec_driver_sql(
            f"CREATE TRIGGER {name} AFTER {event} ON slot_services REFERENCING {which} TABLE "
            "AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_some_versions()"
        )
    for name, table, events, when, counts, _ in COUNTED:
        bind.exec_driver_sql(f"DROP TRIGGER {name} ON {table}")
        bind.exec_driver_sql(f"DROP FUNCTION note_{name}()")
        bind.exec_driver_sql(
            f"CREATE CONSTRAINT TRIGGER {name} AFTER {events} ON {table} "
            f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW {when} EXECUTE FUNCTION count_{counts}()"
        )
    bind.exec_driver_sql("DROP FUNCTION count_noted()")
    bind.exec_driver_sql("DROP FUNCTION note_version(text)")
