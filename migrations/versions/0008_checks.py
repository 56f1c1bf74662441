"""Health checks that were done: measurements, findings and answers, parents' heights

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0008", "0007"
branch_labels = depends_on = None

MOMENT = sa.DateTime(timezone=True)


def ref(table: str, name: str, to: str, *, nullable: bool = False) -> list[object]:
    return [
        sa.Column(name, sa.Integer(), nullable=nullable),
        sa.ForeignKeyConstraint([name], [f"{to}.id"], name=f"fk_{table}_{name}_{to}"),
    ]


def rules(table: str, **each: str) -> list[object]:
    return [sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")) for name, rule in each.items()]


def live(name: str, table: str, columns: list[str], where: str) -> None:
    rule = sa.text(f"voided_at IS NULL AND {where}")
    op.create_index(name, table, columns, unique=True, sqlite_where=rule, postgresql_where=rule)


def entered(table: str) -> list[object]:
    return [
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        *ref(table, "entered_by_id", "users"),
        sa.Column("voided_at", MOMENT),
        *ref(table, "voided_by_id", "users", nullable=True),
        *rules(
            table,
            source_known="source IN ('clinic', 'parent')",
            source="(check_visit_id IS NOT NULL) = (source = 'clinic')",
            voided="(voided_at IS NULL) = (voided_by_id IS NULL)",
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    ]


def upgrade() -> None:
    table = "check_visits"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        *ref(table, "child_id", "children"),
        *ref(table, "centre_id", "centres"),
        *ref(table, "appointment_id", "appointments", nullable=True),
        sa.Column("visit", sa.String(4), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        *ref(table, "saved_by_id", "users"),
        sa.Column("finished_at", MOMENT),
        *ref(table, "finished_by_id", "users", nullable=True),
        *rules(
            table,
            version="version >= 1",
            finished="(finished_at IS NULL) = (finished_by_id IS NULL)",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_check_visits"),
        sa.UniqueConstraint("appointment_id", name="uq_check_visits_appointment_id"),
    )
    op.create_index("ix_check_visits_child_id", table, ["child_id"])
    table = "measurements"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        *ref(table, "child_id", "children"),
        *ref(table, "check_visit_id", "check_visits", nullable=True),
        sa.Column("measured_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("how", sa.String(20)),
        *rules(
            table,
            plausible="(kind = 'weight' AND amount BETWEEN 300 AND 200000)"
            " OR (kind = 'length' AND amount BETWEEN 200 AND 2200)"
            " OR (kind = 'head' AND amount BETWEEN 150 AND 700)"
            " OR (kind = 'haemoglobin' AND amount BETWEEN 20 AND 250)"
            " OR (kind = 'temperature' AND amount BETWEEN 320 AND 430)",
            how="how IS NULL OR kind = 'length'",
            how_known="how IN ('lying', 'standing')",
        ),
        *entered(table),
    )
    op.create_index("ix_measurements_child", table, ["child_id", "measured_on"])
    live("uq_measurements_live_check", table, ["check_visit_id", "kind"], "check_visit_id IS NOT NULL")
    live(
        "uq_measurements_live_home",
        table,
        ["child_id", "measured_on", "kind"],
        "check_visit_id IS NULL",
    )
    table = "screenings"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        *ref(table, "child_id", "children"),
        *ref(table, "check_visit_id", "check_visits", nullable=True),
        sa.Column("visit", sa.String(4), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("value", sa.String(1000), nullable=False),
        *rules(table, not_empty="length(code) >= 1 AND length(value) >= 1"),
        *entered(table),
    )
    op.create_index("ix_screenings_child_id", table, ["child_id"])
    live("uq_screenings_live_check", table, ["check_visit_id", "code"], "check_visit_id IS NOT NULL")
    live("uq_screenings_live_answer", table, ["child_id", "visit", "code"], "check_visit_id IS NULL")
    table = "parent_heights"
    op.create_table(
        table,
        *ref(table, "child_id", "children"),
        sa.Column("mother_mm", sa.Integer(), nullable=False),
        sa.Column("father_mm", sa.Integer(), nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        *ref(table, "saved_by_id", "users"),
        *rules(
            table,
            mother="mother_mm BETWEEN 1200 AND 2200",
            father="father_mm BETWEEN 1200 AND 2200",
        ),
        sa.PrimaryKeyConstraint("child_id", name="pk_parent_heights"),
    )


def downgrade() -> None:
    for table in ("parent_heights", "screenings", "measurements", "check_visits"):
        op.drop_table(table)
