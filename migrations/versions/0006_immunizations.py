"""What children were given, and what is true of them that changes what is due

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0006", "0005"
branch_labels = depends_on = None

MOMENT = sa.DateTime(timezone=True)


def ref(table: str, name: str, to: str, *, nullable: bool = False) -> list[object]:
    return [
        sa.Column(name, sa.Integer(), nullable=nullable),
        sa.ForeignKeyConstraint([name], [f"{to}.id"], name=f"fk_{table}_{name}_{to}"),
    ]


def pair(table: str, name: str) -> list[object]:
    """A moment and who, both or neither."""
    rule = f"({name}_at IS NULL) = ({name}_by_id IS NULL)"
    return [
        sa.Column(f"{name}_at", MOMENT),
        *ref(table, f"{name}_by_id", "users", nullable=True),
        sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")),
    ]


def upgrade() -> None:
    table = "immunizations"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        *ref(table, "child_id", "children"),
        sa.Column("vaccine", sa.String(20), nullable=False),
        sa.Column("dose_number", sa.Integer()),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("given_at", MOMENT),
        sa.Column("lot_number", sa.String(40), nullable=False),
        sa.Column("manufacturer", sa.String(80), nullable=False),
        sa.Column("site", sa.String(40), nullable=False),
        sa.Column("route", sa.String(10), nullable=False),
        *ref(table, "centre_id", "centres", nullable=True),
        *ref(table, "performed_by_id", "users", nullable=True),
        *ref(table, "appointment_id", "appointments", nullable=True),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        *ref(table, "entered_by_id", "users"),
        *pair(table, "verified"),
        *pair(table, "voided"),
        sa.Column("void_reason", sa.String(120), nullable=False),
        sa.CheckConstraint(
            "dose_number BETWEEN 1 AND 9", name=op.f("ck_immunizations_dose_number")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_immunizations"),
    )
    op.create_index("ix_immunizations_child_id", table, ["child_id"])
    live = sa.text("voided_at IS NULL")
    op.create_index(
        "uq_immunizations_live_day",
        table,
        ["child_id", "vaccine", "given_on"],
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )
    table = "child_conditions"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        *ref(table, "child_id", "children"),
        sa.Column("code", sa.String(30), nullable=False),
        sa.Column("on", sa.Date()),
        sa.Column("recorded_at", MOMENT, nullable=False),
        *ref(table, "recorded_by_id", "users"),
        *pair(table, "ended"),
        sa.PrimaryKeyConstraint("id", name="pk_child_conditions"),
    )
    op.create_index("ix_child_conditions_child_id", table, ["child_id"])


def downgrade() -> None:
    op.drop_table("child_conditions")
    op.drop_table("immunizations")
