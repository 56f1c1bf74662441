"""One table counts the versions of all that pages remember

`versions` has a topic now: what all pages share, times and desks by centre and day, stock by centre.
On PostgreSQL it is counted at once, in a row that no other transaction has locked. Records have no
version any more: they are read in one statement.

Revision ID: 0041
Revises: 0040
"""

import sqlalchemy as sa
from alembic import op

from clinic import promises

revision, down_revision = "0041", "0040"
branch_labels = depends_on = None

CHANGED = (
    "appointments",
    "centre_services",
    "centres",
    "closures",
    "policies",
    "practitioner_services",
    "practitioners",
    "questionnaire_responses",
    "reservations",
    "services",
    "slot_services",
    "stock",
    "tickets",
    "vaccine_lots",
)
# What counts nothing any more has no file, on SQLite `stock` too.
WITHOUT = (
    "adverse_events",
    "child_conditions",
    "children",
    "immunizations",
    "responses_asked_again",
)
OLD_FUNCTIONS = (
    "note_version(text)",
    "note_day()",
    "note_record()",
    "note_desk_of_appointment()",
    "count_noted()",
    "versions_count_shared()",
)
NEW_FUNCTIONS = ("bump_day()", "bump_shared()", "bump_version(varchar, int, date)")
CARRY_OVER = (
    """
    INSERT INTO versions (topic, centre_id, day, number)
    SELECT CASE centre_id WHEN 0 THEN 'shared' ELSE 'times' END, centre_id, day, number
    FROM day_versions""",
    """
    INSERT INTO versions (topic, centre_id, day, number)
    SELECT 'desk', centre_id, day, number FROM desk_versions""",
    """
    INSERT INTO versions (topic, centre_id, day, number)
    SELECT 'stock', centre_id, '1970-01-01', sum(number) FROM stock_versions GROUP BY centre_id""",
)
CARRY_BACK = (
    """
    INSERT INTO versions (centre_id, day, number)
    SELECT centre_id, day, sum(number) FROM topic_versions
    WHERE topic IN ('shared', 'times') GROUP BY centre_id, day""",
    """
    INSERT INTO desk_versions (centre_id, day, number)
    SELECT centre_id, day, sum(number) FROM topic_versions
    WHERE topic = 'desk' GROUP BY centre_id, day""",
)


def upgrade() -> None:
    bind = op.get_bind()
    _drop_triggers(bind, OLD_FUNCTIONS)
    _rename("versions", "day_versions")
    op.create_table(
        "versions",
        sa.Column("topic", sa.String(20), nullable=False),
        _centre(),
        _day(),
        sa.Column("part", sa.BigInteger(), nullable=False, server_default="0"),
        _number(),
        sa.PrimaryKeyConstraint("topic", "centre_id", "day", "part", name="pk_versions"),
    )
    for statement in CARRY_OVER:
        bind.exec_driver_sql(statement)
    for table in ("day_versions", "desk_versions", "record_versions", "stock_versions"):
        op.drop_table(table)
    is_sqlite = bind.dialect.name == "sqlite"
    counted = [table for table in CHANGED if not (is_sqlite and table == "stock")]
    promises.install(bind, "functions", *counted, at=revision)


def downgrade() -> None:
    bind = op.get_bind()
    _drop_triggers(bind, NEW_FUNCTIONS)
    _rename("versions", "topic_versions")
    _make("versions", _centre(), _day())
    _make("desk_versions", _centre(), _day())
    _make("record_versions", sa.Column("child_id", sa.Integer(), nullable=False, autoincrement=False))
    _make("stock_versions", _centre(), sa.Column("vaccine", sa.String(20), nullable=False))
    for statement in CARRY_BACK:
        bind.exec_driver_sql(statement)
    op.drop_table("topic_versions")
    promises.install(bind, "functions", *CHANGED, *WITHOUT, at=down_revision)


def _drop_triggers(bind: sa.Connection, functions: tuple[str, ...]) -> None:
    """Of all that counts; where a table has others too, they are installed again."""
    for table in (*CHANGED, *WITHOUT):
        promises.drop(bind, table, but=("ex_appointments_child",))
    if bind.dialect.name == "postgresql":
        for function in functions:
            op.execute(f"DROP FUNCTION {function}")


def _rename(table: str, name: str) -> None:
    """The table and, on PostgreSQL, its key, whose name the next table of this name needs."""
    op.rename_table(table, name)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {name} RENAME CONSTRAINT pk_{table} TO pk_{name}")


def _make(table: str, *key: sa.Column[object]) -> None:
    names = [column.name for column in key]
    op.create_table(table, *key, _number(), sa.PrimaryKeyConstraint(*names, name=f"pk_{table}"))


def _centre() -> sa.Column[object]:
    return sa.Column("centre_id", sa.Integer(), nullable=False)


def _day() -> sa.Column[object]:
    return sa.Column("day", sa.Date(), nullable=False)


def _number() -> sa.Column[object]:
    return sa.Column("number", sa.Integer(), nullable=False)
