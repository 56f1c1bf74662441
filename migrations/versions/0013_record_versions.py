"""How often a child's vaccination record has changed, and a centre's stock of a vaccine

`record_versions` counts, for each child, the changes of what decides its vaccinations: its row,
what it was given, its conditions, the doses booked for it and the times of those visits.
`stock_versions` counts the changes of a stock and its lots. What was made of the same number is
the same.

On PostgreSQL the count of a record waits for the end of its transaction, so that nobody waits
for it longer than a commit takes. A stock's is counted at once, under the lock of the stock's row.

A later migration that rebuilds one of these tables on SQLite drops its triggers too.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0013", "0012"
branch_labels = depends_on = None

EVENTS = ("insert", "update", "delete")
COUNT = """
    INSERT INTO {table} {rows}
    ON CONFLICT ({key}) DO UPDATE SET number = {table}.number + 1"""

# The table, its events, what they need to have changed, the child.
RECORDS = (
    ("children", ("update",), "", "id"),
    ("immunizations", EVENTS, "", "child_id"),
    ("child_conditions", EVENTS, "", "child_id"),
    ("dose_promises", EVENTS, "", "child_id"),
    ("appointments", ("update",), "NEW.starts_at <> OLD.starts_at", "child_id"),
)


def count_record(child: str) -> str:
    return COUNT.format(table="record_versions", key="child_id", rows=f"VALUES ({child}, 1)")


def count_stock(rows: str) -> str:
    return COUNT.format(table="stock_versions", key="centre_id, vaccine", rows=rows)


def stock_of(row: str) -> str:
    return f"VALUES ({row}.centre_id, {row}.vaccine, 1)"


def lots_of(row: str) -> str:
    # WHERE, or SQLite takes ON CONFLICT for a join.
    return (
        f"SELECT {row}.centre_id, vaccine, 1 FROM vaccine_products WHERE id = {row}.product_id"
    )


def row_of(event: str) -> str:
    return "OLD" if event == "delete" else "NEW"


def sqlite_statements() -> list[str]:
    found = [
        f"CREATE TRIGGER {table}_record_{event} AFTER {event} ON {table} "
        f"{f'WHEN {when}' if when else ''} "
        f"BEGIN {count_record(f'{row_of(event)}.{child}')}; END"
        for table, events, when, child in RECORDS
        for event in events
    ]
    return found + [
        f"CREATE TRIGGER {table}_stock_version_{event} AFTER {event} ON {table} "
        f"BEGIN {count_stock(rows(row_of(event)))}; END"
        for table, rows in (("stock", stock_of), ("vaccine_lots", lots_of))
        for event in EVENTS
    ]


def function(name: str, new: str, old: str) -> str:
    return f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN {old}; ELSE {new}; END IF;
            RETURN NULL;
        END $$"""


def postgresql_statements() -> list[str]:
    found = [
        function("count_record_of_child", count_record("NEW.id"), count_record("OLD.id")),
        function("count_record", count_record("NEW.child_id"), count_record("OLD.child_id")),
        function("count_version_of_stock", count_stock(stock_of("NEW")), count_stock(stock_of("OLD"))),
        function("count_version_of_lots", count_stock(lots_of("NEW")), count_stock(lots_of("OLD"))),
    ]
    found += [
        f"CREATE CONSTRAINT TRIGGER {table}_record AFTER {' OR '.join(events)} ON {table} "
        f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW {f'WHEN ({when})' if when else ''} "
        f"EXECUTE FUNCTION count_record{'_of_child' if child == 'id' else ''}()"
        for table, events, when, child in RECORDS
    ]
    return found + [
        f"CREATE TRIGGER {table}_stock_version AFTER {' OR '.join(EVENTS)} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION count_version_of_{name}()"
        for table, name in (("stock", "stock"), ("vaccine_lots", "lots"))
    ]


def upgrade() -> None:
    op.create_table(
        "record_versions",
        sa.Column("child_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("child_id", name="pk_record_versions"),
    )
    op.create_table(
        "stock_versions",
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("vaccine", sa.String(20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("centre_id", "vaccine", name="pk_stock_versions"),
    )
    bind = op.get_bind()
    sqlite = bind.dialect.name == "sqlite"
    for statement in sqlite_statements() if sqlite else postgresql_statements():
        bind.exec_driver_sql(statement)


def downgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        names = [f"{table}_record_{event}" for table, events, *_ in RECORDS for event in events]
        names += [
            f"{table}_stock_version_{event}" for table in ("stock", "vaccine_lots") for event in EVENTS
        ]
        for name in names:
            bind.exec_driver_sql(f"DROP TRIGGER {name}")
    else:
        for table, *_ in RECORDS:
            bind.exec_driver_sql(f"DROP TRIGGER {table}_record ON {table}")
        for table in ("stock", "vaccine_lots"):
            bind.exec_driver_sql(f"DROP TRIGGER {table}_stock_version ON {table}")
        for name in (
            "count_record_of_child",
            "count_record",
            "count_version_of_stock",
            "count_version_of_lots",
        ):
            bind.exec_driver_sql(f"DROP FUNCTION {name}()")
    op.drop_table("stock_versions")
    op.drop_table("record_versions")
