"""Visits, tickets and their steps; notes of the desk; the version of each centre's desk

A child has one open visit at a centre and day and is in one room at a time; a number is given
once; the steps of a ticket are numbered, so that of two who act on the same state one is refused.
`desk_versions` counts, for each centre and day (of UTC), the changes of what arrivals, queue and
hall screen show: appointments and tickets. On PostgreSQL it waits for the end of the transaction,
as in 0004.

A later migration that rebuilds `appointments` on SQLite drops these triggers too.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0011", "0010"
branch_labels = depends_on = None

MOMENT = sa.DateTime(timezone=True)
COUNT = """
    INSERT INTO desk_versions (centre_id, day, number) VALUES ({row}, 1)
    ON CONFLICT (centre_id, day) DO UPDATE SET number = desk_versions.number + 1;"""
EVENTS = ("insert", "update")
KINDS = ("pediatrics", "vaccination", "checkups", "rehab")


def sqlite_statements() -> list[str]:
    seen = {"appointments": "date(NEW.starts_at)", "tickets": "NEW.day"}
    statements = [
        f"CREATE TRIGGER {table}_desk_version_{event} AFTER {event} ON {table} "
        f"BEGIN {COUNT.format(row=f'NEW.centre_id, {day}')} END"
        for table, day in seen.items()
        for event in EVENTS
    ]
    # What moved away has left a desk, too.
    left = COUNT.format(row="OLD.centre_id, date(OLD.starts_at)")
    statements += [
        "CREATE TRIGGER appointments_desk_version_left AFTER UPDATE OF centre_id, starts_at "
        "ON appointments WHEN OLD.centre_id <> NEW.centre_id "
        f"OR date(OLD.starts_at) <> date(NEW.starts_at) BEGIN {left} END",
        "CREATE TRIGGER ticket_steps_stay BEFORE UPDATE ON ticket_steps "
        "BEGIN SELECT RAISE(ABORT, 'ticket_steps_stay'); END",
    ]
    return statements


def postgresql_statements() -> list[str]:
    day = "({row}.starts_at AT TIME ZONE 'UTC')::date"
    new = COUNT.format(row=f"NEW.centre_id, {day.format(row='NEW')}")
    old = COUNT.format(row=f"OLD.centre_id, {day.format(row='OLD')}")
    moved = (
        f"OLD.centre_id <> NEW.centre_id OR {day.format(row='OLD')} <> {day.format(row='NEW')}"
    )
    of_appointments = f"""
        IF TG_OP = 'UPDATE' THEN
            IF {moved} THEN {old} END IF;
        END IF;
        {new} RETURN NULL;"""
    of_tickets = COUNT.format(row="NEW.centre_id, NEW.day") + "RETURN NULL;"
    stay = "RAISE EXCEPTION 'ticket_steps_stay' USING ERRCODE = 'check_violation';"
    statements = [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
        for name, body in (
            ("count_desk_appointments", of_appointments),
            ("count_desk_tickets", of_tickets),
            ("ticket_steps_stay", stay),
        )
    ]
    statements += [
        f"CREATE CONSTRAINT TRIGGER {table}_desk_version AFTER INSERT OR UPDATE ON {table} "
        f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_desk_{table}()"
        for table in ("appointments", "tickets")
    ]
    statements.append(
        "CREATE TRIGGER ticket_steps_stay BEFORE UPDATE ON ticket_steps "
        "FOR EACH ROW EXECUTE FUNCTION ticket_steps_stay()"
    )
    return statements


def ref(table: str, name: str, to: str, *, nullable: bool = False) -> list[object]:
    return [
        sa.Column(name, sa.Integer(), nullable=nullable),
        sa.ForeignKeyConstraint([name], [f"{to}.id"], name=f"fk_{table}_{name}_{to}"),
    ]


def check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def standing(table: str) -> list[object]:
    """How a ticket stands: on the ticket itself, and after each of its steps."""
    return [
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("station", sa.String(20), nullable=False),
        *ref(table, "room_id", "rooms", nullable=True),
        sa.Column("place", sa.Double(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("called_at", MOMENT),
    ]


def create_visits() -> None:
    op.create_table(
        "visits",
        sa.Column("id", sa.Integer(), nullable=False),
        *ref("visits", "centre_id", "centres"),
        sa.Column("day", sa.Date(), nullable=False),
        *ref("visits", "child_id", "children"),
        sa.Column("opened_at", MOMENT, nullable=False),
        *ref("visits", "opened_by_id", "users"),
        sa.Column("closed_at", MOMENT),
        *ref("visits", "closed_by_id", "users", nullable=True),
        check("visits", "closed", "(closed_at IS NULL) = (closed_by_id IS NULL)"),
        sa.PrimaryKeyConstraint("id", name="pk_visits"),
    )
    is_open = sa.text("closed_at IS NULL")
    where = {"unique": True, "sqlite_where": is_open, "postgresql_where": is_open}
    op.create_index("uq_visits_open", "visits", ["centre_id", "day", "child_id"], **where)
    op.create_index("ix_visits_child", "visits", ["child_id", "day"])


def create_tickets() -> None:
    table = "tickets"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        *ref(table, "visit_id", "visits"),
        *ref(table, "centre_id", "centres"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Enum(*KINDS, native_enum=False, length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        *ref(table, "own_room_id", "rooms"),
        sa.Column("slot_minutes", sa.Integer(), nullable=False),
        *standing(table),
        sa.Column("steps", sa.Integer(), nullable=False),
        check(table, "number", "number >= 1"),
        check(table, "called_to_a_room", "state <> 'called' OR room_id IS NOT NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_tickets"),
    )
    op.create_index("ix_tickets_visit_id", table, ["visit_id"])
    numbered = ["centre_id", "day", "kind", "number"]
    op.create_index("uq_tickets_number", table, numbered, unique=True)
    busy = sa.text("state IN ('called', 'with')")
    where = {"unique": True, "sqlite_where": busy, "postgresql_where": busy}
    op.create_index("uq_tickets_busy", table, ["visit_id"], **where)


def create_steps() -> None:
    table = "ticket_steps"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        *ref(table, "ticket_id", "tickets"),
        sa.Column("number", sa.Integer(), nullable=False),
        *ref(table, "centre_id", "centres"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("verb", sa.String(20), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        *ref(table, "by_id", "users"),
        sa.Column("served", sa.Integer()),
        sa.Column("served_at", sa.String(20)),
        sa.Column("undoes", sa.Integer()),
        *standing(table),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_steps"),
    )
    op.create_index("uq_ticket_steps_number", table, ["ticket_id", "number"], unique=True)
    op.create_index("ix_ticket_steps_pace", table, ["centre_id", "day"])


def create_counts() -> None:
    op.create_table(
        "ticket_counters",
        *ref("ticket_counters", "centre_id", "centres"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Enum(*KINDS, native_enum=False, length=20), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("centre_id", "day", "kind", name="pk_ticket_counters"),
    )
    op.create_table(
        "desk_versions",
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("centre_id", "day", name="pk_desk_versions"),
    )


def create_notes() -> None:
    table = "desk_notes"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        *ref(table, "centre_id", "centres"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        *ref(table, "by_id", "users"),
        sa.Column("text", sa.String(1000), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_desk_notes"),
    )
    op.create_index("ix_desk_notes_centre", table, ["centre_id", "day"])


def upgrade() -> None:
    create_visits()
    create_tickets()
    create_steps()
    create_counts()
    create_notes()
    bind = op.get_bind()
    sqlite = bind.dialect.name == "sqlite"
    for statement in sqlite_statements() if sqlite else postgresql_statements():
        bind.exec_driver_sql(statement)


def downgrade() -> None:
    bind = op.get_bind()
    sqlite = bind.dialect.name == "sqlite"
    if sqlite:
        for event in (*EVENTS, "left"):
            bind.exec_driver_sql(f"DROP TRIGGER appointments_desk_version_{event}")
    else:
        bind.exec_driver_sql("DROP TRIGGER appointments_desk_version ON appointments")
    for table in ("desk_notes", "desk_versions", "ticket_counters", "ticket_steps", "tickets", "visits"):
        op.drop_table(table)
    if not sqlite:
        for name in ("count_desk_appointments", "count_desk_tickets", "ticket_steps_stay"):
            bind.exec_driver_sql(f"DROP FUNCTION {name}()")
