"""Whatever is reserved for visits has one table, of which doses are the first resource

`reservations` instead of `dose_promises`, and `stock.reserved` instead of `stock.promised`. What was
recalled and what was wasted are both lost to who had it; the way down calls both wasted, and leaves
out what is not a dose.

Revision ID: 0039
Revises: 0038
"""

import sqlalchemy as sa
from alembic import op

from clinic import promises

revision, down_revision = "0039", "0038"
branch_labels = depends_on = None

LIVE = sa.text("released_at IS NULL")
BOOKED = sa.text("released_at IS NULL AND appointment_id IS NOT NULL")
COUNTED = ("appointments", "holds", "stock", "vaccine_lots")  # whose promises name what is renamed
OWNERS = {"appointment_id": "appointments", "hold_id": "holds"}
PLACES = {"child_id": "children", "centre_id": "centres"}

CARRY_OVER = """
    INSERT INTO reservations (id, appointment_id, hold_id, child_id, centre_id, resource, key, quantity,
        purpose, number, made_at, released_at, why_released)
    SELECT id, appointment_id, hold_id, child_id, centre_id, 'dose', vaccine, 1,
        series, dose_number, made_at, released_at,
        CASE WHEN why_released IN ('recalled', 'wasted') THEN 'lost' ELSE why_released END
    FROM dose_promises"""
CARRY_BACK = """
    INSERT INTO dose_promises (id, appointment_id, hold_id, child_id, centre_id, vaccine,
        series, dose_number, made_at, released_at, why_released)
    SELECT id, appointment_id, hold_id, child_id, centre_id, key,
        purpose, number, made_at, released_at,
        CASE WHEN why_released = 'lost' THEN 'wasted' ELSE why_released END
    FROM reservations WHERE resource = 'dose'"""
COUNT_ON = "SELECT setval(pg_get_serial_sequence('{0}', 'id'), max(id)) FROM {0} HAVING max(id) > 0"


def upgrade() -> None:
    _begin("dose_promises", "promised", "reserved")
    _create_reservations()
    _end("reservations", CARRY_OVER, "dose_promises", at=revision)


def downgrade() -> None:
    _begin("reservations", "reserved", "promised")
    _create_dose_promises()
    _end("dose_promises", CARRY_BACK, "reservations", at=down_revision)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION lock_reserved_stock")


def _begin(table: str, old: str, new: str) -> None:
    """Take away the table's promises, and give the column of `stock` its other name."""
    bind = op.get_bind()
    promises.drop(bind, table)
    if bind.dialect.name == "postgresql":
        op.execute("DROP FUNCTION stock_add")
        op.execute(f"ALTER TABLE stock RENAME COLUMN {old} TO {new}")
        op.execute(f"ALTER TABLE stock RENAME CONSTRAINT ck_stock_{old} TO ck_stock_{new}")
        return
    for other in COUNTED:
        promises.drop(bind, other)
    with promises.batch("stock") as batch:
        batch.drop_constraint(op.f(f"ck_stock_{old}"))
        batch.alter_column(old, new_column_name=new)
        batch.create_check_constraint(op.f(f"ck_stock_{new}"), f"{new} BETWEEN 0 AND on_hand")


def _end(table: str, carry_over: str, old: str, *, at: str) -> None:
    """Carry the rows over, drop the old table, and promise what held at that revision."""
    bind = op.get_bind()
    op.execute(carry_over)
    if bind.dialect.name == "postgresql":
        op.execute(COUNT_ON.format(table))
    op.drop_table(old)
    for name in OWNERS | {"child_id": "children"}:
        op.create_index(f"ix_{table}_{name}", table, [name])
    promises.install(bind, "functions", *COUNTED, table, at=at)


def _create_reservations() -> None:
    table = "reservations"
    op.create_table(
        table,
        *_owned(table),
        sa.Column("resource", sa.String(20), nullable=False),
        sa.Column("key", sa.String(20), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(20)),
        sa.Column("number", sa.Integer()),
        *_lasting(table),
        sa.CheckConstraint("quantity > 0", name=op.f(f"ck_{table}_quantity")),
    )
    where = ["centre_id", "resource", "key"]
    _index("ix_reservations_live", table, where, LIVE)
    _index("ix_reservations_lost", table, where, sa.text("why_released = 'lost'"))
    _index(
        "uq_reservations_booked", table, ["child_id", "resource", "purpose"], BOOKED, unique=True
    )


def _create_dose_promises() -> None:
    table = "dose_promises"
    op.create_table(
        table,
        *_owned(table),
        sa.Column("vaccine", sa.String(20), nullable=False),
        sa.Column("series", sa.String(20), nullable=False),
        sa.Column("dose_number", sa.Integer(), nullable=False),
        *_lasting(table),
    )
    where = ["centre_id", "vaccine"]
    _index("ix_dose_promises_live", table, where, LIVE)
    lost = sa.text("why_released IN ('recalled', 'wasted')")
    _index("ix_dose_promises_lost", table, where, lost)
    _index("uq_dose_promises_booked", table, ["child_id", "series"], BOOKED, unique=True)


def _owned(table: str) -> list[sa.schema.SchemaItem]:
    """Its number, whose it is, of which child, at which centre; with the keys of these."""
    return [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        *(sa.Column(name, sa.Integer(), nullable=name in OWNERS) for name in OWNERS | PLACES),
        *(
            sa.ForeignKeyConstraint(
                [name],
                [f"{other}.id"],
                name=f"fk_{table}_{name}_{other}",
                ondelete="CASCADE" if other == "holds" else None,
            )
            for name, other in (OWNERS | PLACES).items()
        ),
    ]


def _lasting(table: str) -> list[sa.schema.SchemaItem]:
    """From when until when it is reserved, and why no longer."""
    return [
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True)),
        sa.Column("why_released", sa.String(20)),
        sa.CheckConstraint(
            "(appointment_id IS NULL) <> (hold_id IS NULL)", name=op.f(f"ck_{table}_one_owner")
        ),
        sa.CheckConstraint(
            "(released_at IS NULL) = (why_released IS NULL)", name=op.f(f"ck_{table}_released")
        ),
    ]


def _index(
    name: str, table: str, columns: list[str], where: sa.TextClause, *, unique: bool = False
) -> None:
    op.create_index(
        name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where
    )
